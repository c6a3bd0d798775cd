"""Pixels as files that a browser shows: small JPEGs and quickly written PNGs."""

import cv2

from core.errors import PhotoError
from core.photos.decoding import Pixels
from core.photos.resizing import resized


def thumbnail(pixels: Pixels, longest: int) -> bytes:
    """`pixels` as a small JPEG of the same shape, with a longest side of at most `longest` px."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale < 1:
        pixels = resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)), smaller=True)
    success, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, 85))
    if not success:
        raise PhotoError("The picture could not be written as JPEG.")
    return file.tobytes()


def png(pixels: Pixels) -> bytes:
    """`pixels` as a PNG that is written fast.

    Measured on real photos of 299 px, this is the fastest lossless format whose files are small: 2.5 ms and 121 kB,
    against 5.2 ms and 113 kB with OpenCV's default filters, 7.1 ms and 78 kB as WebP, 3.2 ms and 269 kB uncompressed.
    (A JPEG of quality 95 would take 0.4 ms and 30 kB.)
    """
    options = (
        cv2.IMWRITE_PNG_COMPRESSION, 1,
        cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
        cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
    )  # fmt: skip
    success, file = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not success:
        raise PhotoError("The picture could not be written as PNG.")
    return file.tobytes()
