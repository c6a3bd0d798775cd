"""Patterns of the drawn garments and the grounds that they lie on; any of them suits any garment."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from core.datasets.garments.colours import Colour, shaded
from core.datasets.garments.outlines import Point, oval

Place = Callable[[Sequence[Point] | NDArray[np.float64]], list[Point]]  # from garment units to pixels
Pattern = Callable[[Generator, int, Place, Point], Image.Image]
Ground = Callable[[Generator, int, Colour], Image.Image]


def clouds(rng: Generator, side: int, columns: int, rows: int, low: int) -> Image.Image:
    """Soft light and shade: grey levels from `low` to 255, smooth between `columns` × `rows` random ones."""
    levels = rng.integers(low, 256, (rows, columns), dtype=np.uint8)
    return Image.fromarray(levels).resize((side, side), Image.Resampling.BICUBIC)


def lit(picture: Image.Image, light: Image.Image) -> Image.Image:
    """The picture, multiplied by the light (255 changes nothing)."""
    return ImageChops.multiply(picture, Image.merge("RGB", [light] * 3))


def blank(side: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A black mask and the pen that draws on it."""
    mask = Image.new("L", (side, side))
    return mask, ImageDraw.Draw(mask)


# Patterns: masks of where the palette's second colour shows in the cloth, in garment units through `place`; `chest` is
# the place of a print.


def plain(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """One colour."""
    return blank(side)[0]


def bars(side: int, place: Place, across: bool, pitch: float, width: float, level: int = 255) -> Image.Image:
    """Parallel bars over everything that a garment may cover."""
    mask, pen = blank(side)
    for index in range(math.ceil(5.2 / pitch)):
        near = index * pitch - 2.6
        box = [(-2.6, near), (2.6, near), (2.6, near + width), (-2.6, near + width)]
        pen.polygon(place(box if across else [(y, x) for x, y in box]), fill=level)
    return mask


def breton(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """Horizontal stripes."""
    pitch = rng.uniform(0.11, 0.3)
    return bars(side, place, True, pitch, pitch * rng.uniform(0.25, 0.55))


def pinstripes(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """Vertical stripes."""
    pitch = rng.uniform(0.1, 0.24)
    return bars(side, place, False, pitch, pitch * rng.uniform(0.15, 0.5))


def checks(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """Bars both ways, strongest where they cross."""
    pitch = rng.uniform(0.14, 0.34)
    width = pitch * rng.uniform(0.3, 0.5)
    return ImageChops.add(bars(side, place, True, pitch, width, 110), bars(side, place, False, pitch, width, 110))


def dots(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """Dots in staggered rows."""
    mask, pen = blank(side)
    pitch = rng.uniform(0.13, 0.26)
    (x0, y0), (x1, y1) = place([(0, 0), (pitch * rng.uniform(0.17, 0.3), 0)])
    radius = math.hypot(x1 - x0, y1 - y0)
    count = math.ceil(2.3 / pitch)
    rows, columns = np.mgrid[-count : count + 1, -count : count + 1]
    centres = np.stack([(columns + rows % 2 / 2) * pitch, rows * pitch], axis=-1).reshape(-1, 2)
    for x, y in place(centres):
        if -radius < x < side + radius and -radius < y < side + radius:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return mask


def two_tone(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """One colour above, another below a level near the middle, straight or slanting."""
    mask, pen = blank(side)
    level, slant = chest[1] + rng.uniform(-0.12, 0.2), rng.choice([0.0, 0.0, 0.6, -0.6])
    pen.polygon(place([(-2.6, level - slant), (2.6, level + slant), (2.6, 5), (-2.6, 5)]), fill=255)
    return mask


def printed(rng: Generator, side: int, place: Place, chest: Point) -> Image.Image:
    """One motif: a disc, a ring, a star, a heart or three bars."""
    mask, pen = blank(side)
    (x, y), size, motif = chest, rng.uniform(0.13, 0.22), int(rng.integers(5))
    if motif < 2:
        pen.polygon(place(oval(x, y, size, size)), fill=255)
        if motif:
            pen.polygon(place(oval(x, y, size * 0.62, size * 0.62)), fill=0)
    elif motif == 2:
        corners = [(size * (0.45 if corner % 2 else 1.15), math.pi * corner / 5) for corner in range(10)]
        pen.polygon(place([(x + r * math.sin(a), y - r * math.cos(a)) for r, a in corners]), fill=255)
    elif motif == 3:
        bow = [*oval(x + size / 2, y - size / 3, size / 2, size / 2, -180, 20), (x, y + size)]
        pen.polygon(place(bow), fill=255)
        pen.polygon(place([(2 * x - u, v) for u, v in bow]), fill=255)
    else:
        for row in (-0.8, 0.0, 0.8):
            v = y + row * size
            pen.polygon(
                place([(x - size, v), (x + size, v), (x + size, v + size / 2), (x - size, v + size / 2)]), fill=255
            )
    return mask


PATTERNS: tuple[Pattern, ...] = (*[plain] * 7, breton, pinstripes, checks, dots, two_tone, printed, printed)


# Grounds: RGB pictures that the garment lies on or hangs in front of.


def planks(rng: Generator, side: int, colour: Colour) -> Image.Image:
    """Floorboards, each with its own tone, with a little grain."""
    picture = Image.new("RGB", (side, side), colour)
    pen = ImageDraw.Draw(picture)
    width = side * rng.uniform(0.13, 0.24)
    top = -width * rng.random()
    while top < side:
        tone = shaded(colour, rng.uniform(0.94, 1.05))
        pen.rectangle((0, top, side, top + width), fill=tone)
        for _ in range(4):
            y, x = top + width * rng.uniform(0.1, 0.9), side * rng.uniform(-0.5, 0.8)
            pen.line((x, y, x + side * rng.uniform(0.2, 0.9), y), fill=shaded(tone, 0.95), width=max(1, side // 190))
        joint = side * rng.random()
        pen.line((joint, top, joint, top + width), fill=shaded(colour, 0.8), width=max(1, side // 150))
        pen.line((0, top, side, top), fill=shaded(colour, 0.78), width=max(1, side // 130))
        top += width
    return picture.transpose(Image.Transpose.ROTATE_90) if rng.random() < 0.5 else picture


def wall(rng: Generator, side: int, colour: Colour) -> Image.Image:
    """A plain wall in soft light from one side."""
    return lit(Image.new("RGB", (side, side), colour), clouds(rng, side, 2, 2, 215))


def sheet(rng: Generator, side: int, colour: Colour) -> Image.Image:
    """Bed linen with folds running one way."""
    columns, rows = (4, 11) if rng.random() < 0.5 else (11, 4)
    return lit(Image.new("RGB", (side, side), colour), clouds(rng, side, columns, rows, 205))


def tiles(rng: Generator, side: int, colour: Colour) -> Image.Image:
    """Square tiles with joints, each tile with its own tone."""
    picture = Image.new("RGB", (side, side), shaded(colour, 1.12 if sum(colour) < 500 else 0.82))
    pen = ImageDraw.Draw(picture)
    pitch, joint = side * rng.uniform(0.16, 0.34), max(2, side / 90)
    left, top = -pitch * rng.random(), -pitch * rng.random()
    for row in range(math.ceil(side / pitch) + 1):
        for column in range(math.ceil(side / pitch) + 1):
            x, y = left + column * pitch, top + row * pitch
            pen.rectangle((x, y, x + pitch - joint, y + pitch - joint), fill=shaded(colour, rng.uniform(0.94, 1.03)))
    return picture


def rug(rng: Generator, side: int, colour: Colour) -> Image.Image:
    """A woven rug on the floor; its edge and border show on one side."""
    picture = Image.new("RGB", (side, side), shaded(colour, 0.8))
    pen = ImageDraw.Draw(picture)
    edge = side * rng.uniform(0.05, 0.2)
    pen.rectangle((edge, 0, side, side), fill=colour)
    for offset in (0.04, 0.06):
        x = edge + side * offset
        pen.line((x, 0, x, side), fill=shaded(colour, 0.86), width=max(1, side // 120))
    for y in np.arange(0, side, side / 40).tolist():
        pen.line((edge - side * 0.03, y, edge, y), fill=colour, width=max(1, side // 150))
    return picture.rotate(90 * int(rng.integers(4)))


GROUNDS: tuple[Ground, ...] = (planks, planks, wall, wall, wall, sheet, tiles, rug)
