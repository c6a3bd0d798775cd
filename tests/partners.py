"""Pictures to mix photos with, for tests of recipes that have MixUp or CutMix."""

import numpy as np
from numpy.typing import NDArray

from core.augment.partners import Places
from core.augment.transform import Floats
from tests.conftest import Pixels, picture


class Pictures:
    """`count` different pictures of one size; every other one is a hat."""

    def __init__(self, height: int, width: int, count: int = 5) -> None:
        self._pictures = np.stack([picture(height, width, 100 + place) for place in range(count)])

    def places(self, u: Floats) -> Places:
        return np.floor(u * len(self._pictures)).astype(np.intp)

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        return places.astype(np.uint64) + np.uint64(10**9)

    def pixels(self, places: Places) -> Pixels:
        return self._pictures[places]

    def label(self, place: int) -> str:
        return ("hat", "dress")[place % 2]
