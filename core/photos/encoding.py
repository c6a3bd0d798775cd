"""Pixels into files that a browser shows: small JPEGs and quick PNGs."""

import cv2

from core.errors import PhotoError
from core.photos.decoding import Pixels
from core.photos.resizing import resized


def thumbnail(pixels: Pixels, longest: int) -> bytes:
    """`pixels` as a small JPEG of the same shape, its longest side `longest` px or less."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale < 1:
        pixels = resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)), smaller=True)
    done, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, 85))
    if not done:
        raise PhotoError("The picture could not be written as JPEG.")
    return file.tobytes()


def png(pixels: Pixels) -> bytes:
    """`pixels` as PNG, made for speed.

    Of the lossless ways measured on real photos of 299 px this is the fastest that isn't twice as large: 2.5 ms and
    121 kB, against 5.2 ms and 113 kB with OpenCV's default filters, 7.1 ms and 78 kB as WebP, 3.2 ms and 269 kB
    uncompressed. (A JPEG of quality 95 would take 0.4 ms and 30 kB.)
    """
    options = (
        cv2.IMWRITE_PNG_COMPRESSION, 1,
        cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
        cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
    )  # fmt: skip
    done, file = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise PhotoError("The picture could not be written as PNG.")
    return file.tobytes()
