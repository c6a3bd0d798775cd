"""Printed and handwritten pages, and machine-readable codes."""

import cv2
import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush
from core.datasets.other_things.brush import Pixels


def page(rng: Generator, side: int) -> Pixels:
    """A printed page with a headline and one or two columns."""
    pixels, ink = brush.ground(side, brush.colour(rng, 225, 256)), brush.colour(rng, 0, 60)
    font, size = int(rng.choice(brush.FONTS)), rng.uniform(0.014, 0.03)
    brush.write(
        pixels, f"{brush.word(rng)} {brush.word(rng)}".title(), 0.1, 0.12, rng.uniform(0.04, 0.06), ink, font, 2
    )
    columns = int(rng.integers(1, 3))
    for column in range(columns):
        left = 0.1 + column * 0.42
        brush.lines(rng, pixels, left, 0.2, left + 0.8 / columns - 0.03, 0.93, size, ink, font)
    if rng.random() < 0.4:
        brush.box(pixels, 0.1, rng.uniform(0.3, 0.6), 0.35, 0.22, brush.colour(rng, 120, 220))
    return pixels


def handwriting(rng: Generator, side: int) -> Pixels:
    """Lines of joined loops on ruled paper."""
    pixels, ink = brush.ground(side, brush.colour(rng, 220, 256)), brush.colour(rng, 0, 130)
    gap = rng.uniform(0.06, 0.1)
    for y in np.arange(0.1, 0.95, gap):
        cv2.line(pixels, (0, round(y * side)), (side, round(y * side)), (180, 200, 225), 1)
        x = 0.08
        while x < 0.9:
            t = np.linspace(0, rng.uniform(0.05, 0.18), 40)
            high = gap * 0.35 * (1 + 0.5 * np.sin(90 * t + rng.uniform(0, 6)))
            points = np.stack([x + t + 0.006 * np.sin(160 * t), y - 0.01 - high * (0.5 + 0.5 * np.sin(130 * t))], -1)
            cv2.polylines(pixels, [np.rint(points * side).astype(np.int32)], False, ink, 1, brush.SMOOTH)
            x += t[-1] + 0.04
    return pixels


def receipt(rng: Generator, side: int) -> Pixels:
    """A narrow slip with names and prices, on a table."""
    pixels, left = brush.ground(side, brush.colour(rng, 40, 180)), rng.uniform(0.22, 0.32)
    brush.box(pixels, left, 0.04, 1 - 2 * left, 0.92, (248, 248, 244))
    brush.write(pixels, brush.word(rng).upper(), left + 0.08, 0.12, 0.035, (20, 20, 20), bold=2)
    for y in np.arange(0.18, 0.84, 0.045):
        brush.write(pixels, brush.word(rng), left + 0.03, y, 0.018, (40, 40, 40))
        brush.write(pixels, f"{rng.uniform(1, 99):.2f}", 1 - left - 0.11, y, 0.018, (40, 40, 40))
    brush.write(pixels, f"TOTAL {rng.uniform(10, 400):.2f}", left + 0.03, 0.91, 0.026, (20, 20, 20), bold=2)
    return pixels


def square_code(rng: Generator, side: int) -> Pixels:
    """A square code with three marks."""
    fields = int(rng.integers(21, 42))
    code = rng.random((fields, fields)) < 0.5
    for row, column in ((0, 0), (0, fields - 7), (fields - 7, 0)):
        mark = np.ones((7, 7), bool)
        mark[1:6, 1:6] = False
        mark[2:5, 2:5] = True
        code[row : row + 7, column : column + 7] = mark
    code = np.pad(code, int(rng.integers(1, 8)))
    small = np.where(code[..., None], brush.colour(rng, 0, 70), brush.colour(rng, 210, 256)).astype(np.uint8)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST))


def barcode(rng: Generator, side: int) -> Pixels:
    """Bars of different widths over digits."""
    pixels, ink = brush.ground(side, brush.colour(rng, 225, 256)), brush.colour(rng, 0, 50)
    x, top, high = 0.1, rng.uniform(0.1, 0.3), rng.uniform(0.35, 0.5)
    while x < 0.88:
        wide = rng.integers(1, 5) * 0.006
        brush.box(pixels, x, top, wide, high, ink)
        x += wide + rng.integers(1, 4) * 0.008
    brush.write(pixels, "".join(map(str, rng.integers(0, 10, 13))), 0.12, top + high + 0.08, 0.05, ink)
    return pixels
