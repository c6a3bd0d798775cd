"""The one resize that training, preview and prediction share."""

import cv2
import numpy as np

from core.photos.decoding import Pixels, decode


def resize(pixels: Pixels, size: int) -> Pixels:
    """`pixels` squashed to a square of `size` × `size`: area averaging where a side shrinks, linear where it grows.

    The course's generators squash too (`target_size` ignores the aspect ratio), so models see what they were shown.
    """
    height, width = pixels.shape[:2]
    if (height, width) == (size, size):
        return pixels
    shrinks, narrows = size <= height, size <= width
    if shrinks == narrows:
        return resized(pixels, size, size, shrinks)
    return resized(resized(pixels, height, size, narrows), size, size, shrinks)


def resized(pixels: Pixels, height: int, width: int, smaller: bool) -> Pixels:
    """`pixels` at another height and width: area averaging where it gets `smaller`, else linear."""
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), dtype=np.uint8)


def square(data: bytes, size: int) -> Pixels:
    """A photo file as the networks see it: uint8 (size, size, 3). Raises PhotoError.

    Everything that shows, learns or answers goes through here, so that all see the same pixels.
    """
    return resize(decode(data, at_least=2 * size), size)
