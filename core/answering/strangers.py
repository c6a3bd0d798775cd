"""How many pictures without clothes a model notices: measured when it is saved, and told on its card."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import photos
from core.answering import litert
from core.answering.card import Share
from core.answering.likeness import Likeness
from core.datasets import other_things

EACH = 2  # pictures of each kind


@lru_cache(maxsize=1)
def vectors(backbone: Path, size: int) -> NDArray[np.float32]:
    """The pooled vectors of the pictures, (pictures, features), from a converted backbone.

    The runs of a study share the file of a frozen backbone, so the last result stays in memory. A file never changes.
    """
    return np.concatenate(list(litert.Backbone(backbone).vectors(pixels(size))))


def noticed(measure: Likeness, backbone: Path, size: int, least: float) -> Share:
    """How many of the pictures are less similar to the training photos than `least`."""
    similarities = measure.similarity(vectors(backbone, size))
    return Share(noticed=int((similarities < least).sum()), count=len(similarities))


def pixels(size: int) -> NDArray[np.uint8]:
    """The pictures as a network of this image size sees them: uint8 (pictures, size, size, 3), always the same."""
    return np.stack([photos.resize(picture, size) for _, picture in other_things.pictures(EACH)])
