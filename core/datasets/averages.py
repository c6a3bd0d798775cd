"""The average picture of each class: what its training photos have in common, backdrop and pose included."""

import hashlib
import json
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import machine, photos
from core.datasets import by_photo, pack
from core.datasets.catalogue import Dataset
from core.datasets.measures import Progress
from core.files import atomic, cache, npz

VERSION = 1  # increase it when the same photos get other pictures
SIDE = 96  # px: more would show no more of an average
MOST_PHOTOS = 6_000  # in total: more take long and change nothing that an eye can see
LEAST_MOST = 20  # photos of each class, however many classes there are
CHUNK = 64
REMEMBERED = 4  # datasets


@dataclass(frozen=True)
class Averages:
    """The average pictures of a dataset, in the order of its classes."""

    pictures: NDArray[np.uint8]  # (classes, 96, 96, 3)
    counts: tuple[int, ...]  # photos in each; 0 if none can be read


_remembered: OrderedDict[str, Averages] = OrderedDict()
_lock = threading.Lock()


def of(dataset: Dataset, progress: Progress | None = None) -> Averages:
    """The average pictures of a dataset's training photos, from memory or the cache if no photo has changed."""
    chosen = _chosen(dataset)
    digest = _digest(dataset, chosen)
    with _lock:
        known = _remembered.get(digest)
    if known is None:
        path = by_photo.path_of(dataset.name, f"{digest}.averages")
        known = _read(path, len(dataset.classes))
        if known is None:
            known = _computed(dataset, chosen, progress)
            _write(path, known)
    with _lock:
        _remembered[digest] = known
        _remembered.move_to_end(digest)
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return known


def most_photos(classes: int) -> int:
    """The number of photos of each class that are averaged at most, in a dataset of so many classes."""
    return max(LEAST_MOST, MOST_PHOTOS // max(1, classes))


def _chosen(dataset: Dataset) -> list[tuple[Path, int]]:
    """The photos to read, class by class, with their labels: of a large class, photos at even distances."""
    most = most_photos(len(dataset.classes))
    by_class: dict[int, list[Path]] = defaultdict(list)
    train = dataset.splits["train"]
    for path, label in zip(train.paths, train.labels, strict=True):
        by_class[label].append(path)
    return [
        (paths[place], label)
        for label, paths in by_class.items()
        for place in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int).tolist()
    ]


def _computed(dataset: Dataset, chosen: list[tuple[Path, int]], progress: Progress | None) -> Averages:
    pictures = np.zeros((len(dataset.classes), SIDE, SIDE, 3), np.uint8)
    counts = [0] * len(dataset.classes)
    for label, of_class in groupby(_squares(chosen, progress), key=lambda square: square[0]):
        total = np.zeros((SIDE, SIDE, 3), np.float64)
        for _, pixels in of_class:
            total += pixels
            counts[label] += 1
        pictures[label] = np.rint(total / counts[label]).astype(np.uint8)
    return Averages(pictures, tuple(counts))


def _squares(chosen: list[tuple[Path, int]], progress: Progress | None) -> Iterator[tuple[int, photos.Pixels]]:
    """The readable photos as squares in their order, with their labels."""
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(chosen), CHUNK):
            if progress:
                progress(start, len(chosen))
            some = chosen[start : start + CHUNK]
            squares = threads.map(lambda each: photos.square_of(each[0], SIDE), some)
            for (_, label), pixels in zip(some, squares, strict=True):
                if pixels is not None:
                    yield label, pixels


def _digest(dataset: Dataset, chosen: list[tuple[Path, int]]) -> str:
    """A name for the pictures, from the files' sizes, times and inodes."""
    files = pack.states(chosen)
    text = json.dumps([VERSION, SIDE, dataset.classes, files])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _read(path: Path, classes: int) -> Averages | None:
    """The stored pictures, or None if there are none or if the file is damaged."""
    try:
        stored = npz.load(path)
        pictures, counts = stored["pictures"], stored["counts"]
    except (npz.ArraysError, KeyError, ValueError):
        return None
    if pictures.shape != (classes, SIDE, SIDE, 3) or pictures.dtype != np.uint8 or counts.shape != (classes,):
        return None
    cache.touch(path)
    return Averages(pictures, tuple(int(count) for count in counts))


def _write(path: Path, averages: Averages) -> None:
    """Store the pictures. Without room on the disk they are computed again the next time."""
    with suppress(OSError):
        cache.make_room(averages.pictures.nbytes)
        path.parent.mkdir(parents=True, exist_ok=True)
        counts = np.array(averages.counts, np.int64)
        atomic.write(path, lambda file: np.savez(file, pictures=averages.pictures, counts=counts))
