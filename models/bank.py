"""The feature bank: a frozen backbone sees each view of each photo once, whatever the number of runs and epochs.

A photo's features depend on (photo, backbone, weights, image size, recipe, seed, view) and never on the head, so every
run of a study reads the same ones. The result equals training the whole graph with the backbone frozen.
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
from core.augment import engine, recipe
from core.augment.recipe import Recipe
from core.datasets import pack as pack_module
from core.datasets.pack import Pack, Progress
from core.files import arrays

VERSION = 1  # count up when the engine gives other pixels for the same draws
CHUNK = 32
RELEASE = 64  # chunks after which the memory of the photos seen is given back


@dataclass(frozen=True)
class Bank:
    """The features that one frozen backbone gives."""

    backbone: str  # names it with its weights and how it is run, as part of the cache's file names
    image_size: int
    network: Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # photos (n, size, size, 3) → pooled vectors (n, f)
    warn: Callable[[str], None] | None = None  # is told, in a sentence, when the disk takes no more features
    _unkept: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)  # by file name

    def features(
        self, pack: Pack, recipe: Recipe = (), seed: int = 0, view: int = 0, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """The pooled vectors of all photos in one view, (photos, features), mapped read-only from the cache.

        What can't be kept on the disk is kept in memory as long as this bank lives. What `progress` raises ends the
        work and leaves nothing behind.
        """
        path = self._path(pack, recipe, seed, view)
        stored = self._unkept.get(path.name)
        if stored is None:
            stored = arrays.mapped(path, len(pack))
        if stored is None or stored.ndim != 2 or stored.dtype != np.float32:
            stored, trouble = arrays.store(path, self._computed(pack, recipe, seed, view, progress), len(pack))
            if trouble:
                self._tell(trouble)
                self._unkept[path.name] = stored
        return stored

    def has(self, pack: Pack, recipe: Recipe = (), seed: int = 0, view: int = 0) -> bool:
        """Whether the view was looked at already."""
        path = self._path(pack, recipe, seed, view)
        return path.name in self._unkept or path.exists()

    def _tell(self, trouble: OSError) -> None:
        if self.warn and not self._unkept:  # once is enough
            self.warn(
                f"The disk did not take the features ({trouble.strerror or trouble}), so they are held in memory and "
                "computed anew by the next run. Make room: Disk on the Data page, or python -m core disk --clean."
            )

    def _path(self, pack: Pack, steps: Recipe, seed: int, view: int) -> Path:
        return workspace.cache() / "features" / f"{self.backbone}-{self._digest(pack, steps, seed, view)}.npy"

    def _digest(self, pack: Pack, steps: Recipe, seed: int, view: int) -> str:
        augments = any(step.transform.draws for step in steps)
        drawn = [recipe.dumps(steps), seed, view] if augments else None  # without draws all views are one
        text = json.dumps([VERSION, pack_module.VERSION, self.image_size, drawn, pack.keys])
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def _computed(
        self, pack: Pack, steps: Recipe, seed: int, view: int, progress: Progress | None
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors of CHUNK photos after CHUNK photos."""
        numbers = pack.numbers

        def photos(start: int) -> NDArray[np.uint8]:
            some = slice(start, start + CHUNK)
            return engine.augmented(np.asarray(pack.pixels[some]), numbers[some], view, steps, seed)

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
