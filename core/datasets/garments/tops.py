"""Garments with shoulders: body and sleeves, and the cuts of t-shirts, longsleeves, shirts and jackets."""

import math
from dataclasses import dataclass, replace

from numpy.random import Generator

from core.datasets.garments.outlines import STITCH, Ink, Part, Point, buttons, curve, other_side, oval, symmetric, tube

SHORT = (10.0, 48.0)  # degrees below the horizontal that a short sleeve may point to
LONG = (52.0, 76.0)


@dataclass(frozen=True)
class Top:
    """The body of everything with shoulders: half widths, depth of the neckline and length, from the neck down."""

    neck: float
    depth: float
    pointed: bool
    shoulder: float
    chest: float
    waist: float
    hem: float
    length: float
    armpit: float = 0.42

    def neckline(self, lower: float = 0.0) -> list[Point]:
        """The right half of the neckline from the middle up to the shoulder seam."""
        if self.pointed:
            return [(0, self.depth + lower), (self.neck + lower / 2, 0)]
        return curve((0, self.depth + lower), (self.neck, self.depth + lower), (self.neck + lower / 2, 0))

    def side(self) -> list[Point]:
        """The right side from the shoulder seam down to the hem."""
        waist = (self.waist, self.armpit + (self.length - self.armpit) * 0.4)
        return [(self.shoulder, 0.1), (self.chest, self.armpit), *curve((self.chest, self.armpit), waist, self.foot)]

    @property
    def foot(self) -> Point:
        return (self.hem, self.length)

    def back(self) -> Part:
        """The inside of the back that shows in the neckline."""
        return Part(symmetric([(0, 0.05), (self.neck, -0.03), *self.neckline(0.08)[::-1]]), Ink.SHADE)

    def front(self, sag: float = 0.03) -> Part:
        """The front; its hem hangs down by `sag` in the middle."""
        hem = curve(self.foot, (self.hem * 0.6, self.length + sag), (0, self.length + sag))
        return Part(symmetric([*self.neckline(), *self.side(), *hem]))

    def sleeve(self, rng: Generator, length: float, cuff: float, angle: tuple[float, float]) -> list[Part]:
        """A right sleeve with its cuff's seam, at a random angle (degrees below the horizontal) between two."""
        first = math.radians(rng.uniform(*angle))
        second = first + math.radians(rng.uniform(-8, 25)) * min(length, 1)
        root = ((self.shoulder + self.chest) / 2, (0.1 + self.armpit) / 2)
        elbow = (root[0] + length / 2 * math.cos(first), root[1] + length / 2 * math.sin(first))
        wrist = (elbow[0] + length / 2 * math.cos(second), elbow[1] + length / 2 * math.sin(second))
        outline = tube([root, elbow, wrist], [0.1, (cuff + 0.4) / 2, cuff])
        outline[0], outline[-1] = (self.shoulder, 0.1), (self.chest, self.armpit)
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = outline[1:5]
        share = 0.16 / length  # how far up from the wrist the seam lies
        seam = [(x1 + (x0 - x1) * share, y1 + (y0 - y1) * share), (x2 + (x3 - x2) * share, y2 + (y3 - y2) * share)]
        inner = (self.chest - 0.1, self.armpit - 0.1)  # the body covers it, so that no gap shows at the armpit
        return [Part([*outline, inner]), Part(seam, Ink.SEAM, STITCH)]

    def sleeves(self, rng: Generator, length: float, cuff: float, angle: tuple[float, float]) -> list[Part]:
        """Both sleeves, equally long, each at its own angle."""
        left = [part.turned_over() for part in self.sleeve(rng, length, cuff, angle)]
        return self.sleeve(rng, length, cuff, angle) + left


def cut_top(rng: Generator, wide: float = 1.0, pointed: float = 0.35) -> Top:
    """A body for shirts of all kinds; `wide` scales it, `pointed` is the probability of a V neck."""
    shoulder, v_neck = rng.uniform(0.46, 0.58) * wide, rng.random() < pointed
    chest = shoulder * rng.uniform(0.94, 1.04)
    return Top(
        neck=rng.uniform(0.17, 0.25),
        depth=rng.uniform(0.28, 0.45) if v_neck else rng.uniform(0.1, 0.24),
        pointed=v_neck,
        shoulder=shoulder,
        chest=chest,
        waist=chest * rng.uniform(0.86, 1.0),
        hem=chest * rng.uniform(0.95, 1.12),
        length=rng.uniform(1.2, 1.55),
    )


def hanger(rng: Generator, top: Top) -> list[Part]:
    """A hanger behind the garment, in a quarter of the cases."""
    if rng.random() >= 0.25:
        return []
    hook = [(0.0, 0.02), (0.0, -0.12), *oval(0.06, -0.2, 0.07, 0.08, 140, 380)]
    bar = tube([(-top.shoulder * 0.8, 0.2), (0, 0.02), (top.shoulder * 0.8, 0.2)], [0.07, 0.07, 0.07])
    return [Part(hook, Ink.METAL, 0.03), Part(bar, Ink.WOOD)]


def rib(top: Top, ink: Ink) -> Part:
    """The band around a neckline."""
    half = top.neckline()
    return Part([*reversed(other_side(half)), *half], ink, 0.05)


def t_shirt(rng: Generator) -> list[Part]:
    """Short sleeves, round or V neck."""
    top = cut_top(rng)
    sleeves = top.sleeves(rng, rng.uniform(0.24, 0.46), rng.uniform(0.26, 0.36), SHORT)
    pocket = Part([(0.12, 0.4), (0.34, 0.4), (0.34, 0.62), (0.23, 0.66), (0.12, 0.62)], Ink.CLOTH)
    band = rib(top, Ink.TRIM if rng.random() < 0.3 else Ink.PLAIN)
    return [*hanger(rng, top), top.back(), *sleeves, top.front(), band, *([pocket] if rng.random() < 0.25 else [])]


def longsleeve(rng: Generator) -> list[Part]:
    """Long sleeves, no collar, no buttons or zip; perhaps a ribbed hem, as on a sweater."""
    top = cut_top(rng, pointed=0.25)
    sleeves = top.sleeves(rng, rng.uniform(0.95, 1.25), rng.uniform(0.14, 0.22), LONG)
    band = rib(top, Ink.TRIM if rng.random() < 0.3 else Ink.PLAIN)
    hem = Part([(-top.hem, top.length - 0.1), (top.hem, top.length - 0.1), top.foot, (-top.hem, top.length)], Ink.PLAIN)
    return [*hanger(rng, top), top.back(), *sleeves, top.front(0), *([hem] if rng.random() < 0.5 else []), band]


def shirt(rng: Generator) -> list[Part]:
    """Collar, placket and buttons; long or short sleeves."""
    top = cut_top(rng, pointed=1.0)
    if rng.random() < 0.65:
        sleeves = top.sleeves(rng, rng.uniform(0.95, 1.2), rng.uniform(0.16, 0.22), LONG)
    else:
        sleeves = top.sleeves(rng, rng.uniform(0.28, 0.46), rng.uniform(0.28, 0.36), SHORT)
    low, wing = top.depth, rng.uniform(0.2, 0.32)
    collar = Part([(0.02, low), (top.neck - 0.06, -0.09), (top.neck + 0.05, 0.0), (top.neck + 0.04, wing + 0.1)])
    stand = Part(symmetric([(0, -0.07), (top.neck - 0.06, -0.09), (top.neck + 0.04, 0.04), (0, 0.1)]), Ink.SHADE)
    ink = Ink.PLAIN if rng.random() < 0.6 else Ink.TRIM
    wings = [Part(collar.points, ink), Part(other_side(collar.points), ink)]
    placket = Part(tube([(0, low), (0, top.length + 0.04)], [0.13, 0.13]), Ink.PLAIN)
    row = buttons(0, low + 0.1, top.length - 0.1, int(rng.integers(4, 8)))
    pocket = Part([(0.14, 0.45), (0.36, 0.45), (0.36, 0.68), (0.25, 0.73), (0.14, 0.68)])
    return [
        *hanger(rng, top),
        top.back(),
        stand,
        *sleeves,
        top.front(rng.uniform(0.0, 0.12)),
        *([pocket] if rng.random() < 0.5 else []),
        placket,
        *row,
        *wings,
    ]


def outwear(rng: Generator) -> list[Part]:
    """A jacket or coat: wide, long sleeves, open or zipped, with lapels or a hood."""
    top = cut_top(rng, wide=rng.uniform(1.15, 1.3), pointed=1.0)
    coat = rng.random() < 0.5
    length = rng.uniform(1.65, 2.1) if coat else rng.uniform(1.15, 1.4)
    top = replace(top, neck=0.26, depth=rng.uniform(0.3, 0.6), length=length)
    sleeves = top.sleeves(rng, rng.uniform(1.05, 1.3), rng.uniform(0.24, 0.32), (58.0, 80.0))
    gap = rng.uniform(0.1, 0.22) if rng.random() < 0.5 else 0.0
    panel = Part([(gap * 0.8, top.depth), (top.neck, 0), *top.side(), (gap, top.length)])
    fronts = [panel, panel.turned_over()]
    lining = Part(
        symmetric([(0, 0.0), (top.neck, 0), (gap + 0.06, top.length - 0.04), (0, top.length - 0.04)]), Ink.SHADE
    )
    y = top.length * rng.uniform(0.62, 0.72)
    pocket = Part(tube([(0.28, y), (0.46, y - 0.1)], [0.07, 0.07]), Ink.PLAIN)
    closing = [Part([(gap, top.depth), (gap, top.length)], Ink.METAL, 0.045)]
    if gap == 0 and rng.random() < 0.4:
        double = [buttons(x, top.depth + 0.15, top.length - 0.35, 3, 0.04) for x in (-0.13, 0.13)]
        closing = [Part([(0, top.depth), (0, top.length)], Ink.SEAM, 2 * STITCH), *double[0], *double[1]]
    if rng.random() < 0.45:
        rim = Part(symmetric(oval(0, 0.08, 0.42, rng.uniform(0.4, 0.52), -90, 90)))
        head = [rim, Part(symmetric(oval(0, 0.12, 0.22, 0.3, -90, 90)), Ink.SHADE)]
        collar = []
    else:
        head = [Part(symmetric([(0, -0.08), (top.neck, -0.1), (top.neck + 0.04, 0.06), (0, 0.1)]), Ink.PLAIN)]
        ink = Ink.TRIM if rng.random() < 0.3 else Ink.PLAIN
        lapel = Part([(gap, top.depth + 0.08), (0.14, 0.06), (0.24, -0.1), (0.33, 0.04), (0.4, 0.3), (0.3, 0.34)], ink)
        collar = [lapel, lapel.turned_over()]
    return [*head, lining, *sleeves, *fronts, *closing, pocket, pocket.turned_over(), *collar]
