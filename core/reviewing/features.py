"""The features by which photos are compared: the pooled vectors of a network, kept in the cache photo by photo."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import machine, photos, workspace
from core.answering import litert, model_files, shelf
from core.answering.shelf import Model
from core.augment import engine
from core.augment.recipe import Recipe
from core.datasets import by_photo
from core.datasets.by_photo import Store
from core.datasets.measures import Progress

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
    steps: Recipe = ()  # what is done to each photo before: with fixed values, since nothing is drawn from its key


def starter() -> Network:
    """The network of the shipped starter, which is always there. Raises ModelError if it is damaged."""
    model = shelf.read(SHIPPED)
    return Network(f"{shelf.STARTER}-{VERSION}", model.folder / model_files.BACKBONE, model.card.image_size)


def of_model(model: Model) -> Network:
    """The network of a saved model; that of the shipped starter has its entries in the cache already."""
    if model.folder == SHIPPED:
        return starter()
    facts = model.card.files.get(model_files.BACKBONE)
    name = f"model-{facts.hash[:16]}" if facts else f"model-{model.name}-{model.created[:10]}"
    return Network(name, model.folder / model_files.BACKBONE, model.card.image_size)


def of(
    dataset: str,
    names: Sequence[str],
    paths: Sequence[Path],
    network: Network,
    progress: Progress | None = None,
) -> Array:
    """The vectors of photos, float32 (photos, features), in their order; rows of NaN for photos that can't be read.

    What did not change since the last time is read from the cache.
    """
    store = Store(by_photo.path_of(dataset, network.name), _to_arrays, _from_arrays)
    vectors = store.fill(names, paths, lambda missing: _computed(missing, paths, network, progress))
    return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)


def stored(dataset: str, network: Network) -> dict[str, Array]:
    """The vectors that the cache has, by the photos' names; those of unreadable photos are left out."""
    vectors = Store(by_photo.path_of(dataset, network.name), _to_arrays, _from_arrays).stored()
    return {name: vector for name, vector in vectors.items() if np.isfinite(vector).all()}


def _computed(
    places: Sequence[int], paths: Sequence[Path], network: Network, progress: Progress | None
) -> Iterator[tuple[int, Array]]:
    backbone = litert.Backbone(network.path)
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(places), CHUNK):
            if progress:
                progress(start, len(places))
            some = places[start : start + CHUNK]
            squares = list(threads.map(lambda place: photos.square_of(paths[place], network.size), some))
            readable = [square for square in squares if square is not None]
            batches = list(backbone.vectors(_changed(np.stack(readable), network))) if readable else []
            vectors = (by_photo.as_stored(row) for batch in batches for row in batch)
            width = backbone.features
            for place, square in zip(some, squares, strict=True):
                yield place, np.full(width, np.nan, np.float32) if square is None else next(vectors)


def _changed(squares: NDArray[np.uint8], network: Network) -> NDArray[np.uint8]:
    """Photos, uint8 (photos, size, size, 3), as the network is to see them."""
    return engine.augment(squares, np.zeros(len(squares), np.uint64), 0, network.steps, 0) if network.steps else squares


def _to_arrays(vectors: Sequence[Array]) -> by_photo.Arrays:
    return {"vectors": np.array(vectors, np.float16)}


def _from_arrays(arrays: by_photo.Arrays) -> Array:
    return arrays["vectors"].astype(np.float32)
