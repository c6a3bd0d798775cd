"""Strokes for drawing the pictures; positions and lengths are shares of the picture's side."""

import string

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Colour = tuple[int, ...]  # red, green, blue

SMOOTH = cv2.LINE_AA
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)


def shades(levels: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


def colour(rng: Generator, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = rng.integers(low, high, 3).tolist()
    return red, green, blue


def ground(side: int, colour: Colour) -> Pixels:
    return np.full((side, side, 3), colour, np.uint8)


def between(share: NDArray[np.floating], first: Colour, second: Colour) -> Pixels:
    """Colours from the first (share 0) to the second (share 1): uint8 (rows, columns, 3)."""
    share = np.clip(share, 0, 1)[..., None]
    return shades((1 - share) * np.array(first) + share * np.array(second))


def fractal(rng: Generator, side: int, octaves: int = 6, stretch: tuple[int, int] = (1, 1)) -> NDArray[np.float64]:
    """Noise on many scales, 0 … 1: each octave twice as fine and half as strong."""
    total = np.zeros((side, side))
    for octave in range(octaves):
        grid = rng.random((2 ** (octave + 1) * stretch[0] + 1, 2 ** (octave + 1) * stretch[1] + 1))
        total += cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC) / 2**octave
    low, high = total.min(), total.max()
    return np.asarray((total - low) / (high - low))


def box(pixels: Pixels, x: float, y: float, width: float, height: float, colour: Colour, line: int = -1) -> None:
    """A rectangle, filled unless `line` is its width in pixels."""
    side = len(pixels)
    corner = round(x * side), round(y * side)
    cv2.rectangle(pixels, corner, (round((x + width) * side), round((y + height) * side)), colour, line, SMOOTH)


def disc(pixels: Pixels, x: float, y: float, radius: float, colour: Colour, line: int = -1) -> None:
    side = len(pixels)
    cv2.circle(pixels, (round(x * side), round(y * side)), max(1, round(radius * side)), colour, line, SMOOTH)


def oval(
    pixels: Pixels, x: float, y: float, wide: float, high: float, colour: Colour, span: tuple[float, float] = (0, 360),
    line: int = -1,
) -> None:  # fmt: skip
    side = len(pixels)
    axes = max(1, round(wide * side)), max(1, round(high * side))
    cv2.ellipse(pixels, (round(x * side), round(y * side)), axes, 0, *span, colour, line, SMOOTH)


def polygon(pixels: Pixels, points: list[tuple[float, float]], colour: Colour) -> None:
    cv2.fillPoly(pixels, [np.rint(np.array(points) * len(pixels)).astype(np.int32)], colour, SMOOTH)


def word(rng: Generator) -> str:
    return "".join(rng.choice(list(string.ascii_lowercase), rng.integers(2, 10)))


def write(
    pixels: Pixels, text: str, x: float, y: float, size: float, colour: Colour, font: int = FONTS[0], bold: int = 1
) -> float:
    """Write text with its base line at `y`; `size` is the height of capitals. Returns the x after it."""
    side = len(pixels)
    scale = size * side / 21
    cv2.putText(pixels, text, (round(x * side), round(y * side)), font, scale, colour, bold, SMOOTH)
    return x + cv2.getTextSize(text, font, scale, bold)[0][0] / side


def lines(
    rng: Generator, pixels: Pixels, x: float, y: float, right: float, bottom: float, size: float, colour: Colour,
    font: int = FONTS[0],
) -> None:  # fmt: skip
    """Paragraphs of made-up words."""
    while y < bottom:
        at, end = x, right if rng.random() > 0.15 else x + (right - x) * rng.uniform(0.3, 0.9)
        while at < end - 0.05:
            at = write(pixels, word(rng), at, y, size, colour, font) + size * 0.6
        y += size * (1.9 if end == right else 3)
