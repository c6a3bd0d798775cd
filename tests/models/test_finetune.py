"""Fine-tuning by real workers: the run's result, whatever happens to its worker, and runs that continue it.

Random weights in the same file format replace the ImageNet weights, so nothing is downloaded.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.answering import classifier, shelf
from core.datasets import adding, catalogue, pack
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import RunState
from models.record import read_arrays
from tests.models.conftest import wait_for, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

TUNED = {
    "dataset": "tiny",
    "image_size": 32,
    "batch_size": 6,
    "epochs": 3,
    "dropout": 0.3,
    "recipe": [{"transform": "rotation"}],
    "views": 2,
    "fine_tune": {"blocks": 1, "epochs": 4, "learning_rate": 0.001, "warmup": 2},
}
FROZEN = {**TUNED, "fine_tune": None, "epochs": 4}

# Two workers that kill themselves: after fine-tuning has backed up the first batch of its second epoch, and just before
# the model is put in place.
PREPARED = """
import math, os, signal
from models import fit, worker
fit.BACKUP_SECONDS, fit.BACKUP_SHARE = 0, math.inf
def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""
DIES_WHILE_LEARNING = f"""{PREPARED}
real = fit._Fit._back_up
def back_up(self):
    real(self)
    if (self._plan.stage, self._at.epoch, self._at.batch) == (1, 4, 1):
        die()
fit._Fit._back_up = back_up
worker.main()
"""
DIES_WHILE_SAVING = f"""{PREPARED}
from core.files import atomic
real = atomic.write_json
def write_json(path, value):
    if path.name == "card.json":
        die()
    real(path, value)
atomic.write_json = write_json
worker.main()
"""


@dataclass(frozen=True)
class Night:
    """The runs at their end."""

    cut: Run  # lost its worker twice
    whole: Run  # the same settings, not interrupted
    frozen: Run  # four epochs
    short: Run  # two epochs …
    longer: Run  # … and two more
    added: Run  # the frozen one, with fine-tuning added
    grown: Run  # the fine-tuned run's weights at another image size


@pytest.fixture(scope="module")
def _night(weights: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Night]]:
    home = tmp_path_factory.mktemp("night").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        adding.add_folder("tiny", tiny_dataset)

        def put(**settings: object) -> str:
            return queue.put(config(**settings))

        def wait_for_end(run_id: str, process: object) -> Run:
            return wait_for(f"the end of {run_id}", lambda: (run := folder.look(run_id)).ended and run, process)

        cut = put(**TUNED)
        for code in (DIES_WHILE_LEARNING, DIES_WHILE_SAVING):
            with worker("--idle", "1", code=code, KERAS_HOME=str(weights)) as process:
                assert process.wait(100) == -9
            assert folder.look(cut).state is RunState.INTERRUPTED
        with worker("--idle", "30", KERAS_HOME=str(weights)) as process:
            ids = [cut, put(**TUNED), put(**FROZEN), put(**{**FROZEN, "epochs": 2})]
            ids.append(put(**FROZEN, parent=ids[-1]))
            ids.append(put(**{**TUNED, "epochs": 4}, parent=ids[2]))
            ids.append(put(**{**TUNED, "image_size": 40}, parent=ids[1]))
            yield home, Night(*(wait_for_end(run_id, process) for run_id in ids))


@pytest.fixture
def night(_night: tuple[Path, Night], monkeypatch: pytest.MonkeyPatch) -> Night:
    """The runs; the test uses their workspace."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(_night[0]))
    return _night[1]


def curve(run: Run) -> list[dict]:
    """The finished epochs without their seconds; each must be in the file once."""
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    whole = [{key: value for key, value in line.items() if key != "seconds"} for line in lines if "val_loss" in line]
    assert [line["epoch"] for line in whole] == list(range(len(whole)))
    return whole


def test_all_runs_are_done(night):
    for run in vars(night).values():
        assert (run.state, run.status.error, run.status.warning) == (RunState.DONE, "", ""), run.status


def test_both_stages_share_one_axis(night):
    assert [line.get("stage", 0) for line in curve(night.whole)] == [0, 0, 0, 1, 1, 1, 1]
    head = [line["loss"] for line in curve(night.whole)[:3]]
    assert head == [line["loss"] for line in curve(night.frozen)[:3]]  # the head is fitted as in a frozen run
    assert all(np.isfinite(line["loss"]) for line in curve(night.whole))


def test_a_run_that_lost_its_worker_twice_is_the_same_to_the_last_digit(night):
    assert curve(night.cut) == curve(night.whole)
    cut, whole = (read_arrays(run.folder / "best.npz") for run in (night.cut, night.whole))
    assert cut[1] == whole[1]
    assert all(np.array_equal(a, b) for a, b in zip(cut[0], whole[0], strict=True))


def test_the_backbone_has_learned_and_is_saved_with_the_model(night):
    model = shelf.model(night.whole.status.model)
    validation = pack.load(catalogue.load("tiny"), "validation", 32)
    logits = classifier.load(model).logits(np.asarray(validation.pixels))
    accuracy = float((logits.argmax(axis=1) == validation.labels).mean())
    best = folder.read_curves(night.whole.folder).best
    assert accuracy == pytest.approx(model.card.scores.validation.accuracy)
    assert accuracy == pytest.approx(best.val_accuracy, abs=1e-5)
    assert model.card.best_epoch == best.epoch
    with np.load(model.folder / "backbone.npz") as own:
        assert len(own.files) > 200
    frozen = shelf.model(night.frozen.status.model)
    assert not (frozen.folder / "backbone.npz").exists()
    if best.epoch >= 3:
        tflite = [(saved.folder / "backbone.tflite").read_bytes() for saved in (model, frozen)]
        assert tflite[0] != tflite[1]


def test_more_epochs_later_are_the_same_as_at_once(night):
    assert curve(night.longer) == curve(night.frozen)
    assert len(curve(night.short)) == 2


def test_fine_tuning_can_be_added_to_a_frozen_run(night):
    lines = curve(night.added)
    assert lines[:4] == curve(night.frozen)
    assert [line.get("stage", 0) for line in lines] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_weights_are_used_at_another_image_size(night):
    lines = curve(night.grown)
    assert [line["stage"] for line in lines] == [1, 1, 1, 1]
    assert shelf.model(night.grown.status.model).card.image_size == 40
