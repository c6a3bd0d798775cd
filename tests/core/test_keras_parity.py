"""Our pixels against those of Keras' ImageDataGenerator, given the same drawn values.

On squares, as in Keras' own generators (for other shapes, its centre has height and width swapped). Its `tx` moves
along x, whichever of its two ranges it comes from; ours is the width shift.

Measured with OpenCV 5.0 and SciPy 1.17, on drawn pictures and real photos of 96 to 299 px: geometry differs by at most
0.5 levels, on average by 0.25 (Keras keeps fractions, we round). With a brightness of 1.25 after it, it differs by at
most 2, on average by 0.6 (Keras then drops the fractions). Flips and brightness don't differ. The bounds below
leave room for an OpenCV that puts positions on a grid of 1/32 pixel, as version 4 did.

Beyond the picture's edge, SciPy has two versions of two fill modes. Its `wrap` lets first and last pixel coincide, so
each repetition lies one pixel closer than ours. Its `constant` does not blend the outermost pixels with the constant.
With Keras' own modes we therefore skip pixels from beyond the outermost pixel centres (for `constant`, only those from
within one pixel of them); with SciPy's `grid-` versions we skip nothing.
"""

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core import photos
from core.augment import engine, recipe
from core.augment.catalogue import TRANSFORMS
from tests.conftest import Pixels, picture

pytest.importorskip("scipy")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning"),  # Keras' own import
]

Settings = dict[str, tuple[float, ...]]
Keras = Callable[[Pixels, Settings, str], NDArray[np.float32]]

CVAL = 99.0
NAMES = {  # what each transform's draw calls its values
    "rotation": ("theta",),
    "width_shift": ("tx",),
    "height_shift": ("ty",),
    "shear": ("shear",),
    "zoom": ("zx", "zy"),
    "horizontal_flip": ("flip",),
    "vertical_flip": ("flip",),
    "channel_shift": ("shift",),
    "brightness": ("brightness",),
}
CASES: dict[str, Settings] = {
    "rotation": {"rotation": (17.3,)},
    "far rotation": {"rotation": (-141.0,)},
    "width shift": {"width_shift": (0.113,)},
    "height shift": {"height_shift": (-0.27,)},
    "shear": {"shear": (9.1,)},
    "strong shear": {"shear": (-50.0,)},
    "zoom in": {"zoom": (0.63, 0.8)},
    "zoom out": {"zoom": (1.3, 1.7)},
    "horizontal flip": {"horizontal_flip": (1,)},
    "vertical flip": {"vertical_flip": (1,)},
    "brighter": {"brightness": (1.31,)},
    "darker": {"brightness": (0.37,)},
    "the course": {"shear": (-7.0,), "zoom": (1.07, 0.93), "horizontal_flip": (1,)},
    "geometry": {
        "rotation": (-31.0,),
        "width_shift": (0.08,),
        "height_shift": (-0.12,),
        "shear": (8.0,),
        "zoom": (1.2, 0.9),
        "horizontal_flip": (1,),
        "vertical_flip": (1,),
    },
    "lighter by whole levels": {"channel_shift": (60.0,)},
    "darker by a fraction": {"channel_shift": (-41.3,)},
    "turned and shifted": {"rotation": (12.0,), "channel_shift": (-50.0,), "horizontal_flip": (1,)},
    "everything": {
        "rotation": (20.0,),
        "width_shift": (-0.1,),
        "height_shift": (0.05,),
        "shear": (-12.0,),
        "zoom": (0.85, 1.1),
        "vertical_flip": (1,),
        "brightness": (1.25,),
    },
}
EXACT = {"horizontal flip", "vertical flip", "brighter", "darker", "lighter by whole levels"}
SIZES = (96, 150, 299)


@pytest.fixture(scope="module")
def keras() -> Keras:
    """The generator's `apply_transform`, with the values under its own names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from keras.src.legacy.preprocessing.image import ImageDataGenerator

    def transformed(photo: Pixels, settings: Settings, fill_mode: str) -> NDArray[np.float32]:
        side = photo.shape[0]
        zx, zy = settings.get("zoom", (1, 1))
        values: dict[str, Any] = {
            "theta": settings.get("rotation", (0,))[0],
            "tx": settings.get("width_shift", (0,))[0] * side,
            "ty": settings.get("height_shift", (0,))[0] * side,
            "shear": settings.get("shear", (0,))[0],
            "zx": zx,
            "zy": zy,
            "flip_horizontal": "horizontal_flip" in settings,
            "flip_vertical": "vertical_flip" in settings,
            "channel_shift_intensity": settings.get("channel_shift", (None,))[0],
            "brightness": settings.get("brightness", (None,))[0],
        }
        generator = ImageDataGenerator(fill_mode=fill_mode, cval=CVAL, data_format="channels_last")
        changed: NDArray[np.float32] = generator.apply_transform(photo.astype(np.float32), values)
        return changed

    return transformed


def plan(settings: Settings, fill_mode: str, side: int) -> engine.Plan:
    """The engine's plan for the values, with the steps in the registry's order."""
    steps = [recipe.step(key, 1.0) for key in TRANSFORMS if key in settings]
    values = [
        {name: np.array([float(value)]) for name, value in zip(NAMES[key], settings[key], strict=True)}
        for key in (step.transform.key for step in steps)
    ]
    draws = [engine.Draw(step, np.array([True]), value) for step, value in zip(steps, values, strict=True)]
    return engine.fuse((*steps, recipe.step("border", fill_mode=fill_mode, cval=CVAL)), draws, side, side)


def ours(photo: Pixels, settings: Settings, fill_mode: str) -> Pixels:
    return engine.apply(photo[None], plan(settings, fill_mode, photo.shape[0]))[0]


def beyond(settings: Settings, side: int) -> NDArray[np.float64]:
    """How many pixels beyond the outermost pixel centres each pixel comes from; negative inside."""
    matrices = plan(settings, "nearest", side).matrices
    matrix = np.eye(3)[:2] if matrices is None else matrices[0]
    y, x = np.mgrid[0:side, 0:side]
    places = np.einsum("ij,jyx->iyx", matrix, np.stack([x, y, np.ones_like(x)]))
    distances: NDArray[np.float64] = np.maximum(-places, places - (side - 1)).max(axis=0)
    return distances


def compare(
    photo: Pixels, case: str, expected: NDArray[np.float32], result: Pixels, where: Any = ..., most: float = 1.0
) -> None:
    """At most half a level on average and `most` anywhere; one level more after brightness, which drops fractions."""
    difference = np.abs(result.astype(float) - expected)[where]
    assert difference.size > 0.2 * photo.size  # enough is left to compare
    if case in EXACT:
        assert difference.max() == 0
        return
    is_bright = "brightness" in CASES[case]
    assert difference.mean() <= (0.75 if is_bright else 0.5)
    assert difference.max() <= (1.25 * most + 1 if is_bright else most)
    assert np.abs(photo.astype(float) - expected).mean() > 2  # the values did change the photo


def test_the_same_pixels(subtests: pytest.Subtests, keras: Keras) -> None:
    for size, fill_mode, case in itertools.product(SIZES, ["nearest", "reflect"], CASES):
        with subtests.test(size=size, fill_mode=fill_mode, case=case):
            photo, settings = picture(size, size), CASES[case]
            compare(photo, case, keras(photo, settings, fill_mode), ours(photo, settings, fill_mode))


def test_wrap(subtests: pytest.Subtests, keras: Keras) -> None:
    for size, case in itertools.product(SIZES, CASES):
        with subtests.test(size=size, case=case):
            photo, settings = picture(size, size), CASES[case]
            result = ours(photo, settings, "wrap")
            compare(photo, case, keras(photo, settings, "wrap"), result, beyond(settings, size) < -1e-6)
            compare(photo, case, keras(photo, settings, "grid-wrap"), result, most=8.0)  # across the seam levels leap


def test_constant(subtests: pytest.Subtests, keras: Keras) -> None:
    for size, case in itertools.product(SIZES, CASES):
        with subtests.test(size=size, case=case):
            photo, settings = picture(size, size), CASES[case]
            result, distance = ours(photo, settings, "constant"), beyond(settings, size)
            apart = (distance < -1e-6) | (distance > 1 + 1e-6)
            assert apart.mean() > 0.93
            compare(photo, case, keras(photo, settings, "constant"), result, apart)
            compare(photo, case, keras(photo, settings, "grid-constant"), result, most=8.0)


def test_real_photos(subtests: pytest.Subtests, keras: Keras, shared: Path) -> None:
    for size, case in itertools.product(SIZES, CASES):
        with subtests.test(size=size, case=case):
            label = ("dress", "hat", "shoes")[SIZES.index(size)]
            path = min((shared / "clothing-dataset-small" / "test" / label).glob("*.jpg"))
            photo, settings = photos.square(path.read_bytes(), size), CASES[case]
            for fill_mode in ("nearest", "reflect"):
                compare(photo, case, keras(photo, settings, fill_mode), ours(photo, settings, fill_mode), most=8.0)


def test_the_comparison_sees_a_shift_of_a_tenth_of_a_pixel(keras: Keras) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    settings = {"width_shift": (0.1 / 96,)}
    assert np.abs(keras(photo, settings, "nearest") - ours(photo, settings, "nearest")).max() <= 8
    assert np.abs(keras(photo, settings, "nearest") - photo).mean() > 5
