"""Damaged runs, models, datasets and recipes: each is listed with its reason and deleted alone; the others go on."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from core import workspace
from core.answering import shelf
from core.augment import recipe, saved
from core.datasets import catalogue, titles
from core.errors import AppError
from core.files import damage
from core.runs import folder, queue
from tests.fabricated import saved_model

RUNS = ("20260101-100000-000000-aaaa", "20260101-110000-000000-bbbb")
DEEP = "[" * 100_000


def make_run(run_id: str) -> Path:
    place = workspace.runs() / run_id
    place.mkdir(parents=True)
    (place / "config.json").write_text('{"dataset": "drawn-garments"}')
    (place / "status.json").write_text('{"phase": "done"}')
    return place


DAMAGES: dict[str, tuple[str, str | bytes, str]] = {  # file → its content, and what the reason says
    "a phase that is a list": ("status.json", '{"phase": []}', "phase must be"),
    "attempts in words": ("status.json", '{"phase": "queued", "attempts": "x"}', "attempts must be"),
    "a status of a newer version": ("status.json", '{"version": 2, "phase": "done"}', "newer version"),
    "deep brackets in the status": ("status.json", DEEP, "not valid JSON"),
    "notes that are a list": ("notes.json", "[]", "must be"),
    "notes with a number for a name": ("notes.json", '{"name": 3}', "name must be"),
    "settings of a newer version": ("config.json", '{"version": 2, "dataset": "x", "new": 1}', "newer version"),
    "settings that do not exist": ("config.json", '{"dataset": "x", "colour": 1}', "no setting 'colour'"),
    "deep brackets in the settings": ("config.json", DEEP, "not valid JSON"),
    "half a file": ("config.json", '{"dataset": "x', "not valid JSON"),
    "bytes": ("status.json", b"\xff\xfe\x00\x80", "damaged"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_run_is_listed_with_its_reason_and_hides_no_other(case: str) -> None:
    file, content, reason = DAMAGES[case]
    bad, good = map(make_run, RUNS)
    (bad / file).write_bytes(content.encode() if isinstance(content, str) else content)
    assert [run.id for run in folder.look_all()] == [good.name]
    (listed,) = folder.damaged()
    assert (listed.kind, listed.path) == ("run", bad)
    assert reason in listed.reason
    assert len(listed.reason) < 600
    assert queue.waiting() == []
    damage.delete(listed)
    assert not bad.exists()
    assert folder.damaged() == []


@pytest.mark.parametrize("kind", ["pipe", "folder", "loop"])
@pytest.mark.parametrize("file", ["config.json", "status.json", "notes.json"])
def test_a_record_that_is_no_file_hangs_nothing(file: str, kind: str) -> None:
    bad = make_run(RUNS[0])
    (bad / file).unlink(missing_ok=True)
    make = {"pipe": os.mkfifo, "folder": Path.mkdir, "loop": lambda path: path.symlink_to(path)}[kind]
    make(bad / file)
    assert folder.look_all() == []
    assert [run.path for run in folder.damaged()] == [bad]


def test_a_run_that_was_mended_is_back(home: Path) -> None:
    place = make_run(RUNS[0])
    (place / "status.json").write_text("{")
    assert folder.damaged()
    (place / "status.json").write_text('{"phase": "done"}')
    assert [run.id for run in folder.look_all()] == [RUNS[0]]
    assert folder.damaged() == []


def test_a_folder_without_settings_is_listed(home: Path) -> None:
    (workspace.runs() / "half-deleted").mkdir(parents=True)
    (listed,) = folder.damaged()
    assert "config.json can't be read" in listed.reason


def test_lines_of_curves_that_cannot_be_read_are_counted(home: Path) -> None:
    place = make_run(RUNS[0])
    whole = '{"epoch": %s, "loss": 1.0, "accuracy": 0.5, "val_loss": %s, "val_accuracy": 0.5}\n'
    bad = [whole % ("1e999", "1.0"), whole % (1, '"x"'), '{"epoch": 1, "val_loss": ' + DEEP + "\n"]
    (place / "metrics.jsonl").write_text("".join([whole % (0, "1.0"), *bad, whole % (2, "0.5")]))
    curves = folder.read_curves(place)
    assert [epoch.epoch for epoch in curves.epochs] == [0, 2]
    assert curves.damaged == 3


def test_the_line_that_is_being_written_is_no_damage(home: Path) -> None:
    place = make_run(RUNS[0])
    (place / "metrics.jsonl").write_text('{"epoch": 0, "loss": 1.0, "val_loss": 0.')
    assert folder.read_curves(place).damaged == 0


def test_a_damaged_model_is_listed_and_hides_no_other() -> None:
    saved_model("good", labels=["red", "green", "blue"])
    (saved_model("no-head") / "head.npz").unlink()
    (saved_model("odd") / "card.json").write_text('{"version": 2}')
    assert [model.name for model in shelf.models() if model.name != shelf.STARTER] == ["good"]
    reasons = {listed.name: listed.reason for listed in shelf.damaged()}
    assert set(reasons) == {"no-head", "odd"}
    assert "head.npz is missing" in reasons["no-head"]
    assert "newer version" in reasons["odd"]
    for listed in shelf.damaged():
        damage.delete(listed)
    assert shelf.damaged() == []


def test_a_damaged_dataset_is_listed_and_hides_no_other() -> None:
    for name, content in (("odd", "{}"), ("burned", None)):
        place = workspace.datasets() / name
        place.mkdir(parents=True)
        if content:
            (place / "dataset.json").write_text(content)
    assert {listed.name for listed in catalogue.damaged()} == {"odd", "burned"}
    assert catalogue.names()[-1] == catalogue.DRAWN
    for listed in catalogue.damaged():
        damage.delete(listed)
    titles.check_new("burned")


def test_a_recipe_is_read_as_earlier_versions_wrote_it() -> None:
    workspace.recipes().mkdir(parents=True)
    steps = [{"transform": "rotation", "probability": 1.0, "rotation_range": 15.0}]
    (workspace.recipes() / "mine.json").write_text(json.dumps({"name": "mine", "recipe": steps}))
    assert recipe.to_json(saved.load("mine")) == steps


def test_a_link_out_of_the_workspace_is_deleted_and_not_what_it_points_to(tmp_path: Path, home: Path) -> None:
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "photo.jpg").write_bytes(b"photo")
    workspace.runs().mkdir(parents=True)
    (workspace.runs() / "link").symlink_to(outside)
    (listed,) = folder.damaged()
    damage.delete(listed)
    assert (outside / "photo.jpg").exists()
    assert not (workspace.runs() / "link").is_symlink()


def test_nothing_outside_the_workspace_is_deleted(tmp_path: Path, home: Path) -> None:
    outside = tmp_path / "precious"
    outside.mkdir()
    with pytest.raises(AppError, match="outside the workspace"):
        damage.delete(damage.Damaged("run", outside, ""))
    assert outside.exists()


def test_a_run_in_use_is_not_deleted(home: Path, held: Callable[[Path], FileLock]) -> None:
    place = make_run(RUNS[0])
    (place / "status.json").write_text("{")
    with held(place / "worker.lock"), pytest.raises(AppError, match="in use"):
        damage.delete(folder.damaged()[0])
    assert place.exists()


@pytest.fixture
def held() -> Callable[[Path], FileLock]:
    return lambda path: FileLock(path)


def test_half_a_character_in_a_text_is_shown_as_a_question_mark(home: Path) -> None:
    place = make_run(RUNS[0])
    (place / "notes.json").write_text('{"name": "gr\\udcfcn"}')
    (place / "status.json").write_text('{"phase": "failed", "error": "\\ud800"}')
    (run,) = folder.look_all()
    assert (run.name, run.status.error) == ("gr?n", "?")
    workspace.recipes().mkdir(parents=True)
    (workspace.recipes() / "odd.json").write_text('{"name": "\\udc80", "recipe": []}')
    assert saved.names() == ["?"]
