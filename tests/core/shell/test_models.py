"""`python -m core evaluate` and `export`: a saved model's scores, and its file."""

import json

import pytest

from core.answering import shelf
from core.errors import ModelError
from core.evaluating import stored
from core.exporting import forms, process
from core.shell.main import main
from tests.fabricated import saved_model


def test_evaluate_scores_a_split(run, colours):
    saved_model("colours")
    (line,) = run("evaluate", "colours", "--json")
    scores = json.loads(line)
    assert (scores["model"], scores["split"]) == ("colours", "test")
    assert (scores["correct"], scores["count"], scores["accuracy"]) == (6, 7, 6 / 7)
    assert {"interval", "loss", "calibration_error", "per_class", "confusion"} <= set(scores)
    assert scores["confusion"] == [[2, 0, 1], [0, 2, 0], [0, 0, 2]]  # in the model's order: red, green, blue
    assert json.loads(run("evaluate", "colours", "--split", "validation", "--json")[0])["accuracy"] == 1.0
    head, *rows, looks = run("evaluate", "colours")
    assert "colours on test: 0.8571 (6 of 7), 95 % interval 0.487 to 0.974" in head
    assert [row.split()[:2] for row in rows] == [["red", "0.667"], ["green", "1.000"], ["blue", "1.000"]]
    assert looks == "Test photos looked at 2 times: the more often you choose by them, the less they tell."


def test_evaluate_tells_more_than_a_card(run, colours):
    saved_model("colours")
    found = json.loads(run("evaluate", "colours", "--json")[0])
    assert (found["dataset"], found["left_out"], found["unreadable"]) == ("own", {}, 0)
    assert found["macro_f1"] == pytest.approx((0.8 + 1 + 0.8) / 3)
    assert found["per_class"][0] == {
        "label": "red", "count": 3, "correct": 2, "recall": 2 / 3, "precision": 1.0, "answers": 2, "f1": 0.8,
        **{f"{name}_interval": found["per_class"][0][f"{name}_interval"] for name in ("recall", "precision", "f1")},
    }  # fmt: skip
    assert set(found["groups"]) == {"size", "brightness", "proportions"}
    assert [sum(part["count"] for part in found[name]) for name in ("reliability", "undoubted")] == [7, 7]
    assert found["coverage"][-1]["count"] == 7
    assert "macro F1 0.867, calibration error" in run("evaluate", "colours")[0]
    assert [each.evaluation.model for each in stored.every()] == ["colours"] * 2


def test_evaluate_says_what_it_left_out(run, colours):
    saved_model("two", labels=["red", "green", "pink"])
    head, *_, left_out = run("evaluate", "two", "--split", "validation")
    assert "two on validation: 1.0000 (4 of 4)" in head
    assert left_out == "2 photos of 1 class that the model does not know were left out: blue (2)."
    assert json.loads(run("evaluate", "two", "--json")[0])["left_out"] == {"blue": 2}


def test_a_full_disk_keeps_no_evaluation_from_anybody(colours, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    saved_model("colours")
    monkeypatch.setattr(stored, "write", full)
    assert main(["evaluate", "colours"]) == 0
    printed = capsys.readouterr()
    assert "0.8571 (6 of 7)" in printed.out
    assert "The evaluation was not stored. The disk is full" in printed.err
    assert printed.err.count("\n") == 1


def test_evaluate_best_and_by_folder(run, colours):
    saved_model("weak", validation=0.5, created="2025-07-01T00:00:00+00:00")
    strong = saved_model("strong", validation=0.8)
    saved_model("elsewhere", validation=0.9, dataset="shoes")
    for arguments in (["best", "--dataset", "own"], [strong]):
        assert json.loads(run("evaluate", *arguments, "--json")[0])["model"] == "strong"
    shelf.delete("elsewhere")
    assert json.loads(run("evaluate", "best", "--json")[0])["model"] == "strong"


def test_export_writes_the_file_and_says_how_to_use_it(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved_model("colours")
    runs = []

    def other_process(module, model, path, report):
        runs.append((module, model.name))
        path.write_bytes(b"")

    monkeypatch.setattr(process, "run", other_process)
    path, empty, title, *_ = run("export", "colours", "--format", "keras")
    assert (path, empty, title) == (str(tmp_path / "colours.keras"), "", "colours, a classifier of clothes")
    assert run("export", "colours", "--format", "onnx", "--out", "here.onnx")[0] == str(tmp_path / "here.onnx")
    assert runs == [("models.keras_file", "colours"), ("models.onnx_model", "colours")]


def test_an_export_that_fails_in_its_process_passes_the_sentence_on(tmp_path, capsys, monkeypatch):
    def other_process(*_):
        raise ModelError("The sentence.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(process, "run", other_process)
    saved_model("colours")
    assert main(["export", "colours", "--format", "keras"]) == 1
    assert capsys.readouterr().err == "The sentence.\n"


def test_the_help_of_export_lists_every_form(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["export", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {form.key:<12} {form.sentence}\n" in text for form in forms.FORMS.values())
