"""Continuing another run: the same curve as one long run, or the best weights at another image size."""

import json
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.datasets import adding
from core.errors import RunError
from core.runs import folder, queue
from core.runs.config import config
from models import parent
from models.record import read_arrays, write_arrays

SETTINGS = {"dataset": "tiny", "image_size": 64, "epochs": 2}


@pytest.fixture
def old(tiny_dataset: Path) -> folder.Run:
    """A run of two epochs, with the files that are needed to continue it."""
    adding.add_folder("tiny", tiny_dataset)
    run = folder.look(queue.put(config(**SETTINGS)))
    lines = [{"epoch": epoch, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5} for epoch in (0, 1)]
    lines.insert(1, {"epoch": 1, "batch": 3, "batches": 9, "loss": 1.0, "accuracy": 0.5})
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in ("backup.npz", "best.npz"):
        write_arrays(run.folder / name, [np.arange(3.0)], stage=0)
    return run


def child(old: folder.Run, **changes: object) -> folder.Run:
    return folder.look(queue.put(config(**{**SETTINGS, "parent": old.id, **changes})))


def test_it_starts_with_its_parents_epochs_and_backup(old):
    run = child(old, epochs=5)
    parent.take_over(run)
    assert [line["epoch"] for line in map(json.loads, (run.folder / "metrics.jsonl").read_text().splitlines())] == [
        0,
        1,
    ]
    assert np.array_equal(read_arrays(run.folder / "backup.npz")[0][0], np.arange(3.0))


def test_its_own_backup_is_not_overwritten(old):
    run = child(old, epochs=5)
    write_arrays(run.folder / "backup.npz", [np.zeros(3)], stage=0)
    parent.take_over(run)
    assert not read_arrays(run.folder / "backup.npz")[0][0].any()
    assert not (run.folder / "metrics.jsonl").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dropout": 0.5}, "must be the same: dropout"),
        ({"dense_layers": [9], "seed": 3}, "must be the same: dense_layers, seed"),
        ({"image_size": 96}, "needs fine_tune"),
        ({"parent": "20250101-000000-000-abcd"}, "no longer exists"),
    ],
)
def test_a_parent_that_does_not_fit_is_a_sentence(old, changes, words):
    with pytest.raises(RunError, match=words):
        parent.take_over(child(old, **changes))


def test_a_parent_without_a_backup_is_a_sentence(old):
    (workspace.runs() / old.id / "backup.npz").unlink()
    with pytest.raises(RunError, match=r"has no backup\.npz"):
        parent.take_over(child(old, epochs=3))


def test_a_fine_tuned_parent_needs_a_fine_tuned_child(old):
    tuned = child(old, parent=None, fine_tune={})
    with pytest.raises(RunError, match="needs fine_tune too"):
        parent.take_over(child(tuned))


def test_at_another_image_size_only_the_weights_are_used(old):
    run = child(old, image_size=96, fine_tune={"epochs": 1})
    assert parent.grows(run.config)
    parent.take_over(run)
    assert not (run.folder / "backup.npz").exists()
    assert parent.best_weights(run) == old.folder / "best.npz"
