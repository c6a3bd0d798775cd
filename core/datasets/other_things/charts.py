"""Bar, line and pie charts."""

import cv2
import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush
from core.datasets.other_things.brush import Pixels


def _axes(rng: Generator, side: int) -> Pixels:
    ink = (120, 120, 120)
    pixels = brush.ground(side, (255, 255, 255) if rng.random() < 0.7 else brush.colour(rng, 20, 60))
    for y in np.arange(0.15, 0.86, 0.14):
        brush.box(pixels, 0.12, y, 0.82, 0, (205, 205, 205), 1)
        brush.write(pixels, str(rng.integers(0, 100)), 0.05, y + 0.01, 0.018, ink)
    brush.box(pixels, 0.12, 0.1, 0, 0.76, ink, 1)
    brush.box(pixels, 0.12, 0.86, 0.82, 0, ink, 1)
    brush.write(pixels, f"{brush.word(rng)} {brush.word(rng)}".title(), 0.2, 0.07, 0.03, ink)
    return pixels


def bars(rng: Generator, side: int) -> Pixels:
    """A bar chart."""
    pixels, count, colours = _axes(rng, side), int(rng.integers(3, 12)), [brush.colour(rng) for _ in range(3)]
    series = int(rng.integers(1, 4))
    for i in range(count):
        for index in range(series):
            high = rng.uniform(0.05, 0.7)
            brush.box(
                pixels,
                0.14 + 0.8 * (i + 0.8 * index / series) / count,
                0.86 - high,
                0.55 / count / series,
                high,
                colours[index],
            )
        brush.write(pixels, brush.word(rng)[:4], 0.14 + 0.8 * i / count, 0.91, 0.016, (120, 120, 120))
    return pixels


def curves(rng: Generator, side: int) -> Pixels:
    """A chart of lines or points."""
    pixels, x = _axes(rng, side), np.linspace(0.12, 0.94, 40)
    for _ in range(int(rng.integers(1, 5))):
        y = np.clip(0.5 + np.cumsum(rng.normal(0, 0.03, 40)), 0.12, 0.85)
        colour = brush.colour(rng, 0, 200)
        if rng.random() < 0.3:
            for point in zip(x, y, strict=True):
                brush.disc(pixels, *point, 0.008, colour)
        else:
            cv2.polylines(
                pixels, [np.rint(np.stack([x, y], -1) * side).astype(np.int32)], False, colour, 2, brush.SMOOTH
            )
    return pixels


def pie(rng: Generator, side: int) -> Pixels:
    """A pie or ring chart with its legend."""
    pixels = brush.ground(side, (255, 255, 255) if rng.random() < 0.7 else brush.colour(rng, 20, 70))
    ends = 360 * np.cumsum(rng.dirichlet(np.full(int(rng.integers(3, 8)), 2.0)))
    for i, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        colour = brush.colour(rng)
        brush.oval(pixels, 0.4, 0.52, 0.33, 0.33, colour, (float(start), float(end)))
        brush.box(pixels, 0.78, 0.25 + 0.07 * i, 0.03, 0.03, colour)
        brush.write(pixels, brush.word(rng)[:6], 0.83, 0.28 + 0.07 * i, 0.02, (120, 120, 120))
    if rng.random() < 0.5:
        brush.disc(pixels, 0.4, 0.52, 0.16, tuple(int(level) for level in pixels[0, 0]))
    brush.write(pixels, f"{brush.word(rng)} {brush.word(rng)}".title(), 0.2, 0.1, 0.03, (120, 120, 120))
    return pixels
