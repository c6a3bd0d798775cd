"""The features by which photos are compared: the pooled vectors of a network, kept in the cache photo by photo."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import machine, photos, workspace
from core.answering import litert, shelf
from core.datasets import measures
from core.errors import PhotoError
from core.files import atomic, cache, npz

SHIPPED = workspace.PROJECT / "models" / "saved" / shelf.STARTER
VERSION = 1  # increase it when the starter is trained anew
CHUNK = 128

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """A network that turns photos into vectors."""

    name: str  # names its entries in the cache
    path: Path  # of a LiteRT file that takes uint8 (photos, size, size, 3)
    size: int  # px


def starter() -> Network:
    """The network of the shipped starter, which is always there. Raises ModelError if it is damaged."""
    model = shelf.read(SHIPPED)
    return Network(f"{shelf.STARTER}-{VERSION}", model.folder / "backbone.tflite", model.card.image_size)


def of(
    dataset: str,
    names: Sequence[str],
    paths: Sequence[Path],
    network: Network,
    progress: Callable[[int, int], None] | None = None,
) -> Array:
    """The vectors of photos, float32 (photos, features), in their order; rows of NaN for photos that can't be read.

    What did not change since the last time is read from the cache.
    """
    stored = _read(dataset, network)
    stamps = [measures.stamp(path) for path in paths]
    missing = [
        place for place, name in enumerate(names) if not stamps[place] or stored.get(name, ("",))[0] != stamps[place]
    ]
    vectors: dict[str, tuple[str, Array]] = dict(stored)
    try:
        for place, vector in _computed(missing, paths, network, progress):
            vectors[names[place]] = stamps[place], vector
    finally:
        if missing:
            _write(dataset, network, {name: vectors[name] for name in names if name in vectors})
    return np.stack([vectors[name][1] for name in names]) if names else np.zeros((0, 0), np.float32)


def _computed(
    places: Sequence[int], paths: Sequence[Path], network: Network, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[int, Array]]:
    if not places:
        return
    backbone = litert.Backbone(network.path)
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(places), CHUNK):
            if progress:
                progress(start, len(places))
            some = places[start : start + CHUNK]
            squares = list(threads.map(lambda place: _square(paths[place], network.size), some))
            readable = [square for square in squares if square is not None]
            rows = np.concatenate(list(backbone.vectors(np.stack(readable)))) if readable else np.zeros((0, 0))
            vectors = iter(rows.astype(np.float16).astype(np.float32))  # as the cache has them
            width = backbone.features
            for place, square in zip(some, squares, strict=True):
                yield place, np.full(width, np.nan, np.float32) if square is None else next(vectors)


def _square(path: Path, size: int) -> photos.Pixels | None:
    try:
        return photos.square(photos.read_file(path), size)
    except (PhotoError, OSError):
        return None


def _path(dataset: str, network: Network) -> Path:
    return workspace.cache() / "measures" / f"{dataset}.{network.name}.npz"  # no dataset's name has a dot


def _read(dataset: str, network: Network) -> dict[str, tuple[str, Array]]:
    """The stored vectors by name, with the files' stamps; empty if there are none, or if the file is damaged."""
    try:
        stored = npz.load(_path(dataset, network))
        texts = json.loads(stored["texts"].tobytes().decode("utf-8", "surrogatepass"))
        cache.touch(_path(dataset, network))
        vectors = stored["vectors"].astype(np.float32)
        return {name: (stamp, row) for (name, stamp), row in zip(texts, vectors, strict=True)}
    except (npz.ArraysError, KeyError, TypeError, ValueError, AttributeError):
        return {}


def _write(dataset: str, network: Network, vectors: dict[str, tuple[str, Array]]) -> None:
    """Store vectors. Without room on the disk they are computed again the next time."""
    raw = json.dumps([[name, stamp] for name, (stamp, _) in vectors.items()]).encode("utf-8", "surrogatepass")
    rows = np.array([row for _, row in vectors.values()], np.float16)
    path = _path(dataset, network)
    with suppress(OSError):
        cache.make_room(len(raw) + rows.nbytes)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, lambda file: np.savez(file, texts=np.frombuffer(raw, np.uint8), vectors=rows))
