"""`python -m core train`, `runs` and `stop`: what they queue, await and print."""

import json
from importlib import util
from pathlib import Path

import pytest

from core.runs import cluster, folder, launch
from core.runs.records import RunState
from core.shell.main import main
from tests.conftest import run_ids
from tests.fabricated import report


def queued(run, tmp_path: Path, **settings: object) -> str:
    (tmp_path / "config.json").write_text(json.dumps({"dataset": "own", **settings}))
    (line,) = run("train", tmp_path / "config.json")
    return line


def test_train_queues_a_run_and_starts_a_worker(run, colours, tmp_path, started):
    run_id = queued(run, tmp_path, epochs=3, name="three")
    look = folder.look(run_id)
    assert (look.state, look.name, look.config.epochs, look.config.dataset) == (RunState.QUEUED, "three", 3, "own")
    assert started == ["models.worker"]
    second = queued(run, tmp_path)
    assert second != run_id
    assert started == ["models.worker"]


def test_train_queues_all_runs_of_a_study(run, colours, tmp_path, started):
    (tmp_path / "config.json").write_text('{"dataset": "own", "epochs": 3}')
    ids = run("train", tmp_path / "config.json", "--study", "dropout")
    looks = [folder.look(run_id) for run_id in ids]
    assert [look.config.dropout for look in looks] == [0, 0.2, 0.5, 0.8]
    assert {look.config.epochs for look in looks} == {3}
    assert len({look.config.study for look in looks}) == 1
    assert started == ["models.worker"]
    grid = run("train", tmp_path / "config.json", "--grid", "dropout = 0.1, 0.3; epochs = 1, 2", "--device", "cpu")
    assert folder.look(grid[0]).name == "dropout 0.1, epochs 1"
    assert {folder.look(run_id).device for run_id in grid} == {"cpu"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--study", "colours"], "The study must be one of learning-rates"),
        (["--study", "ablation"], "at least two transforms"),
        (["--device", "gpu-7"], "got 'gpu-7'"),
        (["--cluster", "here"], "The address of the cluster must be HOST:PORT"),
        (["--cluster", "127.0.0.1:1"], "The cluster at 127.0.0.1:1 can't be reached"),
        (["--cluster", "127.0.0.1:1", "--device", "cpu"], "--device can't be combined with --cluster"),
        (["--study", "dropout", "--grid", "dropout = 0, 0.5"], "--study can't be combined with --grid"),
    ],
)
def test_an_unknown_study_or_device_queues_nothing(colours, tmp_path, started, capsys, monkeypatch, arguments, words):
    monkeypatch.setattr(util, "find_spec", lambda name: name)  # as if Ray were installed
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    assert main(["train", str(tmp_path / "config.json"), *arguments]) == 1
    assert words in capsys.readouterr().err
    assert run_ids() == started == []


def finish(run_id: str, phase: str, **status: object) -> None:
    """Write what the worker writes at the end of a run."""
    place = folder.folder_of(run_id)
    (place / "status.json").write_text(json.dumps({"phase": phase, "progress": 1.0, **status}))
    (place / "report.json").write_text(json.dumps(report(0.75, test=0.5)))


def test_train_can_wait_for_the_end(colours, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    calls = []

    def worker() -> bool:
        calls.append(len(run_ids()))
        if len(calls) == 2:
            finish(run_ids()[0], "done", model="own-model", warning="One photo was left out.")
        return True

    monkeypatch.setattr(launch, "ensure_worker", worker)
    assert main(["train", str(tmp_path / "config.json"), "--wait"]) == 0
    printed = capsys.readouterr()
    run_id, report = printed.out.splitlines()
    assert run_id == run_ids()[0]
    assert json.loads(report) == {"model": "own-model", "validation_accuracy": 0.75, "test_accuracy": 0.5}
    assert printed.err == "One photo was left out.\n"


def test_train_waits_for_every_run_of_a_study(colours, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    monkeypatch.setattr(launch, "ensure_worker", lambda: [finish(run_id, "done") for run_id in run_ids()])
    assert main(["train", str(tmp_path / "config.json"), "--grid", "dropout = 0.1, 0.3", "--wait"]) == 0
    *ids, first, second = capsys.readouterr().out.splitlines()
    assert sorted(ids) == sorted(run_ids())
    assert [json.loads(line)["run"] for line in (first, second)] == ["dropout 0.1", "dropout 0.3"]


@pytest.mark.parametrize(("phase", "error", "line"), [("failed", "The disk is full.", "The disk is full."),
                                                      ("stopped", "", "The run was stopped.")])  # fmt: skip
def test_waiting_for_a_run_that_fails_is_status_1(colours, tmp_path, monkeypatch, capsys, phase, error, line):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    monkeypatch.setattr(launch, "ensure_worker", lambda: finish(run_ids()[0], phase, error=error))
    assert main(["train", str(tmp_path / "config.json"), "--wait"]) == 1
    assert capsys.readouterr().err == line + "\n"


def test_runs_lists_the_newest_first(run, colours, tmp_path):
    assert run("runs") == []
    first, second, third = (queued(run, tmp_path, name=f"number {i}", seed=i) for i in range(3))
    finish(first, "done", model="m")
    (folder.folder_of(second) / "status.json").write_text('{"phase": "failed", "error": "No luck.", "progress": 0.25}')
    rows = [json.loads(line) for line in run("runs", "--json")]
    by_id = {row["id"]: row for row in rows}
    assert [row["id"] for row in rows] == sorted(by_id, reverse=True)
    assert by_id[first] == {
        "id": first, "state": "done", "name": "number 0", "dataset": "own", "progress": 1.0, "model": "m", "error": "",
        "validation_accuracy": 0.75, "test_accuracy": 0.5,
    }  # fmt: skip
    assert (by_id[second]["state"], by_id[second]["error"]) == ("failed", "No luck.")
    assert by_id[third]["state"] == "queued"
    text = {line.split()[0]: line for line in run("runs")}
    assert "number 0" in text[first]
    assert "0.750" in text[first]
    assert "0.500" in text[first]
    assert "25%" in text[second]
    assert "No luck." in text[second]


def test_stop_works_once(run, colours, tmp_path, capsys):
    run_id = queued(run, tmp_path)
    (line,) = run("stop", run_id)
    assert line == f"{run_id} will stop after the current batch"
    assert folder.look(run_id).state is RunState.STOPPED
    assert main(["stop", run_id]) == 1
    assert "has already ended" in capsys.readouterr().err


def test_waiting_for_a_cluster_that_is_gone_ends_with_its_sentence(colours, tmp_path, started, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "check", lambda address: None)  # it goes after the run was queued
    monkeypatch.setattr(launch, "trouble", lambda: "The cluster at 10.0.0.1:6379 can't be reached (timed out).")
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    assert main(["train", str(tmp_path / "config.json"), "--cluster", "10.0.0.1:6379", "--wait"]) == 1
    assert "can't be reached (timed out). The run still waits." in capsys.readouterr().err
    (run_id,) = run_ids()
    assert (folder.look(run_id).state, folder.look(run_id).device) == (RunState.QUEUED, "cluster:10.0.0.1:6379")
