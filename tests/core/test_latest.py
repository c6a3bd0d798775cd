"""The latest state of a dataset: the same object while nothing changes, and every change is seen at once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, growing, latest, managing, review
from core.datasets.catalogue import Dataset
from core.errors import DatasetError
from tests.conftest import drawing, encoded, zipped

PHOTO = "train/bars/00.png"


@pytest.fixture
def tiny(tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(latest, "_loaded", {})
    archive = tmp_path / "tiny.zip"
    archive.write_bytes(zipped(tiny_dataset))
    return adding.add_zip("tiny", archive).name


def sizes(dataset: Dataset) -> list[int]:
    return [len(split) for split in dataset.splits.values()]


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = latest.time.monotonic()
    monkeypatch.setattr(latest.time, "monotonic", lambda: now + seconds)


def test_while_nothing_changes_it_is_the_same_object(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = latest.load(tiny)
    monkeypatch.setattr(catalogue, "load", None)  # nothing is read
    assert latest.load(tiny) is first


def test_after_a_while_it_is_read_again_and_still_the_same_object(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = latest.load(tiny)
    pass_time(monkeypatch, 2 * latest.LASTS)
    assert latest.load(tiny) is first


CHANGES: dict[str, Callable[[str], object]] = {
    "left out": lambda name: review.decide(name, [PHOTO], "leave out"),
    "moved to a class": lambda name: review.decide(name, [PHOTO], "class", "disc"),
    "put to another split": lambda name: review.decide(name, [PHOTO], "split", "test"),
    "split anew": lambda name: managing.split_anew(name, (50, 25, 25), seed=3),
    "renamed": lambda name: managing.rename(name, "My Shapes"),
    "grown": lambda name: growing.add_photos(name, "disc", [("new.png", encoded(drawing("disc", 77), "PNG"))]),
}


@pytest.mark.parametrize("what", sorted(CHANGES.keys() - {"grown"}))
def test_a_change_is_seen_at_once(tiny: str, what: str) -> None:
    before = latest.load(tiny)
    CHANGES[what](tiny)
    after = latest.load(tiny)
    assert after != before
    assert after == catalogue.load(tiny)
    assert latest.load(tiny) is after


def test_an_undone_decision_is_seen_at_once(tiny: str) -> None:
    before = latest.load(tiny)
    review.decide(tiny, [PHOTO], "leave out")
    assert sizes(latest.load(tiny)) == [17, 9, 9]
    review.undo(tiny)
    assert latest.load(tiny) == before


def test_a_restored_split_is_seen_at_once(tiny: str) -> None:
    before = latest.load(tiny)
    managing.split_anew(tiny, (50, 25, 25), seed=3)
    assert latest.load(tiny) != before
    managing.restore_split(tiny)
    assert latest.load(tiny) == before


def test_new_photos_with_a_split_of_our_own_are_seen_at_once(tiny: str) -> None:
    managing.split_anew(tiny)
    before = sum(sizes(latest.load(tiny)))
    CHANGES["grown"](tiny)
    assert sum(sizes(latest.load(tiny))) == before + 1


def test_photos_that_somebody_copies_are_seen_after_a_while(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = latest.load(tiny)
    shutil.copy(first.folder / PHOTO, first.folder / "train" / "bars" / "copy.png")
    assert latest.load(tiny) is first
    pass_time(monkeypatch, 2 * latest.LASTS)
    assert sizes(latest.load(tiny)) == [19, 9, 9]


def test_a_removed_dataset_is_gone_at_once(tiny: str) -> None:
    latest.load(tiny)
    managing.remove(tiny)
    with pytest.raises(DatasetError, match="There is no dataset 'tiny'"):
        latest.load(tiny)


def test_a_dataset_under_the_name_of_a_removed_one_is_another(tiny: str, tiny_dataset: Path, tmp_path: Path) -> None:
    latest.load(tiny)
    managing.remove(tiny)
    shutil.copytree(tiny_dataset, tmp_path / "fewer")
    shutil.rmtree(tmp_path / "fewer" / "train" / "disc")
    shutil.rmtree(tmp_path / "fewer" / "validation" / "disc")
    shutil.rmtree(tmp_path / "fewer" / "test" / "disc")
    adding.add_folder(tiny, tmp_path / "fewer")
    assert latest.load(tiny).classes == ("bars", "frame")


def test_only_a_few_datasets_are_remembered(tiny: str, tiny_dataset: Path) -> None:
    for number in range(2 * latest.MOST):
        adding.add_folder(f"other-{number}", tiny_dataset)
        latest.load(f"other-{number}")
    assert len(latest._loaded) == latest.MOST
