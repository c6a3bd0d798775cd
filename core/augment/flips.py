"""Transforms that swap sides."""

import numpy as np

from core.augment.geometry import KERAS, scales
from core.augment.transform import Equivalent, KerasEquivalent, Stage, Transform

HORIZONTAL_FLIP = Transform(
    key="horizontal_flip",
    label="Horizontal flip",
    explanation="Mirrors the photo: a shoe is a shoe whichever way it points.",
    harm="Hurts only where left and right matter, as in written text.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: scales(height, width, -flip, flip),
    caption=lambda flip: "⇄",
    source=KERAS,
    competes=False,
    keras=KerasEquivalent(
        generator=lambda probability: {"horizontal_flip": probability > 0},
        layer=lambda probability: 'layers.RandomFlip("horizontal")',
    ),
    torchvision=Equivalent(code=lambda probability: f"v2.RandomHorizontalFlip(p={probability:g})", chance=True),
    albumentations=Equivalent(code=lambda probability: f"A.HorizontalFlip(p={probability:g})", chance=True),
)

VERTICAL_FLIP = Transform(
    key="vertical_flip",
    label="Vertical flip",
    explanation="Turns the photo upside down: a shoe is still a shoe.",
    harm="A 6 upside down is a 9, and nobody photographs a hanging shirt upside down.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: scales(height, width, flip, -flip),
    caption=lambda flip: "⇅",
    source=KERAS,
    competes=False,
    keras=KerasEquivalent(
        generator=lambda probability: {"vertical_flip": probability > 0},
        layer=lambda probability: 'layers.RandomFlip("vertical")',
    ),
    torchvision=Equivalent(code=lambda probability: f"v2.RandomVerticalFlip(p={probability:g})", chance=True),
    albumentations=Equivalent(code=lambda probability: f"A.VerticalFlip(p={probability:g})", chance=True),
)
