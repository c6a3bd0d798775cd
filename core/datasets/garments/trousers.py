"""Pants and shorts: one cut of two legs, long or short."""

from numpy.random import Generator

from core.datasets.garments.outlines import STITCH, Ink, Part, buttons, curve, tube


def pants(rng: Generator) -> list[Part]:
    """Long legs: tapered, straight or flared."""
    ankle = rng.uniform(0.2, 0.46)
    return legs(rng, rng.uniform(1.65, 2.15), rng.uniform(0.3, 0.38) * 0.7 + ankle * 0.3, ankle)


def shorts(rng: Generator) -> list[Part]:
    """Short legs."""
    ankle = rng.uniform(0.36, 0.47)
    return legs(rng, rng.uniform(0.78, 1.12), (0.44 + ankle) / 2, ankle)


def legs(rng: Generator, length: float, knee: float, ankle: float) -> list[Part]:
    """A waistband, two legs of the given widths, fly, pockets, and perhaps belt loops."""
    waist, crotch = rng.uniform(0.36, 0.44), rng.uniform(0.5, 0.62)
    hip, spread = waist + rng.uniform(0.04, 0.1), rng.uniform(0.02, 0.16)
    foot, middle = 0.24 + spread, (crotch + length) / 2
    outside = [(waist, 0.1), (hip, crotch * 0.75), (0.22 + spread / 2 + knee / 2, middle), (foot + ankle / 2, length)]
    inside = [(foot - ankle / 2, length), (max(0.22 + spread / 2 - knee / 2, 0.03), middle), (0, crotch)]
    leg = Part([(0, 0.1), *outside, *inside])
    turn_up = Part([outside[-1], inside[0], (inside[0][0], length - 0.1), (outside[-1][0], length - 0.1)], Ink.PLAIN)
    pocket = Part(curve((waist * 0.6, 0.12), (waist * 0.66, 0.32), (hip * 0.99, 0.34)), Ink.SEAM, STITCH)
    cuffs = [turn_up, turn_up.turned_over()] if rng.random() < 0.3 else []
    fly = Part(curve((0.07, 0.12), (0.08, 0.36), (0, 0.42)), Ink.SEAM, STITCH)
    band = Part(tube([(-waist, 0.05), (waist, 0.05)], [0.13, 0.13]), Ink.TRIM if rng.random() < 0.2 else Ink.PLAIN)
    loops = [Part(tube([(x * waist, -0.03), (x * waist, 0.13)], [0.05, 0.05])) for x in (-0.8, -0.4, 0.4, 0.8)]
    cord = [Part([(x / 2, 0.06), (x, 0.32)], Ink.LIGHT, 0.03) for x in (-0.08, 0.08)]
    closing = [*loops, *buttons(0, 0.05, 0.05, 1, 0.035)] if rng.random() < 0.6 else cord
    return [leg, leg.turned_over(), *cuffs, pocket, pocket.turned_over(), fly, band, *closing]
