"""Transforms that invert levels or make them fewer: look-up tables too, with a stronger effect."""

import numpy as np

from core.augment.transform import (
    Equivalent,
    Floats,
    KerasEquivalent,
    Parameter,
    Pixels,
    Stage,
    Transform,
    between,
    in_range,
)

WHOLE_LEVELS = np.arange(256)
AUTOAUGMENT = "AutoAugment (Cubuk et al. 2019, arXiv:1805.09501)"


def _bits(u: Floats, posterise_bits: tuple[float, float]) -> Floats:
    """Whole numbers from the range, all equally likely."""
    low, high = np.rint(posterise_bits)
    bits: Floats = np.minimum(np.floor(between(u, low, high + 1)), high)  # u just below 1 may round up
    return bits


def _posterise(bits: Floats) -> Pixels:
    """Levels with all but their highest `bits` bits set to 0."""
    lost = (8 - bits.astype(np.int64))[:, None]
    return (WHOLE_LEVELS >> lost << lost).astype(np.uint8)


def _solarise(threshold: Floats) -> Pixels:
    return np.where(threshold[:, None] <= WHOLE_LEVELS, 255 - WHOLE_LEVELS, WHOLE_LEVELS).astype(np.uint8)


def _posterise_layer(probability: float, posterise_bits: tuple[float, float]) -> str:
    low, high = (int(value) for value in np.rint(posterise_bits))
    return f"layers.RandomPosterization(({low}, {low if low == high else high + 1}))" if high < 8 else _to_seven(low)


def _to_seven(low: int) -> str:
    return f"layers.RandomPosterization(({low}, 8))"


def _bit(value: float) -> int:
    return int(np.rint(value))


def _posterise_function(posterise_bits: tuple[float, float]) -> str:
    """All numbers of bits are equally likely: they are drawn half a bit beyond the ends, and rounded."""
    low, high = map(_bit, posterise_bits)
    bits = low if low == high else f"round(uniform({low - 0.5}, {high + 0.5}))"
    return f"v2.functional.posterize(photo, {bits})"


INVERSION = Transform(
    key="inversion",
    label="Inversion",
    explanation="A photo's negative: shapes stay, colours become their opposites.",
    harm="No real photo looks like this. Use it rarely, if at all.",
    stage=Stage.COLOUR,
    probability=0.1,
    draw=lambda u: {"inverted": np.ones(len(u))},
    table=lambda inverted: np.tile((255 - WHOLE_LEVELS).astype(np.uint8), (len(inverted), 1)),
    caption=lambda inverted: "negative",
    source=AUTOAUGMENT,
    keras=KerasEquivalent(
        layer=lambda probability: f"layers.RandomInvert(({probability}, {probability}))", layer_chance=True
    ),
    torchvision=Equivalent(code=lambda probability: f"v2.RandomInvert(p={probability:g})", chance=True),
    albumentations=Equivalent(code=lambda probability: f"A.InvertImg(p={probability:g})", chance=True),
)

POSTERISE = Transform(
    key="posterise",
    label="Posterise",
    explanation="Fewer levels for each colour, as on a poster: shapes stay, fine shades disappear.",
    harm="With one or two bits, cloth and wall become one area.",
    stage=Stage.COLOUR,
    probability=0.3,
    parameters=(
        Parameter(
            "posterise_bits",
            "Bits to keep",
            1,
            8,
            default=(3, 6),
            neutral=(8, 8),
            unit="bits",
            help="Keeps only this many of each level's eight bits: 3 bits make eight levels, 8 bits change nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, posterise_bits: {"bits": _bits(u[:, 0], posterise_bits)},
    table=_posterise,
    caption=lambda bits: f"{bits:.0f} bits",
    source=AUTOAUGMENT,
    keras=KerasEquivalent(
        layer=_posterise_layer,
        layer_differs="It keeps all 8 bits only if both ends of the range are 8.",
    ),
    torchvision=Equivalent(function=_posterise_function),
    albumentations=Equivalent(
        code=lambda probability, posterise_bits: (
            f"A.Posterize(({_bit(posterise_bits[0])}, {min(_bit(posterise_bits[1]), 7)}), p={probability:g})"
            if _bit(posterise_bits[0]) < 8
            else None
        ),
        differs="It keeps 7 bits at most.",
        chance=True,
    ),
)

SOLARISE = Transform(
    key="solarise",
    label="Solarise",
    explanation="Inverts the light levels and leaves the dark ones, like film exposed twice.",
    harm="Makes the colours of light clothes unrecognisable.",
    stage=Stage.COLOUR,
    probability=0.2,
    parameters=(
        Parameter(
            "solarise_threshold",
            "Threshold range",
            0,
            256,
            default=(128, 224),
            neutral=(256, 256),
            unit="levels",
            help="Levels at or above a random threshold are inverted: 0 inverts all, 256 none.",
        ),
    ),
    uniforms=1,
    draw=lambda u, solarise_threshold: {"threshold": between(u[:, 0], *solarise_threshold)},
    table=_solarise,
    caption=lambda threshold: f"from level {np.ceil(threshold):.0f}",
    source=AUTOAUGMENT,
    keras=KerasEquivalent(
        # Keras scales only the upper end to levels, so its range always begins at 0
        layer=lambda probability, solarise_threshold: (
            f"layers.Solarization(threshold_factor=(0.0, {round(min(solarise_threshold[1] / 255, 1.0), 6)}))"
            if solarise_threshold[0] == 0
            else None
        ),
    ),
    torchvision=Equivalent(
        function=lambda solarise_threshold: (
            f"v2.functional.solarize(photo, uniform{in_range(*solarise_threshold)})"
            if solarise_threshold[1] <= 255
            else None
        ),
    ),
    albumentations=Equivalent(
        code=lambda probability, solarise_threshold: (
            f"A.Solarize(({solarise_threshold[0]:.6g} / 255, {solarise_threshold[1]:.6g} / 255), p={probability:g})"
            if solarise_threshold[1] <= 255
            else None
        ),
        chance=True,
    ),
)
