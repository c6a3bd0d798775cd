"""The resize that training, preview and prediction share."""

from pathlib import Path

import cv2
import numpy as np

from core.errors import PhotoError
from core.photos.decoding import Pixels, decode
from core.photos.files import read_file


def resize(pixels: Pixels, size: int) -> Pixels:
    """`pixels` squashed to `size` × `size`, by area averaging where a side shrinks and linearly where it grows.

    Keras' generators squash photos too (`target_size` ignores the aspect ratio), and so did the course's.
    """
    height, width = pixels.shape[:2]
    if (height, width) == (size, size):
        return pixels
    shrinks, narrows = size <= height, size <= width
    if shrinks == narrows:
        return resized(pixels, size, size, shrinks)
    return resized(resized(pixels, height, size, narrows), size, size, shrinks)


def resized(pixels: Pixels, height: int, width: int, smaller: bool) -> Pixels:
    """`pixels` at another height and width: by area averaging when they get `smaller`, else linearly."""
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method), dtype=np.uint8)


def square(data: bytes, size: int) -> Pixels:
    """The pixels of a photo file as the networks see it: uint8 (size, size, 3). Raises PhotoError.

    Training, preview and prediction all call this, so that they see the same pixels.
    """
    return resize(decode(data, at_least=2 * size), size)


def square_of(path: Path, size: int) -> Pixels | None:
    """The photo in a file as `square` makes it; None if it can't be read."""
    try:
        return square(read_file(path), size)
    except PhotoError:
        return None
