"""How many pictures without clothes a model notices: measured when it is saved, and told on its card."""

import numpy as np
from numpy.typing import NDArray

from core import photos
from core.datasets import other_things

EACH = 2  # pictures of each kind


def pixels(size: int) -> NDArray[np.uint8]:
    """The pictures as a network of this image size sees them: uint8 (pictures, size, size, 3), always the same."""
    return np.stack([photos.resize(picture, size) for _, picture in other_things.pictures(EACH)])
