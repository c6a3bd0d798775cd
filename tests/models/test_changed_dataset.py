"""Real workers and a dataset that changes between two trainings: no answer ever stands under another class's name."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.answering import classifier, shelf
from core.datasets import adding
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import RunState
from tests.conftest import TINY_CLASSES, TINY_COUNTS
from tests.models.conftest import SMALL, wait_for, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SPLITS = ("train", "validation", "test")


@pytest.fixture
def place(home: Path, tiny_dataset: Path, tmp_path: Path) -> Path:
    """A copy of the dataset that a test may change."""
    copy = shutil.copytree(tiny_dataset, tmp_path / "wardrobe")
    adding.add_folder("tiny", copy)
    return copy


def ended(run_id: str, process: object) -> Run:
    wait_for(f"the end of {run_id}", lambda: folder.look(run_id).ended, process)
    return folder.look(run_id)


def accuracy_by_class(run: Run, place: Path) -> dict[str, float]:
    """The share of each class's training photos that the run's model calls by the name of their folder."""
    model = classifier.load(shelf.model(run.status.model))
    return {
        label.name: float(np.mean([model.answer(photo.read_bytes()).label == label.name for photo in label.iterdir()]))
        for label in sorted((place / "train").iterdir())
    }


def rename(place: Path, old: str, new: str) -> None:
    for split in SPLITS:
        (place / split / old).rename(place / split / new)


def test_more_epochs_after_classes_have_changed(place: Path) -> None:
    first, last = TINY_CLASSES[0], TINY_CLASSES[-1]
    with worker("--idle", "30") as process:
        parent = ended(queue.put(config(**SMALL, epochs=15)), process)
        assert parent.state is RunState.DONE
        before = accuracy_by_class(parent, place)
        assert min(before.values()) > 0.6

        for split in SPLITS:  # a class that sorts before all others moves every place by one
            shutil.copytree(place / split / last, place / split / "a-new-one")
            for photo in (place / split / "a-new-one").iterdir():
                photo.write_bytes(photo.read_bytes()[::-1])  # unreadable: the class is named before anything is trained
        refused = ended(queue.train_more(parent.id, 1), process)
        assert refused.state is RunState.FAILED
        assert f"No training photo of the class 'a-new-one' can be read ({TINY_COUNTS['train']} photos)" in (
            refused.status.error
        )
        for split in SPLITS:
            shutil.rmtree(place / split / "a-new-one")
            shutil.copytree(place / split / first, place / split / "a-new-one")
            shutil.rmtree(place / split / first)
            shutil.copytree(place / split / last, place / split / "z")

        more = ended(queue.train_more(parent.id, 1), process)
        assert more.state is RunState.DONE, more.status
        labels = shelf.model(more.status.model).labels
        assert labels == ("a-new-one", *TINY_CLASSES[1:], "z")
        assert "the classes 'a-new-one', 'z' are new" in more.status.warning
        assert f"the class {first!r} is gone" in more.status.warning
        middle = accuracy_by_class(more, place)[TINY_CLASSES[1]]
        assert middle > 0.6  # what was learned has followed its class to another place

        report = folder.read_report(more.folder)
        assert report.labels == report.trained_on.classes == labels
        assert report.best_epoch == folder.read_curves(more.folder).best.epoch


def test_a_test_split_that_cannot_be_read_costs_the_score_only(place: Path) -> None:
    for photo in (place / "test").rglob("*.*"):
        photo.write_bytes(b"no photo")
    with worker("--idle", "5") as process:
        run = ended(queue.put(config(**SMALL, epochs=1)), process)
    assert run.state is RunState.DONE, run.status
    assert "None of the 9 photos of the test split can be read" in run.status.warning
    assert "So the model has no test score." in run.status.warning
    assert folder.read_report(run.folder).scores.test is None


def test_a_study_says_when_its_photos_have_changed(place: Path) -> None:
    with worker("--idle", "30") as process:
        first = ended(queue.put(config(**SMALL, epochs=1, name="one", study="dropout-1")), process)
        rename(place, TINY_CLASSES[0], "renamed")
        second = ended(queue.put(config(**SMALL, epochs=1, name="two", study="dropout-1")), process)
    assert not first.status.warning
    assert "The dataset has changed since 'one' of this study was trained" in second.status.warning
    assert "the class 'renamed' is new" in second.status.warning
