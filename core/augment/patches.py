"""Transforms that hide a part of the photo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.augment.chance import noise_numbers
from core.augment.transform import (
    MEAN,
    NOISE,
    Equivalent,
    Floats,
    KerasEquivalent,
    Parameter,
    Stage,
    Transform,
    Values,
    between,
    in_range,
)

FILLS = {"black": 0, "grey": 128, "white": 255, "mean": MEAN, "noise": NOISE}
FILL_HELP = "black, grey, white · mean: the photo's mean colour · noise: a random colour for each pixel."
MOST_PATCHES = 8


def _patch_draws(u: Floats, patch_size: float, patch_smallest: float, patch_count: float, patch_fill: str) -> Values:
    """Each patch uses three of the uniform numbers (left, top, size); the last number is for the noise."""
    count = round(patch_count)
    rows = u[:, :-1].reshape(len(u), MOST_PATCHES, 3)[:, :count]
    sides = patch_size * between(rows[:, :, 2], patch_smallest, 1)
    values = {"left": rows[:, :, 0], "top": rows[:, :, 1], "side": sides}
    if count == 1:
        values = {name: column[:, 0] for name, column in values.items()}
    return {**values, **_fill_values(u, patch_fill)}


def _fill_values(u: Floats, fill: str) -> Values:
    return {"fill": np.full(len(u), float(FILLS[fill])), "number": noise_numbers(u[:, -1])}


def _squares(
    height: int, width: int, left: Floats, top: Floats, side: Floats, fill: Floats | int = 0, number: Floats | int = 0
) -> NDArray[np.int64]:
    """Boxes from positions in [0, 1) of the room that a patch leaves; `side` is a share of the shorter side."""
    left, top, side = (np.atleast_2d(values.T).T for values in (left, top, side))
    pixels = np.rint(side * min(height, width))
    x = np.floor(left * (width - pixels + 1))
    y = np.floor(top * (height - pixels + 1))
    return _boxes(x, y, x + pixels, y + pixels, fill, number, np.arange(left.shape[1]))


def _boxes(
    left: Floats, top: Floats, right: Floats, bottom: Floats, fill: Floats | int, number: Floats | int, places: Any
) -> NDArray[np.int64]:
    """Boxes (photos, patches, 6). `places`, the patches' numbers within their photo, give each its own noise."""
    kind = np.broadcast_to(np.reshape(fill, (-1, 1)), left.shape)
    own = np.reshape(np.asarray(number, np.float64), (-1, 1)) + places
    columns = (left, top, right, bottom, kind, np.broadcast_to(own, left.shape))
    return np.stack(columns, axis=-1).astype(np.int64)


def _patch_words(left: Any, top: Any, side: Any, fill: float = 0, number: float = 0) -> str:
    if np.ndim(side):
        return f"{len(side)} of {min(side):.0%}–{max(side):.0%}"
    return f"{side:.0%} at {left:.0%}, {top:.0%}"


def _grid(
    height: int, width: int, distance: Floats, cover: Floats, x: Floats, y: Floats, fill: Floats, number: Floats
) -> NDArray[np.int64]:
    """Squares with sides of `cover` × `distance`, starting outside the photo's corner.

    There are as many as the finest grid of the batch needs. They are counted as if each photo were alone, so that
    their noise doesn't depend on the other photos.
    """
    step = np.maximum(np.rint(distance * min(height, width)), 1)[:, None]
    side = np.rint(cover[:, None] * step)
    least = step.min(initial=max(height, width))
    columns, rows = (int(length // least) + 2 for length in (width, height))
    left = (np.arange(columns) - 1) * step + np.floor(x[:, None] * step)
    top = (np.arange(rows) - 1) * step + np.floor(y[:, None] * step)
    lefts, tops = np.tile(left, rows), np.repeat(top, columns, axis=1)
    places = np.tile(np.arange(columns), rows) + np.repeat(np.arange(rows), columns) * (width // step + 2)
    rights: Floats = np.clip(lefts + side, 0, width)
    bottoms: Floats = np.clip(tops + side, 0, height)
    return _boxes(np.clip(lefts, 0, width), np.clip(tops, 0, height), rights, bottoms, fill, number, places)


def _erasing(
    probability: float, patch_size: float, patch_smallest: float, patch_count: float, patch_fill: str
) -> str | None:
    """None for a fill that Keras lacks. Its scale is a share of the area, drawn separately for width and height."""
    fill = FILLS[patch_fill]
    if fill < 0:
        return None
    low, high = round((patch_size * patch_smallest) ** 2, 6), round(patch_size**2, 6)
    return f"layers.RandomErasing(({probability}, {probability}), scale=({low}, {high}), fill_value={fill})"


def _random_erasing(
    probability: float, patch_size: float, patch_smallest: float, patch_count: float, patch_fill: str
) -> str | None:
    """torchvision's patches, one transform for each; None for no patch and for a fill that it lacks."""
    fill = FILLS[patch_fill]
    if fill < 0 or not patch_size:
        return None
    scale = in_range((patch_size * patch_smallest) ** 2, patch_size**2)
    one = f"v2.RandomErasing(1.0, scale={scale}, ratio=(1.0, 1.0), value={fill})"
    return one if round(patch_count) == 1 else f"v2.Compose([{one}] * {round(patch_count)})"


def _albumentations_fill(fill: str) -> str | None:
    """Its name or number for the fill; None if it lacks it."""
    return {MEAN: None, NOISE: '"random"'}.get(FILLS[fill], str(FILLS[fill]))


def _coarse_dropout(
    probability: float, patch_size: float, patch_smallest: float, patch_count: float, patch_fill: str
) -> str | None:
    """Albumentations' patches; None for no patch and for a fill that it lacks."""
    fill = _albumentations_fill(patch_fill)
    if fill is None or not patch_size:
        return None
    sides, count = in_range(patch_size * patch_smallest, patch_size), round(patch_count)
    return f"A.CoarseDropout(({count}, {count}), {sides}, {sides}, fill={fill}, p={probability:g})"


def _grid_dropout(
    probability: float, grid_distance: tuple[float, float], grid_cover: float, grid_fill: str
) -> str | None:
    fill = _albumentations_fill(grid_fill)
    if fill is None or not grid_cover:
        return None
    low, high = (f"round({value:.6g} * SIZE)" for value in grid_distance)
    return f"A.GridDropout({grid_cover:.6g}, unit_size_range=({low}, {high} + 1), fill={fill}, p={probability:g})"


BLACK_PATCH = Transform(
    key="black_patch",
    label="Black patch",
    explanation="Hides a part of the photo, so the model learns the whole shape and not one logo "
    "(Random Erasing, Zhong et al. 2020; Cutout, DeVries & Taylor 2017).",
    harm="A patch as large as the garment hides the answer itself.",
    stage=Stage.PATCH,
    parameters=(
        Parameter(
            "patch_size",
            "Patch size",
            0,
            0.8,
            default=0.25,
            neutral=0,
            step=0.01,
            unit="of the shorter side",
            help="The patch is a square at a random position.",
        ),
        Parameter(
            "patch_smallest",
            "Smallest patch",
            0.1,
            1.0,
            default=1.0,
            neutral=1.0,
            step=0.05,
            unit="of the patch size",
            help="At 1 all patches have the full size. Below 1, each gets a random size from this share upwards.",
        ),
        Parameter(
            "patch_count",
            "Number of patches",
            1,
            MOST_PATCHES,
            default=1,
            neutral=1,
            help="Patches on each photo; they may overlap.",
        ),
        Parameter("patch_fill", "Fill", 0, 0, default="black", neutral="black", choices=tuple(FILLS), help=FILL_HELP),
    ),
    uniforms=3 * MOST_PATCHES + 1,
    draw=_patch_draws,
    patch=_squares,
    caption=_patch_words,
    source="Random Erasing (Zhong et al. 2020, arXiv:1708.04896); Cutout (DeVries & Taylor 2017, arXiv:1708.04552)",
    competes=False,
    sweep=(1, 1, *[0] * (3 * MOST_PATCHES - 1)),
    keras=KerasEquivalent(
        layer=_erasing,
        layer_differs="It adds one patch and draws its width and height separately.",
        layer_chance=True,
    ),
    torchvision=Equivalent(
        code=_random_erasing,
        differs="It draws the area of a patch evenly; ours draws the side, which gives smaller ones.",
    ),
    albumentations=Equivalent(
        code=_coarse_dropout,
        differs="It draws the width and height of a patch separately, and rounds them down.",
        chance=True,
    ),
)

GRID = Transform(
    key="grid",
    label="Grid of patches",
    explanation="Hides small parts everywhere, so the model can't rely on a single detail (GridMask).",
    harm="With more than half of the photo hidden, little is left to learn from.",
    stage=Stage.PATCH,
    parameters=(
        Parameter(
            "grid_distance",
            "Distance between patches",
            0.1,
            0.6,
            default=(0.2, 0.4),
            neutral=(0.2, 0.4),
            step=0.05,
            unit="of the shorter side",
            help="From one patch's corner to the next one's. Drawn at random, like the grid's starting point.",
        ),
        Parameter(
            "grid_cover",
            "Size of each patch",
            0,
            0.9,
            default=0.4,
            neutral=0,
            step=0.05,
            unit="of the distance",
            help="0.4 hides 16% of the photo, 0.5 a quarter; 0 hides nothing.",
        ),
        Parameter(
            "grid_fill", "Grid fill", 0, 0, default="black", neutral="black", choices=tuple(FILLS), help=FILL_HELP
        ),
    ),
    uniforms=4,
    draw=lambda u, grid_distance, grid_cover, grid_fill: {
        "distance": between(u[:, 0], *grid_distance),
        "cover": np.full(len(u), float(grid_cover)),
        "x": u[:, 1],
        "y": u[:, 2],
        **_fill_values(u, grid_fill),
    },
    patch=_grid,
    caption=lambda distance, cover, x, y, fill, number: f"every {distance:.0%}",
    source="GridMask (Chen et al. 2020, arXiv:2001.04086), without its rotation",
    competes=False,
    sweep=(1, 0, 0, 0),
    albumentations=Equivalent(
        code=_grid_dropout,
        differs="It divides the photo into equal cells, and puts each patch at its own place in its cell.",
        chance=True,
    ),
)
