"""`python -m core search`: what it stores, awaits and prints."""

import json
from pathlib import Path

import pytest

from core.runs import folder as runs
from core.runs import launch
from core.runs.records import RunState
from core.searching import folder, journal, process
from core.searching import launch as searching
from core.shell.main import main
from tests.pretended import PretendedWorker

SETTINGS = {"dataset": "own", "backbone": "small_cnn", "image_size": 32, "epochs": 3, "name": "evening"}


@pytest.fixture
def settings(colours: str, tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(SETTINGS))
    return str(path)


def test_a_search_is_stored_with_its_first_trial(run, settings, started):
    (search_id,) = run("search", settings, "--minutes", "3", "--stage", "head", "--trials", "7", "--seed", "5")
    search = folder.look(search_id)
    assert (search.wanted.minutes, search.wanted.stages, search.wanted.name) == (3, ("head",), "evening")
    assert (search.wanted.trials, search.wanted.seed, search.wanted.parallel) == (7, 5, 2)
    (first,) = runs.look_all()
    assert (first.config.study, first.config.trial, first.state) == (search_id, True, RunState.QUEUED)
    assert started == ["core.searching.process"]
    (line,) = run("stop", search_id)
    assert line == f"{search_id} will stop, and its runs after their current batches"
    assert folder.look(search_id).must_stop


def test_it_varies_the_head_and_augmentation_unless_told_otherwise(run, settings):
    (usual,) = run("search", settings)
    (own,) = run("search", settings, "--vary", "dropout = 0, 0.5")
    assert folder.look(usual).wanted.stages == ("head", "augmentation")
    assert (folder.look(own).wanted.stages, folder.look(own).wanted.vary) == (("own",), "dropout = 0, 0.5")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "dropout = 0, 1", "--stage", "head"), "--vary can't be combined with --stage"),
        (("--device", "cpu", "--cluster", "10.0.0.1:6379"), "--device can't be combined with --cluster"),
        (("--vary", "dropout = 0.5"), "at least two points to choose from"),
        (("--stage", "fine-tuning"), "can't be fine-tuned"),
        (("--minutes", "0"), "minutes"),
        (("--device", "gpu-7"), "The device must be one of"),
    ],
)
def test_what_cannot_be_searched_is_one_line(settings, capsys, arguments, words):
    assert main(["search", settings, *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not runs.look_all()


def test_waiting_prints_what_was_found(settings, capsys, monkeypatch):
    monkeypatch.setattr(launch, "ensure_worker", PretendedWorker())
    monkeypatch.setattr(journal, "POLL", 0.0)
    monkeypatch.setattr(searching, "ensure_process", lambda: [process.run(each.id) for each in folder.unfinished()])
    assert main(["search", settings, "--vary", "dropout = 0, 0.5", "--wait"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out.splitlines()[-1])
    assert (found["trials"], len(found["runs"])) == (3, 3)  # the settings to start from lie outside of the space
    assert found["trial_accuracy"] == pytest.approx(0.87)  # at a dropout of .5
    assert "which the search has never seen" in printed.err


def test_waiting_for_a_worker_that_can_not_start_ends_with_its_sentence(settings, capsys, monkeypatch):
    monkeypatch.setattr(launch, "trouble", lambda: "The training process started 3 times and always ended.")
    assert main(["search", settings, "--wait"]) == 1
    assert "always ended. The search still waits." in capsys.readouterr().err
