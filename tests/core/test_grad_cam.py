"""Grad-CAM on paper, the head's gradient against differences, the overlay. tests/models compares it with Keras."""

import itertools

import cv2
import numpy as np
import pytest

from core.answering import classifier, grad_cam, head, shelf
from core.answering.head import Head
from core.errors import PhotoError, SettingsError
from tests.conftest import encoded, picture
from tests.fabricated import SIZE, flat, saved_model


def made(activation: str, sizes: tuple[int, ...], seed: int = 0) -> Head:
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(0, 1, shape).astype(np.float32) for shape in itertools.pairwise(sizes)]
    biases = [rng.normal(0, 1, size).astype(np.float32) for size in sizes[1:]]
    return Head(tuple(kernels), tuple(biases), activation)


# The gradient


@pytest.mark.parametrize("activation", head.ACTIVATIONS)
def test_slopes_are_the_differences_of_the_values(activation):
    x, step = np.linspace(-6, 6, 400, dtype=np.float32), np.float32(2**-7)  # no sample at 0, where relu has no slope
    function = head.ACTIVATIONS[activation]
    differences = (function.value(x + step) - function.value(x - step)) / (2 * step)
    slopes = function.slope(x)
    assert slopes.dtype == np.float32
    smooth = np.abs(x) > step
    np.testing.assert_allclose(slopes[smooth], differences[smooth], atol=2e-4)


@pytest.mark.parametrize("activation", head.ACTIVATIONS)
def test_slopes_never_overflow(activation):
    slopes = head.ACTIVATIONS[activation].slope(np.array([-1e4, 0, 1e4], np.float32))  # a warning would be an error
    assert np.isfinite(slopes).all()


def test_the_gradient_is_how_the_logits_change(subtests):
    for activation, sizes in itertools.product(["gelu", "tanh", "sigmoid"], [(6, 3), (6, 5, 3), (6, 5, 4, 4, 3)]):
        with subtests.test(activation=activation, sizes=sizes):
            top, vectors = made(activation, sizes), np.random.default_rng(1).normal(0, 1, (4, 6)).astype(np.float32)
            for index, feature in itertools.product(range(3), range(6)):
                step = np.zeros(6, np.float32)
                step[feature] = 2**-6
                differences = (top.logits(vectors + step) - top.logits(vectors - step))[:, index] / 2**-5
                np.testing.assert_allclose(top.gradient(vectors, index)[:, feature], differences, rtol=2e-3, atol=3e-3)


# The map


def test_gradcam_on_paper():
    """Two features, two classes: the first feature speaks for class 0 with 2 and against class 1 with 1."""
    top = Head((np.array([[2, -1], [-1, 3]], np.float32),), (np.zeros(2, np.float32),), "relu")
    features = np.array([[[1, 0], [0, 1]], [[1, 1], [2, 1]]], np.float32)
    assert grad_cam.gradcam(features, top, 0).tolist() == pytest.approx(np.array([[2, 0], [1, 3]]) / 3)
    assert grad_cam.gradcam(features, top, 1).tolist() == pytest.approx(np.array([[0, 3], [2, 1]]) / 3)


def test_where_nothing_speaks_for_the_class_all_is_zero():
    top = Head((-np.ones((3, 2), np.float32),), (np.zeros(2, np.float32),), "relu")
    heat = grad_cam.gradcam(np.ones((4, 5, 3), np.float32), top, 1)
    assert (heat.shape, heat.dtype, heat.any()) == ((4, 5), np.float32, False)
    silent = Head((np.zeros((3, 2), np.float32),), (np.zeros(2, np.float32),), "relu")
    assert not grad_cam.gradcam(np.ones((4, 5, 3), np.float32), silent, 0).any()


@pytest.mark.parametrize("activation", head.ACTIVATIONS)
def test_gradcam_runs_from_0_to_1(activation):
    features = np.random.default_rng(3).gamma(1, 1, (5, 7, 6)).astype(np.float32)
    for index in range(3):
        heat = grad_cam.gradcam(features, made(activation, (6, 8, 3)), index)
        assert (heat.shape, heat.dtype) == ((5, 7), np.float32)
        assert heat.min() >= 0
        assert heat.max() in (0, 1)


# The overlay


@pytest.mark.parametrize("size", [(300, 200), (31, 47), (3, 2), (1, 1)])
def test_overlay_at_its_ends(size):
    photo, heat = picture(*size), np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)
    assert np.array_equal(grad_cam.overlay(photo, heat, 0), photo)
    alone = grad_cam.overlay(photo, heat, 1)
    assert (alone.shape, alone.dtype) == (photo.shape, np.uint8)
    assert np.array_equal(alone, grad_cam.overlay(255 - photo, heat, 1))
    half = grad_cam.overlay(photo, heat, 0.5)
    np.testing.assert_allclose(half, (photo.astype(float) + alone) / 2, atol=1)


def test_the_hottest_place_is_the_brightest():
    heat = np.zeros((5, 5), np.float32)
    heat[1, 3] = 1
    shown = grad_cam.overlay(np.zeros((250, 250, 3), np.uint8), heat, 1)
    light = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY).astype(float)
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert (row // 50, column // 50) == (1, 3)
    assert light[75, 175] > 200
    assert light[225, 25] < 10
    steps = np.abs(np.diff(light, axis=1)).max()
    assert steps < 25  # enlarged smoothly: no edges between the places


def test_colours_grow_lighter_with_the_heat():
    scale = grad_cam.overlay(np.zeros((1, 256, 3), np.uint8), np.linspace(0, 1, 256, dtype=np.float32)[None], 1)
    light = cv2.cvtColor(scale, cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(light) >= 0).all()
    assert light[-1] - light[0] > 200


# Prediction of a saved model


def test_where_a_saved_model_looked():
    """Its feature map is the photo's colours, and red speaks for red."""
    saved_model("colours")
    colours = classifier.load(shelf.model("colours"))
    pixels = flat(0, 0, 200, SIZE)
    pixels[2:4, 5:7] = (255, 0, 0)
    pixels[6, 1] = (51, 0, 0)
    data = encoded(pixels, "PNG")
    red = colours.heat(data, "red")
    assert red.shape == (SIZE, SIZE)
    assert (red[2:4, 5:7] == 1).all()
    assert red[6, 1] == pytest.approx(0.2)
    assert red.sum() == pytest.approx(4.2)
    assert not colours.heat(data, "green").any()  # no green in it
    assert (colours.heat(data, "blue") == (pixels[..., 2] > 0)).all()


def test_an_unknown_label_or_a_broken_photo_is_refused():
    saved_model("colours")
    colours = classifier.load(shelf.model("colours"))
    with pytest.raises(SettingsError, match="red, green, blue, got 'hat'"):
        colours.heat(encoded(flat(1, 2, 3), "PNG"), "hat")
    with pytest.raises(PhotoError):
        colours.heat(b"no photo", "red")
