"""The engine: draws that depend only on their photo; one warp, one table and one patch, whatever is on."""

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.augment import engine, recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Values
from tests.conftest import Pixels, picture
from tests.partners import Pictures

MANY = 20_000
FIVE_SIGMA = 5 / np.sqrt(MANY)
EVERYTHING = tuple(recipe.step(key) for key in TRANSFORMS if key != "choice")
PARTNERS = Pictures(24, 31)
AFFINE = tuple(
    recipe.step(key, 1.0) for key, transform in TRANSFORMS.items() if transform.matrix and key != "perspective"
)
GEOMETRIC = (*AFFINE, recipe.step("perspective", 1.0))


def keys(count: int, seed: int = 0) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, count, np.uint64)


def batch(count: int, height: int = 24, width: int = 31) -> NDArray[np.uint8]:
    return np.stack([picture(height, width, seed) for seed in range(count)])


def draw_with(step: Step, **values: float) -> engine.Draw:
    """The step's draw with these values, for one photo."""
    return engine.Draw(step, np.array([True]), {name: np.array([float(value)]) for name, value in values.items()})


def apply(photo: Pixels, *draws: engine.Draw, border: Step | None = None) -> Pixels:
    """One photo after these draws, in that order."""
    steps: Recipe = (*(draw.step for draw in draws), *([border] if border else []))
    return engine.apply(photo[None], engine.fuse(steps, draws, *photo.shape[:2]))[0]


def augmented(photos: Pixels, photo_keys: Any, views: Any, threads: ThreadPoolExecutor | None = None) -> Pixels:
    """The photos after all transforms."""
    return engine.augment(photos, photo_keys, views, EVERYTHING, 1, threads, PARTNERS)


def shifts(x: float = 0, y: float = 0) -> list[engine.Draw]:
    return [draw_with(recipe.step("width_shift", 1.0), tx=x), draw_with(recipe.step("height_shift", 1.0), ty=y)]


FLIP = draw_with(recipe.step("horizontal_flip", 1.0), flip=1)
UPSIDE_DOWN = draw_with(recipe.step("vertical_flip", 1.0), flip=1)


def brightness(factor: float) -> engine.Draw:
    return draw_with(recipe.step("brightness", 1.0), brightness=factor)


# Draws


def sample(**changed: Any) -> NDArray[np.float64]:
    """One uniform number per photo, 20,000 photos."""
    settings: dict[str, Any] = {"seed": 0, "views": 0, "keys": np.arange(MANY), "transform_key": "zoom", "count": 1}
    return engine.uniforms(**{**settings, **changed})[:, 0]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"seed": 12345},
        {"views": 7},
        {"transform_key": "rotation"},
        {"keys": keys(MANY)},
        {"keys": 3, "views": np.arange(MANY)},
        {"keys": np.arange(MANY, dtype=np.uint64) << np.uint64(40)},
    ],
    ids=["keys that count", "seed", "view", "transform", "real keys", "views that count", "keys with low bits zero"],
)
def test_uniforms_are_uniform(changed: dict[str, Any]) -> None:
    u = sample(**changed)
    assert u.dtype == np.float64
    assert ((u >= 0) & (u < 1)).all()
    assert len(np.unique(u)) == MANY
    assert abs(u.mean() - 0.5) < FIVE_SIGMA * 0.29
    assert abs(u.std() - np.sqrt(1 / 12)) < FIVE_SIGMA * 0.13
    counts, _ = np.histogram(u, 20, (0, 1))
    assert ((counts - MANY / 20) ** 2 / (MANY / 20)).sum() < 50  # chi-square, 19 degrees: once in 10,000
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < FIVE_SIGMA


def test_uniforms_of_neighbours_do_not_correlate() -> None:
    """Neighbouring photos, views, seeds, transforms and numbers don't correlate, nor do their distances from 0.5."""
    several = engine.uniforms(0, 0, np.arange(MANY), "zoom", 4)
    others = [
        sample(),
        sample(views=1),
        sample(views=2),
        sample(seed=1),
        sample(seed=2**32),
        sample(seed=2**64 - 1),
        sample(keys=np.arange(MANY) + 2**32),
        sample(transform_key="rotation"),
        sample(transform_key="shear"),
        *several.T[1:],
    ]
    assert np.array_equal(several[:, 0], others[0])
    assert len(np.unique(others)) == len(others) * MANY  # no number occurs twice
    for folded in (np.array(others), np.abs(np.array(others) - 0.5)):
        correlations = np.corrcoef(folded) - np.eye(len(others))
        assert np.abs(correlations).max() < FIVE_SIGMA


def test_uniforms_are_a_pure_function_of_their_arguments() -> None:
    photo_keys = keys(50)
    whole = engine.uniforms(3, 4, photo_keys, "zoom", 3)
    assert whole.shape == (50, 3)
    assert np.array_equal(engine.uniforms(3, 4, photo_keys, "zoom", 3), whole)
    assert np.array_equal(engine.uniforms(3, 4, photo_keys[::-1], "zoom", 3), whole[::-1])
    assert np.array_equal(engine.uniforms(3, 4, photo_keys[7], "zoom", 3), whole[7:8])
    assert np.array_equal(
        engine.uniforms(3, 4, photo_keys, "zoom", 1), whole[:, :1]
    )  # more numbers leave the first unchanged
    assert np.array_equal(engine.uniforms(3, np.full(50, 4), photo_keys.tolist(), "zoom", 3), whole)
    assert engine.uniforms(3, 4, photo_keys, "zoom", 0).shape == (50, 0)


def test_uniforms_stay_what_they_are_from_version_to_version() -> None:
    """Caches, links and saved runs rely on it: a change here changes every augmented photo."""
    numbers = engine.uniforms(42, [0, 3], [1, 2**64 - 1], "rotation", 2)
    assert numbers.tolist() == [
        [0.5060676413737168, 0.04609213103879428],
        [0.3714014138065739, 0.014932171039289788],
    ]


def test_any_whole_number_is_a_seed() -> None:
    numbers = [engine.uniforms(seed, 0, 1, "zoom", 1)[0, 0] for seed in (-1, 0, 1, 2**63, 2**64 + 5)]
    assert len(set(numbers)) == len(numbers)


def test_switching_a_transform_on_or_moving_it_leaves_the_others_draws_as_they_were() -> None:
    def values(steps: Recipe) -> dict[str, tuple[NDArray[np.bool_], Values]]:
        return {draw.step.transform.key: (draw.active, draw.values) for draw in engine.draw(steps, photo_keys, 2, 9)}

    photo_keys = keys(30)
    together = values(EVERYTHING)
    backwards = values(EVERYTHING[::-1])
    assert "border" not in together
    for step in EVERYTHING:
        for key, (active, alone) in values((step,)).items():
            for also_active, others in (together[key], backwards[key]):
                assert np.array_equal(also_active, active)
                assert set(others) == set(alone)
                assert all(np.array_equal(others[name], alone[name]) for name in alone)


def test_a_smaller_probability_happens_to_fewer_of_the_same_photos() -> None:
    photo_keys = keys(4000)
    (often,) = engine.draw((recipe.step("rotation", 0.7),), photo_keys, 0, 0)
    (rarely,) = engine.draw((recipe.step("rotation", 0.2),), photo_keys, 0, 0)
    assert abs(often.active.mean() - 0.7) < 0.04
    assert abs(rarely.active.mean() - 0.2) < 0.04
    assert not (rarely.active & ~often.active).any()
    assert np.array_equal(often.values["theta"], rarely.values["theta"])
    (always,) = engine.draw((recipe.step("rotation", 1.0),), photo_keys, 0, 0)
    assert always.active.all()
    active, angles = often.active, often.values["theta"]
    assert abs(angles[active].mean() - angles[~active].mean()) < 2  # of ±15°: chance and angle are independent


def test_views_differ_and_so_do_photos() -> None:
    photos = np.repeat(batch(1), 6, axis=0)
    views = engine.augment(photos, 1, np.arange(6), GEOMETRIC[:1], 0)
    assert len({view.tobytes() for view in views}) == 6
    views = engine.augment(photos, np.arange(6), 0, GEOMETRIC[:1], 0)
    assert len({view.tobytes() for view in views}) == 6


# The same pixels, whatever the batch


def test_a_photo_is_the_same_alone_in_a_batch_in_another_order_and_with_threads() -> None:
    photos, photo_keys, views = batch(40), keys(40), np.arange(40) % 5
    whole = augmented(photos, photo_keys, views)
    assert (whole != photos).any(axis=(1, 2, 3)).mean() > 0.9
    alone = [augmented(photos[i][None], photo_keys[i], views[i])[0] for i in range(40)]
    assert np.array_equal(whole, alone)
    order = np.random.default_rng(0).permutation(40)
    assert np.array_equal(augmented(photos[order], photo_keys[order], views[order]), whole[order])
    for size in (1, 8):
        with ThreadPoolExecutor(size) as threads:
            for count in (40, 39, 9, 8, 7, 4, 3, 1):
                threaded = augmented(photos[:count], photo_keys[:count], views[:count], threads)
                assert np.array_equal(threaded, whole[:count])


def test_the_input_photos_stay_unchanged_and_may_be_read_only() -> None:
    photos = batch(10)
    before = photos.copy()
    photos.flags.writeable = False
    changed = augmented(photos, keys(10), 0)
    assert np.array_equal(photos, before)
    assert not np.shares_memory(changed, photos)


def test_no_photos_and_no_transforms() -> None:
    photos = batch(3)
    assert engine.augment(photos, 1, 0, (), 0) is photos
    assert engine.augment(photos, 1, 0, (recipe.step("border", fill_mode="wrap"),), 0) is photos
    assert augmented(photos[:0], [], 0).shape == (0, 24, 31, 3)


def test_a_photo_without_changes_is_copied_exactly() -> None:
    photos, photo_keys = batch(60), keys(60)
    steps = (recipe.step("rotation", 0.3), recipe.step("zoom", 0.3), recipe.step("brightness", 0.3))
    draws = engine.draw(steps, photo_keys, 0, 0)
    changed = engine.augment(photos, photo_keys, 0, steps, 0)
    still = ~np.any([draw.active for draw in draws], axis=0)
    assert 5 < still.sum() < 55
    assert np.array_equal(changed[still], photos[still])
    assert (changed[~still] != photos[~still]).any(axis=(1, 2, 3)).mean() > 0.9


# Geometry


@pytest.mark.parametrize("size", [(24, 31), (31, 24), (33, 33)])
@pytest.mark.parametrize("steps", [AFFINE, GEOMETRIC], ids=["affine", "with perspective"])
def test_many_geometric_transforms_are_one_warp(size: tuple[int, int], steps: Recipe) -> None:
    photos, photo_keys = batch(12, *size), keys(12)
    border = recipe.step("border", fill_mode="constant", cval=77)
    changed = engine.augment(photos, photo_keys, 3, (*steps, border), 5)
    products = np.tile(np.eye(3), (12, 1, 1))
    for draw in engine.draw(steps, photo_keys, 3, 5):
        assert draw.step.transform.matrix is not None
        products = products @ draw.step.transform.matrix(*size, **draw.values)
    for photo, product, result in zip(photos, products, changed, strict=True):
        warp, matrix = (cv2.warpAffine, product[:2]) if steps is AFFINE else (cv2.warpPerspective, product)
        warped = warp(photo, matrix, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                      borderMode=cv2.BORDER_CONSTANT, borderValue=(77, 77, 77))  # fmt: skip
        assert np.array_equal(result, warped)


def test_one_warp_equals_many() -> None:
    """In the middle of a smooth picture, away from the border, warping step by step gives nearly the same."""
    photo = picture(120, 100)
    steps = [
        draw_with(recipe.step("rotation", 1.0), theta=12),
        *shifts(0.06, -0.04),
        draw_with(recipe.step("shear", 1.0), shear=8),
        draw_with(recipe.step("zoom", 1.0), zx=0.9, zy=0.8),
    ]
    stepwise = photo
    for draw in steps:
        stepwise = apply(stepwise, draw)
    middle = np.s_[40:80, 35:65]
    assert np.abs(apply(photo, *steps).astype(int) - stepwise)[middle].max() <= 2
    assert np.abs(apply(photo, *steps[::-1]).astype(int) - stepwise)[middle].max() > 2  # the order matters


def test_steps_are_applied_in_the_recipes_order() -> None:
    photo, (shift, _) = picture(20, 20), shifts(0.2)
    assert np.array_equal(apply(photo, shift, FLIP), apply(photo, shift)[:, ::-1])
    assert np.array_equal(apply(photo, FLIP, shift), apply(np.ascontiguousarray(photo[:, ::-1]), shift))
    assert not np.array_equal(apply(photo, shift, FLIP), apply(photo, FLIP, shift))


def test_flips_are_exact(subtests: pytest.Subtests) -> None:
    for size in [(1, 1), (1, 7), (8, 1), (32, 17), (20, 20), (299, 299)]:
        with subtests.test(size=size):
            photo = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
            assert np.array_equal(apply(photo, FLIP), photo[:, ::-1])
            assert np.array_equal(apply(photo, UPSIDE_DOWN), photo[::-1])
            assert np.array_equal(apply(photo, FLIP, UPSIDE_DOWN), photo[::-1, ::-1])
            assert np.array_equal(apply(photo, FLIP, UPSIDE_DOWN, FLIP, UPSIDE_DOWN), photo)


@pytest.mark.parametrize("size", [20, 31, 150])
def test_a_quarter_turn_is_exact(size: int) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    turned = apply(photo, draw_with(recipe.step("rotation", 1.0), theta=90))
    assert any(np.array_equal(turned, np.rot90(photo, turns)) for turns in (1, 3))


def test_the_border_is_filled_as_the_mode_says(subtests: pytest.Subtests) -> None:
    for (fill_mode, numpy_mode), (x, y) in itertools.product(
        [("nearest", "edge"), ("reflect", "symmetric"), ("wrap", "wrap")],
        [(0.25, 0), (-0.25, 0), (0, 0.5), (0.25, -0.25)],
    ):
        with subtests.test(fill_mode=fill_mode, numpy_mode=numpy_mode, x=x, y=y):
            photo = picture(20, 32)
            padded = np.pad(photo, ((16, 16), (16, 16), (0, 0)), numpy_mode)
            top, left = 16 + round(y * 20), 16 + round(x * 32)
            expected = padded[top : top + 20, left : left + 32]
            assert np.array_equal(
                apply(photo, *shifts(x, y), border=recipe.step("border", fill_mode=fill_mode)), expected
            )


@pytest.mark.parametrize("cval", [0, 130, 255])
def test_a_constant_border_is_that_level_exactly(cval: int) -> None:
    photo = np.full((20, 32, 3), 90, np.uint8)
    border = recipe.step("border", fill_mode="constant", cval=cval)
    result = apply(photo, *shifts(0.25, -0.5), border=border)
    assert (result[:10] == cval).all()
    assert (result[:, 24:] == cval).all()
    assert (result[10:, :24] == 90).all()


def test_without_a_border_step_the_edge_is_stretched() -> None:
    photo = picture(20, 32)
    nearest = apply(photo, *shifts(0.3), border=recipe.step("border", fill_mode="nearest", cval=200))
    assert np.array_equal(apply(photo, *shifts(0.3)), nearest)


# Colour and patches


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (32, 17)])
def test_a_table_is_looked_up_exactly(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    table = TRANSFORMS["brightness"].table
    assert table is not None
    assert np.array_equal(apply(photo, brightness(1.7)), table(brightness=np.array([1.7]))[0][photo])


def test_tables_are_composed_in_the_recipes_order() -> None:
    """Clipping at 255 and then halving differs from halving and then doubling."""
    photo = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    other = dataclasses.replace(TRANSFORMS["brightness"], key="other")
    half, double = Step(other, 1.0, {}), recipe.step("brightness", 1.0)
    first = apply(photo, draw_with(double, brightness=2), draw_with(half, brightness=0.5))
    assert np.array_equal(first, np.minimum(photo, 127))
    second = apply(photo, draw_with(half, brightness=0.5), draw_with(double, brightness=2))
    assert np.array_equal(second, photo // 2 * 2)


def test_geometry_comes_before_colour_and_a_patch_last_whatever_the_order() -> None:
    photo = np.full((20, 20, 3), 50, np.uint8)
    border = recipe.step("border", fill_mode="constant", cval=100)
    patch = draw_with(recipe.step("black_patch", 1.0), left=0.0, top=0.0, side=0.5)
    steps = [*shifts(0.25), brightness(2), patch]
    expected = np.full((20, 20, 3), 100, np.uint8)
    expected[:, 15:] = 200
    expected[:10, :10] = 0
    for order in (steps, steps[::-1], [patch, *shifts(0.25), brightness(2)]):
        assert np.array_equal(apply(photo, *order, border=border), expected)


def test_a_patch_is_a_black_square_inside_the_photo(subtests: pytest.Subtests) -> None:
    for size, side in itertools.product([(24, 31), (31, 24), (150, 150)], [0.1, 0.25, 0.8]):
        with subtests.test(size=size, side=side):
            photos = np.full((200, *size, 3), 255, np.uint8)
            pixels = round(side * min(size))
            changed = engine.augment(photos, keys(200), 0, (recipe.step("black_patch", 1.0, patch_size=side),), 0)
            black = (changed == 0).all(axis=3)
            assert (black | (changed == 255).all(axis=3)).all()
            rows, columns = black.any(axis=2), black.any(axis=1)
            assert (rows.sum(axis=1) == pixels).all()
            assert (columns.sum(axis=1) == pixels).all()
            assert (black.sum(axis=(1, 2)) == pixels**2).all()
            for sides, length in ((rows, size[0]), (columns, size[1])):
                starts = sides.argmax(axis=1)
                assert starts.min() == 0 or length > 100
                assert starts.max() == length - pixels or length > 100
                assert abs(starts.mean() - (length - pixels) / 2) < 0.1 * (length - pixels) + 0.2
                assert (np.diff(sides.astype(int), axis=1) == 1).sum(axis=1).max() <= 1  # in one piece


def test_patches_reach_every_edge() -> None:
    """The first and the last position that the uniform numbers can give."""
    photo = np.full((20, 30, 3), 255, np.uint8)
    step = recipe.step("black_patch", 1.0)
    last = 1 - 2.0**-53
    assert (apply(photo, draw_with(step, left=0.0, top=0.0, side=0.25))[:5, :5] == 0).all()
    assert (apply(photo, draw_with(step, left=last, top=last, side=0.25))[15:, 25:] == 0).all()


def test_several_patches() -> None:
    photo = np.full((20, 20, 3), 255, np.uint8)
    other = Step(dataclasses.replace(TRANSFORMS["black_patch"], key="other"), 1.0, {})
    result = apply(
        photo,
        draw_with(recipe.step("black_patch", 1.0), left=0.0, top=0.0, side=0.25),
        draw_with(other, left=0.99, top=0.99, side=0.5),
    )
    assert (result[:5, :5] == 0).all()
    assert (result[10:, 10:] == 0).all()
    assert (result == 0).all(axis=2).sum() == 125


# Captions


def test_captions_follow_the_order_of_application() -> None:
    photo_keys = keys(40)
    steps = (
        recipe.step("black_patch", 0.5),
        recipe.step("brightness"),
        recipe.step("border"),
        recipe.step("zoom", 0.5),
    )
    draws = engine.draw(steps, photo_keys, 0, 0)
    captions = engine.captions(draws)
    assert len(captions) == 40
    patch, bright, zoom = draws
    for i, row in enumerate(captions):
        happens = [("Zoom", zoom.active[i]), ("Brightness", True), ("Black patch", patch.active[i])]
        assert [label for label, _ in row] == [label for label, is_on in happens if is_on]
        assert dict(row)["Brightness"] == f"{bright.values['brightness'][i]:.2f} ×"
    assert {len(row) for row in captions} == {1, 2, 3}


def test_captions_of_nothing() -> None:
    assert engine.captions(()) == []
    assert engine.captions(engine.draw((recipe.step("border"),), keys(3), 0, 0)) == []
    assert engine.captions(engine.draw((recipe.step("zoom", 0.0),), keys(3), 0, 0)) == [[], [], []]
