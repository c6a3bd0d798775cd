"""Colours and textures against their formulae in NumPy, and what fusing may change and what not."""

import colorsys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from core.augment import chance, engine, recipe
from core.augment.passes import Matrices, Tables
from core.augment.recipe import Step
from tests.conftest import Pixels, picture

Numbers = NDArray[np.float64]
LUMA = np.array([0.299, 0.587, 0.114])
SIDE = 48


@pytest.fixture
def photo() -> Pixels:
    """Every colour: smooth on one half, random on the other."""
    pixels = picture(SIDE, SIDE)
    pixels[:, SIDE // 2 :] = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE // 2, 3))
    return pixels


def draw_with(key: str, **values: float) -> engine.Draw:
    return engine.Draw(
        recipe.step(key, 1.0), np.array([True]), {name: np.array([float(value)]) for name, value in values.items()}
    )


def apply(photo: Pixels, *draws: engine.Draw) -> Pixels:
    steps: tuple[Step, ...] = tuple(draw.step for draw in draws)
    return engine.apply(photo[None], engine.fuse(steps, draws, *photo.shape[:2]))[0]


def levels(numbers: Numbers) -> Numbers:
    return np.clip(np.rint(numbers), 0, 255)


def contrast(p: Numbers, factor: float) -> Numbers:
    mean = (p @ LUMA).mean()
    return levels((p - mean) * factor + mean)


def hue(p: Numbers, degrees: float) -> Numbers:
    """The chroma of YUV turned by the angle, pixel by pixel as complex numbers."""
    luma = p @ LUMA
    chroma = 0.492 * (p[..., 2] - luma) + 0.877j * (p[..., 0] - luma)
    chroma *= np.exp(1j * np.radians(degrees))
    blue, red = luma + chroma.real / 0.492, luma + chroma.imag / 0.877
    green = (luma - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return levels(np.stack([red, green, blue], -1))


FORMULAE: dict[str, tuple[dict[str, float], Callable[[Numbers], Numbers]]] = {
    "gamma": ({"gamma": 1.7}, lambda p: levels(255 * (p / 255) ** 1.7)),
    "contrast": ({"contrast": 1.6}, lambda p: contrast(p, 1.6)),
    "channel_shift": ({"shift": -40}, lambda p: levels(np.clip(p - 40, p.min(), p.max()))),
    "inversion": ({"inverted": 1}, lambda p: 255 - p),
    "posterise": ({"bits": 3}, lambda p: np.floor(p / 32) * 32),
    "solarise": ({"threshold": 99.5}, lambda p: np.where(p >= 99.5, 255 - p, p)),
    "saturation": (
        {"saturation": 1.8},
        lambda p: levels((p @ LUMA)[..., None] + 1.8 * (p - (p @ LUMA)[..., None])),
    ),
    "greyscale": ({"grey": 1}, lambda p: levels(np.repeat((p @ LUMA)[..., None], 3, -1))),
    "hue": ({"hue": 73}, lambda p: hue(p, 73)),
}
EXACT = {"gamma", "inversion", "posterise", "solarise", "channel_shift"}


def test_formula(subtests: pytest.Subtests, photo: Pixels) -> None:
    """Tables are exact; matrices differ by at most one level, as OpenCV's sums have ten binary places."""
    for key in FORMULAE:
        with subtests.test(key=key):
            values, formula = FORMULAE[key]
            difference = np.abs(apply(photo, draw_with(key, **values)) - formula(photo.astype(np.float64)))
            assert difference.max() <= (0 if key in EXACT else 1)
            assert difference.mean() < 0.15
            assert np.abs(formula(photo.astype(np.float64)) - photo).mean() > 5


@pytest.mark.parametrize(
    ("key", "name", "enhance"),
    [
        ("contrast", "contrast", ImageEnhance.Contrast),
        ("saturation", "saturation", ImageEnhance.Color),
        ("brightness", "brightness", ImageEnhance.Brightness),
    ],
)
@pytest.mark.parametrize("factor", [0.4, 1.5])
def test_as_pillow(photo: Pixels, key: str, name: str, enhance: type, factor: float) -> None:
    expected = np.asarray(enhance(Image.fromarray(photo)).enhance(factor)).astype(int)
    assert (
        np.abs(apply(photo, draw_with(key, **{name: factor})) - expected).max() <= 2
    )  # Pillow rounds mean and luma first


def test_sharpening_as_pillow(photo: Pixels) -> None:
    expected = np.asarray(ImageEnhance.Sharpness(Image.fromarray(photo)).enhance(2.5)).astype(int)
    result = apply(photo, draw_with("sharpen", sharpen=1.5))
    assert (
        np.abs(result - expected)[1:-1, 1:-1].max() <= 2
    )  # Pillow rounds the smoothed photo and skips the outermost pixels


def test_a_turn_of_hue_keeps_greys_and_luma_and_comes_round(photo: Pixels) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    pale = (photo // 4 + 96).astype(np.uint8)  # far from 0 and 255, so nothing is clipped
    for degrees in (-180, -77, 15, 120, 180):
        assert np.array_equal(apply(grey, draw_with("hue", hue=degrees)), grey)
        turned = apply(pale, draw_with("hue", hue=degrees))
        assert np.abs(turned @ LUMA - pale @ LUMA).max() <= 1.2
    there_and_back = apply(apply(pale, draw_with("hue", hue=100)), draw_with("hue", hue=-100))
    assert np.abs(there_and_back.astype(int) - pale).max() <= 2
    reds = np.full((1, 1, 3), (200, 60, 60), np.uint8)
    r, g, b = (apply(reds, draw_with("hue", hue=120))[0, 0] / 255).tolist()
    assert abs(colorsys.rgb_to_hsv(r, g, b)[0] - 1 / 3) < 0.1 or abs(colorsys.rgb_to_hsv(r, g, b)[0] - 2 / 3) < 0.1


@pytest.mark.parametrize("blur", [0.5, 2.0])
def test_blur_is_a_gaussian_in_shares_of_the_side(blur: float) -> None:
    point = np.zeros((201, 201, 3), np.uint8)
    point[100, 100] = 255
    wide = np.zeros_like(point)
    wide[100] = 255
    profile = apply(wide, draw_with("blur", blur=blur))[:, 100, 0].astype(float)
    sigma = blur / 100 * 201
    x = np.arange(201) - 100
    expected = np.exp(-(x**2) / (2 * sigma**2))
    assert np.abs(profile - 255 * expected / expected.sum()).max() <= 2


def test_noise_has_the_stated_strength() -> None:
    grey = np.full((150, 160, 3), 128, np.uint8)
    noises = [apply(grey, draw_with("noise", sigma=20, number=number)).astype(float) - 128 for number in (1, 2)]
    for noise in noises:
        assert abs(noise.mean()) < 0.5
        assert abs(noise.std() - 20) < 0.3
        assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.02
        assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(noises[0].ravel(), noises[1].ravel())[0, 1]) < 0.02
    assert np.array_equal(noises[0], apply(grey, draw_with("noise", sigma=20, number=1)).astype(float) - 128)


def test_bytes_of_noise_stay_the_same_from_version_to_version() -> None:
    assert chance.random_bytes(7, 12).tolist() == chance.random_bytes(7, 100).tolist()[:12]
    counts = np.bincount(chance.random_bytes(2**53 - 1, 256_000), minlength=256)
    assert ((counts - 1000) ** 2 / 1000).sum() < 350  # chi-square, 255 degrees: once in 10,000
    assert len(chance.random_bytes(0, 0)) == 0


def test_jpeg_gets_worse_with_less_quality_and_keeps_colours_apart(photo: Pixels) -> None:
    errors = [np.abs(apply(photo, draw_with("jpeg", quality=q)).astype(int) - photo).mean() for q in (100, 95, 50, 5)]
    assert errors[0] == 0
    assert errors == sorted(errors)
    red = np.full((32, 32, 3), (200, 30, 60), np.uint8)
    assert np.abs(apply(red, draw_with("jpeg", quality=90)).astype(int) - red).max() <= 4


# Fusing


def pass_types(*draws: engine.Draw) -> list[type]:
    return [type(step) for step in engine.fuse(tuple(draw.step for draw in draws), draws, 8, 8).passes]


def test_neighbours_become_one_pass() -> None:
    bright, gamma = draw_with("brightness", brightness=1.2), draw_with("gamma", gamma=0.8)
    vivid, turned = draw_with("saturation", saturation=1.4), draw_with("hue", hue=30)
    grey, contrasted = draw_with("greyscale", grey=1), draw_with("contrast", contrast=1.2)
    assert pass_types(bright, gamma, draw_with("solarise", threshold=99)) == [Tables]
    assert pass_types(contrasted, bright, gamma) == [Tables]
    assert pass_types(vivid, turned, grey) == [Matrices]
    assert pass_types(contrasted, bright, gamma, vivid, turned) == [Tables, Matrices]
    assert pass_types(bright, vivid, gamma, turned) == [Tables, Matrices, Tables, Matrices]  # the order is the recipe's
    assert pass_types(bright, contrasted) == [Tables, Tables]  # contrast depends on the brightened photo
    assert pass_types(draw_with("brightness", brightness=1), draw_with("hue", hue=0)) == []


def test_fused_tables_are_the_tables_one_after_the_other(photo: Pixels) -> None:
    draws = [
        draw_with("contrast", contrast=1.3),
        draw_with("brightness", brightness=0.7),
        draw_with("gamma", gamma=1.4),
        draw_with("inversion", inverted=1),
        draw_with("channel_shift", shift=33),
        draw_with("posterise", bits=4),
    ]
    stepwise = photo
    for draw in draws:
        stepwise = apply(stepwise, draw)
    assert np.array_equal(apply(photo, *draws), stepwise)


def test_fused_matrices_lose_less_than_one_after_the_other(photo: Pixels) -> None:
    """Colours that the first matrix would clip at 255 come back."""
    vivid, pale = draw_with("saturation", saturation=2.5), draw_with("saturation", saturation=0.4)
    assert np.abs(apply(photo, vivid, pale).astype(int) - photo).max() <= 1
    assert np.abs(apply(apply(photo, vivid), pale).astype(int) - photo).max() > 20


def test_tables_from_the_photos_levels_see_earlier_changes(photo: Pixels) -> None:
    result = apply(photo, draw_with("brightness", brightness=0.5), draw_with("channel_shift", shift=200))
    assert result.max() == 127
    assert result.min() == 127


def test_fills() -> None:
    photo = np.full((40, 40, 3), (200, 100, 50), np.uint8)
    box = {"left": 0.0, "top": 0.0, "side": 0.5, "number": 3}
    for fill, level in ((0, 0), (128, 128), (255, 255)):
        assert (apply(photo, draw_with("black_patch", **box, fill=fill))[:20, :20] == level).all()
    assert np.array_equal(apply(photo, draw_with("black_patch", **box, fill=-1)), photo)  # the mean of a plain photo
    noise = apply(photo, draw_with("black_patch", **box, fill=-2))
    assert abs(noise[:20, :20].mean() - 127.5) < 8
    assert noise[:20, :20].std() > 65
    assert np.array_equal(noise[20:], photo[20:])


def test_several_patches_of_several_sizes() -> None:
    photos = np.full((60, 100, 100, 3), 255, np.uint8)
    step = recipe.step("black_patch", 1.0, patch_size=0.2, patch_count=4, patch_smallest=0.5)
    (draw,) = engine.draw((step,), np.arange(60), 0, 0)
    assert draw.values["side"].shape == (60, 4)
    assert draw.values["side"].min() >= 0.1
    assert draw.values["side"].max() <= 0.2
    black = (engine.augment(photos, np.arange(60), 0, (step,), 0) == 0).all(axis=3).sum(axis=(1, 2))
    assert black.max() <= 4 * 400
    assert black.mean() > 1.5 * 225
    assert "4 of" in engine.captions((draw,))[0][0][1]


def test_one_patch_stays_where_it_was() -> None:
    """Later settings leave the draws of old recipes unchanged."""
    (draw,) = engine.draw((recipe.step("black_patch"),), [1, 2], 0, 42)
    u = engine.uniforms(42, 0, [1, 2], "black_patch", 3)
    assert np.array_equal(draw.values["left"], u[:, 1])
    assert np.array_equal(draw.values["top"], u[:, 2])
    assert (draw.values["side"] == 0.25).all()


@pytest.mark.parametrize("cover", [0.3, 0.5, 0.8])
def test_a_grid_hides_the_stated_share(cover: float) -> None:
    photos = np.full((40, 120, 100, 3), 255, np.uint8)
    step = recipe.step("grid", 1.0, grid_cover=cover, grid_distance=(0.1, 0.2))
    black = (engine.augment(photos, np.arange(40), 0, (step,), 0) == 0).all(axis=3)
    assert abs(black.mean() - cover**2) < 0.04
    assert black[:, :25, :25].any(axis=(1, 2)).all()
    assert black[:, -25:, -25:].any(axis=(1, 2)).all()


def test_tied_zoom_keeps_proportions_and_apart_draws_as_before() -> None:
    numbers = np.arange(50)
    (apart,) = engine.draw((recipe.step("zoom"),), numbers, 0, 0)
    (tied,) = engine.draw((recipe.step("zoom", zoom_axes="tied"),), numbers, 0, 0)
    assert np.array_equal(tied.values["zx"], tied.values["zy"])
    assert np.array_equal(tied.values["zx"], apart.values["zx"])
    assert not np.array_equal(apart.values["zx"], apart.values["zy"])


def test_perspective_moves_the_corners_as_drawn() -> None:
    moves = np.random.default_rng(1).uniform(-0.2, 0.2, (5, 8))
    matrix = recipe.step("perspective").transform.matrix
    assert matrix is not None
    for (height, width), move in zip([(1, 1), (32, 17), (299, 299), (7, 50), (100, 100)], moves, strict=True):
        placed = matrix(height, width, move[None])[0]
        for corner, (dx, dy) in zip([(0, 0), (1, 0), (1, 1), (0, 1)], move.reshape(4, 2), strict=True):
            edge = np.array([corner[0] * width - 0.5, corner[1] * height - 0.5, 1])  # pixel centres are whole numbers
            x, y, w = placed @ edge
            assert np.allclose([x / w, y / w], edge[:2] + np.array([dx * width, dy * height]))


def test_photos_without_perspective_look_as_if_the_recipe_had_none() -> None:
    photos = np.stack([picture(40, 40, seed) for seed in range(30)])
    turn, bend = recipe.step("rotation"), recipe.step("perspective", 0.4)
    (bends,) = engine.draw((bend,), np.arange(30), 0, 0)
    without = engine.augment(photos, np.arange(30), 0, (turn,), 0)
    both = engine.augment(photos, np.arange(30), 0, (turn, bend), 0)
    same = (without == both).all(axis=(1, 2, 3))
    assert np.array_equal(same, ~bends.active)
