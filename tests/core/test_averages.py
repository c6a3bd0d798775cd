"""The average picture of each class, and its cache."""

import os
from pathlib import Path

import numpy as np
import pytest

from core import photos, workspace
from core.datasets import adding, averages, catalogue
from core.datasets.averages import SIDE
from core.photos import resizing
from tests.conftest import encoded
from tests.fabricated import flat

LEVELS = {"dark": (0, 10, 21), "light": (200, 255)}


@pytest.fixture(autouse=True)
def _forgetful():
    averages._remembered.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos of plain greys: the levels of LEVELS for training, black ones for validation."""
    for label, levels in LEVELS.items():
        for split, of_split in (("train", levels), ("validation", (0,))):
            place = tmp_path / "greys" / split / label
            place.mkdir(parents=True)
            for number, level in enumerate(of_split):
                (place / f"{number}.png").write_bytes(encoded(flat(level, level, level), "PNG"))
    adding.add_folder("greys", tmp_path / "greys")
    return tmp_path / "greys"


def levels() -> list[int]:
    """The level of each class's average, which is the same everywhere."""
    made = averages.of(catalogue.load("greys"))
    assert made.pictures.shape == (2, SIDE, SIDE, 3)
    assert made.pictures.dtype == np.uint8
    flat = made.pictures.reshape(2, -1)
    assert (flat == flat[:, :1]).all()
    return flat[:, 0].tolist()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The photos that are read, in order."""
    paths: list[Path] = []
    original = photos.read_file
    monkeypatch.setattr(resizing, "read_file", lambda path: paths.append(path) or original(path))
    return paths


@pytest.mark.usefixtures("folder")
def test_an_average_is_the_rounded_mean_of_the_training_photos():
    assert levels() == [10, 228]  # 31 / 3 = 10.3, 455 / 2 = 227.5 rounded to even
    assert averages.of(catalogue.load("greys")).counts == (3, 2)


@pytest.mark.usefixtures("folder")
def test_photos_are_read_once(read):
    levels()
    assert len(read) == 5
    levels()
    averages._remembered.clear()  # as in a new process
    levels()
    assert len(read) == 5


def test_a_changed_photo_changes_the_average(folder):
    levels()
    (folder / "train" / "light" / "0.png").write_bytes(encoded(flat(100, 100, 100), "PNG"))
    os.utime(folder / "train" / "light" / "0.png", (0, 0))
    assert levels() == [10, 178]


def test_a_moved_photo_changes_both_averages(folder):
    levels()
    (folder / "train" / "light" / "0.png").rename(folder / "train" / "dark" / "3.png")
    assert levels() == [58, 255]


def test_unreadable_photos_are_passed_over(folder):
    (folder / "train" / "dark" / "0.png").write_bytes(b"no photo")
    for path in (folder / "train" / "light").iterdir():
        path.write_bytes(b"no photo")
    made = averages.of(catalogue.load("greys"))
    assert made.counts == (2, 0)
    assert made.pictures[0, 0, 0, 0] == 16  # 15.5 rounded to even
    assert not made.pictures[1].any()


def test_a_photo_that_vanished_is_passed_over(folder):
    dataset = catalogue.load("greys")
    (folder / "train" / "dark" / "0.png").unlink()
    assert averages.of(dataset).counts == (2, 2)


@pytest.mark.usefixtures("folder")
def test_a_damaged_cache_is_computed_again(read):
    levels()
    (path,) = (workspace.cache() / "measures").glob("*.averages.npz")
    for content in (b"", b"no arrays", path.read_bytes()[:-200]):
        path.write_bytes(content)
        averages._remembered.clear()
        assert levels() == [10, 228]
    assert len(read) == 5 * 4


@pytest.mark.usefixtures("folder")
def test_pictures_that_can_t_be_stored_are_returned_all_the_same():
    workspace.cache().mkdir(parents=True)
    (workspace.cache() / "measures").write_bytes(b"a file in the way")
    assert levels() == [10, 228]


@pytest.mark.usefixtures("folder")
def test_progress_is_told_and_can_end_the_work(monkeypatch):
    monkeypatch.setattr(averages, "CHUNK", 2)
    told: list[tuple[int, int]] = []

    def end(done: int, total: int) -> None:
        told.append((done, total))
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        averages.of(catalogue.load("greys"), end)
    assert told == [(0, 5), (2, 5)]
    assert not list((workspace.cache()).rglob("*.npz"))


@pytest.mark.usefixtures("folder")
def test_of_a_large_class_some_photos_are_read_at_even_distances(monkeypatch, read):
    monkeypatch.setattr(averages, "MOST_PHOTOS", 4)
    monkeypatch.setattr(averages, "LEAST_MOST", 1)
    assert averages.of(catalogue.load("greys")).counts == (2, 2)
    assert sorted(path.parent.name + path.stem for path in read) == ["dark0", "dark2", "light0", "light1"]


def test_memory_keeps_the_latest_datasets(tmp_path):
    for number in range(averages.REMEMBERED + 2):
        for split in ("train", "validation"):
            for label in ("a", "b"):
                place = tmp_path / str(number) / split / label
                place.mkdir(parents=True)
                (place / "photo.png").write_bytes(encoded(flat(number, 0, 0), "PNG"))
        adding.add_folder(f"set {number}", tmp_path / str(number))
        averages.of(catalogue.load(f"set {number}"))
    assert len(averages._remembered) == averages.REMEMBERED
