"""Skirts, and dresses: a bodice with a skirt."""

from numpy.random import Generator

from core.datasets.garments.outlines import STITCH, Ink, Part, buttons, curve, symmetric, tube
from core.datasets.garments.tops import SHORT, Top, hanger


def dress(rng: Generator) -> list[Part]:
    """A bodice on straps or with short sleeves, a waist, and a skirt that widens."""
    waist, length = rng.uniform(0.26, 0.34), rng.uniform(1.5, 2.15)
    hem = waist + rng.uniform(0.15, 0.62)
    belt = rng.uniform(0.72, 0.88)
    if rng.random() < 0.45:  # on straps
        chest = rng.uniform(0.34, 0.42)
        strap = Part(tube([(0.2, 0.3), (rng.uniform(0.15, 0.24), 0)], [0.05, 0.05]), Ink.PLAIN)
        dip = [(0, rng.uniform(0.3, 0.42)), *curve((0.06, 0.3), (0.18, 0.2), (chest - 0.08, 0.26))]
        bodice = Part(symmetric([*dip, (chest, 0.45), (waist, belt), (0, belt)]))
        back = Part(symmetric([(0, 0.29), (chest - 0.08, 0.28), (chest - 0.08, 0.4), (0, 0.45)]), Ink.SHADE)
        parts = [strap, strap.turned_over(), back, bodice]
    else:
        top = Top(
            neck=0.2,
            depth=rng.uniform(0.15, 0.4),
            pointed=rng.random() < 0.4,
            shoulder=rng.uniform(0.34, 0.44),
            chest=rng.uniform(0.36, 0.42),
            waist=waist,
            hem=waist,
            length=belt,
        )
        sleeves = top.sleeves(rng, rng.uniform(0.18, 0.4), rng.uniform(0.22, 0.34), SHORT)
        parts = [*hanger(rng, top), top.back(), *(sleeves if rng.random() < 0.55 else []), top.front(0)]
    swing = rng.uniform(0.0, 0.5) * (hem - waist)
    side = curve((waist, belt), (waist + swing, (belt + length) / 2), (hem, length))
    skirt = Part(symmetric([(0, belt), *side, *curve((hem, length), (hem / 2, length + 0.09), (0, length + 0.09))]))
    ink = Ink.TRIM if rng.random() < 0.5 else Ink.PLAIN
    sash = Part(tube([(-waist - 0.01, belt), (waist + 0.01, belt)], [0.09, 0.09]), ink)
    return [*parts, skirt, *folds(rng, waist, hem, belt, length), sash]


def skirt(rng: Generator) -> list[Part]:
    """A waistband with a straight or flared skirt, pleated or buttoned."""
    waist, length = rng.uniform(0.36, 0.46), rng.uniform(0.75, 1.45)
    hem = waist + rng.uniform(0.05, 0.6)
    belly = waist + rng.uniform(0.1, 0.6) * (hem - waist) + 0.06
    side = curve((waist, 0.12), (belly, length * 0.5), (hem, length))
    sag = rng.uniform(0.0, 0.1)
    body = Part(symmetric([(0, 0.12), *side, *curve((hem, length), (hem / 2, length + sag), (0, length + sag))]))
    band = Part(tube([(-waist, 0.06), (waist, 0.06)], [0.15, 0.15]), Ink.TRIM if rng.random() < 0.3 else Ink.PLAIN)
    lines = folds(rng, waist, hem, 0.05, length)
    if rng.random() < 0.25:
        lines += buttons(0, 0.25, length - 0.1, int(rng.integers(3, 6)), 0.032)
    return [body, *lines, band, *buttons(waist * 0.75, 0.06, 0.06, int(rng.integers(0, 2)))]


def folds(rng: Generator, waist: float, hem: float, top: float, bottom: float) -> list[Part]:
    """Lines running down a skirt, none or many."""
    count = int(rng.choice([0, 2, 3, 6]))
    spots = [(index + 1) / (count + 1) * 2 - 1 for index in range(count)]
    return [Part([(waist * s, top + 0.15), (hem * s, bottom + 0.02)], Ink.SEAM, STITCH) for s in spots]
