"""The nasty set through all that photos pass: a sentence or an answer, in time, in bounded memory, nothing written.

Times are of the processor, not of the clock: other work on the machine makes no test fail.
"""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import workspace
from core.__main__ import main
from core.answering import bulk, classifier, shelf
from core.photos import album, formats
from tests import nasty
from tests.fabricated import saved_model

MOST_SECONDS = 2.0
MOST_SECONDS_HEIC = 5.0
MOST_MEMORY = 600e6  # bytes, of the whole process

FILES = nasty.files()
ZIPS = nasty.zips()
HEAVY = nasty.heavy()


@pytest.fixture
def colours() -> classifier.Classifier:
    return classifier.Classifier(shelf.read(saved_model("colours")))


@pytest.fixture(autouse=True)
def new_files(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[Path]]]:
    """Run each test in a folder of its own; in it and in the workspace nothing may be new in the end.

    A test that walks a table can look after each case.
    """
    inside = tmp_path / "outer" / "inner"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)

    def new_files() -> list[Path]:
        new = [path for path in [*tmp_path.rglob("*"), *home.rglob("*")] if not path.is_relative_to(home / "models")]
        return [path for path in new if path.is_file() and path.parent.name != "given"]

    yield new_files
    assert new_files() == []


def check(asked: bulk.Asked, wanted: str) -> None:
    if asked.answer is None:
        assert wanted != nasty.ANSWER, asked.error
        words = asked.error
        assert words.endswith(".")
        assert words.isprintable()
        assert len(words) < 400
        for jargon in ("Traceback", "Exception", "BytesIO", "None", "errno"):
            assert jargon not in words, words
    else:
        assert wanted != nasty.SENTENCE, f"{asked.name} got an answer"
        assert asked.error == ""
    assert asked.name.isprintable() or "\u200d" in asked.name
    assert ".." not in Path(asked.name).parts


def allowed(name: str) -> float:
    return MOST_SECONDS_HEIC if name.endswith(".heic") else MOST_SECONDS


def test_each_nasty_file(subtests, colours, new_files):
    for name, (wanted, data) in FILES.items():
        with subtests.test(name=name):
            began = time.process_time()
            (asked,) = bulk.ask(colours, [album.PhotoSource(name, lambda data=data: data)], thumbnails=True)
            assert time.process_time() - began < allowed(name)
            check(asked, wanted)
            assert new_files() == []


def test_each_nasty_zip(subtests, colours, new_files):
    for name, (wanted, data) in ZIPS.items():
        with subtests.test(name=name):
            began = time.process_time()
            try:
                given = album.in_zip(name, data)
            except album.PhotoError as error:
                given = [album.PhotoSource(name, lambda error=error: raised(error))]
            asked = list(bulk.ask(colours, given))
            assert time.process_time() - began < MOST_SECONDS
            assert asked
            for one in asked:
                check(one, wanted)
            assert new_files() == []


def raised(error: Exception) -> bytes:
    raise error


def test_the_whole_set_costs_lines_and_not_the_batch(colours):
    good = nasty.names()["a\nb.jpg"]
    mixed = [album.PhotoSource(name, lambda data=data: data) for name, (_, data) in FILES.items()]
    mixed[::7] = [album.PhotoSource("good.jpg", lambda: good)] * len(mixed[::7])
    asked = list(bulk.ask(colours, mixed))
    assert [one.name for one in asked] == [one.name for one in mixed]
    assert all(one.answer for one in asked[::7])
    assert sum(one.answer is None for one in asked) > 40


def test_names_on_disk_are_shown_on_one_line(colours, tmp_path, capsys):
    folder = tmp_path / "given"
    folder.mkdir()
    count = 0
    for name, data in nasty.names().items():
        try:
            (folder / name).write_bytes(data)
        except (OSError, ValueError):  # a name that this file system refuses
            continue
        count += name[0] != "."
    assert main(["predict", "--model", "colours", str(folder)]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == count >= 5
    assert "\x1b" not in printed.out
    assert printed.err == ""


WATCHED = """
import json, sys, time
import psutil
from core.__main__ import main
began = time.process_time()
status = main(sys.argv[1:])
spent = time.process_time() - began
try:  # not getrusage: its peak begins with that of the process that started this one
    with open("/proc/self/status") as file:
        peak = 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
except OSError:
    peak = psutil.Process().memory_info().rss
print(json.dumps({"status": status, "seconds": spent, "bytes": peak}), file=sys.stderr)
"""


def shell(*arguments: str) -> tuple[list[dict], dict]:
    """`python -m core predict --json` as a process of its own: its lines, and what it took."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "predict", "--json", "--model", "colours", *arguments],
        env={**os.environ, "PYTHONPATH": str(workspace.PROJECT)},
        capture_output=True, text=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    *chatter, last = done.stderr.strip().splitlines()
    assert "Traceback" not in "".join(chatter), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], json.loads(last)


def test_the_whole_set_through_the_shell(colours, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    for name, (_, data) in (FILES | ZIPS).items():
        (folder / name).write_bytes(data)
    lines, took = shell(str(folder), *sorted(str(folder / name) for name in ZIPS))
    assert took["status"] == 1
    assert took["bytes"] < MOST_MEMORY
    assert len(lines) > len(FILES) + len(ZIPS)
    by_name = {Path(line["file"]).name: line for line in lines}
    for name, (wanted, _) in FILES.items():
        assert ("error" in by_name[name]) == (wanted == nasty.SENTENCE) or wanted == nasty.EITHER, name


@functools.cache
def idle_seconds() -> float:
    """Processor time of a process that finds no photo."""
    return shell("nothing.jpg")[1]["seconds"]


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_the_largest_photos_stay_within_time_and_memory(colours, tmp_path, name):
    folder = tmp_path / "given"
    folder.mkdir()
    wanted, data = HEAVY[name]()
    (folder / name).write_bytes(data)
    del data
    (line,), took = shell(str(folder / name))
    assert ("error" in line) == (wanted == nasty.SENTENCE), line
    assert took["seconds"] - idle_seconds() < allowed(name)
    assert took["bytes"] < MOST_MEMORY - 80e6  # what a MobileNetV2 takes more than the network of this test


def test_large_photos_side_by_side_do_not_add_up(colours, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.webp").write_bytes(nasty.heavy()["24 megapixels.webp"]()[1] if not number else
                                                (folder / "0.webp").read_bytes())  # fmt: skip
    lines, took = shell(str(folder))
    assert all("answers" in line for line in lines)
    assert took["bytes"] < MOST_MEMORY - 80e6


def test_the_limits_hold_for_the_set():
    """The heavy ones are near their format's cap, so that they stay worth testing when a cap moves."""
    for name in HEAVY:
        if name.endswith(("png", "webp", "tif", "gif", "avif")):
            form = {"tif": "TIFF"}.get(name.split(".")[-1], name.split(".")[-1].upper())
            assert 0.9 <= int(name.split()[0]) / formats.BY_PILLOW_NAME[form].megapixels <= 1
