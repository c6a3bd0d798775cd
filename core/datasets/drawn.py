"""Drawn garments: a small dataset made on this machine, without photos or internet."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.datasets.garments import CUTS
from core.datasets.garments.colours import Palette, palette
from core.datasets.garments.outlines import Ink, Part, Point
from core.datasets.garments.surfaces import GROUNDS, PATTERNS, Place, clouds, lit
from core.errors import DatasetError

CLASSES = tuple(CUTS)
COUNTS = {"train": 36, "validation": 10, "test": 14}  # drawings per class

FINENESS = 3  # drawn this many times larger, then shrunk, for smooth edges
SIDE = 160  # pixels of a picture in the dataset


def garment(label: str, number: int, size: int = 256) -> Image.Image:
    """The drawing of a class and number (0 or more), RGB, `size` × `size` pixels; always the same drawing.

    Raises DatasetError for a label that is not one of CLASSES.
    """
    if label not in CUTS:
        raise DatasetError(f"A drawn garment must be one of {', '.join(CLASSES)}, got {label!r}. Choose another class.")
    rng = np.random.default_rng([number, *label.encode()])
    side = size * FINENESS
    parts, colours = CUTS[label](rng), palette(rng)
    place = placing(rng, parts, side)
    inks = ink_map(parts, place, side)
    cloth = dyed(rng, inks, colours, place, parts)
    ground = GROUNDS[int(rng.integers(len(GROUNDS)))](rng, size, colours.ground)

    body = smoothed(inks.point([0] + [255] * 255), size)
    cloth = lit(smoothed(cloth, size), clouds(rng, size, 5, 8, 214))
    ground = lit(ground, shadow(rng, body))
    return Image.composite(cloth, lit(ground, clouds(rng, size, 3, 3, 222)), body)


def smoothed(picture: Image.Image, size: int) -> Image.Image:
    """The picture at its final size. With the gap, Pillow halves it cheaply first, which takes a third of the time."""
    return picture.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=1.5)


def placing(rng: Generator, parts: Sequence[Part], side: int) -> Place:
    """The function from garment units to pixels of a picture of `side` pixels: random size, tilt, stretch and position,
    with the whole garment in view."""
    points = np.array([point for part in parts for point in part.points])
    angle = math.radians(rng.normal(0, 4))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    flip = 1 if rng.random() < 0.5 else -1  # garments close on either side, shoes point either way
    matrix = turn @ np.diag([flip * rng.uniform(0.95, 1.05), 1.0])
    matrix *= side * rng.uniform(0.76, 0.92) / np.ptp(points @ matrix.T, axis=0).max()
    low, high = (points @ matrix.T).min(axis=0), (points @ matrix.T).max(axis=0)
    slack = (side * 0.95 - (high - low)) / 2
    shift = side / 2 - (low + high) / 2 + np.clip(rng.normal(0, 0.025, 2) * side, -slack, slack)

    def place(points: Sequence[Point] | NDArray[np.float64]) -> list[Point]:
        moved = np.asarray(points, dtype=float) @ matrix.T + shift
        return [(x, y) for x, y in moved.round(2).tolist()]

    return place


def ink_map(parts: Sequence[Part], place: Place, side: int) -> Image.Image:
    """The ink of each pixel (an Ink as grey level): the parts on top of each other, with seams around filled ones."""
    inks = Image.new("L", (side, side), Ink.NOTHING)
    pen = ImageDraw.Draw(inks)
    unit = math.dist(*place([(0, 0), (0, 1)]))
    for part in parts:
        points = place(part.points)
        if part.line:
            pen.line(points, fill=part.ink, width=max(1, round(part.line * unit)), joint="curve")
        else:
            pen.polygon(points, fill=part.ink)
            pen.line([*points, points[0]], fill=Ink.SEAM, width=max(1, side // 170))
    return inks


def dyed(rng: Generator, inks: Image.Image, colours: Palette, place: Place, parts: Sequence[Part]) -> Image.Image:
    """The garment in its colours and pattern."""
    largest = np.array(max((part.points for part in parts if part.ink is Ink.CLOTH), key=len))
    x, y = ((largest.min(0) + largest.max(0)) / 2).tolist()
    pattern = PATTERNS[int(rng.integers(len(PATTERNS)))](rng, inks.width, place, (x, y))
    pattern_mask = ImageChops.multiply(pattern, inks.point([255 * (level == Ink.CLOTH) for level in range(256)]))
    picture = inks.copy()
    picture.putpalette([value for ink in Ink for value in colours.inks()[ink]])
    picture = picture.convert("RGB")
    picture.paste(colours.second, mask=pattern_mask)
    return picture


def shadow(rng: Generator, body: Image.Image) -> Image.Image:
    """The light around the garment: 255, and darker next to it on the side away from the lamp."""
    reach = body.width / 100
    right, down = rng.uniform(-2.5, 2.5) * reach, rng.uniform(0.5, 3) * reach
    soft = ImageChops.offset(body, round(right), round(down)).filter(ImageFilter.GaussianBlur(2 * reach))
    depth = rng.uniform(0.3, 0.5)
    return soft.point([round(255 - depth * level) for level in range(256)])


def draw(folder: Path) -> None:
    """Write the dataset into `folder` as split/class/number.png; every number occurs in only one split.

    Takes a few seconds. Use it with `atomic.new_folder` so that the folder is never half-written.
    """
    first = 0
    for split, count in COUNTS.items():
        for label in CLASSES:
            place = folder / split / label
            place.mkdir(parents=True, exist_ok=True)
            for number in range(first, first + count):
                garment(label, number, SIDE).save(place / f"{number:03d}.png", compress_level=1)
        first += count
