"""Surfaces: noise, gradients, patterns, wood, stone."""

import math

import cv2
import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush
from core.datasets.other_things.brush import Pixels


def noise(rng: Generator, side: int) -> Pixels:
    """Independent grains, grey or coloured, fine or coarse."""
    grain = int(2 ** rng.integers(0, 5))
    levels = rng.integers(0, 256, (side // grain, side // grain, 3 if rng.random() < 0.6 else 1))
    levels = np.broadcast_to(levels, (*levels.shape[:2], 3)).astype(np.uint8)
    how = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(levels, (side, side), interpolation=how))


def gradient(rng: Generator, side: int) -> Pixels:
    """From one colour to another, linear or radial."""
    y, x = np.mgrid[0:side, 0:side] / side
    turn = rng.uniform(0, 2 * math.pi)
    straight = 0.5 + (x - 0.5) * math.cos(turn) + (y - 0.5) * math.sin(turn)
    share = straight if rng.random() < 0.5 else 1.4 * np.hypot(x - rng.random(), y - rng.random())
    return brush.between(share, brush.colour(rng), brush.colour(rng))


def stripes(rng: Generator, side: int) -> Pixels:
    """Bands in two or three colours at any angle."""
    y, x = np.mgrid[0:side, 0:side] / side
    turn = rng.uniform(0, math.pi)
    along = (x * math.cos(turn) + y * math.sin(turn)) * rng.uniform(3, 25)
    colours = np.array([brush.colour(rng) for _ in range(int(rng.integers(2, 4)))], np.uint8)
    return np.asarray(colours[np.floor(along).astype(int) % len(colours)])


def checkerboard(rng: Generator, side: int) -> Pixels:
    fields = int(rng.integers(3, 20))
    y, x = np.mgrid[0:side, 0:side] * fields // side
    colours = np.array([brush.colour(rng, 0, 140), brush.colour(rng, 100, 256)], np.uint8)
    return np.asarray(colours[(x + y) % 2])


def clouds(rng: Generator, side: int) -> Pixels:
    """Fractal noise between two colours."""
    return brush.between(brush.fractal(rng, side, int(rng.integers(4, 8))), brush.colour(rng), brush.colour(rng))


def wood(rng: Generator, side: int) -> Pixels:
    """Planks with grain."""
    x = np.mgrid[0:side, 0:side][1] / side
    grain = brush.fractal(rng, side, 6, (1, 5) if rng.random() < 0.5 else (1, 9))
    rings = 0.5 + 0.5 * np.sin(2 * math.pi * (rng.uniform(4, 12) * x + rng.uniform(1, 4) * grain))
    planks = brush.between(0.6 * rings + 0.4 * grain, (90, 55, 30), (int(rng.integers(180, 230)), 150, 100))
    count = int(rng.integers(2, 7))
    planks[(x * count % 1) < 0.02] = (50, 30, 20)
    return planks if rng.random() < 0.5 else np.ascontiguousarray(planks.transpose(1, 0, 2))


def marble(rng: Generator, side: int) -> Pixels:
    """Veins in stone."""
    y, x = np.mgrid[0:side, 0:side] / side
    veins = (
        np.abs(np.sin(math.pi * (rng.uniform(1, 5) * x + rng.uniform(1, 5) * y + 4 * brush.fractal(rng, side, 7))))
        ** 0.4
    )
    return brush.between(veins, brush.colour(rng, 40, 130), brush.colour(rng, 180, 250))


def bricks(rng: Generator, side: int) -> Pixels:
    """A wall of bricks, tiles or stones."""
    pixels, rows = brush.ground(side, brush.colour(rng, 150, 220)), int(rng.integers(5, 14))
    tone, high = np.array(((160, 80, 60), (120, 120, 125), (200, 180, 150))[rng.integers(3)]), 1 / rows
    for row in range(rows):
        for column in range(-1, rows // 2 + 1):
            colour = tuple(int(level) for level in brush.shades(tone + rng.normal(0, 14)))
            brush.box(pixels, (column + row % 2 / 2) * 2 * high, row * high, 1.88 * high, 0.88 * high, colour)
    return brush.shades(pixels + rng.normal(0, 6, pixels.shape))
