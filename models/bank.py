"""The feature bank: a frozen backbone sees each view of each photo once, however many runs and epochs there are.

A photo's features depend on (photo, backbone, weights, image size, recipe, seed, view) and never on the head, so every
run of a study reads the same features. The result equals training the whole graph with the backbone frozen.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import machine, workspace
from core.augment import engine, receipt, recipe
from core.augment.recipe import Recipe
from core.datasets import pack as pack_module
from core.datasets import partners
from core.datasets.pack import Pack, Progress
from core.files import arrays, exchange

VERSION = 1  # increase it when the same pixels give other features; other pixels are told by the receipt
CHUNK = 32
RELEASE = 64  # chunks between two releases of the photos' memory


@dataclass(frozen=True)
class Bank:
    """The features of one frozen backbone."""

    backbone: str  # a name for it, its weights and how it runs; part of the file names in the cache
    image_size: int
    network: Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # photos (n, size, size, 3) → pooled vectors (n, f)
    warn: Callable[[str], None] | None = None  # gets a sentence when the disk is full
    _in_memory: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)  # by file name

    def features(
        self, pack: Pack, recipe: Recipe = (), seed: int = 0, view: int = 0, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """The pooled vectors of all photos in one view: float32 (photos, features), mapped read-only from the cache.

        If the disk is full, they stay in memory for the life of this bank. An exception from `progress` ends the work
        and leaves no files behind.
        """
        path = self._path(pack, recipe, seed, view)
        vectors = self._in_memory.get(path.name)
        if vectors is None:
            vectors = _stored(path, len(pack))
        if vectors is None:
            with exchange.turn(path):
                vectors, trouble = _stored(path, len(pack)), None
                if vectors is None:
                    vectors, trouble = arrays.store(path, self._compute(pack, recipe, seed, view, progress), len(pack))
            if trouble:
                self._warn(trouble)
                self._in_memory[path.name] = vectors
        return vectors

    def _warn(self, trouble: OSError) -> None:
        if self.warn and not self._in_memory:  # only once
            self.warn(
                f"The features could not be saved ({trouble.strerror or trouble}). They stay in memory, and the next "
                "run computes them again. Make room: Disk on the Data page, or python -m core disk --clean."
            )

    def _path(self, pack: Pack, steps: Recipe, seed: int, view: int) -> Path:
        return workspace.cache() / "features" / f"{self.backbone}-{self._digest(pack, steps, seed, view)}.npy"

    def _digest(self, pack: Pack, steps: Recipe, seed: int, view: int) -> str:
        augments = any(step.transform.draws for step in steps)
        # another receipt, other pixels; without draws all views are the same
        draws = [recipe.dumps(steps), seed, view, receipt.of(steps, seed)] if augments else None
        if draws and (mixed := partners.of_pack(pack, steps)):  # names in another order give other partners
            draws.append(mixed.order.tolist())
        text = json.dumps([VERSION, pack_module.VERSION, self.image_size, draws, pack.keys])
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def _compute(
        self, pack: Pack, steps: Recipe, seed: int, view: int, progress: Progress | None
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors, CHUNK photos at a time."""
        numbers, mixed = pack.numbers, partners.of_pack(pack, steps)

        def photos(start: int) -> NDArray[np.uint8]:
            rows = slice(start, start + CHUNK)
            pixels = np.asarray(pack.pixels[rows])
            return engine.augment(pixels, numbers[rows], view, steps, seed, partners=mixed)

        with ThreadPoolExecutor(machine.cores()) as threads:  # reads and augments ahead of the network
            ahead = [threads.submit(photos, start) for start in range(0, len(pack), CHUNK)[:4]]
            try:
                for start in range(0, len(pack), CHUNK):
                    if progress:
                        progress(start, len(pack))
                    following = start + 4 * CHUNK
                    if following < len(pack):
                        ahead.append(threads.submit(photos, following))
                    yield self.network(ahead.pop(0).result())
                    if start // CHUNK % RELEASE == RELEASE - 1:
                        arrays.release(pack.pixels)
            finally:
                threads.shutdown(cancel_futures=True)
                arrays.release(pack.pixels)


def _stored(path: Path, photos: int) -> NDArray[np.float32] | None:
    """The vectors in a file of the cache; None if it does not hold any for so many photos."""
    vectors = arrays.mapped(path, photos)
    return vectors if vectors is not None and vectors.ndim == 2 and vectors.dtype == np.float32 else None
