"""Screenshots: windows, code, phones."""

import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush
from core.datasets.other_things.brush import Pixels


def window(rng: Generator, side: int) -> Pixels:
    """A program's window: title bar, menu, side bar, list, buttons."""
    light = rng.random() < 0.6
    base, ink = (brush.colour(rng, 235, 256), (40, 40, 40)) if light else (brush.colour(rng, 20, 50), (220, 220, 220))
    accent = brush.colour(rng, 40, 220)
    pixels = brush.ground(side, base)
    brush.box(pixels, 0, 0, 1, 0.07, accent if rng.random() < 0.5 else (205, 205, 210))
    for i in range(3):
        brush.disc(pixels, 0.03 + i * 0.035, 0.035, 0.012, ((255, 95, 85), (255, 190, 45), (40, 200, 65))[i])
    bar = rng.uniform(0.18, 0.3)
    brush.box(pixels, 0, 0.07, bar, 0.93, tuple(int(level * 0.93) for level in base))
    for y in np.arange(0.13, 0.9, 0.07):
        brush.disc(pixels, 0.03, y - 0.01, 0.012, accent)
        brush.write(pixels, brush.word(rng), 0.06, y, 0.018, ink)
    for i, y in enumerate(np.arange(0.12, 0.82, 0.09)):
        if i % 2:
            brush.box(pixels, bar, y - 0.04, 1 - bar, 0.09, tuple(int(level * 0.96) for level in base))
        brush.lines(rng, pixels, bar + 0.03, y, 0.95, y + 0.01, 0.018, ink)
    for i in range(int(rng.integers(1, 4))):
        brush.box(pixels, 0.95 - 0.2 * (i + 1), 0.88, 0.17, 0.07, accent if not i else (170, 170, 175))
        brush.write(pixels, brush.word(rng)[:6], 0.97 - 0.2 * (i + 1), 0.927, 0.02, (255, 255, 255))
    return pixels


def editor(rng: Generator, side: int) -> Pixels:
    """Coloured code on a dark or light background."""
    dark = rng.random() < 0.7
    pixels = brush.ground(side, brush.colour(rng, 15, 45) if dark else brush.colour(rng, 240, 256))
    inks = [brush.colour(rng, 120, 256) if dark else brush.colour(rng, 0, 150) for _ in range(5)]
    indent, gap = 0, rng.uniform(0.034, 0.05)
    for number, y in enumerate(np.arange(0.06, 1, gap)):
        brush.write(pixels, f"{number + 1:2d}", 0.01, y, gap * 0.42, (130, 130, 130))
        indent = int(np.clip(indent + rng.integers(-1, 2), 0, 5))
        x = 0.08 + 0.05 * indent
        for _ in range(int(rng.integers(0, 6))):
            x = (
                brush.write(
                    pixels,
                    brush.word(rng) + str(rng.choice(list("(){}=:;. "))),
                    x,
                    y,
                    gap * 0.42,
                    inks[rng.integers(5)],
                )
                + 0.015
            )
    return pixels


def phone(rng: Generator, side: int) -> Pixels:
    """A phone's screen: a grid of icons, or a chat."""
    y = np.mgrid[0:side, 0:side][0] / side
    pixels = brush.between(y, brush.colour(rng), brush.colour(rng))
    if rng.random() < 0.5:
        columns = int(rng.integers(3, 6))
        for i in range(columns * columns):
            x, top = (i % columns + 0.2) / columns, (i // columns + 0.15) / columns
            brush.box(pixels, x, top, 0.6 / columns, 0.55 / columns, brush.colour(rng))
            brush.disc(pixels, x + 0.3 / columns, top + 0.27 / columns, 0.15 / columns, (250, 250, 250))
            brush.write(pixels, brush.word(rng)[:6], x, top + 0.75 / columns, 0.016, (255, 255, 255))
        return pixels
    pixels = brush.ground(side, brush.colour(rng, 225, 250))
    mine, top = brush.colour(rng, 60, 220), 0.06
    while top < 0.9:
        high, wide, left = rng.uniform(0.07, 0.2), rng.uniform(0.35, 0.65), rng.random() < 0.5
        x = 0.04 if left else 0.96 - wide
        brush.box(pixels, x, top, wide, high, (255, 255, 255) if left else mine)
        brush.lines(rng, pixels, x + 0.03, top + 0.05, x + wide - 0.02, top + high - 0.02, 0.02, (40, 40, 40))
        top += high + 0.04
    return pixels
