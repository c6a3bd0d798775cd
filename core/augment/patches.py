"""Transforms that hide a part of the photo."""

import numpy as np
from numpy.typing import NDArray

from core.augment.transform import Floats, Parameter, Stage, Transform


def _squares(height: int, width: int, left: Floats, top: Floats, side: Floats) -> NDArray[np.intp]:
    """(photos, 5) of positions in [0, 1) within the room that a patch of `side` (of the shorter side) leaves."""
    pixels = np.rint(side * min(height, width))
    x = np.floor(left * (width - pixels + 1))
    y = np.floor(top * (height - pixels + 1))
    return np.stack([x, y, x + pixels, y + pixels, np.zeros_like(x)], axis=-1).astype(np.intp)


BLACK_PATCH = Transform(
    key="black_patch",
    label="Black patch",
    explanation="Hides a part, so that the model learns the whole shape and not one logo "
    "(Random Erasing, Zhong et al. 2020; Cutout, DeVries & Taylor 2017).",
    harm="A patch as large as the garment hides the answer itself.",
    stage=Stage.PATCH,
    parameters=(
        Parameter(
            "patch_size",
            "Side of the patch",
            0,
            0.8,
            default=0.25,
            neutral=0,
            step=0.01,
            unit="of the shorter side",
            help="The patch is a square; where it lies is drawn at random.",
        ),
    ),
    uniforms=2,
    draw=lambda u, patch_size: {"left": u[:, 0], "top": u[:, 1], "side": np.full(len(u), float(patch_size))},
    patch=_squares,
    caption=lambda left, top, side: f"{side:.0%} at {left:.0%}, {top:.0%}",
)
