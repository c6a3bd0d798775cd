"""Curves, reports and figures that all sessions share: read and drawn once for each version of the files."""

import json
import os

import pytest

from core import workspace
from core.drawing import figures, shared
from core.errors import RunError
from core.files import records
from core.runs import readings
from core.runs.folder import read_curves
from core.runs.records import Epoch


@pytest.fixture
def folder(home):
    place = workspace.runs() / "a"
    place.mkdir(parents=True)
    return place


def append(folder, number):
    epoch = Epoch(epoch=number, loss=1.0, accuracy=0.5, val_loss=0.9, val_accuracy=0.5 + number / 100)
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(records.line(epoch))


def test_those_who_watch_a_run_share_a_state_for_a_second(folder, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(readings.time, "monotonic", lambda: now[0])
    append(folder, 0)
    first = readings.recent_curves(folder)
    append(folder, 1)
    assert readings.recent_curves(folder) is first
    now[0] += readings.FRESH
    assert len(readings.recent_curves(folder).curves) == 2


def test_curves_are_read_again_only_when_their_file_has_changed(folder):
    assert len(readings.curves(folder).curves) == 0  # no file yet
    append(folder, 0)
    first = readings.curves(folder)
    assert first.curves == read_curves(folder)
    assert readings.curves(folder) is first
    append(folder, 1)
    second = readings.curves(folder)
    assert len(second.curves) == 2
    assert second != first


def test_curves_of_a_file_of_the_same_size_and_a_new_time_are_read_again(folder):
    append(folder, 0)
    before = readings.curves(folder).curves
    file = folder / "metrics.jsonl"
    stamp = file.stat().st_mtime_ns
    text = file.read_text(encoding="utf-8")
    assert text.count("0.9") == 1
    file.write_text(text.replace("0.9", "0.8"), encoding="utf-8")
    os.utime(file, ns=(stamp + 1, stamp + 1))
    assert [epoch.val_loss for epoch in readings.curves(folder).curves.epochs] == [0.8]
    assert [epoch.val_loss for epoch in before.epochs] == [0.9]


def test_a_damaged_report_says_so_each_time_and_is_read_once_it_is_mended(folder):
    assert readings.report(folder) is None
    (folder / "report.json").write_text("{", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RunError):
            readings.report(folder)
    scores = {"loss": 0.1, "accuracy": 1.0, "count": 1, "correct": 1, "interval": [0.5, 1.0], "confusion": [[1]]}
    whole = {"labels": ["hat"], "best_epoch": 0, "scores": {"validation": scores}, "model": "a"}
    (folder / "report.json").write_text(json.dumps(whole), encoding="utf-8")
    report = readings.report(folder)
    assert report is not None
    assert report.labels == ("hat",)


def test_a_figure_is_drawn_once_for_everybody_and_anew_for_new_epochs(folder):
    append(folder, 0)
    first = shared.curves((("run", readings.curves(folder)),), "loss", 5)
    assert first.to_json() == figures.curves([("run", read_curves(folder))], "loss", 5).to_json()
    assert shared.curves((("run", readings.curves(folder)),), "loss", 5) is first
    assert shared.curves((("another name", readings.curves(folder)),), "loss", 5) is not first
    append(folder, 1)
    second = shared.curves((("run", readings.curves(folder)),), "loss", 5)
    assert second.to_json() == figures.curves([("run", read_curves(folder))], "loss", 5).to_json()
    assert len(second.data[0].x) == 2
