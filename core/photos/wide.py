"""Colour pictures with 16 bits per channel that Pillow can't give as they are meant, decoded with OpenCV."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import PhotoError

BITS, SAMPLES, PLANES, MAXIMUM = 258, 277, 284, 281  # TIFF's tags
COLOUR = 2  # PNG's type for RGB without transparency
EXTRA_BYTES = 12  # of memory per pixel, beside what Pillow would need


def is_needed(image: Image.Image, data: bytes) -> bool:
    """Whether Pillow would lose the transparent colour of a PNG, or mix up the planes or levels of a TIFF."""
    if image.format == "PNG":
        return data[24:26] == bytes((16, COLOUR)) and "transparency" in image.info
    if image.format != "TIFF" or set(image.tag_v2.get(BITS, ())) != {16}:  # type: ignore[attr-defined]
        return False
    tags = image.tag_v2  # type: ignore[attr-defined]
    return tags.get(SAMPLES) == 3 and (tags.get(PLANES) == 2 or MAXIMUM in tags)


def rgb(image: Image.Image, data: bytes) -> Image.Image:
    """The picture in mode RGB, transparency laid over white; a TIFF is upright. Raises PhotoError."""
    tags = image.tag_v2 if image.format == "TIFF" else {}  # type: ignore[attr-defined]
    # OpenCV gets separate planes right at 8 bits only
    flags = cv2.IMREAD_COLOR if tags.get(PLANES) == 2 else cv2.IMREAD_UNCHANGED
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.ndim != 3 or pixels.shape[0] * pixels.shape[1] != image.height * image.width:
        raise PhotoError("The photo has 16 bits per colour, stored in a rare way. Save it as PNG and try again.")
    white = 255.0 if pixels.dtype == np.uint8 else 65535.0
    (most,) = tags.get(MAXIMUM, (65535,))[:1]
    colours = np.clip(np.rint(pixels[..., 2::-1] * np.float32(255 / white * 65535 / max(most, 1))), 0, 255)
    if pixels.shape[2] == 4:
        colours = _over_white(colours, pixels[..., 3:] / np.float32(white))
    return Image.fromarray(colours.astype(np.uint8))


def _over_white(colours: NDArray[np.float32], opacity: NDArray[np.float32]) -> NDArray[np.float32]:
    over: NDArray[np.float32] = np.rint(colours * opacity + 255 * (1 - opacity))
    return over
