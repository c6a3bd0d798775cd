"""The code for Keras is executed, and its results are compared with the engine's."""

import re
import warnings
from typing import Any

import numpy as np
import pytest

from core.augment import engine, recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.code import image_data_generator, keras_layers
from tests.conftest import Pixels, picture

SIDE = 60
EVERYTHING = tuple(recipe.step(key) for key in TRANSFORMS)


@pytest.mark.parametrize("write", [image_data_generator.source, keras_layers.source])
def test_every_step_is_in_the_code_or_in_a_comment(write: Any) -> None:
    for step in EVERYTHING:
        for steps in ((step,), (recipe.step(step.transform.key, 0.25),), (recipe.step(step.transform.key, 0.0),)):
            text = write(steps)
            compile(text, "exported", "exec")
            nothing = write(())
            assert text != nothing or not step.transform.draws
            assert max(map(len, text.splitlines())) <= 125
            if steps[0].probability == 0 and step.transform.draws:
                assert f"{step.transform.label}: left out because its probability is 0." in text


def test_a_probability_that_keras_cannot_have_is_a_remark() -> None:
    often = (recipe.step("rotation", 0.25), recipe.step("horizontal_flip", 0.9))
    for text in (image_data_generator.source(often), keras_layers.source(often)):
        assert "Rotation: Keras' probability is 1, not 0.25." in text
        assert "Horizontal flip: Keras' probability is 0.5, not 0.9." in text
    assert "What differs" not in image_data_generator.source((recipe.step("rotation"),))


def test_another_order_is_a_remark() -> None:
    steps = (recipe.step("zoom"), recipe.step("rotation"))
    assert "its own order: rotation, zoom" in image_data_generator.source(steps)
    assert "its own order" not in image_data_generator.source(steps[::-1])


def test_tied_zoom_is_no_generator_zoom() -> None:
    text = image_data_generator.source((recipe.step("zoom", zoom_axes="tied"),))
    assert "zoom_range" not in text
    assert "zoom" in text


def run(text: str) -> dict[str, Any]:
    """The names that the code defines; the seed keeps Keras' draws the same in every test run."""
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras

        keras.utils.set_random_seed(0)
        exec(compile(text, "exported", "exec"), names)  # our own code
    return names


GENERATED = (
    recipe.step("rotation", rotation_range=20),
    recipe.step("width_shift", width_shift_range=0.05),
    recipe.step("height_shift", height_shift_range=0.2),
    recipe.step("shear", shear_range=12),
    recipe.step("zoom", zoom_range=0.2),
    recipe.step("horizontal_flip"),
    recipe.step("border", fill_mode="reflect"),
    recipe.step("channel_shift", channel_shift_range=25),
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning")
def test_the_generator_draws_within_our_ranges_and_makes_our_pixels() -> None:
    pytest.importorskip("scipy")
    generator = run(image_data_generator.source(GENERATED))["generator"]
    photo = picture(SIDE, SIDE)
    seen = []
    for seed in range(60):
        theirs = generator.get_random_transform(photo.shape, seed=seed)
        values: dict[str, dict[str, float]] = {
            "rotation": {"theta": theirs["theta"]},
            "width_shift": {"tx": theirs["tx"] / SIDE},  # tx moves sideways, whichever range it comes from
            "height_shift": {"ty": theirs["ty"] / SIDE},
            "shear": {"shear": theirs["shear"]},
            "zoom": {"zx": theirs["zx"], "zy": theirs["zy"]},
            "horizontal_flip": {"flip": 1.0},
            "channel_shift": {"shift": theirs["channel_shift_intensity"]},
        }
        seen.append([*values["width_shift"].values(), *values["height_shift"].values()])
        draws = [
            engine.Draw(
                step,
                np.array([step.transform.key != "horizontal_flip" or bool(theirs["flip_horizontal"])]),
                {name: np.array([value]) for name, value in values[step.transform.key].items()},
            )
            for step in GENERATED
            if step.transform.draws
        ]
        ours = engine.apply(photo[None], engine.fuse(GENERATED, draws, SIDE, SIDE))[0]
        expected = generator.apply_transform(photo.astype(np.float32), theirs)
        difference = np.abs(ours - expected)
        assert difference.mean() <= 0.6
        assert difference.max() <= 2
    most = np.abs(seen).max(axis=0)
    assert 0.04 < most[0] <= 0.05, "sideways as far as the width shift says"
    assert 0.17 < most[1] <= 0.2, "up and down as far as the height shift says"


@pytest.mark.slow
def test_all_layers_run() -> None:
    photos = np.stack([picture(SIDE, SIDE, seed) for seed in range(3)]).astype(np.float32)
    for which in ("default", "neutral"):
        steps = tuple(recipe.step(key, **transform.settings(which)) for key, transform in TRANSFORMS.items())
        augmentation = run(keras_layers.source(steps))["augmentation"]
        assert np.asarray(augmentation(photos, training=True)).shape == photos.shape
        assert np.array_equal(np.asarray(augmentation(photos, training=False)), photos)


def layer_of(step: recipe.Step, **border: Any) -> Any:
    (layer,) = run(keras_layers.source((step, recipe.step("border", **border))))["augmentation"].layers
    return layer


def ours_with(step: recipe.Step, photo: Pixels, **values: float) -> Pixels:
    draws = [engine.Draw(step, np.array([True]), {name: np.array([value]) for name, value in values.items()})]
    return engine.apply(photo[None], engine.fuse((step,), draws, *photo.shape[:2]))[0]


@pytest.mark.slow
def test_the_layers_draw_from_our_ranges() -> None:
    photos = np.zeros((2000, 20, 20, 3), np.float32)

    def draws_of(step: recipe.Step) -> dict[str, Any]:
        transformation = layer_of(step).get_random_transformation(photos, training=True)
        return {name: np.asarray(value) for name, value in transformation.items() if not isinstance(value, tuple)}

    angles = draws_of(recipe.step("rotation", rotation_range=36))["angle"]
    assert 34 < np.abs(angles).max() <= 36.01
    moved = draws_of(recipe.step("width_shift", width_shift_range=0.2))["translations"]
    assert np.abs(moved[:, 1]).max() == 0
    assert 3.9 < np.abs(moved[:, 0]).max() <= 4
    moved = draws_of(recipe.step("height_shift", height_shift_range=0.2))["translations"]
    assert np.abs(moved[:, 0]).max() == 0
    assert 3.9 < np.abs(moved[:, 1]).max() <= 4
    shear = draws_of(recipe.step("shear", shear_range=30))["shear_factor"]
    assert 0.49 < np.abs(shear[:, 0]).max() <= 0.5
    assert np.abs(shear[:, 1]).max() == 0
    factor = draws_of(recipe.step("saturation", saturation_range=(0.5, 2.0)))["factor"]
    assert 0.4999 < factor.min() < 0.52
    assert 1.95 < factor.max() <= 2.001
    hue = draws_of(recipe.step("hue", hue_range=90))["factor"]
    assert 0.245 < np.abs(hue).max() <= 0.25
    contrast = draws_of(recipe.step("contrast", contrast_range=(0.8, 1.5)))["contrast_factor"]
    assert 0.8 <= contrast.min() < 0.81
    assert 1.49 < contrast.max() <= 1.5


@pytest.mark.slow
def test_the_layers_make_our_pixels_where_they_can() -> None:
    photo = picture(SIDE, SIDE)
    batch = photo[None].astype(np.float32)
    flip = layer_of(recipe.step("horizontal_flip"))
    assert np.array_equal(np.asarray(flip.transform_images(batch, {"flips": np.ones((1, 1, 1, 1), bool)}))[0],
                          ours_with(recipe.step("horizontal_flip", 1.0), photo, flip=1))  # fmt: skip
    shift = layer_of(recipe.step("width_shift"))
    result = np.asarray(
        shift.transform_images(batch, {"translations": np.float32([[6, 0]]), "input_shape": batch.shape})
    )[0]
    expected = ours_with(recipe.step("width_shift"), photo, tx=-6 / SIDE)  # our value says where a pixel comes from
    assert np.abs(result - expected).max() <= 1
    grey = layer_of(recipe.step("greyscale", 0.4))
    assert grey.factor == 0.4
    result = np.asarray(grey.transform_images(batch, np.ones((1, 1, 1, 1), bool)))[0]
    assert np.abs(result - ours_with(recipe.step("greyscale", 1.0), photo, grey=1)).max() <= 1
    posterise = layer_of(recipe.step("posterise", 1.0, posterise_bits=(3, 3)))
    result = np.asarray(posterise(batch, training=True))[0]
    assert np.array_equal(result, ours_with(recipe.step("posterise", 1.0), photo, bits=3))
    inversion = layer_of(recipe.step("inversion", 1.0))
    assert np.array_equal(np.asarray(inversion(batch, training=True))[0], 255 - photo)


@pytest.mark.slow
def test_the_erased_square_is_as_large_as_ours() -> None:
    step = recipe.step("black_patch", patch_size=0.5)
    result = np.asarray(layer_of(step)(np.full((20, SIDE, SIDE, 3), 255, np.float32), training=True))
    sides = (result == 0).any(axis=(2, 3)).sum(axis=1), (result == 0).any(axis=(1, 3)).sum(axis=1)
    assert np.abs(np.array(sides) - SIDE / 2).max() <= 1


def test_comments_are_comments() -> None:
    """A remark never ends up as code, however long it is."""
    text = keras_layers.source(EVERYTHING)
    for line in re.findall(r"^.*differs from the preview:[\s\S]*?(?=^augmentation)", text, re.M)[0].splitlines():
        assert line.startswith("#")


MIXED = (recipe.step("rotation"), recipe.step("mixup"), recipe.step("cutmix", 0.5))


@pytest.mark.slow
def test_the_mixing_layers_mix_photos_and_labels() -> None:
    """Black and white photos: the mean level of a mixed one is the share of white in its label."""
    text = keras_layers.source(MIXED)
    code = run(text)
    assert [type(layer).__name__ for layer in code["mixing"]] == ["MixUp", "CutMix"]
    assert [type(layer).__name__ for layer in code["augmentation"].layers] == ["RandomRotation"]
    photos = np.repeat(np.float32([[0], [255]]), 40, axis=0)[..., None, None] * np.ones((1, SIDE, SIDE, 3), np.float32)
    labels = np.repeat(np.eye(2, dtype=np.float32), 40, axis=0)
    mixed, mixed_labels = map(np.asarray, code["mix"](photos, labels))
    np.testing.assert_allclose(mixed_labels.sum(axis=1), 1, rtol=1e-5)
    assert ((mixed_labels > 0.05) & (mixed_labels < 0.95)).any()
    np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)) / 255, mixed_labels[:, 1], atol=0.08)  # pixels are whole
    assert "takes partners from all training photos" in " ".join(text.replace("#", "").split())
    assert "CutMix: Keras' probability is 1, not 0.5." in text
    assert "map(lambda photos, labels: mix(augmentation(photos, training=True), labels))" in text


def test_what_keras_cannot_mix_is_left_out() -> None:
    text = keras_layers.source((recipe.step("cutmix", cutmix_alpha=1.5),))
    assert "mixing" not in text
    assert "no equivalent with these settings: cutmix." in text
    text = image_data_generator.source(MIXED)
    assert "no equivalent with these settings: mixup, cutmix." in text


def test_a_choice_is_a_remark() -> None:
    steps = (recipe.step("rotation"), recipe.step("zoom"), recipe.step("choice", choice_count=1))
    for text in (keras_layers.source(steps), image_data_generator.source(steps)):
        words = " ".join(text.replace("#", "").split())
        assert "Choice of steps: ours gives each photo 1 of 2 steps." in words
        assert "Rotation: Keras' probability is 1, not 0.5." in words
    assert "Choice" not in keras_layers.source((*steps[:2], recipe.step("choice", choice_count=2)))
