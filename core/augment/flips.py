"""Transforms that swap sides."""

import numpy as np

from core.augment.geometry import KERAS, scales
from core.augment.transform import InKeras, Stage, Transform

HORIZONTAL_FLIP = Transform(
    key="horizontal_flip",
    label="Horizontal flip",
    explanation="Left and right swapped: a shoe pointing left is as much a shoe as one pointing right.",
    harm="Harmful only where left and right mean something, as in written text.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: scales(height, width, -flip, flip),
    caption=lambda flip: "⇄",
    source=KERAS,
    keras=InKeras(
        generator=lambda probability: {"horizontal_flip": probability > 0},
        layer=lambda probability: 'layers.RandomFlip("horizontal")',
    ),
)

VERTICAL_FLIP = Transform(
    key="vertical_flip",
    label="Vertical flip",
    explanation="Upside down: a shoe upside down is still a shoe.",
    harm="A 6 upside down is a 9; and photos that people take of clothes they hang up are never upside down.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: scales(height, width, flip, -flip),
    caption=lambda flip: "⇅",
    source=KERAS,
    keras=InKeras(
        generator=lambda probability: {"vertical_flip": probability > 0},
        layer=lambda probability: 'layers.RandomFlip("vertical")',
    ),
)
