"""Other backdrops behind the same garments, so that a student learns the clothes and not the floor they lie on."""

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core import machine
from core.datasets import other_things
from core.datasets.pack import Pack
from core.photos import foreground

Pixels = NDArray[np.uint8]

PATTERNS = ("wood", "marble", "bricks", "clouds", "stripes", "checkerboard", "gradient")
PATTERN_NUMBERS = 30  # of each kind
CORNER = (0.12, 0.3)  # of another photo's side: its corner, stretched, shows its backdrop


class Backdrops:
    """Exchanges the backdrop of a share of the photos of each view."""

    def __init__(self, pack: Pack, share: float, seed: int) -> None:
        """The garments are cut out of the photos of `pack`; the same photos may have other sizes later."""
        self._pack, self.share, self._seed = pack, share, seed

    @cached_property
    def _masks(self) -> NDArray[np.float32]:
        cv2.setNumThreads(1)
        with ThreadPoolExecutor(machine.cores()) as threads:
            return np.stack(list(threads.map(foreground.mask, self._pack.pixels)))

    def exchanged(self, pack: Pack, view: int, threads: ThreadPoolExecutor) -> Pixels:
        """The photos of a view, (photos, size, size, 3), before they are augmented; the same ones at any size."""
        pixels, masks = np.asarray(pack.pixels), self._masks
        places = range(len(pixels))
        return np.stack(list(threads.map(lambda place: self._photo(pixels, masks[place], place, view), places)))

    def _photo(self, pixels: Pixels, cut_out: NDArray[np.float32], place: int, view: int) -> Pixels:
        random = np.random.default_rng([self._seed, view, place, 3])
        photo: Pixels = pixels[place]
        if random.random() >= self.share:
            return photo
        size = len(photo)
        mask = cv2.resize(cut_out, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
        backdrop = self._backdrop(pixels, random, size)
        both: Pixels = (photo * mask + backdrop * (1 - mask) + 0.5).astype(np.uint8)
        return both

    def _backdrop(self, pixels: Pixels, random: np.random.Generator, size: int) -> Pixels:
        kind = random.random()
        if kind < 1 / 3:
            picture = _pattern(str(random.choice(PATTERNS)), int(random.integers(PATTERN_NUMBERS)))
            return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
        if kind < 1 / 2:
            return np.full((size, size, 3), random.integers(0, 256, 3), np.uint8)
        other = pixels[random.integers(len(pixels))]
        height, width = (max(1, round(size * side)) for side in random.uniform(*CORNER, 2))
        top, left = (random.integers(2) * (size - side) for side in (height, width))
        corner: Pixels = other[top : top + height, left : left + width]
        return cv2.resize(corner, (size, size), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


@lru_cache(maxsize=len(PATTERNS) * PATTERN_NUMBERS)
def _pattern(kind: str, number: int) -> Pixels:
    return other_things.picture(kind, number)
