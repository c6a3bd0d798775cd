"""Samples of the checkpoints of every version so far: a run goes on from them, or starts again and says so."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import RunError
from models import carry
from models.backup import read_backup
from models.fit import Position
from models.record import Progress, read_arrays, write_arrays
from tests import samples

LABELS = ("red", "green", "blue")
UNKNOWN = None  # nobody knows which classes it learned, so the run starts again

CLASSES: dict[str, dict[bool, Any]] = {  # checkpoint → has its run a labels.json? → its classes
    "backup/first": {False: UNKNOWN, True: LABELS},
    "backup/stage": {False: UNKNOWN, True: LABELS},
    "backup/curve": {False: UNKNOWN, True: LABELS},
    "backup/trained-on": {False: LABELS, True: LABELS},
    "backup/network": {False: LABELS, True: LABELS},
    "best/first": {False: UNKNOWN, True: LABELS},
    "best/trained-on": {False: LABELS, True: LABELS},
}
RESTARTS = ("backup/first",)  # it names no stage, so no stage takes it up


def write(name: str, folder: Path, has_labels: bool) -> Path:
    """A run's folder with the checkpoint, its weights left out, and perhaps with the labels of a finished run."""
    folder.mkdir(parents=True, exist_ok=True)
    write_arrays(folder / f"{samples.kind_of(name)}.npz", [np.zeros(3, np.float32)], **samples.content(name))
    if has_labels:
        (folder / "labels.json").write_bytes(samples.path_of("labels/first").read_bytes())
    return folder


def problem(name: str, folder: Path, has_labels: bool) -> str:
    """What is wrong with today's reading of a checkpoint; empty if it is right. `folder` is an empty one."""
    write(name, folder, has_labels)
    content = read_arrays(folder / f"{samples.kind_of(name)}.npz")
    if content is None or content[1] != samples.content(name):
        return f"{name} is not read"
    state = carry.state(content[1], folder)
    classes = state.classes if state else UNKNOWN
    if classes != CLASSES[name][has_labels]:
        return f"{name} has the classes {classes}"
    return ""


@pytest.mark.parametrize("has_labels", [False, True])
@pytest.mark.parametrize("name", samples.names(*samples.CHECKPOINTS))
def test_every_checkpoint_names_its_classes_or_none(name: str, has_labels: bool, tmp_path: Path) -> None:
    assert problem(name, tmp_path / "run", has_labels) == ""


@pytest.mark.parametrize("name", samples.names("backup"))
def test_a_backup_is_taken_up_or_the_run_says_that_it_starts_again(name: str, tmp_path: Path) -> None:
    unfinished = write(name, tmp_path / "unfinished", has_labels=False)
    progress = Progress(unfinished)
    backup = read_backup(unfinished, progress)
    if CLASSES[name][False] is UNKNOWN:
        assert backup is None
        assert "started again from the beginning" in (unfinished / "status.json").read_text()
    finished = write(name, tmp_path / "finished", has_labels=True)
    backup = read_backup(finished, Progress(finished))
    assert backup.trained_on.classes == LABELS
    assert not (finished / "status.json").exists()
    assert (backup.facts.get("stage") == 0) == (name not in RESTARTS)
    if name not in RESTARTS:
        assert Position(**backup.facts["at"]).epoch == 2
    epoch, val_accuracy, val_loss = backup.facts["best"]
    assert (epoch, round(val_accuracy, 3), round(val_loss, 3)) == (1, 0.667, 1.1)


def test_a_backup_of_other_classes_is_refused_in_a_sentence(tmp_path):
    backup = read_backup(write("backup/curve", tmp_path / "run", has_labels=True), Progress(tmp_path))
    other = backup.trained_on.model_copy(update={"classes": ("hat", "shoe")})
    with pytest.raises(RunError, match="none of the classes"):
        carry.check(backup.trained_on, other)


def test_a_backup_of_another_network_is_refused_in_a_sentence(tmp_path):
    backup = read_backup(write("backup/network", tmp_path / "run", has_labels=False), Progress(tmp_path))
    backup.check_network("0123456789abcdef")
    for other in ("fedcba9876543210", ""):
        with pytest.raises(RunError, match="replaced by another one with the same name"):
            backup.check_network(other)
    older = read_backup(write("backup/trained-on", tmp_path / "older", has_labels=False), Progress(tmp_path))
    older.check_network("")


def count() -> tuple[int, list[str]]:
    """The number of checkpoints that were tried, and what is wrong with some of them."""
    with tempfile.TemporaryDirectory() as place:
        problems = [
            problem(name, Path(place) / name / str(has_labels), has_labels)
            for name, by_labels in CLASSES.items()
            for has_labels in by_labels
        ]
    return len(CLASSES), [sentence for sentence in problems if sentence]
