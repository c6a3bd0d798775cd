"""Sneakers, pumps and boots, from the side: heel on the left, toe on the right, ground at y = 0."""

from numpy.random import Generator

from core.datasets.garments.outlines import Ink, Part, curve, oval, tube


def shoes(rng: Generator) -> list[Part]:
    """Sneakers, pumps or boots from the side, one or a pair."""
    shoe = [sneaker, sneaker, pump, boot][int(rng.integers(4))](rng)
    if rng.random() < 0.5:
        return shoe
    height = -min(y for part in shoe for _, y in part.points)
    right, up = (rng.uniform(0.5, 0.8), 0.2) if height > 0.9 else (rng.uniform(-0.4, 0.4), rng.uniform(0.5, 0.85))
    return [*(part.moved(right, -up) for part in shoe), *shoe]


def sneaker(rng: Generator) -> list[Part]:
    """Low or high, with laces, a toe cap and a light sole."""
    high, sole = rng.uniform(0.5, 0.85), rng.uniform(0.12, 0.2)
    slope = curve((-0.18, -high - 0.06), (0.1, -0.36), (0.5, -0.34))
    toe = curve((0.5, -0.34), (1.0, -0.32), (1.0, 0))
    opening = curve((-0.88, -high - 0.05), (-0.5, -high + 0.1), (-0.18, -high - 0.06))
    upper = [(-0.95, 0), *opening, *slope, *toe]
    bottom = [(-0.98, -0.05), (1.0, -0.07), *curve((1.05, 0), (1.02, sole), (0.9, sole)), (-0.95, sole)]
    toe_cap = [(0.56, 0), *curve((0.56, 0), (0.5, -0.2), (0.66, -0.33)), *toe[3:]]
    laces = [Part([(x, y + 0.03), (x - 0.14, y + 0.14)], Ink.LIGHT, 0.045) for x, y in slope[1:-1:2]]
    side = Part(tube([(-0.6, -0.06), (-0.1, -high * 0.62)], [0.16, 0.08]), Ink.TRIM)
    front = Part(toe_cap, Ink.LIGHT if rng.random() < 0.5 else Ink.PLAIN)
    return [Part(upper), front, *([side] if rng.random() < 0.6 else []), *laces, Part(bottom, Ink.LIGHT)]


def pump(rng: Generator) -> list[Part]:
    """A heel, low to high, thin to thick; perhaps a bow."""
    heel, thick = rng.uniform(0.2, 0.62), rng.uniform(0.08, 0.26)
    arch = curve((-0.5, -heel), (-0.1, -heel * 0.8), (0.3, 0))
    opening = curve((-0.95, -heel - 0.45), (-0.3, -heel * 0.8 - 0.16), (0.4, -0.3))
    inside = Part([*opening, *curve((0.4, -0.3), (-0.2, -heel * 0.9 - 0.34), (-0.95, -heel - 0.45))], Ink.SHADE)
    upper = [(-0.92, -heel), *opening, *curve((0.4, -0.3), (0.9, -0.3), (1.02, -0.02)), (1.0, 0), *arch[::-1]]
    block = [(-0.94, -heel - 0.06), (-0.48, -heel - 0.04), (-0.86 + thick, 0.02), (-0.86, 0.02)]
    bow = [Part(oval(0.42 + x, -0.29, 0.1, 0.07), Ink.TRIM) for x in (-0.08, 0.08)]
    return [inside, Part(block, Ink.PLAIN), Part(upper), *(bow if rng.random() < 0.4 else [])]


def boot(rng: Generator) -> list[Part]:
    """A shaft up to the calf, laced or zipped."""
    tall, heel = rng.uniform(0.9, 1.45), rng.uniform(0.1, 0.26)
    shaft = [(-0.78, 0), (-0.7, -0.4), (-0.8, -tall), (-0.02, -tall), (-0.1, -0.55)]
    toe = [*curve((-0.1, -0.55), (0.2, -0.42), (0.5, -0.38)), *curve((0.5, -0.38), (0.92, -0.34), (0.9, 0))]
    sole = [(-0.8, -0.03), (0.92, -0.03), (0.92, 0.08), (-0.2, 0.08), (-0.26, heel), (-0.8, heel)]
    top = Part(
        tube([(-0.82, -tall + 0.04), (0.0, -tall + 0.04)], [0.12, 0.12]), Ink.TRIM if rng.random() < 0.4 else Ink.PLAIN
    )
    laces = [Part([(-0.32, -y), (-0.08, -y - 0.04)], Ink.LIGHT, 0.04) for y in (0.5, 0.64, 0.78)]
    fastening = laces if rng.random() < 0.5 else [Part([(-0.45, -0.1), (-0.42, -tall + 0.1)], Ink.METAL, 0.03)]
    return [Part(shaft + toe), *fastening, top, Part(sole, Ink.LIGHT if rng.random() < 0.5 else Ink.SEAM)]
