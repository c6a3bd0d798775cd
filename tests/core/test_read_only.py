"""A read-only server: nothing that a page can call changes the workspace, whatever it is; caches are still written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import workspace
from core.answering import shelf
from core.augment import saved
from core.augment.presets import PRESETS
from core.comparing import judging
from core.datasets import (
    adding,
    catalogue,
    drawn,
    exporting,
    growing,
    managing,
    offered,
    pack,
    review,
    thumbnails,
)
from core.errors import AppError, SettingsError
from core.evaluating import evaluate, stored
from core.exporting import background as exporting_models
from core.files import damage, disk, processes, read_only, storage_errors
from core.files.read_only import ReadOnlyError
from core.health import contents
from core.importing import background as importing
from core.importing.background import Wanted
from core.reviewing import check
from core.runs import launch, queue, studies
from core.runs.config import config
from core.sending import delivery, extras
from core.serving import limits
from core.teaching import corrections, gathering, keeping, learning, lesson, teacher
from core.teaching.kinds import NONE
from tests.conftest import drawing, encoded, run_ids, zipped
from tests.core.test_lesson import photos as lesson_photos
from tests.fabricated import saved_model

LESSON = "bars-disc"
NEW = [("new.png", encoded(drawing("disc", 900), "PNG"))]


def state(home: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder of the workspace but the caches, locks and logs, with its time of change and content."""
    kept = (path for path in home.rglob("*") if not path.is_relative_to(workspace.cache()))
    return {
        str(path.relative_to(home)): (path.lstat().st_mtime_ns if path.is_file() else 0,
                                      path.read_bytes() if path.is_file() else b"")
        for path in kept
        if path != workspace.locks() and path.suffix not in (".lock", ".log")
    }  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules of the processes that were started, none of which is."""
    modules: list[str] = []

    class Process:
        def __init__(self, command: list[str], **_: object) -> None:
            modules.append(command[2])

        def poll(self) -> int:
            return 0

    stand_in = SimpleNamespace(Popen=Process, DEVNULL=subprocess.DEVNULL, STDOUT=subprocess.STDOUT)
    monkeypatch.setattr(processes, "subprocess", stand_in)
    return modules


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Path) -> Iterator[Path]:
    """A workspace with one of everything: datasets, runs, models, a recipe, an evaluation, corrections, a lesson."""
    folder = tmp_path_factory.mktemp("template").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(folder))
        patch.setattr(drawn, "COUNTS", {"train": 1, "validation": 1, "test": 1})
        catalogue.load(catalogue.DRAWN)
        (archive := workspace.cache() / "upload.zip").parent.mkdir(parents=True, exist_ok=True)
        archive.write_bytes(zipped(tiny_dataset))
        adding.add_zip("mine", archive)
        managing.split_anew("mine")
        review.decide("mine", [_photo()], "keep")
        for _ in range(2):
            queue.put(config(dataset="mine", study="some-20260101-120000"))
        saved_model("colours")
        saved_model("others")
        saved.save("mild", PRESETS[0].recipe)
        (workspace.evaluations() / "one").mkdir(parents=True)
        lesson.start(["bars", "disc"])
        for kind in ("bars", "disc"):
            gathering.add_photos(LESSON, kind, lesson_photos(kind, range(3)))
        teacher.learn(LESSON)
        _correct("a.png")
        yield folder


@pytest.fixture
def full(home: Path, template: Path, started: list[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it."""
    monkeypatch.setattr(extras.Extra, "check", lambda _: None)
    shutil.copytree(template, home, dirs_exist_ok=True)
    return home


@pytest.fixture
def read_only_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Makes this process a read-only server when it is called, until the test ends."""

    def turn_on() -> None:
        monkeypatch.setenv(limits.READ_ONLY.variable, "1")
        read_only.enforce(limits.READ_ONLY.read)
        assert read_only.is_on()

    yield turn_on
    monkeypatch.delenv(limits.READ_ONLY.variable, raising=False)


def _archive(home: Path, folder: Path) -> Path:
    path = workspace.cache() / "upload.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zipped(folder))
    return path


def _photo() -> str:
    return catalogue.contents_of("mine").names([next(path for _, _, path in catalogue.contents_of("mine").rows())])[0]


def _outside() -> Path:
    return workspace.home().with_name(f"{workspace.home().name}-written")


def _import() -> None:
    with (workspace.models() / "colours" / "backbone.tflite").open("rb") as file:
        importing.start(file, Wanted(file="model.tflite", title="model", dataset="mine"))


def _learn() -> None:
    teacher.retry(LESSON)
    teacher.ensure(LESSON)


def _correct(name: str) -> None:
    corrections.add(shelf.model("colours"), [(name, encoded(drawing("bars", len(name)), "PNG"), NONE, "red")])


ACTS: dict[str, Callable[[], Any]] = {
    # runs
    "queue a run": lambda: queue.put(config(dataset="mine")),
    "queue a study": lambda: studies.put(studies.STUDIES["dropout"], config(dataset="mine")),
    "stop a run": lambda: queue.stop(run_ids()[0]),
    "stop a study": lambda: queue.stop_study("some-20260101-120000"),
    "rename a run": lambda: queue.rename(run_ids()[0], "other"),
    "rename a study": lambda: queue.rename_study("some-20260101-120000", "other"),
    "star a run": lambda: queue.change_notes(run_ids()[0], is_starred=True),
    "delete a run": lambda: queue.delete(run_ids()[0]),
    "delete a study": lambda: queue.delete_study("some-20260101-120000"),
    "compute the answers of a run": lambda: judging.start(run_ids()[0]),
    "send runs to TensorBoard": lambda: delivery.write_event_files(run_ids()),
    # models
    "pin a model": lambda: shelf.pin("colours"),
    "decline a model": lambda: shelf.decline("colours"),
    "annotate a model": lambda: shelf.annotate("colours", title="other", note="new"),
    "delete a model": lambda: shelf.delete("colours"),
    "import a model": _import,
    "evaluate a model": lambda: evaluate.start("colours", "mine", "test"),
    "delete a damaged evaluation": lambda: damage.delete(stored.damaged()[0]),
    "correct answers": lambda: _correct("another.png"),
    "learn from corrections": lambda: learning.start("colours"),
    # datasets
    "add a folder": lambda: adding.add_folder("other", workspace.datasets() / "mine" / "photos"),
    "add a zip": lambda: adding.add_zip("other", workspace.cache() / "upload.zip"),
    "download the photos": offered.start,
    "make a dataset": lambda: growing.create("Other"),
    "add photos": lambda: growing.add_photos("mine", "disc", NEW),
    "add unsorted photos": lambda: growing.add_loose(LESSON, NEW),
    "rename a dataset": lambda: managing.rename("mine", "Other"),
    "copy a dataset": lambda: managing.copy("mine", "Other"),
    "split a dataset anew": lambda: managing.split_anew("mine"),
    "restore a split": lambda: managing.restore_split("mine"),
    "write a dataset": lambda: exporting.export("mine", _outside()),
    "write a zip of a dataset": lambda: exporting.export("mine", _outside().with_suffix(".zip")),
    "remove a dataset": lambda: managing.remove("mine"),
    "check a dataset": lambda: check.start("mine"),
    "decide about a photo": lambda: review.decide("mine", [_photo()], "leave out"),
    "undo a decision": lambda: review.undo("mine"),
    # lessons
    "start a lesson": lambda: lesson.start(["shirt", "coat"]),
    "open a dataset as a lesson": lambda: lesson.open_on("mine"),
    "add a kind": lambda: lesson.add_kind(LESSON, "scarf"),
    "add none of these": lambda: lesson.add_none(LESSON),
    "rename a kind": lambda: lesson.rename_kind(LESSON, "disc", "plate"),
    "remove a kind": lambda: lesson.remove_kind(LESSON, "disc"),
    "build a lesson on another model": lambda: lesson.set_base(LESSON, "colours"),
    "teach photos": lambda: gathering.add_photos(LESSON, "disc", NEW),
    "teach unsorted photos": lambda: gathering.add_unsorted(LESSON, NEW),
    "copy photos into a lesson": lambda: gathering.add_from(LESSON, "disc", "mine", "disc", 2),
    "label photos": lambda: gathering.label_photos(LESSON, [lesson.rows(LESSON)[0].name], "bars"),
    "learn a lesson": _learn,
    "save a lesson's model": lambda: keeping.save(LESSON),
    # the rest
    "save a recipe": lambda: saved.save("strong", PRESETS[-1].recipe),
    "delete a recipe": lambda: saved.delete("mild"),
    "clean the caches": disk.clean,
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_no_act_changes_the_workspace(
    name: str, full: Path, started: list[str], monkeypatch: pytest.MonkeyPatch, read_only_server: Callable[[], None]
) -> None:
    before = state(full)
    read_only_server()
    with pytest.raises((AppError, OSError)) as caught:
        ACTS[name]()
    sentence = storage_errors.sentence(caught.value) if isinstance(caught.value, OSError) else str(caught.value)
    assert "read-only" in sentence
    assert not list(full.parent.glob(f"{full.name}-written*"))
    assert (state(full), started) == (before, [])
    monkeypatch.delenv(limits.READ_ONLY.variable)  # without it each act does something, or this would prove nothing
    freed = ACTS[name]()
    outside = list(full.parent.glob(f"{full.name}-written*"))
    assert state(full) != before or started or outside or (name == "clean the caches" and freed.bytes)


def test_what_is_read_and_computed_goes_on(full: Path, read_only_server: Callable[[], None]) -> None:
    before = state(full)
    read_only_server()
    dataset = catalogue.load("mine")
    assert len(pack.load(dataset, "train", 16))
    assert all(thumbnails.load(dataset.folder, dataset.splits["test"].paths))
    assert list((workspace.cache() / "thumbnails").iterdir())
    assert shelf.model("colours").name == "colours"
    assert workspace.cache().is_dir()
    assert state(full) == before


def test_a_model_can_be_taken_away(full: Path, started: list[str], read_only_server: Callable[[], None]) -> None:
    read_only_server()
    exporting_models.start(shelf.model("colours"), "keras")
    assert started == list(processes.ONLY_CACHES)
    with pytest.raises(ReadOnlyError):
        processes.start("models.worker", "worker.log")


def test_the_drawn_garments_are_drawn_and_an_empty_workspace_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch, read_only_server: Callable[[], None]
) -> None:
    monkeypatch.setattr(drawn, "COUNTS", {"train": 1, "validation": 1, "test": 1})
    monkeypatch.setenv("FITTING_ROOM_HOME", str(home / "new"))
    read_only_server()
    assert len(catalogue.load(catalogue.DRAWN).classes) == 10
    with pytest.raises(ReadOnlyError):
        (catalogue.own_folder(catalogue.DRAWN) / "review.json").write_text("{}")


def test_no_worker_is_started_for_runs_of_others(
    full: Path, started: list[str], read_only_server: Callable[[], None]
) -> None:
    assert queue.waiting()
    read_only_server()
    assert not launch.ensure_worker()
    assert started == []


@pytest.mark.parametrize("way", ["link", "relative", "other way round", "descriptor", "second name"])
def test_no_way_leads_around_it(
    way: str, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_only_server: Callable[[], None]
) -> None:
    (tmp_path / "link").symlink_to(full / "runs")
    (tmp_path / "file").write_text("new")
    place = {
        "link": tmp_path / "link" / "new.txt",
        "relative": Path("runs/new.txt"),
        "other way round": workspace.cache() / ".." / "runs" / "new.txt",
        "descriptor": full / "runs" / "new.txt",
        "second name": full / "runs" / "new.txt",
    }[way]
    monkeypatch.chdir(full)
    read_only_server()
    ways = {
        "descriptor": lambda: os.open(place, os.O_CREAT | os.O_WRONLY),
        "second name": lambda: os.link(tmp_path / "file", place),
    }
    with pytest.raises(ReadOnlyError):
        ways.get(way, lambda: place.write_text("new"))()
    assert not (full / "runs" / "new.txt").exists()
    (tmp_path / "elsewhere.txt").write_text("the rest of the disk is none of its business")


@pytest.mark.parametrize("value", ["yes", "2", "-1", "on", "true"])
def test_a_wrong_value_is_a_sentence_and_refuses(
    value: str, full: Path, read_only_server: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only_server()
    monkeypatch.setenv(limits.READ_ONLY.variable, value)
    with pytest.raises(SettingsError, match=f"FITTING_ROOM_READ_ONLY must be 1 or 0, got '{value}'"):
        limits.READ_ONLY.read()
    with pytest.raises(ReadOnlyError):
        saved.delete("mild")


@pytest.mark.parametrize("value", ["", "0", " 0 "])
def test_it_is_off_by_default(value: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.READ_ONLY.variable, value)
    assert not limits.READ_ONLY.read()
    saved.delete("mild")
    assert saved.names() == []


def test_the_command_line_is_not_limited(full: Path) -> None:
    environment = {**os.environ, limits.READ_ONLY.variable: "1", "FITTING_ROOM_HOME": str(full)}
    command = [sys.executable, "-m", "core", "data", "rename", "mine", "Other"]
    subprocess.run(command, env=environment, cwd=workspace.PROJECT, check=True, timeout=60)
    assert catalogue.title("mine") == "Other"


def test_the_doctor_says_it(full: Path, read_only_server: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("READ_ONLY" in finding.text for finding in contents.examine())
    before = state(full)
    read_only_server()
    texts = [finding.text for finding in contents.examine()]
    assert "FITTING_ROOM_READ_ONLY is on: on the pages, people can change nothing." in texts
    assert not any(finding.subject == "workspace" for finding in contents.examine())
    assert state(full) == before
    monkeypatch.setenv(limits.READ_ONLY.variable, "perhaps")
    assert any("must be 1 or 0, got 'perhaps'" in finding.text for finding in contents.examine())
