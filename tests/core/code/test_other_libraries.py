"""The code for torchvision and Albumentations is executed, and what it does to photos is compared with the engine.

Measured with Albumentations 2.0.8 and torchvision 0.29.1, on OpenCV 5.0. torchvision is large and not among the
requirements: its tests run where it is installed.
"""

import colorsys
import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.augment import engine, recipe
from core.augment.border import FILL_MODES
from core.augment.catalogue import TRANSFORMS
from core.augment.code import albumentations, torchvision
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from tests.conftest import Pixels, picture
from tests.core.code.random_recipes import random_recipe

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # otherwise it asks its server for updates at import

SIDE = 64
DRAWS = 600
SOURCES = {"albumentations": albumentations.source, "torchvision": torchvision.source}
EVERYTHING = tuple(recipe.step(key) for key in TRANSFORMS)
# v2.JPEG, as the code says
pytestmark = pytest.mark.filterwarnings("ignore:The image decoding and encoding:DeprecationWarning")
Augment = Callable[[Pixels], Pixels]


def run(library: str, steps: Recipe, side: int = SIDE) -> Augment:
    """The library's pipeline for the recipe, seeded. Skips the test where the library is not installed."""
    pytest.importorskip(library, reason=f"{library} is not installed")
    names: dict[str, Any] = {}
    exec(compile(SOURCES[library](steps, side), library, "exec"), names)  # our own code
    augmentation = names["augmentation"]
    if library == "albumentations":
        augmentation.set_random_seed(0)
        return lambda photo: augmentation(image=photo)["image"]
    import torch

    torch.manual_seed(0)
    return lambda photo: augmentation(torch.tensor(photo.transpose(2, 0, 1))).numpy().transpose(1, 2, 0)


@pytest.fixture(params=SOURCES)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def grainy(side: int, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).integers(-30, 31, (side, side, 3))
    return np.clip(picture(side, side, seed) + noise, 0, 255).astype(np.uint8)


def single(key: str, value: float | None) -> Recipe:
    """The transform, always and with this value only (its first setting is a range)."""
    first = {} if value is None else {TRANSFORMS[key].parameters[0].name: (value, value)}
    return (recipe.step(key, 1.0, **first),)


@pytest.mark.parametrize("library_name", SOURCES)
def test_every_step_is_in_the_code_or_in_a_comment(library_name: str) -> None:
    write = SOURCES[library_name]
    nothing = write((), SIDE)
    for step in EVERYTHING:
        for probability in (1.0, 0.25, 0.0):
            text = write((recipe.step(step.transform.key, probability),), SIDE)
            compile(text, "exported", "exec")
            assert max(map(len, text.splitlines())) <= 120
            assert text != nothing or not step.transform.draws
            if step.transform.draws and probability == 0:
                assert f"{step.transform.label}: left out because its probability is 0." in text
    assert "AGPL" in albumentations.source((), SIDE)


def test_only_what_a_library_lacks_is_left_out() -> None:
    for write, left_out in ((albumentations.source, ["mixup, cutmix"]), (torchvision.source, ["grid of patches"])):
        lines = [line for line in write(EVERYTHING, SIDE).splitlines() if "Left out" in line]
        assert [line.split(": ")[1].rstrip(".") for line in lines] == left_out
    lacking = (
        recipe.step("solarise", solarise_threshold=(0, 256)),
        recipe.step("black_patch", patch_fill="mean"),
        recipe.step("grid", grid_fill="mean"),
    )
    for write in SOURCES.values():
        remark = " ".join(write(lacking, SIDE).replace("#", "").split())
        assert "with these settings: solarise, black patch, grid of patches." in remark


FIXED = [
    *((key, None, 0) for key in ("horizontal_flip", "vertical_flip", "inversion")),
    ("greyscale", None, 1),
    *(("brightness", value, 0) for value in (0.5, 0.83, 1.37, 2)),
    *(("contrast", value, 1) for value in (0.4, 1.7)),
    *(("gamma", value, 1) for value in (0.5, 1.8)),
    *(("saturation", value, 2) for value in (0, 0.4, 2.2)),
    *(("posterise", value, 0) for value in (1, 3, 7)),
    *(("solarise", value, 0) for value in (0, 100, 200.5, 255)),
    *(("sharpen", value, 2) for value in (0, 0.5, 2.5)),
    *(("blur", value, 2) for value in (0, 0.5, 2.5)),
]


@pytest.mark.parametrize(("key", "value", "most"), FIXED)
def test_with_one_value_the_pixels_are_ours(library: str, key: str, value: float | None, most: int) -> None:
    """`most` is the largest difference in levels. Blur and sharpening are compared away from the edges."""
    steps = single(key, value)
    augment = run(library, steps)
    inside = slice(6, -6) if key in ("blur", "sharpen") else slice(None)
    for seed in range(3):
        photo = grainy(SIDE, seed)
        ours = engine.augment(photo[None], 1, 0, steps, 0)[0].astype(int)
        assert np.abs(augment(photo) - ours)[inside, inside].max() <= most


@pytest.mark.parametrize("quality", [10, 60, 95])
def test_with_one_quality_the_jpeg_is_ours(library: str, quality: int) -> None:
    steps = single("jpeg", quality)
    photo = grainy(SIDE, 1)
    swapped = library == "albumentations"  # it takes RGB for BGR, as the code says
    ours = engine.augment((photo[..., ::-1] if swapped else photo)[None].copy(), 1, 0, steps, 0)[0]
    np.testing.assert_array_equal(run(library, steps)(photo), ours[..., ::-1] if swapped else ours)
    assert ("takes RGB for BGR" in SOURCES[library](steps, SIDE)) == swapped


def statistics(photo: Pixels, before: Pixels) -> list[float]:
    """What a change of levels or of fine detail shows in: means, spread, colour, detail, the share of black."""
    levels = photo.astype(float)
    red, green, blue = levels.mean(axis=(0, 1))
    detail = np.abs(np.diff(levels[6:-6, 6:-6], axis=1)).mean()
    return [
        red, green, blue, levels.std(), levels.max(axis=2).mean() - levels.min(axis=2).mean(), detail,
        np.abs(levels - before).mean(), 100 * float((photo == 0).all(axis=2).mean()),
    ]  # fmt: skip


def distances(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each column, the largest gap between the quantiles, beyond one level, as a share of the spread of ours."""
    quantiles = (10, 25, 50, 75, 90)
    gaps = np.abs(np.percentile(theirs, quantiles, axis=0) - np.percentile(ours, quantiles, axis=0)).max(axis=0)
    low, high = np.percentile(ours, (2, 98), axis=0)
    result: NDArray[np.float64] = np.maximum(gaps - 1, 0) / np.maximum(high - low, 1)
    return result


ALL, MEANS = slice(None), slice(0, 3)  # which statistics should agree
DISTRIBUTIONS: list[tuple[str, dict[str, Any], slice, float]] = [
    ("brightness", {"brightness_range": (0.4, 1.3)}, ALL, 0.15),
    ("contrast", {"contrast_range": (0.3, 1.6)}, ALL, 0.15),
    ("gamma", {"gamma_range": (0.5, 2.5)}, ALL, 0.15),
    ("saturation", {"saturation_range": (0.2, 2.5)}, ALL, 0.15),
    ("solarise", {"solarise_threshold": (40, 220)}, ALL, 0.15),
    ("posterise", {"posterise_bits": (1, 6)}, ALL, 0.15),
    ("noise", {"noise_range": (5, 35)}, ALL, 0.15),
    ("blur", {"blur_range": (0.2, 2.5)}, ALL, 0.15),
    ("sharpen", {"sharpen_range": (0.2, 3.0)}, ALL, 0.15),
    ("jpeg", {"jpeg_quality": (10, 90)}, ALL, 0.15),
    ("channel_shift", {"channel_shift_range": 60}, MEANS, 0.2),  # Albumentations goes beyond the photo's own levels
    ("black_patch", {"patch_size": 0.4}, MEANS, 0.15),
    ("black_patch", {"patch_size": 0.3, "patch_count": 3}, ALL, 0.15),
    ("black_patch", {"patch_size": 0.5, "patch_smallest": 0.3}, ALL, 0.3),  # another way to draw its size
    ("grid", {"grid_distance": (0.2, 0.5), "grid_cover": 0.5}, ALL, 0.4),  # other cells
]


@pytest.mark.parametrize(("key", "settings", "which", "most"), DISTRIBUTIONS)
def test_levels_and_patches_are_spread_as_ours(
    library: str, key: str, settings: dict[str, Any], which: slice, most: float
) -> None:
    if library == "torchvision" and key == "grid":
        pytest.skip("torchvision has no grid of patches")
    steps = (recipe.step(key, 1.0, **settings),)
    augment = run(library, steps)
    photo = grainy(SIDE, 2) // 2 + 40
    theirs = np.array([statistics(augment(photo), photo) for _ in range(DRAWS)])
    views = engine.augment(np.repeat(photo[None], DRAWS, axis=0), 1, np.arange(DRAWS), steps, 0)
    ours = np.array([statistics(view, photo) for view in views])
    assert distances(theirs, ours)[which].max() <= most


def test_the_hue_turns_by_as_many_degrees(library: str) -> None:
    colour = np.full((SIDE, SIDE, 3), (200, 60, 60), np.uint8)  # red: its hue is 0°
    augment = run(library, (recipe.step("hue", hue_range=60),))
    hues = np.array([colorsys.rgb_to_hsv(*augment(colour)[0, 0] / 255)[0] * 360 for _ in range(DRAWS)])
    hues[hues > 180] -= 360
    assert np.abs(np.percentile(hues, (0, 10, 50, 90, 100)) - (-60, -48, 0, 48, 60)).max() < 6


@pytest.mark.parametrize("probability", [0.2, 0.7])
@pytest.mark.parametrize("key", ["horizontal_flip", "inversion", "gamma", "rotation", "black_patch", "perspective"])
def test_a_step_happens_with_its_probability(library: str, key: str, probability: float) -> None:
    augment = run(library, (recipe.step(key, probability),), 24)
    photo = grainy(24, 3)
    changed = sum(not np.array_equal(augment(photo), photo) for _ in range(DRAWS))
    assert abs(changed / DRAWS - probability) < 0.07  # 3.7 standard deviations


# Geometry: a photo whose red and green levels say where each pixel comes from

PLACES = (SIDE // 2, SIDE // 4, 3 * SIDE // 4)


def map_of_places() -> Pixels:
    ramp = np.rint(np.linspace(0, 255, SIDE)).astype(np.uint8)
    return np.stack([np.tile(ramp, (SIDE, 1)), np.tile(ramp[:, None], (1, SIDE)), np.zeros((SIDE, SIDE), np.uint8)], -1)


def origins(photo: Pixels) -> NDArray[np.float64]:
    """Where the middle pixel and four around it come from: x and y of each, in pixels."""
    middle, low, high = PLACES
    at = ((middle, middle), (low, low), (low, high), (high, low), (high, high))
    return np.array([photo[y, x, :2] for y, x in at], np.float64).ravel() / 255 * (SIDE - 1)


MOVES: dict[str, tuple[Recipe, float]] = {  # the largest difference between quantiles, in pixels of 64
    "rotation": ((recipe.step("rotation", rotation_range=40),), 2.0),
    "width shift": ((recipe.step("width_shift", width_shift_range=0.2),), 2.0),
    "height shift": ((recipe.step("height_shift", height_shift_range=0.3),), 2.0),
    "shear": ((recipe.step("shear", shear_range=20),), 1.5),
    "zoom": ((recipe.step("zoom", zoom_range=0.2),), 1.0),
    "tied zoom": ((recipe.step("zoom", zoom_range=0.2, zoom_axes="tied"),), 1.0),
    **{preset.key: (preset.recipe, 2.5) for preset in PRESETS[1:5]},
}


def moves(library: str, steps: Recipe) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where pixels come from, in the library's draws and in ours: (draws, x and y of five places)."""
    augment, photo = run(library, steps), map_of_places()
    views = engine.augment(np.repeat(photo[None], DRAWS, axis=0), 5, np.arange(DRAWS), steps, 0)
    return np.array([origins(augment(photo)) for _ in range(DRAWS)]), np.array([origins(view) for view in views])


@pytest.mark.parametrize("name", MOVES)
def test_photos_move_as_far_as_ours(library: str, name: str) -> None:
    """Without flips, whose two heaps have no quantiles between them."""
    steps, most = MOVES[name]
    theirs, ours = moves(library, tuple(s for s in steps if s.transform.matrix and "flip" not in s.transform.key))
    quantiles = (2, 10, 25, 50, 75, 90, 98)
    gaps = np.abs(np.percentile(theirs, quantiles, axis=0) - np.percentile(ours, quantiles, axis=0))
    assert gaps.max() <= most


def test_perspective_moves_as_far_as_ours_on_average(library: str) -> None:
    theirs, ours = moves(library, (recipe.step("perspective", 1.0, perspective_range=0.1),))
    here = origins(map_of_places())
    far = [np.abs(places - here).mean() for places in (theirs, ours)]
    assert 0.7 < far[0] / far[1] < 1.4


def test_a_zoom_above_1_makes_things_smaller(library: str) -> None:
    """As in Keras: with factors from 1 to 2 (as the libraries' inverse, here 0.5 to 1) more of the photo is seen."""
    text = SOURCES[library]((recipe.step("zoom", zoom_range=0.6, zoom_axes="tied"),), SIDE)
    assert "(0.625, 2.5)" in text
    theirs, ours = moves(library, (recipe.step("zoom", zoom_range=0.6, zoom_axes="tied"),))
    widths = [(places[:, 4] - places[:, 2]) / (PLACES[2] - PLACES[1]) for places in (theirs, ours)]
    for low, high in (np.percentile(width, (1, 99)) for width in widths):
        assert 0.38 < low < 0.47
        assert 1.5 < high < 1.65


@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_the_border_is_ours(library: str, fill_mode: str) -> None:
    """A photo of four grey stripes, shifted sideways: how often each stripe, or the grey level, is at the left edge."""
    levels = np.array([220, 180, 50, 20, 110])
    photo = np.repeat(levels[:4].astype(np.uint8), (4, 28, 28, 4))[None, :, None] * np.ones((SIDE, 1, 3), np.uint8)
    shift = recipe.step("width_shift", width_shift_range=0.3)
    steps = (shift, recipe.step("border", fill_mode=fill_mode, cval=110))
    ours = steps
    if library == "torchvision" and fill_mode == "wrap":
        assert "Border: torchvision can't continue at the opposite edge" in SOURCES[library](steps, SIDE)
        ours = (shift, recipe.step("border", fill_mode="nearest"))
    augment = run(library, steps)
    theirs = [augment(photo)[8, 0, 0] for _ in range(DRAWS)]
    views = engine.augment(np.repeat(photo[None], DRAWS, axis=0), 5, np.arange(DRAWS), ours, 0)
    shares = [
        np.bincount(np.abs(np.array(edge, float)[:, None] - levels).argmin(axis=1), minlength=5) / DRAWS
        for edge in (theirs, views[:, 8, 0, 0])
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.09


def test_a_margin_as_wide_as_the_moves(library: str) -> None:
    """No grey level enters from beyond the margin that torchvision's code puts around the photo."""
    strong = tuple(step for step in PRESETS[-1].recipe if step.transform.matrix)
    augment = run(library, strong)
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    assert min(int(augment(white).min()) for _ in range(DRAWS)) >= 254


def test_everything_runs_and_keeps_shape_and_type(library: str) -> None:
    for which in ("default", "neutral"):
        steps = tuple(recipe.step(key, 1.0, **transform.settings(which)) for key, transform in TRANSFORMS.items())
        photo = grainy(SIDE, 4)
        for _ in range(5):
            changed = run(library, steps)(photo)
            assert changed.shape == photo.shape
            assert changed.dtype == np.uint8
    np.testing.assert_array_equal(run(library, ())(photo), photo)


def test_random_recipes_run(library: str) -> None:
    chance = random.Random(7)
    for number in range(60):
        photo = grainy(SIDE, number)
        changed = run(library, random_recipe(chance))(photo)
        assert changed.shape == photo.shape
        assert changed.dtype == np.uint8


def test_mixing_and_choice_are_remarks() -> None:
    rivals = (recipe.step("brightness"), recipe.step("horizontal_flip"), recipe.step("contrast", 0.8))
    steps = (*rivals, recipe.step("mixup"), recipe.step("cutmix", 0.0), recipe.step("choice"))
    for name, write in SOURCES.items():
        text = " ".join(write(steps, SIDE).replace("#", "").split())
        compile(write(steps, SIDE), "exported", "exec")
        assert "Choice of steps: ours gives each photo 1 of 2 steps. Here each of them happens on its own" in text
        assert "p=0.5" in text
        assert "p=0.4" in text  # one of two, with 0.8
        assert "CutMix: left out because its probability is 0." in text
        if name == "torchvision":
            assert "MixUp: torchvision mixes whole batches with their labels, all in the same shares." in text
            assert "v2.MixUp(alpha=0.2, num_classes=…)" in text
        else:
            assert "with these settings: mixup." in text
