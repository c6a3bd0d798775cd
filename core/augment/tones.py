"""Transforms that turn the scale of levels over or break it up: look-up tables too, with a harder effect."""

import numpy as np

from core.augment.transform import Floats, InKeras, Parameter, Pixels, Stage, Transform, between

LEVELS = np.arange(256)
AUTOAUGMENT = "AutoAugment (Cubuk et al. 2019, arXiv:1805.09501)"


def _bits(u: Floats, posterise_bits: tuple[float, float]) -> Floats:
    """Whole numbers, each of the range as likely as the others."""
    low, high = np.rint(posterise_bits)
    bits: Floats = np.minimum(np.floor(between(u, low, high + 1)), high)  # u just below 1 may round up
    return bits


def _posterised(bits: Floats) -> Pixels:
    """Levels with all but their highest `bits` bits set to 0."""
    lost = (8 - bits.astype(np.int64))[:, None]
    return (LEVELS >> lost << lost).astype(np.uint8)


def _solarised(threshold: Floats) -> Pixels:
    return np.where(threshold[:, None] <= LEVELS, 255 - LEVELS, LEVELS).astype(np.uint8)


def _posterise_layer(probability: float, posterise_bits: tuple[float, float]) -> str:
    low, high = (int(value) for value in np.rint(posterise_bits))
    return f"layers.RandomPosterization(({low}, {low if low == high else high + 1}))" if high < 8 else _to_seven(low)


def _to_seven(low: int) -> str:
    return f"layers.RandomPosterization(({low}, 8))"


INVERSION = Transform(
    key="inversion",
    label="Inversion",
    explanation="A photo's negative: shapes stay, colours turn into their opposites.",
    harm="Nobody's photos look like that; now and then is enough, if at all.",
    stage=Stage.COLOUR,
    probability=0.1,
    draw=lambda u: {"inverted": np.ones(len(u))},
    table=lambda inverted: np.tile((255 - LEVELS).astype(np.uint8), (len(inverted), 1)),
    caption=lambda inverted: "negative",
    source=AUTOAUGMENT,
    keras=InKeras(layer=lambda probability: f"layers.RandomInvert(({probability}, {probability}))", layer_chance=True),
)

POSTERISE = Transform(
    key="posterise",
    label="Posterise",
    explanation="Fewer levels for each colour, as in a poster: shapes stay, fine shades go.",
    harm="With one or two bits cloth and wall become one area.",
    stage=Stage.COLOUR,
    probability=0.3,
    parameters=(
        Parameter(
            "posterise_bits",
            "Bits kept, between",
            1,
            8,
            default=(3, 6),
            neutral=(8, 8),
            unit="bits",
            help="Of the eight bits of each level so many of the highest are kept: 3 leave eight levels, 8 all.",
        ),
    ),
    uniforms=1,
    draw=lambda u, posterise_bits: {"bits": _bits(u[:, 0], posterise_bits)},
    table=_posterised,
    caption=lambda bits: f"{bits:.0f} bits",
    source=AUTOAUGMENT,
    keras=InKeras(
        layer=_posterise_layer,
        layer_differs="It never keeps all 8 bits, unless both ends of the range are 8.",
    ),
)

SOLARISE = Transform(
    key="solarise",
    label="Solarise",
    explanation="Turns the light levels into their negative and leaves the dark ones, like film exposed twice.",
    harm="It changes the colour of light clothes beyond recognition.",
    stage=Stage.COLOUR,
    probability=0.2,
    parameters=(
        Parameter(
            "solarise_threshold",
            "Threshold between",
            0,
            256,
            default=(128, 224),
            neutral=(256, 256),
            unit="levels",
            help="Levels from a random threshold on are inverted: 0 inverts all, 256 none.",
        ),
    ),
    uniforms=1,
    draw=lambda u, solarise_threshold: {"threshold": between(u[:, 0], *solarise_threshold)},
    table=_solarised,
    caption=lambda threshold: f"from level {np.ceil(threshold):.0f}",
    source=AUTOAUGMENT,
    keras=InKeras(
        # Keras scales only the upper end to levels, so its range always begins at 0
        layer=lambda probability, solarise_threshold: (
            f"layers.Solarization(threshold_factor=(0.0, {round(min(solarise_threshold[1] / 255, 1.0), 6)}))"
            if solarise_threshold[0] == 0
            else None
        ),
    ),
)
