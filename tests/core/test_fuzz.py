"""A share of `python -m benchmarks.fuzz`: whatever is sent gives a result or a sentence, soon and in little memory."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz import readings, stored, trial
from benchmarks.fuzz.home import RUNS
from benchmarks.fuzz.kinds import by_name
from benchmarks.fuzz.trial import Kind
from core.answering import shelf
from core.datasets import catalogue
from core.errors import PhotoError
from core.runs import folder

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the inputs need pipes, devices and /proc"),
    pytest.mark.filterwarnings("ignore"),  # odd files make libraries warn, as they may
]
SHARES = {  # inputs of kinds that take long
    "photo": 150,
    "photo file": 80,
    "zip of a dataset": 120,
    "name": 120,
    "command": 60,
    "record of a run": 60,
    "record of anything else": 60,
    "stored arrays": 40,
    "stored network": 5,
    "action on a damaged record": 40,
    "acts of the photo grid": 60,
    "decision about photos": 60,
    "title of a dataset": 40,
    "new photos": 60,
    "shares of a split": 60,
    "export of a dataset": 60,
    "address of Train": 4,
    "address of Augment": 4,
    "page over a damaged record": 6,
}
OTHERS = 200
MOST_VIRTUAL = 3_000_000_000  # bytes on top of what the process has


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    """Little enough that a file without end gives a MemoryError instead of taking the machine with it."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + MOST_VIRTUAL, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("name", by_name())
def test_any_input_gives_a_result_or_a_sentence(name: str) -> None:
    kind, faults = by_name()[name], []
    for number in range(SHARES.get(name, OTHERS)):
        faults += trial.attempt(kind, 0, number)
    assert not faults, f"{len(faults)} faults, such as {faults[0]}"


def test_an_input_comes_back_by_its_number() -> None:
    for kind in by_name().values():
        if kind.prepare():  # a workspace, whose time stamps make some bytes differ
            continue
        first, again = (kind.draw(Random(f"7/{kind.name}/3")) for _ in range(2))
        assert repr(first) == repr(again)


@pytest.fixture
def bad_habits(home: Path) -> Iterator[dict[str, Kind]]:
    """Kinds whose inputs are all taken badly, by what is wrong."""

    def fails(error: Exception) -> object:
        raise error

    def allocate() -> None:
        os.environ["FUZZ_SIZE"] = str(len(bytearray(b"x") * (trial.MOST_BYTES + 100_000_000)))

    def write_outside() -> None:
        (home.parent / "outside").write_text("x")

    habits = {
        "traceback": lambda _: fails(KeyError("x")),
        "sentence": lambda _: fails(PhotoError("x" * 700)),
        "memory": lambda _: allocate(),
        "outside": lambda _: write_outside(),
    }
    yield {what: Kind(what, 1, lambda random: random.random(), use) for what, use in habits.items()}
    os.environ.pop("FUZZ_SIZE", None)
    (home.parent / "outside").unlink(missing_ok=True)


@pytest.mark.parametrize("what", ["traceback", "sentence", "memory", "outside"])
def test_a_bad_habit_is_noticed(bad_habits: dict[str, Kind], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peak = trial._peak()  # earlier tests of this process may have taken more than the bad habit does
    monkeypatch.setattr(trial, "_peak", lambda: peak + (2 * trial.MOST_BYTES if "FUZZ_SIZE" in os.environ else 0))
    assert [fault.what for fault in trial.attempt(bad_habits[what], 0, 0)] == [what]


@pytest.mark.parametrize(
    "sentence",
    ["", " ", "x" * 601, "Traceback (most recent call last)", "got <class 'int'>", "ValueError: x", "a\x1b[31mb",
     "For further information visit https://errors.pydantic.dev", "'utf-8' codec can't decode byte 0xff"],
)  # fmt: skip
def test_a_sentence_for_programmers_is_noticed(sentence: str) -> None:
    assert trial.unfit(sentence)


def test_a_sentence_for_people_passes() -> None:
    assert not trial.unfit("epochs must be at least 1, got 0.")
    assert not trial.unfit("There is no file röcke 👗.jpg. Check the name and the folder.")


@pytest.mark.usefixtures("home")
def test_the_records_that_are_edited_are_sound_before() -> None:
    stored.sound()
    assert {run.id for run in folder.look_all()} == set(RUNS)
    assert {model.name for model in shelf.models()} >= {"colours", "other", "starter"}
    assert catalogue.names()[:2] == ["other", "tiny"]
    for call in (*readings.LISTS.values(), *readings.SINGLE.values()):
        call()  # raises nothing, not even a sentence for people
