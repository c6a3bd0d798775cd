"""Transforms that move the photo.

A bug of Keras' ImageDataGenerator is not repeated: its `height_shift_range` moves a photo sideways and its
`width_shift_range` up and down (the axes are swapped on the way to SciPy). Here width means sideways.
"""

import numpy as np

from core.augment.geometry import FILL, KERAS, sign
from core.augment.transform import Equivalent, Floats, KerasEquivalent, Parameter, Stage, Transform, in_range, symmetric

WHOLE_PIXELS = "It moves by whole pixels."
SWAPPED = "Keras' generator swaps its two shifts: to move a photo {}, set {}."


def _shifts(x: Floats, y: Floats) -> Floats:
    matrices = np.tile(np.eye(3), (len(x), 1, 1))
    matrices[:, 0, 2], matrices[:, 1, 2] = x, y
    return matrices


WIDTH_SHIFT = Transform(
    key="width_shift",
    label="Horizontal shift",
    explanation="The garment is not always in the middle: this moves it left or right.",
    harm="A large shift cuts off the part that tells a skirt from a dress.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "width_shift_range",
            "Largest shift",
            0,
            0.5,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="of width",
            help="Each photo moves left or right by a random amount up to this fraction of its width.",
        ),
    ),
    uniforms=1,
    draw=lambda u, width_shift_range: {"tx": symmetric(u[:, 0], width_shift_range)},  # fraction of the width
    matrix=lambda height, width, tx: _shifts(tx * width, np.zeros_like(tx)),
    caption=lambda tx: f"{abs(tx):.0%}{sign(tx, ' ←', ' →')}",  # the matrix says where a pixel comes from
    source=KERAS,
    keras=KerasEquivalent(
        generator=lambda probability, width_shift_range: {"height_shift_range": width_shift_range},
        generator_differs=SWAPPED.format("sideways", "height_shift_range"),
        layer=lambda probability, width_shift_range: f"layers.RandomTranslation(0.0, {width_shift_range}, {FILL})",
    ),
    torchvision=Equivalent(affine=lambda width_shift_range: {"x": f"{width_shift_range:.6g}"}, differs=WHOLE_PIXELS),
    albumentations=Equivalent(
        affine=lambda width_shift_range: {"x": in_range(-width_shift_range, width_shift_range)}, differs=WHOLE_PIXELS
    ),
)

HEIGHT_SHIFT = Transform(
    key="height_shift",
    label="Vertical shift",
    explanation="The camera points a little too high or too low: this moves the garment up or down.",
    harm="A large shift cuts off hems and collars, which tell some classes apart.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "height_shift_range",
            "Largest shift",
            0,
            0.5,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="of height",
            help="Each photo moves up or down by a random amount up to this fraction of its height.",
        ),
    ),
    uniforms=1,
    draw=lambda u, height_shift_range: {"ty": symmetric(u[:, 0], height_shift_range)},  # fraction of the height
    matrix=lambda height, width, ty: _shifts(np.zeros_like(ty), ty * height),
    caption=lambda ty: f"{abs(ty):.0%}{sign(ty, ' ↑', ' ↓')}",
    source=KERAS,
    keras=KerasEquivalent(
        generator=lambda probability, height_shift_range: {"width_shift_range": height_shift_range},
        generator_differs=SWAPPED.format("up and down", "width_shift_range"),
        layer=lambda probability, height_shift_range: f"layers.RandomTranslation({height_shift_range}, 0.0, {FILL})",
    ),
    torchvision=Equivalent(affine=lambda height_shift_range: {"y": f"{height_shift_range:.6g}"}, differs=WHOLE_PIXELS),
    albumentations=Equivalent(
        affine=lambda height_shift_range: {"y": in_range(-height_shift_range, height_shift_range)},
        differs=WHOLE_PIXELS,
    ),
)
