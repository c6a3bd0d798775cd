"""A split's photos, decoded and resized, in one file that is mapped into memory."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core import machine, photos, words, workspace
from core.datasets.catalogue import Dataset
from core.datasets.folders import Split
from core.errors import DatasetError, PhotoError
from core.files import arrays, atomic, cache, records
from core.files.names import path_text
from core.files.records import Record

VERSION = 2  # increase it when core.photos decodes the same file to different pixels
CHUNK = 64
INDEXED = 200  # bytes per photo in the index, about
ATTEMPTS = 3  # another process may clean the cache between packing and reading

Progress = Callable[[int, int], None]
"""Called with (photos done, photos in total). An exception that it raises ends the work and leaves nothing behind."""


class UnreadableError(DatasetError):
    """No photo of a split can be read."""


@dataclass(frozen=True)
class Pack:
    """The readable photos of one split, in the dataset's order."""

    pixels: NDArray[np.uint8]  # (photos, size, size, 3), mapped read-only
    labels: NDArray[np.intp]  # (photos,)
    keys: tuple[str, ...]  # photo keys, 32 hex digits
    names: tuple[str, ...]  # paths within the dataset's folder
    skipped: tuple[tuple[str, str], ...]  # (name, why) of the photos that can't be read
    folder: Path | None = None  # with its files; None for one that is only in memory

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def numbers(self) -> NDArray[np.uint64]:
        """The keys as the augmentation engine takes them: uint64 (photos,)."""
        return np.array([photos.key_number(key) for key in self.keys], np.uint64)


class Index(Record):
    """index.json: what is known of the photos of a pack, in their order."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Delete the pack; it is made again."
    HOLDS_PATHS: ClassVar = True

    classes: tuple[str, ...] = ()  # the labels are places in them; none in packs of earlier versions
    labels: tuple[int, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]  # (name, why)


@dataclass
class _IndexDraft:
    """An index in the making."""

    labels: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def add(self, label: int, key: str, name: str) -> None:
        self.labels.append(label)
        self.keys.append(key)
        self.names.append(name)

    def index(self, classes: tuple[str, ...]) -> Index:
        return Index(
            classes=classes,
            labels=tuple(self.labels),
            keys=tuple(self.keys),
            names=tuple(self.names),
            skipped=tuple(self.skipped),
        )


def load(dataset: Dataset, split: str, size: int, progress: Progress | None = None) -> Pack:
    """The split's photos at `size` × `size`, packed under the cache on first use.

    A damaged pack is deleted and made again. Raises UnreadableError when no photo can be read, DatasetError when the
    disk has no room for them.
    """
    listed = dataset.splits[split]
    folder = workspace.cache() / "pixels" / _digest(dataset, split, size)
    packed = read(folder, size, dataset.classes)
    for _ in range(ATTEMPTS):
        if packed is not None:
            break
        shutil.rmtree(folder, ignore_errors=True)  # an incomplete pack, left by somebody who deleted files
        with contextlib.suppress(FileExistsError):  # another process has packed the same photos
            _store(dataset, listed, size, folder, progress)
        packed = read(folder, size, dataset.classes)
    if packed is None:
        raise DatasetError(f"The packed photos in {folder} vanish or are damaged right after writing. Check the disk.")
    if not packed.keys and packed.skipped:
        name, why = packed.skipped[0]
        raise UnreadableError(f"None of the {len(listed)} photos of the {split} split can be read; {name}: {why}")
    return packed


def empty(size: int) -> Pack:
    """A pack without photos."""
    return Pack(np.zeros((0, size, size, 3), np.uint8), np.zeros(0, np.intp), (), (), ())


def read(folder: Path, size: int, classes: tuple[str, ...]) -> Pack | None:
    """The pack in a folder; None if there is none, if it is damaged, or if it is of other classes."""
    try:
        index = records.read(folder / "index.json", Index)
        if index is None or index.classes != classes:
            return None
        labels = np.array(index.labels, np.intp)
        _ = [photos.key_number(key) for key in index.keys]
    except (DatasetError, ValueError, OverflowError):
        return None
    pixels = arrays.mapped(folder / "pixels.npy", len(labels))
    if pixels is None or pixels.shape[1:] != (size, size, 3) or pixels.dtype != np.uint8:
        return None
    if not len(labels) == len(index.keys) == len(index.names) or not ((labels >= 0) & (labels < len(classes))).all():
        return None
    return Pack(pixels, labels, index.keys, index.names, index.skipped, folder)


def _digest(dataset: Dataset, split: str, size: int) -> str:
    """A name for the pack, from the files' sizes, times and inodes: reading them would take as long as packing.

    The inode tells two files apart that have changed places: unpacked drawings often have the same size and time.
    """
    files = states(zip(dataset.splits[split].paths, dataset.splits[split].labels, strict=True))
    text = json.dumps([VERSION, size, str(dataset.folder), files])
    return f"{dataset.name}-{split}-{size}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def states(photos: Iterable[tuple[Path, int]]) -> list[tuple[str, int, int, int, int]]:
    """The path, label, size, time and inode of each photo's file; -1 for what a missing one lacks."""
    files = []
    for path, label in photos:
        try:
            stat = path.stat()
            files.append((str(path), label, stat.st_size, stat.st_mtime_ns, stat.st_ino))
        except (OSError, ValueError):
            files.append((str(path), label, -1, -1, -1))
    return files


def _store(dataset: Dataset, listed: Split, size: int, folder: Path, progress: Progress | None) -> None:
    """Pack the photos into a new folder. Raises DatasetError, before reading any, when the disk has no room."""
    need = len(listed) * (size * size * 3 + INDEXED)
    cache.make_room(need)
    if cache.free() < need:
        raise DatasetError(_full(need, folder))
    with contextlib.ExitStack() as stack:
        with _disk_errors_explained(need, folder):
            new = stack.enter_context(atomic.new_folder(folder))
            rows = arrays.Rows(new / "pixels.npy", np.uint8, (size, size, 3), len(listed))
        stack.callback(rows.close)
        contents = _IndexDraft()
        for some in _squares(dataset, listed, size, contents, progress):
            with _disk_errors_explained(need, folder):
                rows.append(some)
        with _disk_errors_explained(need, folder):
            rows.finish()
            records.write(new / "index.json", contents.index(dataset.classes))


def _squares(
    dataset: Dataset, listed: Split, size: int, contents: _IndexDraft, progress: Progress | None
) -> Iterator[NDArray[np.uint8]]:
    """The readable photos in chunks, uint8 (photos, size, size, 3). Adds their labels, keys and names to `contents`."""
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(listed), CHUNK):
            if progress:
                progress(start, len(listed))
            chunk = listed.paths[start : start + CHUNK]
            labels = listed.labels[start : start + CHUNK]
            squares = []
            for path, label, read in zip(chunk, labels, threads.map(lambda p: _read(p, size), chunk), strict=True):
                name = path_text(path.relative_to(dataset.folder))
                if isinstance(read, str):
                    contents.skipped.append((name, read))
                    continue
                squares.append(read[1])
                contents.add(label, read[0], name)
            if squares:
                yield np.stack(squares)


@contextlib.contextmanager
def _disk_errors_explained(need: int, folder: Path) -> Iterator[None]:
    """Raise DatasetError for errors of the disk."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in cache.FULL:
            raise DatasetError(_full(need, folder)) from error
        raise DatasetError(
            f"The photos can't be packed into {folder.parent} ({error.strerror or error}). Check the disk and the "
            "folder's permissions."
        ) from error


def _full(need: int, folder: Path) -> str:
    return (
        f"The disk is full: packing the photos into {folder.parent} needs {words.size(need)}, and "
        f"{words.size(cache.free())} are free. Make room (Disk on the Data page, or python -m core disk --clean) or "
        "choose a smaller image size."
    )


def _read(path: Path, size: int) -> tuple[str, photos.Pixels] | str:
    """The photo's key and pixels, or the sentence that says why it can't be read."""
    try:
        data = photos.read_file(path)
        return photos.key(data), photos.square(data, size)
    except PhotoError as error:
        return str(error)
