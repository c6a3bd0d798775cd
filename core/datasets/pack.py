"""A split's photos decoded, squared and packed into one file that is mapped into memory instead of read."""

import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import atomic, machine, photos, workspace
from core.datasets.catalogue import Dataset
from core.errors import DatasetError, PhotoError

VERSION = 1  # count up when core.photos gives other pixels for the same file
CHUNK = 64

Progress = Callable[[int, int], None]
"""Called with (photos done, photos in all); what it raises ends the work, leaving nothing behind."""


@dataclass(frozen=True)
class Pack:
    """The readable photos of one split, in the dataset's order."""

    pixels: NDArray[np.uint8]  # (photos, size, size, 3), mapped read-only
    labels: NDArray[np.intp]  # (photos,)
    keys: tuple[str, ...]  # photo keys, 32 hex digits
    names: tuple[str, ...]  # paths within the dataset's folder
    skipped: tuple[tuple[str, str], ...]  # (name, why) of the photos that can't be read

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def numbers(self) -> NDArray[np.uint64]:
        """The keys as the engine wants them: uint64 (photos,)."""
        return np.array([photos.key_number(key) for key in self.keys], np.uint64)


def load(dataset: Dataset, split: str, size: int, progress: Progress | None = None) -> Pack:
    """The split's photos at `size` × `size`, packed under the cache on first use.

    Raises DatasetError when none of its photos can be read.
    """
    listed = dataset.splits[split]
    folder = workspace.cache() / "pixels" / _digest(dataset, split, size)
    if not (folder / "index.json").exists():
        shutil.rmtree(folder, ignore_errors=True)  # half a pack, as a hand in the cache leaves it
        try:
            with atomic.new_folder(folder) as new:
                _pack(dataset, listed.paths, listed.labels, size, new, progress)
        except FileExistsError:
            pass  # another process packed the same photos meanwhile
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    if not index["keys"] and index["skipped"]:
        name, why = index["skipped"][0]
        raise DatasetError(f"None of the {len(listed)} photos of the {split} split can be read; {name}: {why}")
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")[: len(index["keys"])]
    return Pack(
        pixels=pixels,
        labels=np.array(index["labels"], np.intp),
        keys=tuple(index["keys"]),
        names=tuple(index["names"]),
        skipped=tuple((name, why) for name, why in index["skipped"]),
    )


def fingerprint(packs: dict[str, Pack], classes: tuple[str, ...]) -> str:
    """A hash of what a dataset contains, whatever its files are called: 16 hex digits."""
    lines = sorted(
        f"{split}/{classes[label]}/{key}"
        for split, pack in packs.items()
        for label, key in zip(pack.labels, pack.keys, strict=True)
    )
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def _digest(dataset: Dataset, split: str, size: int) -> str:
    """Names the pack by what the files look like from outside: reading them all would take as long as packing."""
    files = []
    for path, label in zip(dataset.splits[split].paths, dataset.splits[split].labels, strict=True):
        try:
            seen = path.stat()
            files.append((str(path), label, seen.st_size, seen.st_mtime_ns))
        except OSError:
            files.append((str(path), label, -1, -1))
    text = json.dumps([VERSION, size, str(dataset.folder), files])
    return f"{dataset.name}-{split}-{size}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _pack(
    dataset: Dataset,
    paths: tuple[Path, ...],
    labels: tuple[int, ...],
    size: int,
    folder: Path,
    progress: Progress | None,
) -> None:
    pixels = np.lib.format.open_memmap(
        folder / "pixels.npy", mode="w+", dtype=np.uint8, shape=(max(len(paths), 1), size, size, 3)
    )
    index: dict[str, list[object]] = {"labels": [], "keys": [], "names": [], "skipped": []}
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(paths), CHUNK):
            if progress:
                progress(start, len(paths))
            chunk = paths[start : start + CHUNK]
            for path, label, read in zip(
                chunk, labels[start : start + CHUNK], threads.map(lambda p: _read(p, size), chunk), strict=True
            ):
                name = path.relative_to(dataset.folder).as_posix()
                if isinstance(read, str):
                    index["skipped"].append((name, read))
                    continue
                pixels[len(index["keys"])] = read[1]
                for field, value in (("labels", label), ("keys", read[0]), ("names", name)):
                    index[field].append(value)
    pixels.flush()
    atomic.write_json(folder / "index.json", index)


def _read(path: Path, size: int) -> tuple[str, photos.Pixels] | str:
    """The photo's key and pixels, or the sentence that says why there are none."""
    try:
        data = photos.read_file(path)
        return photos.key(data), photos.square(data, size)
    except PhotoError as error:
        return str(error)
