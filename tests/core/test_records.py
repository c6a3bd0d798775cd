"""Stored JSON: older files are read, and damaged ones are refused with a sentence that names the file."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import workspace
from core.answering import shelf
from core.answering.card import Card
from core.answering.shelf import Pinned
from core.datasets import catalogue, offered, pack, review, splitting
from core.errors import AppError, RunError
from core.evaluating.record import Evaluation
from core.files import records
from core.runs import estimate, folder, queue
from core.runs.records import Epoch, Notes, PartialEpoch, Report, RunState, Status, from_line
from core.teaching import draft, lesson
from tests.fabricated import card_fields, report, saved_model

WHOLE: dict[type[records.Record], dict[str, Any]] = {  # of each record a file as it may be
    Card: card_fields(),
    Pinned: {"name": "colours"},
    Status: {"phase": "done", "progress": 1.0, "attempts": 1, "time_left": None},
    Notes: {"name": "mine", "device": "auto"},
    Report: report(test=0.5),
    Epoch: {"epoch": 0, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5},
    PartialEpoch: {"epoch": 0, "batch": 1, "batches": 2, "loss": 1.0, "accuracy": 0.5},
    offered.Status: {"share": 0.5, "words": "on its way"},
    estimate.Speeds: {"mobilenet_v2": 1.5},
    catalogue.Entry: {"folder": "photos"},
    splitting.Splits: {"shares": [0.8, 0.1, 0.1], "splits": {"hat/1.jpg": "train"}},
    review.Review: {"decisions": [{"step": 1, "photo": "hat/1.jpg", "action": "leave out"}]},
    Evaluation: {
        "model": "m",
        "dataset": "own",
        "split": "test",
        "labels": ["hat"],
        "figures": {"accuracy": 0.5, "correct": 1, "count": 2, "interval": [0.1, 0.9]},
    },
    lesson.Lesson: {"kinds": ["hat", "shoes"], "base": "starter"},
    draft.Outcome: {"stamp": "1-2", "draft": "000001", "twins": [["a.jpg", "b.jpg"]]},
    pack.Index: {"labels": [0], "keys": ["0" * 32], "names": ["a.jpg"], "skipped": [["b.jpg", "It is damaged."]]},
}
JUNK = ("", "{", "null", "[]", "3", "NaN", '"text"', "\x00", "{'a': 1}", "[" * 100_000, '{"a":' * 100_000, "\ufeff{}")
WRONG = (None, "x", -1, [], {"a": None}, True, 10**400, "\ud800")
WRONG_TEXT = ("1e999", "1" + "0" * 5000, "[" * 500, "NaN")
DAMAGED: tuple[tuple[type[records.Record], str, Any], ...] = (  # a field, and a value that it can't have
    (Card, "labels", []),
    (Card, "labels", "red"),
    (Card, "labels", [1, 2]),
    (Card, "image_size", "8"),
    (Card, "image_size", 0),
    (Card, "temperature", None),
    (Card, "temperature", 0),
    (Card, "temperature", float("nan")),
    (Card, "scores", {}),
    (Card, "scores", {"validation": {"accuracy": 0.5}}),
    (Card, "files", {"head.npz": {"bytes": "many", "hash": ""}}),
    (Status, "phase", []),
    (Status, "phase", "flying"),
    (Status, "phase", None),
    (Status, "attempts", "x"),
    (Status, "attempts", 1.5),
    (Status, "progress", -1),
    (Status, "progress", float("inf")),
    (Status, "error", 3),
    (Notes, "name", 3),
    (Notes, "device", None),
    (Report, "best_epoch", "last"),
    (Report, "scores", {"test": None}),
    (Epoch, "epoch", float("inf")),
    (Epoch, "epoch", -1),
    (Epoch, "epoch", "one"),
    (Epoch, "val_loss", float("nan")),
    (PartialEpoch, "batches", 0),
    (Pinned, "name", 3),
    (offered.Status, "share", "half"),
    (estimate.Speeds, "mobilenet_v2", "slow"),
    (catalogue.Entry, "folder", 3),
    (catalogue.Entry, "title", 3),
    (splitting.Splits, "splits", {"hat/1.jpg": "elsewhere"}),
    (splitting.Splits, "shares", [1.0]),
    (review.Review, "decisions", [{"step": 1, "photo": "hat/1.jpg", "action": "burn"}]),
    (review.Review, "decisions", {}),
    (Evaluation, "labels", []),
    (Evaluation, "left_out", {"hat": "many"}),
    (Evaluation, "figures", {"accuracy": 0.5}),
    (pack.Index, "labels", ["0"]),
    (pack.Index, "skipped", [["b.jpg"]]),
)


def test_whole_files_are_read_with_a_version_and_without(tmp_path):
    for record, fields in WHOLE.items():
        path = tmp_path / "file.json"
        path.write_text(json.dumps(fields))
        whole = records.read(path, record)
        assert (type(whole), whole.version) == (record, 1)
        path.write_text(json.dumps({**fields, "version": 1, **({} if record is estimate.Speeds else {"later": [1]})}))
        again = records.read(path, record)
        assert again.model_dump(include=set(record.model_fields)) == whole.model_dump(include=set(record.model_fields))
        records.write(path, whole)
        assert records.read(path, record) == whole
        assert json.loads(path.read_text())["version"] == 1
        assert records.read(tmp_path / "none.json", record) is None
        assert records.read(path / "none.json", record) is None


def refusal(path: Path, record: type[records.Record]) -> str:
    """The error sentence for a file, from the record's own kind of error."""
    with pytest.raises(record.ERROR) as refused:
        records.read(path, record)
    sentence = str(refused.value)
    assert isinstance(refused.value, AppError)
    assert sentence.startswith(f"{path} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < len(str(path)) + 400
    return sentence


def test_damaged_files_are_refused_in_a_sentence_with_a_remedy(tmp_path):
    path = tmp_path / "file.json"
    for record, fields in WHOLE.items():
        for junk in JUNK:
            path.write_text(junk)
            assert record.REMEDY in refusal(path, record), (record, junk[:20])
        path.write_bytes(json.dumps(fields).encode() + b"\xff\xfe")
        assert "not valid JSON" in refusal(path, record)
    for record, field, value in DAMAGED:
        path.write_text(json.dumps({**WHOLE[record], field: value}))
        sentence = refusal(path, record)
        assert field in sentence, (record, field, value)
        assert record.REMEDY in sentence


def test_no_value_of_any_field_raises_anything_else(tmp_path):
    path = tmp_path / "file.json"
    for record, fields in WHOLE.items():
        for field in {*record.model_fields, *fields}:
            texts = [json.dumps(value) for value in WRONG] + list(WRONG_TEXT)
            for text in texts:
                others = {name: value for name, value in fields.items() if name != field}
                path.write_text(f"{json.dumps(others)[:-1]}{', ' if others else ''}{json.dumps(field)}: {text}}}")
                with contextlib.suppress(record.ERROR):
                    assert isinstance(records.read(path, record), record)


def test_a_newer_version_asks_for_an_update_and_is_not_overwritten(tmp_path):
    path = tmp_path / "file.json"
    for record, fields in WHOLE.items():
        path.write_text(json.dumps({**fields, "version": 2}))
        assert "newer version" in refusal(path, record)
        assert "Update" in refusal(path, record)
        with pytest.raises(record.ERROR, match="newer version"):
            records.read_to_change(path, record)
        for version in ("1", 0, None, [1], 1.5):
            path.write_text(json.dumps({**fields, "version": version}))
            assert "version" in refusal(path, record)
            assert records.read_to_change(path, record) is None


def test_a_file_that_can_not_be_opened_is_refused_too(tmp_path):
    for record in WHOLE:
        assert "can't be read" in refusal(tmp_path, record)  # a folder


def test_bytes_that_are_not_unicode_survive(tmp_path):
    path = tmp_path / "file.json"
    name = b"gr\xfcn.jpg".decode("utf-8", "surrogateescape")
    status = Status(phase=RunState.DONE, warning=f"{name} can't be read")
    records.write(path, status)
    assert records.read(path, Status) == status.model_copy(update={"warning": "gr?n.jpg can't be read"})  # to be shown
    index = pack.Index(labels=(0,), keys=("0" * 32,), names=(name,), skipped=((name, "why"),))
    records.write(path, index)
    assert records.read(path, pack.Index) == index


def test_a_damaged_line_of_the_curves_is_none():
    for junk in JUNK:
        assert from_line(junk) is None
        assert from_line(f'{junk} "val_loss"') is None
    for record in (Epoch, PartialEpoch):
        assert isinstance(from_line(json.dumps(WHOLE[record])), record)
        assert from_line(json.dumps({**WHOLE[record], "version": 2})) is None
        for field in WHOLE[record]:
            for text in (*map(json.dumps, (None, "x", [], {})), *WRONG_TEXT):
                line = json.dumps({**WHOLE[record], field: "HERE"}).replace('"HERE"', text)
                assert from_line(line) is None, line[:80]


# A damaged file hides one run or model and affects no other


def make_run(run_id: str) -> Path:
    made = workspace.runs() / run_id
    made.mkdir(parents=True)
    (made / "config.json").write_text('{"dataset": "tiny"}')
    (made / "status.json").write_text('{"phase": "done"}')
    return made


def damages(record: type[records.Record]) -> list[str]:
    """File contents that are not this record."""
    of_fields = [json.dumps({**WHOLE[r], field: value}) for r, field, value in DAMAGED if r is record]
    return [*JUNK, *of_fields, json.dumps({**WHOLE[record], "version": 2})]


def test_a_damaged_run_is_left_out_of_the_list():
    make_run("20250101-000000-000-aaaa")
    broken = make_run("20250101-000000-001-bbbb")
    for record, name in ((Status, "status.json"), (Notes, "notes.json")):
        for text in damages(record):
            (broken / name).write_text(text)
            with pytest.raises(RunError, match=name):
                folder.look(broken.name)
            assert [run.id for run in folder.look_all()] == ["20250101-000000-000-aaaa"]
            assert queue.waiting() == []
        (broken / name).unlink()
    assert len(folder.look_all()) == 2
    for text in damages(Report):
        (broken / "report.json").write_text(text)
        with pytest.raises(RunError, match=r"report\.json"):
            folder.read_report(broken)
        assert folder.scores(broken) == {}
        assert len(folder.look_all()) == 2
    for text in damages(Epoch):
        (broken / "metrics.jsonl").write_text(
            f"{json.dumps(WHOLE[Epoch])}\n{text}\n{json.dumps(WHOLE[PartialEpoch])}\n"
        )
        curves = folder.read_curves(broken)
        assert [epoch.epoch for epoch in curves.epochs] == [0]
        assert curves.within


def test_a_rename_repairs_damaged_notes_and_keeps_fields_of_later_releases():
    made = make_run("a")
    for text in JUNK:
        (made / "notes.json").write_text(text)
        queue.rename("a", "mended")
        assert folder.look("a").name == "mended"
    (made / "notes.json").write_text('{"name": "x", "note": "nice", "stars": 5}')
    queue.rename("a", "y")
    assert json.loads((made / "notes.json").read_text()) == {
        "version": 1, "name": "y", "note": "nice", "study_name": "", "is_starred": False, "is_archived": False,
        "device": "auto", "stars": 5,
    }  # fmt: skip
    (made / "notes.json").write_text('{"version": 2, "name": {"en": "x"}}')
    with pytest.raises(RunError, match="newer version"):
        queue.rename("a", "z")
    assert json.loads((made / "notes.json").read_text())["version"] == 2


def test_a_damaged_card_is_left_out_of_the_shelf():
    saved_model("whole")
    broken = saved_model("broken")
    for text in damages(Card):
        (broken / "card.json").write_text(text)
        assert [model.name for model in shelf.models()] == ["whole"]
        for look in (lambda: shelf.read(broken), lambda: shelf.model("broken")):
            with pytest.raises(Card.ERROR, match=r"card\.json"):
                look()


def test_a_damaged_pin_or_estimate_stops_nothing(home: Path):
    saved_model("only")
    for text in damages(Pinned):
        (workspace.models() / "pinned.json").write_text(text)
        assert (shelf.pinned(), shelf.active().name) == (None, "only")
    places: tuple[tuple[type[records.Record], Path, Callable[[], Any], Any], ...] = (
        (offered.Status, home / "cache" / "downloads" / "status.json", offered.status, None),
        (estimate.Speeds, home / "cache" / "speed.json", lambda: estimate.speed("mobilenet_v2"), 1.0),
    )
    for record, path, look, expected in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        for text in damages(record):
            path.write_text(text)
            assert look() == expected
    (home / "cache" / "speed.json").write_text("{")
    estimate.remember_speed("mobilenet_v2", 10, 20)
    assert estimate.speed("mobilenet_v2") == 2.0
