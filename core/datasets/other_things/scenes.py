"""Landscapes, streets, faces, animals, fruit."""

import math

import cv2
import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush
from core.datasets.other_things.brush import Pixels


def landscape(rng: Generator, side: int) -> Pixels:
    """Hills under a sky, trees, a sun."""
    y = np.mgrid[0:side, 0:side][0] / side
    pixels = brush.between(y / 0.7, brush.colour(rng, 60, 200), brush.colour(rng, 170, 256))
    brush.disc(pixels, rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.3), rng.uniform(0.04, 0.09), (255, 240, 190))
    x = np.linspace(0, 1, 60)
    for depth in range(int(rng.integers(2, 5))):
        phase, steep = rng.uniform(0, 6, 3), rng.uniform(0.02, 0.09, 3)
        crest = 0.45 + 0.14 * depth + steep @ np.sin(np.outer((2, 5, 8), x) + phase[:, None])
        green = int(90 + 25 * depth + rng.integers(-30, 30))
        colour = int(rng.integers(20, 110)), green, int(rng.integers(20, 90))
        brush.polygon(pixels, [*zip(x, crest, strict=True), (1.0, 1.0), (0.0, 1.0)], colour)
    for _ in range(int(rng.integers(2, 9))):
        at, foot, high = rng.random(), rng.uniform(0.7, 0.95), rng.uniform(0.1, 0.25)
        brush.box(pixels, at - 0.01, foot - high / 3, 0.02, high / 3, (80, 55, 30))
        brush.disc(pixels, at, foot - high / 2, high / 3, (int(rng.integers(10, 70)), int(rng.integers(70, 130)), 40))
    return pixels


def sea(rng: Generator, side: int) -> Pixels:
    """Water to the horizon, with waves and boats."""
    y, x = np.mgrid[0:side, 0:side] / side
    horizon = rng.uniform(0.3, 0.6)
    pixels = brush.between(y / horizon, brush.colour(rng, 80, 220), brush.colour(rng, 180, 256))
    waves = 0.5 + 0.5 * np.sin(60 * np.maximum(y - horizon, 0) ** 0.5 + 3 * brush.fractal(rng, side, 5) + 4 * x)
    water = brush.between(waves, (10, int(rng.integers(50, 100)), 120), (60, 150, int(rng.integers(170, 220))))
    pixels[y > horizon] = water[y > horizon]
    for _ in range(int(rng.integers(1, 4))):
        at, size = rng.uniform(0.15, 0.85), rng.uniform(0.05, 0.14)
        line = horizon + size * 0.6
        hull = [
            (at - size, line),
            (at + size, line),
            (at + size * 0.7, line + size / 3),
            (at - size * 0.7, line + size / 3),
        ]
        brush.polygon(pixels, hull, brush.colour(rng, 0, 130))
        brush.polygon(pixels, [(at, line - size * 1.8), (at, line - 0.01), (at + size, line - 0.01)], (245, 245, 240))
    return pixels


def houses(rng: Generator, side: int) -> Pixels:
    """A street of houses with roofs, windows and doors."""
    pixels = brush.ground(side, brush.colour(rng, 140, 240))
    street = rng.uniform(0.75, 0.88)
    brush.box(pixels, 0, street, 1, 1 - street, brush.colour(rng, 60, 120))
    left = -rng.uniform(0, 0.1)
    while left < 1:
        wide, high = rng.uniform(0.2, 0.45), rng.uniform(0.25, 0.5)
        top, wall = street - high, brush.colour(rng, 110, 250)
        brush.box(pixels, left, top, wide, high, wall)
        if rng.random() < 0.7:
            peak = (left + wide / 2, top - rng.uniform(0.08, 0.2))
            brush.polygon(pixels, [(left - 0.02, top), peak, (left + wide + 0.02, top)], brush.colour(rng, 50, 150))
        columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 4))
        for row in range(rows):
            for column in range(columns):
                x, y = left + wide * (column + 0.25) / columns, top + high * (row + 0.25) / rows
                brush.box(pixels, x, y, wide / columns / 2, high / rows / 2, (70, 90, 120))
                brush.box(pixels, x, y, wide / columns / 2, high / rows / 2, (240, 240, 240), 1)
        door = high / rows / 2
        brush.box(pixels, left + wide * 0.42, street - door, wide * 0.16, door, brush.colour(rng, 30, 120))
        left += wide + rng.uniform(0, 0.05)
    return pixels


def car(rng: Generator, side: int) -> Pixels:
    """A car from the side, on a road."""
    pixels = brush.ground(side, brush.colour(rng, 150, 240))
    road, length = rng.uniform(0.7, 0.8), rng.uniform(0.6, 0.85)
    brush.box(pixels, 0, road, 1, 1 - road, brush.colour(rng, 70, 120))
    left, high, paint = (1 - length) / 2, rng.uniform(0.13, 0.18), brush.colour(rng)
    sill = road - 0.02
    roof = [
        (left + length * share, sill - high * rise) for share, rise in ((0.2, 1), (0.33, 1.8), (0.68, 1.8), (0.82, 1))
    ]
    brush.polygon(pixels, roof, paint)
    glass = [(x * 0.92 + 0.5 * 0.08, y + 0.02) for x, y in roof]
    brush.polygon(pixels, glass, (150, 190, 210))
    brush.box(pixels, left, sill - high, length, high, paint)
    for share in (0.22, 0.78):
        brush.disc(pixels, left + length * share, sill, 0.085, (25, 25, 25))
        brush.disc(pixels, left + length * share, sill, 0.045, (190, 190, 195))
    brush.disc(pixels, left + length - 0.02, sill - high * 0.6, 0.02, (255, 240, 170))
    brush.box(pixels, left + length * 0.5, sill - high * 0.95, 0.003, high * 0.8, (30, 30, 30))
    return pixels


def face(rng: Generator, side: int) -> Pixels:
    """A face from the front, close up."""
    pixels = brush.ground(side, brush.colour(rng, 60, 240))
    skin = tuple(
        int(level * rng.uniform(0.85, 1)) for level in ((235, 195, 170), (150, 105, 80), (90, 60, 45))[rng.integers(3)]
    )
    hair, wide = brush.colour(rng, 10, 120), rng.uniform(0.3, 0.38)
    brush.oval(pixels, 0.5, 0.45, wide * 1.18, 0.46, hair)
    brush.oval(pixels, 0.5, 0.55, wide, 0.42, skin)
    for at in (0.5 - wide * 0.45, 0.5 + wide * 0.45):
        brush.oval(pixels, at, 0.47, 0.065, 0.035, (250, 250, 250))
        brush.disc(pixels, at, 0.47, 0.03, brush.colour(rng, 20, 140))
        brush.disc(pixels, at, 0.47, 0.013, (10, 10, 10))
        brush.oval(pixels, at, 0.41, 0.08, 0.03, hair, (200, 340), 3)
    brush.oval(pixels, 0.5, 0.6, 0.035, 0.05, tuple(int(level * 0.8) for level in skin), (20, 160), 2)
    brush.oval(pixels, 0.5, 0.74, rng.uniform(0.08, 0.15), rng.uniform(0.02, 0.06), (180, 70, 80), (0, 180))
    return pixels


def cat(rng: Generator, side: int) -> Pixels:
    """A cat's head."""
    pixels = brush.ground(side, brush.colour(rng, 90, 240))
    fur, dark = brush.colour(rng, 60, 220), (30, 25, 25)
    for way in (-1, 1):
        brush.polygon(pixels, [(0.5 + way * 0.33, 0.12), (0.5 + way * 0.05, 0.32), (0.5 + way * 0.32, 0.5)], fur)
        brush.polygon(
            pixels, [(0.5 + way * 0.29, 0.2), (0.5 + way * 0.13, 0.32), (0.5 + way * 0.28, 0.42)], (225, 160, 160)
        )
    brush.oval(pixels, 0.5, 0.58, 0.36, 0.31, fur)
    for way in (-1, 1):
        brush.oval(pixels, 0.5 + way * 0.15, 0.52, 0.07, 0.06, (170, 200, 60))
        brush.oval(pixels, 0.5 + way * 0.15, 0.52, 0.018, 0.055, dark)
        for turn in (-0.06, 0, 0.06):
            ends = [(0.5 + way * 0.08, 0.68), (0.5 + way * 0.45, 0.66 + turn * 2)]
            start, end = [(round(x * side), round(y * side)) for x, y in ends]
            cv2.line(pixels, start, end, (245, 245, 245), 1, brush.SMOOTH)
    brush.polygon(pixels, [(0.46, 0.63), (0.54, 0.63), (0.5, 0.68)], (210, 120, 120))
    brush.oval(pixels, 0.46, 0.69, 0.04, 0.04, dark, (0, 180), 2)
    brush.oval(pixels, 0.54, 0.69, 0.04, 0.04, dark, (0, 180), 2)
    return pixels


def fruit(rng: Generator, side: int) -> Pixels:
    """Fruit on a table."""
    pixels = brush.ground(side, brush.colour(rng, 120, 240))
    brush.box(pixels, 0, 0.55, 1, 0.45, brush.colour(rng, 80, 180))
    for _ in range(int(rng.integers(3, 8))):
        x, y, radius = rng.uniform(0.2, 0.8), rng.uniform(0.45, 0.75), rng.uniform(0.08, 0.16)
        colour = ((200, 30, 30), (240, 140, 20), (240, 210, 40), (90, 160, 40), (110, 30, 100))[rng.integers(5)]
        brush.oval(pixels, x, y + radius, radius, radius / 4, (60, 50, 45))
        for step in range(8):  # towards the lamp
            shade = tuple(min(255, int(level * (0.7 + 0.06 * step))) for level in colour)
            brush.disc(pixels, x - radius * step / 30, y - radius * step / 30, radius * (1 - step / 9), shade)
        cv2.line(
            pixels,
            (round(x * side), round((y - radius) * side)),
            (round((x + 0.02) * side), round((y - radius * 1.4) * side)),
            (80, 50, 20),
            2,
            brush.SMOOTH,
        )
    return pixels


def night_sky(rng: Generator, side: int) -> Pixels:
    """Stars, a moon, a glow."""
    pixels = brush.between(brush.fractal(rng, side, 4), (5, 5, 20), brush.colour(rng, 15, 60))
    for x, y, level in zip(*rng.random((2, 150)), rng.integers(100, 256, 150), strict=True):
        brush.disc(pixels, x, y, rng.uniform(0, 0.006), (int(level),) * 3)
    x, y, radius = *rng.uniform(0.2, 0.8, 2), rng.uniform(0.05, 0.13)
    brush.disc(pixels, x, y, radius, (235, 235, 215))
    for _ in range(6):
        turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(0, 0.7) * radius
        brush.disc(pixels, x + far * math.cos(turn), y + far * math.sin(turn), radius * 0.15, (205, 205, 190))
    return pixels
