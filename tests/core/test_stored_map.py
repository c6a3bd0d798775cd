"""The stored map of a dataset's photos: read as it was drawn, and None where its file can't be one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets import adding, catalogue
from core.datasets.folders import photo_names
from core.reviewing import projection, stored_map
from core.reviewing.subject import Subject
from tests import full_disk


@pytest.fixture
def photos(tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A dataset whose features are random numbers."""
    monkeypatch.setattr(projection, "methods", lambda: ("PCA",))
    adding.add_folder("tiny", tiny_dataset)
    dataset = catalogue.load("tiny")
    rows = [(name, path) for name, split in dataset.splits.items() for path in split.paths]
    paths = tuple(path for _, path in rows)
    return Subject(
        dataset=dataset,
        names=tuple(photo_names(dataset.folder, paths)),
        paths=paths,
        labels=tuple(label for split in dataset.splits.values() for label in split.labels),
        splits=tuple(name for name, _ in rows),
        measures=(),
        vectors=np.random.default_rng(0).normal(size=(len(paths), 12)).astype(np.float32),
    )


def place() -> Path:
    return stored_map._path("tiny")


def test_there_is_no_map_before_a_check() -> None:
    assert stored_map.read("tiny") is None


def test_a_map_is_read_as_it_was_drawn(photos: Subject) -> None:
    stored_map.draw(photos)
    found = stored_map.read("tiny")
    assert found is not None
    expected = projection.project(photos.vectors)
    assert found.names == photos.names
    assert np.array_equal(found.points, expected.points)
    assert (found.method, found.trustworthiness) == ("PCA", expected.trustworthiness)


def test_photos_that_can_t_be_read_are_not_on_the_map(photos: Subject) -> None:
    photos.vectors[3] = np.nan
    stored_map.draw(photos)
    found = stored_map.read("tiny")
    assert found is not None
    assert found.names == photos.names[:3] + photos.names[4:]


def test_without_a_readable_photo_there_is_no_map(photos: Subject) -> None:
    photos.vectors[:] = np.nan
    stored_map.draw(photos)
    assert stored_map.read("tiny") is None


def test_names_that_are_not_utf_8_come_back(photos: Subject) -> None:
    odd = replace(photos, names=("train/\udcff👗.png", *photos.names[1:]))
    stored_map.draw(odd)
    found = stored_map.read("tiny")
    assert found is not None
    assert found.names == odd.names


@pytest.mark.parametrize(
    "change",
    [
        {"points": np.zeros((36, 3), np.float32)},
        {"points": np.zeros((35, 2), np.float32)},
        {"points": np.full((36, 2), np.nan, np.float32)},
        {"points": np.full((36, 2), 1e300)},
        {"points": np.array([["a", "b"]] * 36)},
        {"points": np.array(1.0)},
        {"names": np.zeros(4, np.uint8)},
        {"names": np.full(40, 255, np.uint8)},
        {"names": np.array("train/bars/00.png")},
        {"trustworthiness": np.array("near")},
        {"trustworthiness": np.zeros(3)},
        {"method": np.arange(3)},
        {"method": np.array("<b>PCA</b>")},
        {"points": None},
        {"names": None},
        {"method": None},
        {"trustworthiness": None},
    ],
    ids=lambda change: "-".join(f"{key}-{getattr(value, 'shape', value)}" for key, value in change.items()),
)
def test_a_map_with_a_wrong_part_is_none(photos: Subject, change: dict[str, np.ndarray | None]) -> None:
    stored_map.draw(photos)
    with np.load(place()) as stored:
        arrays = {**stored, **change}
    np.savez(place(), **{key: value for key, value in arrays.items() if value is not None})
    assert stored_map.read("tiny") is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_map_that_is_cut_off_is_none(photos: Subject, share: float) -> None:
    stored_map.draw(photos)
    data = place().read_bytes()
    place().write_bytes(data[: int(share * len(data))])
    assert stored_map.read("tiny") is None


def test_a_folder_in_its_place_is_none(photos: Subject) -> None:
    place().mkdir(parents=True)
    stored_map.draw(photos)
    assert stored_map.read("tiny") is None


def test_a_full_disk_leaves_the_map_of_before(photos: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    stored_map.draw(photos)
    before, beside = place().read_bytes(), sorted(place().parent.iterdir())
    photos.vectors[:] += np.float32(1) * np.arange(12, dtype=np.float32)
    with monkeypatch.context() as patch:
        full_disk.limit_disk(patch, 100)
        stored_map.draw(photos)
    assert place().read_bytes() == before
    assert sorted(place().parent.iterdir()) == beside
