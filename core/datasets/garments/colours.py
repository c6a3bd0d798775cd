"""The colours of clothes and backgrounds, and the random choice of colours for a picture.

Nothing here depends on the garment, so colour never gives a class away.
"""

from dataclasses import dataclass

from numpy.random import Generator

from core.datasets.garments.outlines import Ink

Colour = tuple[int, int, int]

CLOTHS: dict[str, Colour] = {
    "white": (248, 248, 246),
    "charcoal": (62, 64, 70),
    "grey": (150, 153, 158),
    "navy": (44, 58, 98),
    "denim": (92, 124, 168),
    "sky": (160, 198, 224),
    "teal": (42, 122, 122),
    "sage": (148, 170, 136),
    "forest": (52, 92, 66),
    "mustard": (218, 170, 62),
    "rust": (190, 98, 56),
    "red": (196, 58, 60),
    "burgundy": (120, 42, 60),
    "rose": (228, 164, 172),
    "lilac": (180, 160, 208),
    "camel": (192, 152, 108),
    "brown": (112, 78, 58),
}
FLOORS: dict[str, Colour] = {  # light, as in a shop's pictures: a few drawings are enough to learn where the garment is
    "oak": (214, 184, 148),
    "ash": (226, 212, 192),
    "chalk": (240, 238, 234),
    "concrete": (198, 198, 196),
    "blush": (236, 212, 206),
    "mint": (206, 226, 214),
    "dusk": (190, 198, 216),
    "sand": (232, 218, 186),
    "stone": (176, 172, 164),
}


@dataclass(frozen=True)
class Palette:
    """The colours of a picture."""

    base: Colour
    second: Colour
    trim: Colour
    ground: Colour

    def inks(self) -> dict[Ink, Colour]:
        """The colour of each ink. Seams are darker than the cloth, or lighter on dark cloth."""
        dark = sum(self.base) < 240
        seam = shaded(self.base, 1.7 if dark else 0.5)
        return {
            Ink.NOTHING: seam,  # the smoothed outline blends into it
            Ink.CLOTH: self.base,
            Ink.PLAIN: shaded(self.base, 1.22 if dark else 0.93),
            Ink.SHADE: shaded(self.base, 0.62),
            Ink.TRIM: self.trim,
            Ink.SEAM: seam,
            Ink.LIGHT: (244, 240, 230),
            Ink.METAL: (168, 170, 176),
            Ink.WOOD: (170, 124, 82),
        }


def shaded(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor below 1) or lighter."""
    red, green, blue = (min(255, round(value * factor)) for value in colour)
    return red, green, blue


def palette(rng: Generator) -> Palette:
    """Random colours that suit any garment and contrast with each other."""
    base = jittered(rng, list(CLOTHS.values()))
    return Palette(
        base=base,
        second=jittered(rng, far_from(base, CLOTHS, 40)),
        trim=jittered(rng, far_from(base, CLOTHS, 30)),
        ground=jittered(rng, far_from(base, FLOORS, 32)),
    )


def far_from(colour: Colour, choices: dict[str, Colour], distance: float) -> list[Colour]:
    """The choices whose channels differ from the colour by more than `distance` (of 255) on average."""
    return [c for c in choices.values() if sum(abs(a - b) for a, b in zip(c, colour, strict=True)) > 3 * distance]


def jittered(rng: Generator, choices: list[Colour]) -> Colour:
    """A random choice, slightly changed."""
    red, green, blue = choices[int(rng.integers(len(choices)))]
    off = [int(value) for value in rng.integers(-9, 10, 3)]
    return within(red + off[0]), within(green + off[1]), within(blue + off[2])


def within(value: int) -> int:
    return min(max(value, 0), 255)
