"""The feature bank: a frozen backbone sees each view of each photo once, whatever the number of runs and epochs.

A photo's features depend on (photo, backbone, weights, image size, recipe, seed, view) and never on the head, so every
run of a study reads the same ones. The result equals training the whole graph with the backbone frozen.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import atomic, machine, workspace
from core.augment import engine, recipe
from core.augment.recipe import Recipe
from core.datasets import pack as pack_module
from core.datasets.pack import Pack, Progress

VERSION = 1  # count up when the engine gives other pixels for the same draws
CHUNK = 32


@dataclass(frozen=True)
class Bank:
    """The features that one frozen backbone gives."""

    backbone: str  # names it with its weights and how it is run, as part of the cache's file names
    image_size: int
    network: Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # photos (n, size, size, 3) → pooled vectors (n, f)

    def features(
        self, pack: Pack, recipe: Recipe = (), seed: int = 0, view: int = 0, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """The pooled vectors of all photos in one view, (photos, features), mapped read-only from the cache.

        What `progress` raises ends the work and leaves nothing behind.
        """
        folder = workspace.cache() / "features"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.backbone}-{self._digest(pack, recipe, seed, view)}.npy"
        if not path.exists():
            vectors = self._computed(pack, recipe, seed, view, progress)
            atomic.write(path, lambda file: np.save(file, vectors))
        stored: NDArray[np.float32] = np.load(path, mmap_mode="r")
        return stored

    def has(self, pack: Pack, recipe: Recipe = (), seed: int = 0, view: int = 0) -> bool:
        """Whether the view is in the cache already."""
        name = f"{self.backbone}-{self._digest(pack, recipe, seed, view)}.npy"
        return (workspace.cache() / "features" / name).exists()

    def _digest(self, pack: Pack, steps: Recipe, seed: int, view: int) -> str:
        augments = any(step.transform.draws for step in steps)
        drawn = [recipe.dumps(steps), seed, view] if augments else None  # without draws all views are one
        text = json.dumps([VERSION, pack_module.VERSION, self.image_size, drawn, pack.keys])
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def _computed(
        self, pack: Pack, steps: Recipe, seed: int, view: int, progress: Progress | None
    ) -> NDArray[np.float32]:
        numbers = pack.numbers
        vectors: list[NDArray[np.float32]] = []

        def photos(start: int) -> NDArray[np.uint8]:
            some = slice(start, start + CHUNK)
            return engine.augmented(np.asarray(pack.pixels[some]), numbers[some], view, steps, seed)

        with ThreadPoolExecutor(machine.cores()) as threads:  # reads and augments ahead of the network
            ahead = [threads.submit(photos, start) for start in range(0, len(pack), CHUNK)[:4]]
            for start in range(0, len(pack), CHUNK):
                if progress:
                    try:
                        progress(start, len(pack))
                    except BaseException:
                        threads.shutdown(cancel_futures=True)
                        raise
                following = start + 4 * CHUNK
                if following < len(pack):
                    ahead.append(threads.submit(photos, following))
                vectors.append(self.network(ahead.pop(0).result()))
        return np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)
