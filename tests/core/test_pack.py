"""Packed photos: the pixels of the files, kept until a file changes, whole or not at all."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import photos
from core.datasets import catalogue, pack
from core.datasets.catalogue import Dataset
from core.errors import DatasetError
from tests.conftest import draw_dataset, encoded, picture

SIDE = 32


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A dataset of its own, for tests that change its files."""
    return catalogue.add_folder("mine", draw_dataset(tmp_path / "photos"))


def packs(home: Path) -> list[str]:
    folder = home / "cache" / "pixels"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def fingerprint(dataset: Dataset) -> str:
    return pack.fingerprint({split: pack.load(dataset, split, SIDE) for split in dataset.splits}, dataset.classes)


def test_a_pack_holds_the_photos_in_the_datasets_order(dataset: Dataset) -> None:
    for split, listed in dataset.splits.items():
        packed = pack.load(dataset, split, SIDE)
        assert len(packed) == len(listed)
        assert packed.pixels.shape == (len(listed), SIDE, SIDE, 3)
        assert packed.pixels.dtype == np.uint8
        assert packed.labels.tolist() == list(listed.labels)
        assert packed.skipped == ()
        for i, path in enumerate(listed.paths):
            data = path.read_bytes()
            assert np.array_equal(packed.pixels[i], photos.square(data, SIDE))
            assert packed.keys[i] == photos.key(data)
            assert packed.numbers[i] == photos.key_number(packed.keys[i])
            assert dataset.folder / packed.names[i] == path
        assert packed.numbers.dtype == np.uint64


def test_the_pixels_cannot_be_written_to(dataset: Dataset) -> None:
    packed = pack.load(dataset, "test", SIDE)
    with pytest.raises(ValueError, match="read-only"):
        packed.pixels[0] = 0


def test_the_second_time_nothing_is_read(dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pack.load(dataset, "train", SIDE)
    assert len(packs(home)) == 1

    def reading(*_: object) -> None:
        raise AssertionError("a photo was read again")

    monkeypatch.setattr(photos, "read_file", reading)
    again = pack.load(dataset, "train", SIDE, reading)  # nor is there any progress to tell
    assert np.array_equal(again.pixels, first.pixels)
    assert (again.keys, again.names, again.skipped) == (first.keys, first.names, first.skipped)
    assert np.array_equal(again.labels, first.labels)
    assert len(packs(home)) == 1


def test_each_split_and_size_has_its_own(dataset: Dataset, home: Path) -> None:
    sizes = {
        (split, size): pack.load(dataset, split, size).pixels.shape for split in ("train", "test") for size in (16, 40)
    }
    assert sizes == {(split, size): (len(dataset.splits[split]), size, size, 3) for split, size in sizes}
    assert len(packs(home)) == 4


def test_a_changed_file_is_packed_anew(dataset: Dataset) -> None:
    path = dataset.splits["train"].paths[4]
    first = pack.load(dataset, "train", SIDE)
    path.write_bytes(encoded(picture(40, 40), "PNG"))
    again = pack.load(dataset, "train", SIDE)
    assert np.array_equal(again.pixels[4], photos.square(path.read_bytes(), SIDE))
    assert again.keys[4] == photos.key(path.read_bytes()) != first.keys[4]
    assert np.array_equal(np.delete(again.pixels, 4, 0), np.delete(first.pixels, 4, 0))


def test_a_changed_file_of_the_same_length_is_packed_anew(dataset: Dataset) -> None:
    path = dataset.splits["train"].paths[0]
    one, other = encoded(picture(40, 40), "BMP"), encoded(picture(40, 40, seed=5), "BMP")
    assert len(one) == len(other)
    path.write_bytes(one)
    first = pack.load(dataset, "train", SIDE)
    path.write_bytes(other)
    os.utime(path, ns=(0, 1_700_000_000_000_000_000))
    assert not np.array_equal(pack.load(dataset, "train", SIDE).pixels[0], first.pixels[0])


def test_a_photo_added_or_gone_is_packed_anew(dataset: Dataset) -> None:
    count = len(pack.load(dataset, "test", SIDE))
    (dataset.folder / "test" / "disc" / "new.png").write_bytes(encoded(picture(9, 9), "PNG"))
    more = catalogue.load("mine")
    assert len(pack.load(more, "test", SIDE)) == count + 1
    more.splits["test"].paths[0].unlink()
    assert len(pack.load(catalogue.load("mine"), "test", SIDE)) == count


def test_broken_photos_are_skipped_with_their_sentence(dataset: Dataset) -> None:
    paths = dataset.splits["train"].paths
    paths[0].write_bytes(b"no photo")
    paths[7].write_bytes(b"")
    paths[8].write_bytes(paths[8].read_bytes()[:500])
    paths[17].unlink()  # it was listed a moment ago
    packed = pack.load(dataset, "train", SIDE)
    assert len(packed) == len(packed.pixels) == len(packed.keys) == len(packed.names) == 14
    names = [path.relative_to(dataset.folder).as_posix() for path in paths]
    assert [name for name, _ in packed.skipped] == [names[i] for i in (0, 7, 8, 17)]
    for (_, why), said in zip(packed.skipped, ("not a photo", "empty", "damaged", "no file"), strict=True):
        assert said in why
        assert why.endswith(".")
    assert list(packed.names) == [name for i, name in enumerate(names) if i not in (0, 7, 8, 17)]
    for i, name in enumerate(packed.names):
        assert np.array_equal(packed.pixels[i], photos.square((dataset.folder / name).read_bytes(), SIDE))
        assert dataset.classes[packed.labels[i]] == Path(name).parent.name


def test_a_split_without_a_readable_photo(dataset: Dataset) -> None:
    for path in dataset.splits["test"].paths:
        path.write_bytes(b"no photo")
    for _ in range(2):  # the cached pack says so too
        with pytest.raises(DatasetError, match=r"None of the 9 photos of the test split can be read; test/bars/.*\.$"):
            pack.load(dataset, "test", SIDE)


def test_an_empty_split(dataset: Dataset) -> None:
    shutil.rmtree(dataset.folder / "test")
    packed = pack.load(catalogue.load("mine"), "test", SIDE)
    assert len(packed) == 0
    assert packed.pixels.shape == (0, SIDE, SIDE, 3)
    assert packed.numbers.shape == (0,)


def test_progress_counts_the_photos(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "CHUNK", 5)
    seen: list[tuple[int, int]] = []
    packed = pack.load(dataset, "train", SIDE, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 18), (5, 18), (10, 18), (15, 18)]
    whole = [photos.square(path.read_bytes(), SIDE) for path in dataset.splits["train"].paths]
    assert np.array_equal(packed.pixels, whole)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_progress_that_raises_leaves_nothing(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    monkeypatch.setattr(pack, "CHUNK", 5)

    def stop(done: int, total: int) -> None:
        if done >= 10:
            raise interruption

    with pytest.raises(interruption):
        pack.load(dataset, "train", SIDE, stop)
    assert packs(home) == []
    assert len(pack.load(dataset, "train", SIDE)) == 18


def test_several_that_pack_at_the_same_time(dataset: Dataset, home: Path) -> None:
    together = threading.Barrier(3)

    def load(_: int) -> pack.Pack:
        together.wait(timeout=10)
        return pack.load(dataset, "train", SIDE)

    with ThreadPoolExecutor(3) as threads:
        loaded = list(threads.map(load, range(3)))
    assert all(np.array_equal(one.pixels, loaded[0].pixels) for one in loaded)
    assert len(packs(home)) == 1


def test_deleting_the_cache_loses_nothing(dataset: Dataset, home: Path) -> None:
    first = np.array(pack.load(dataset, "train", SIDE).pixels)
    shutil.rmtree(home / "cache")
    assert np.array_equal(pack.load(dataset, "train", SIDE).pixels, first)


def test_the_fingerprint_is_of_the_content_whatever_files_and_folders_are_called(
    dataset: Dataset, tmp_path: Path
) -> None:
    print_ = fingerprint(dataset)
    assert len(print_) == 16
    assert int(print_, 16) >= 0
    copy = shutil.copytree(dataset.folder, tmp_path / "elsewhere")
    for number, path in enumerate(sorted(copy.rglob("*.png"))):
        path.rename(path.with_name(f"{977 * number % 1000:03d}-renamed.png"))
    (copy / "validation").rename(copy / "val")
    assert fingerprint(catalogue.add_folder("copy", copy)) == print_


@pytest.mark.parametrize("change", ["another split", "another class", "another photo", "one photo less"])
def test_the_fingerprint_changes_with_the_content(dataset: Dataset, change: str) -> None:
    before = fingerprint(dataset)
    path = dataset.splits["train"].paths[0]  # of the class bars
    if change == "another split":
        path.rename(dataset.folder / "validation" / "bars" / "moved.png")
    elif change == "another class":
        path.rename(dataset.folder / "train" / "disc" / "moved.png")
    elif change == "another photo":
        path.write_bytes(encoded(picture(40, 40), "PNG"))
    else:
        path.unlink()
    assert fingerprint(catalogue.load("mine")) != before
