"""Transforms that mix red, green and blue: colour matrices, which the engine fuses."""

import numpy as np

from core.augment.levels import LUMA, jitter
from core.augment.transform import (
    Equivalent,
    Floats,
    KerasEquivalent,
    Parameter,
    Stage,
    Transform,
    between,
    in_range,
    symmetric,
)

GREY = np.tile(np.array(LUMA), (3, 1))  # each channel becomes the luma
# Turns the chroma by 90° and keeps luma and greys: Haeberli's rotation (1993) in the plane of YCbCr's two colour axes,
# scaled as in YUV (blue - luma by 0.492, red - luma by 0.877), so that equal angles look equally large.
_TO_CHROMA = np.array([0.492 * (np.array([0, 0, 1]) - LUMA), 0.877 * (np.array([1, 0, 0]) - LUMA)])  # U and V from RGB
_FROM_CHROMA = np.linalg.pinv(np.vstack([LUMA, _TO_CHROMA]))[:, 1:]  # RGB minus luma, from U and V
QUARTER = _FROM_CHROMA @ np.array([[0.0, -1.0], [1.0, 0.0]]) @ _TO_CHROMA

HUE_OF_HSV = "It rotates the hue of HSV, which changes how light a colour looks; ours keeps the luma."


def _with_offset(matrices: Floats) -> Floats:
    """The matrices (photos, 3, 3) with an offset of zero: (photos, 3, 4)."""
    return np.concatenate([matrices, np.zeros((len(matrices), 3, 1))], axis=2)


def _saturations(saturation: Floats) -> Floats:
    s = saturation[:, None, None]
    return _with_offset(s * np.eye(3) + (1 - s) * GREY)


def _hues(hue: Floats) -> Floats:
    angle = np.radians(hue)[:, None, None]
    return _with_offset(GREY + np.cos(angle) * (np.eye(3) - GREY) + np.sin(angle) * QUARTER)


def _saturation_layer(probability: float, saturation_range: tuple[float, float]) -> str:
    low, high = (round(value / (1 + value), 6) for value in saturation_range)  # Keras takes f and uses f / (1 - f)
    return f"layers.RandomSaturation(({low}, {high}))"


SATURATION = Transform(
    key="saturation",
    label="Saturation",
    explanation="Some cameras give pale colours, some give strong ones, and clothes fade.",
    harm="Hurts only where colour is the answer, as in telling jeans from other trousers.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "saturation_range",
            "Saturation range",
            0,
            3.0,
            default=(0.7, 1.3),
            neutral=(1.0, 1.0),
            step=0.05,
            unit="×",
            help="Saturation is multiplied by a random factor from this range: 0 is grey, 1 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, saturation_range: {"saturation": between(u[:, 0], *saturation_range)},
    colour_matrix=_saturations,
    caption=lambda saturation: f"{saturation:.2f} ×",
    source="Haeberli 1993, Matrix Operations for Image Processing; Pillow, ImageEnhance.Color",
    keras=KerasEquivalent(
        layer=_saturation_layer,
        layer_differs="It scales the saturation of HSV; ours scales the distance from the grey of the same luma.",
    ),
    torchvision=Equivalent(
        code=lambda probability, saturation_range: f"v2.ColorJitter(saturation={in_range(*saturation_range)})"
    ),
    albumentations=Equivalent(
        code=lambda probability, saturation_range: jitter(probability, saturation=in_range(*saturation_range)),
        chance=True,
    ),
)

HUE = Transform(
    key="hue",
    label="Hue",
    explanation="A dress is a dress, red or blue: this shifts all colours along the rainbow.",
    harm="Skin, wood and denim take on colours they never have.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "hue_range",
            "Largest shift",
            0,
            180,
            default=15,
            neutral=0,
            unit="°",
            help="Colours rotate around the grey axis by a random angle up to this, in either direction; "
            "120° turns red into green.",
        ),
    ),
    uniforms=1,
    draw=lambda u, hue_range: {"hue": symmetric(u[:, 0], hue_range)},
    colour_matrix=_hues,
    caption=lambda hue: f"{hue:+.0f}°",
    source="Haeberli 1993, Matrix Operations for Image Processing (the rotation that keeps the luma)",
    keras=KerasEquivalent(
        layer=lambda probability, hue_range: f"layers.RandomHue((0.0, {round(hue_range / 180, 6)}))",
        layer_differs=HUE_OF_HSV,
    ),
    torchvision=Equivalent(
        code=lambda probability, hue_range: f"v2.ColorJitter(hue={in_range(-hue_range, hue_range, factor=1 / 360)})",
        differs=HUE_OF_HSV,
    ),
    albumentations=Equivalent(
        code=lambda probability, hue_range: jitter(probability, hue=in_range(-hue_range, hue_range, factor=1 / 360)),
        differs=HUE_OF_HSV,
        chance=True,
    ),
)

GREYSCALE = Transform(
    key="greyscale",
    label="Greyscale",
    explanation="Removes the colour, so the model must look at the shape.",
    harm="Where colour is part of the answer, use it rarely.",
    stage=Stage.COLOUR,
    probability=0.2,
    draw=lambda u: {"grey": np.ones(len(u))},
    colour_matrix=lambda grey: _with_offset(np.tile(GREY, (len(grey), 1, 1))),
    caption=lambda grey: "grey",
    source="SimCLR (Chen et al. 2020, arXiv:2002.05709); luma of ITU-R BT.601",
    keras=KerasEquivalent(layer=lambda probability: f"layers.RandomGrayscale(factor={probability})", layer_chance=True),
    torchvision=Equivalent(code=lambda probability: f"v2.RandomGrayscale(p={probability:g})", chance=True),
    albumentations=Equivalent(code=lambda probability: f"A.ToGray(p={probability:g})", chance=True),
)
