"""The geometry that the drawn garments share: points, outlines, and the parts of a garment.

Units are a garment's own: x to the right, y down, the middle of the garment at x = 0. Its size, position and tilt in
the picture are set elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

Point = tuple[float, float]

STITCH = 0.014  # width of a sewn line


class Ink(IntEnum):
    """The filling of a part; its number is the grey level in the ink map."""

    NOTHING = 0
    CLOTH = 1  # the fabric with its pattern
    PLAIN = 2  # the fabric without its pattern: collars, waistbands
    SHADE = 3  # the inside of the garment
    TRIM = 4  # the accent: ribbons, laces, linings
    SEAM = 5  # outlines and stitches
    LIGHT = 6  # buttons, soles
    METAL = 7  # zips, hooks
    WOOD = 8  # the hanger


@dataclass(frozen=True)
class Part:
    """A piece: a filled outline, or a line when its width `line` is not 0."""

    points: Sequence[Point]
    ink: Ink = Ink.CLOTH
    line: float = 0.0

    def turned_over(self) -> "Part":
        """The same piece on the garment's other side."""
        return replace(self, points=other_side(self.points))

    def moved(self, right: float, down: float) -> "Part":
        """The same piece elsewhere."""
        return replace(self, points=[(x + right, y + down) for x, y in self.points])


def other_side(points: Sequence[Point]) -> list[Point]:
    """The points, mirrored at the garment's middle."""
    return [(-x, y) for x, y in points]


def symmetric(half: Sequence[Point]) -> list[Point]:
    """A closed outline from its right half, which runs from the middle to the middle."""
    return [*half, *reversed(other_side(half))]


def curve(start: Point, control: Point, end: Point, steps: int = 8) -> list[Point]:
    """A quadratic Bézier curve as `steps` + 1 points."""
    return [
        tuple((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c for a, b, c in zip(start, control, end, strict=True))  # type: ignore[misc]
        for t in (step / steps for step in range(steps + 1))
    ]


def oval(x: float, y: float, width: float, height: float, first: float = 0, last: float = 360) -> list[Point]:
    """The part of an ellipse between two angles in degrees, clockwise from the right; `width`, `height` are radii."""
    angles = [math.radians(first + (last - first) * step / 24) for step in range(25)]
    return [(x + width * math.cos(angle), y + height * math.sin(angle)) for angle in angles]


def tube(path: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """The outline of a bent strip: along `path` on one side, back on the other. Sleeves, legs, straps."""
    near, far = [], []
    for index, ((x, y), width) in enumerate(zip(path, widths, strict=True)):
        (x0, y0), (x1, y1) = path[max(index - 1, 0)], path[min(index + 1, len(path) - 1)]
        half = width / 2 / math.hypot(x1 - x0, y1 - y0)
        near.append((x + (y1 - y0) * half, y - (x1 - x0) * half))
        far.append((x - (y1 - y0) * half, y + (x1 - x0) * half))
    return near + far[::-1]


def buttons(x: float, top: float, bottom: float, count: int, radius: float = 0.028) -> list[Part]:
    """A row of buttons from top to bottom."""
    gap = (bottom - top) / max(count - 1, 1)
    return [Part(oval(x, top + index * gap, radius, radius), Ink.LIGHT) for index in range(count)]
