"""The nasty files as photos: a sentence or an answer, quickly, in bounded memory, and nothing is written.

Times are processor times, so other work on the machine makes no test fail.
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
    """Run each test in its own folder. At the end, it and the workspace must contain no new files.

    The fixture is a function that lists new files, so a test can check after each case.
    """
    inside = tmp_path / "outer" / "inner"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)

    def new_files() -> list[Path]:
        new = [path for path in [*tmp_path.rglob("*"), *home.rglob("*")] if not path.is_relative_to(home / "models")]
        return [path for path in new if path.is_file() and path.parent.name != "input"]

    yield new_files
    assert new_files() == []


def check(prediction: bulk.Prediction, outcome: str) -> None:
    if prediction.answer is None:
        assert outcome != nasty.ANSWER, prediction.error
        words = prediction.error
        assert words.endswith(".")
        assert words.isprintable()
        assert len(words) < 400
        for jargon in ("Traceback", "Exception", "BytesIO", "None", "errno"):
            assert jargon not in words, words
    else:
        assert outcome != nasty.SENTENCE, f"{prediction.name} got an answer"
        assert prediction.error == ""
    assert prediction.name.isprintable() or "\u200d" in prediction.name
    assert ".." not in Path(prediction.name).parts


def time_limit(name: str) -> float:
    return MOST_SECONDS_HEIC if name.endswith(".heic") else MOST_SECONDS


def test_each_nasty_file(subtests, colours, new_files):
    for name, (outcome, data) in FILES.items():
        with subtests.test(name=name):
            began = time.process_time()
            (prediction,) = bulk.predict(colours, [album.PhotoSource(name, lambda data=data: data)], thumbnails=True)
            assert time.process_time() - began < time_limit(name)
            check(prediction, outcome)
            assert new_files() == []


def test_each_nasty_zip(subtests, colours, new_files):
    for name, (outcome, data) in ZIPS.items():
        with subtests.test(name=name):
            began = time.process_time()
            try:
                sources = album.in_zip(name, data)
            except album.PhotoError as error:
                sources = [album.PhotoSource(name, lambda error=error: fail(error))]
            predictions = list(bulk.predict(colours, sources))
            assert time.process_time() - began < MOST_SECONDS
            assert predictions
            for prediction in predictions:
                check(prediction, outcome)
            assert new_files() == []


def fail(error: Exception) -> bytes:
    raise error


def test_bad_files_cost_their_line_and_not_the_batch(colours):
    good = nasty.names()["a\nb.jpg"]
    mixed = [album.PhotoSource(name, lambda data=data: data) for name, (_, data) in FILES.items()]
    mixed[::7] = [album.PhotoSource("good.jpg", lambda: good)] * len(mixed[::7])
    predictions = list(bulk.predict(colours, mixed))
    assert [prediction.name for prediction in predictions] == [source.name for source in mixed]
    assert all(prediction.answer for prediction in predictions[::7])
    assert sum(prediction.answer is None for prediction in predictions) > 40


def test_names_on_disk_are_shown_on_one_line(colours, tmp_path, capsys):
    folder = tmp_path / "input"
    folder.mkdir()
    count = 0
    for name, data in nasty.names().items():
        try:
            (folder / name).write_bytes(data)
        except (OSError, ValueError):  # this file system refuses the name
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
try:  # not getrusage: its peak includes that of the parent process
    with open("/proc/self/status") as file:
        peak = 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
except OSError:
    peak = psutil.Process().memory_info().rss
print(json.dumps({"status": status, "seconds": spent, "bytes": peak}), file=sys.stderr)
"""


def shell(*arguments: str) -> tuple[list[dict], dict]:
    """`python -m core predict --json` in a separate process: its lines, and its time and memory."""
    process = subprocess.run(
        [sys.executable, "-c", WATCHED, "predict", "--json", "--model", "colours", *arguments],
        env={**os.environ, "PYTHONPATH": str(workspace.PROJECT)},
        capture_output=True, text=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    *messages, last = process.stderr.strip().splitlines()
    assert "Traceback" not in "".join(messages), process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()], json.loads(last)


def test_the_whole_set_through_the_shell(colours, tmp_path):
    folder = tmp_path / "input"
    folder.mkdir()
    for name, (_, data) in (FILES | ZIPS).items():
        (folder / name).write_bytes(data)
    lines, usage = shell(str(folder), *sorted(str(folder / name) for name in ZIPS))
    assert usage["status"] == 1
    assert usage["bytes"] < MOST_MEMORY
    assert len(lines) > len(FILES) + len(ZIPS)
    by_name = {Path(line["file"]).name: line for line in lines}
    for name, (outcome, _) in FILES.items():
        assert ("error" in by_name[name]) == (outcome == nasty.SENTENCE) or outcome == nasty.EITHER, name


@functools.cache
def idle_seconds() -> float:
    """Processor time of a process without a photo, in seconds."""
    return shell("nothing.jpg")[1]["seconds"]


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_the_largest_photos_stay_within_time_and_memory(colours, tmp_path, name):
    folder = tmp_path / "input"
    folder.mkdir()
    outcome, data = HEAVY[name]()
    (folder / name).write_bytes(data)
    del data
    (line,), usage = shell(str(folder / name))
    assert ("error" in line) == (outcome == nasty.SENTENCE), line
    assert usage["seconds"] - idle_seconds() < time_limit(name)
    assert usage["bytes"] < MOST_MEMORY - 80e6  # room for a MobileNetV2, which is larger than this test's network


def test_large_photos_side_by_side_do_not_add_up(colours, tmp_path):
    folder = tmp_path / "input"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.webp").write_bytes(nasty.heavy()["24 megapixels.webp"]()[1] if not number else
                                                (folder / "0.webp").read_bytes())  # fmt: skip
    lines, usage = shell(str(folder))
    assert all("answers" in line for line in lines)
    assert usage["bytes"] < MOST_MEMORY - 80e6


def test_the_limits_hold_for_the_set():
    """The heavy files are close to their format's limit, so this fails when a limit moves."""
    for name in HEAVY:
        if name.endswith(("png", "webp", "tif", "gif", "avif")):
            form = {"tif": "TIFF"}.get(name.split(".")[-1], name.split(".")[-1].upper())
            assert 0.9 <= int(name.split()[0]) / formats.BY_PILLOW_NAME[form].megapixels <= 1
