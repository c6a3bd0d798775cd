"""Transforms that change each level by itself: a look-up table."""

import numpy as np
from numpy.typing import NDArray

from core.augment.transform import Floats, Parameter, Stage, Transform, between

LEVELS = np.arange(256, dtype=np.float32)


def _brightness_tables(brightness: Floats) -> NDArray[np.uint8]:
    """Levels times the factor, cut off at 255; rounded down, as Pillow's ImageEnhance (which Keras uses) does."""
    tables: NDArray[np.uint8] = np.clip(brightness.astype(np.float32)[:, None] * LEVELS, 0, 255).astype(np.uint8)
    return tables


BRIGHTNESS = Transform(
    key="brightness",
    label="Brightness",
    explanation="Photos are taken by daylight and by lamplight; the garment stays the same.",
    harm="Very dark or bright photos lose folds and seams, and with them the answer.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "brightness_range",
            "Brightness between",
            0.1,
            2.0,
            default=(0.8, 1.2),
            neutral=(1.0, 1.0),
            step=0.05,
            unit="×",
            help="Levels are multiplied by a random factor from this range; 1 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, brightness_range: {"brightness": between(u[:, 0], *brightness_range)},
    table=_brightness_tables,
    caption=lambda brightness: f"{brightness:.2f} ×",
)
