"""Packed photos: the pixels of the files, kept until a file changes, whole or not at all."""

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import photos, workspace
from core.datasets import adding, catalogue, pack, trained_on
from core.datasets.catalogue import Dataset
from core.errors import DatasetError
from core.files import cache
from tests.conftest import draw_dataset, encoded, picture

SIDE = 32


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A dataset of its own, for tests that change its files."""
    return adding.add_folder("mine", draw_dataset(tmp_path / "photos"))


def packs(home: Path) -> list[str]:
    folder = home / "cache" / "pixels"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def fingerprint(dataset: Dataset) -> str:
    packs = {split: pack.load(dataset, split, SIDE) for split in dataset.splits}
    return trained_on.of(packs, dataset.classes).fingerprint


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


@pytest.mark.parametrize(
    "damage", ["short pixels", "no pixels", "zeros", "one bit", "short index", "other index", "long index", "no index"]
)
def test_a_damaged_pack_is_made_anew(dataset: Dataset, home: Path, damage: str) -> None:
    first = pack.load(dataset, "train", SIDE)
    whole = np.array(first.pixels)
    folder = home / "cache" / "pixels" / packs(home)[0]
    pixels, index = folder / "pixels.npy", folder / "index.json"
    content = bytearray(pixels.read_bytes())
    if damage == "short pixels":
        pixels.write_bytes(content[:-1000])
    elif damage == "no pixels":
        pixels.unlink()
    elif damage == "zeros":
        pixels.write_bytes(bytes(len(content)))
    elif damage == "one bit":
        content[5000] ^= 8
        pixels.write_bytes(content)
    elif damage == "short index":
        index.write_text(index.read_text()[:300])
    elif damage == "other index":
        index.write_text('{"labels": [1, 2], "keys": 3}')
    elif damage == "long index":
        record = json.loads(index.read_text())
        lists = {field: [*values, *values] for field, values in record.items() if isinstance(values, list)}
        index.write_text(json.dumps({**record, **lists}))
    else:
        index.unlink()
    again = pack.load(dataset, "train", SIDE)
    assert np.array_equal(again.pixels, whole)
    assert (again.keys, again.names) == (first.keys, first.names)
    assert len(packs(home)) == 1


def test_too_small_a_disk_is_told_before_a_photo_is_read(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "free", lambda: 50_000)
    with pytest.raises(DatasetError, match=r"The disk is full: .* needs 59 kB, and 50 kB are free\. Make room"):
        pack.load(dataset, "train", SIDE, lambda done, of: pytest.fail("a photo was read"))
    assert packs(home) == []


FULL = """
import sys
from core.datasets import adding, catalogue, pack, trained_on
from core.errors import DatasetError
{before}
try:
    pack.load(catalogue.load("mine"), "train", 150)
except DatasetError as error:
    print(error)
"""


def packing(before: str, *command: str) -> str:
    """What packing 1.2 MB says in a process of its own."""
    done = subprocess.run(
        [*command, sys.executable, "-c", FULL.format(before=before)],
        cwd=workspace.PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit on Windows")
def test_a_file_that_may_not_grow_leaves_nothing_half(dataset: Dataset, home: Path) -> None:
    said = packing("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))")
    assert "can't be packed into" in said
    assert "File too large" in said
    assert packs(home) == []


def test_a_disk_that_is_really_full(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    """On a disk of one megabyte, where this machine lets us make one."""
    (home / "cache" / "pixels").mkdir(parents=True)
    (home / "cache" / "features").mkdir()
    (home / "cache" / "features" / "old.npy").write_bytes(bytes(1000))
    left = tmp_path / "left"
    script = f'mount -t tmpfs -o size=1m tmpfs "$0" || exit 77; "$@"; code=$?; ls -A "$0" > {left}; exit $code'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(home / "cache" / "pixels")]
    try:
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            pytest.skip("no disk may be mounted here")
    except OSError:
        pytest.skip("no disk may be mounted here")
    # the check beforehand sees the roomy disk that the cache lies on, so the small one fills up while photos are packed
    said = packing("", *command)
    assert said.startswith("The disk is full: packing the photos into")
    assert left.read_text() == ""


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
    assert fingerprint(adding.add_folder("copy", copy)) == print_


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
