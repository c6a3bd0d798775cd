"""Hats with a brim, caps, bucket hats and beanies."""

from numpy.random import Generator

from core.datasets.garments.outlines import STITCH, Ink, Part, curve, oval, symmetric, tube


def hat(rng: Generator) -> list[Part]:
    """A hat with a brim, a cap, a bucket hat or a beanie."""
    return [brimmed, cap, bucket, beanie][int(rng.integers(4))](rng)


def brimmed(rng: Generator) -> list[Part]:
    """A crown with a dent, a ribbon, and a flat brim all around."""
    top, foot, brim = rng.uniform(0.36, 0.46), rng.uniform(0.46, 0.54), rng.uniform(0.85, 1.1)
    crown = symmetric([(0, -0.62), *curve((0.12, -0.7), (top, -0.75), (top, -0.4)), (foot, 0.1), (0, 0.2)])
    ribbon = symmetric([(0, -0.08), *curve((0, -0.08), (0.3, -0.09), (foot - 0.03, -0.16)), (foot, 0.1), (0, 0.2)])
    plate = oval(0, 0.1, brim, rng.uniform(0.18, 0.3))
    return [Part(plate), Part(crown), Part(ribbon, Ink.TRIM)]


def cap(rng: Generator) -> list[Part]:
    """A dome of panels with a visor, from the side; perhaps a badge."""
    tall, reach = rng.uniform(0.62, 0.8), rng.uniform(0.9, 1.15)
    dome = [*oval(0, 0, 0.62, tall, -180, 0), (0.62, 0.1), (-0.6, 0.12)]
    peak = [
        *curve((0.3, -0.04), (reach, -0.14), (reach + 0.05, 0.14)),
        *curve((reach + 0.05, 0.14), (0.6, 0.06), (0.3, 0.12)),
    ]
    seams = [Part(curve((0, -tall), (0.4 * x, -tall * 0.6), (0.36 * x, 0.1)), Ink.SEAM, STITCH) for x in (-1, 1)]
    badge = Part(oval(0.22, -tall * 0.45, 0.12, 0.12), Ink.TRIM)
    knob = Part(oval(0, -tall, 0.07, 0.045), Ink.PLAIN)
    visor = Part(peak, Ink.TRIM if rng.random() < 0.5 else Ink.PLAIN)
    return [knob, Part(dome), *seams, visor, *([badge] if rng.random() < 0.5 else [])]


def bucket(rng: Generator) -> list[Part]:
    """A low crown and a stitched brim that slopes down."""
    top, foot, brim = rng.uniform(0.36, 0.46), rng.uniform(0.5, 0.58), rng.uniform(0.75, 0.95)
    crown = symmetric([(0, -0.6), *curve((top - 0.12, -0.6), (top, -0.6), (top + 0.02, -0.46)), (foot, 0), (0, 0.07)])
    skirt = symmetric([(0, 0.04), (foot, -0.03), *curve((brim, 0.34), (brim / 2, 0.5), (0, 0.5))])
    rows = [
        Part(curve((-x, y), (0, y + 0.14), (x, y)), Ink.SEAM, STITCH)
        for x, y in ((foot + (brim - foot) * share, 0.38 * share) for share in (0.33, 0.66))
    ]
    return [Part(skirt), *rows, Part(crown), Part(tube([(-foot, -0.02), (foot, -0.02)], [0.06, 0.06]), Ink.TRIM)]


def beanie(rng: Generator) -> list[Part]:
    """Knitted, with a ribbed fold; perhaps a pompom."""
    tall, cuff = rng.uniform(0.75, 1.05), rng.uniform(0.2, 0.34)
    dome = [*oval(0, 0, 0.6, tall, -180, 0), (0.6, cuff), (-0.6, cuff)]
    fold = [(-0.64, 0), (0.64, 0), (0.63, cuff), (-0.63, cuff)]
    ribs = [Part([(x / 8, 0.02), (x / 8, cuff - 0.02)], Ink.SEAM, STITCH) for x in range(-4, 5)]
    ball = [Part(oval(0, -tall - 0.06, 0.18, 0.17), Ink.TRIM)] if rng.random() < 0.6 else []
    return [*ball, Part(dome), Part(fold, Ink.PLAIN), *ribs]
