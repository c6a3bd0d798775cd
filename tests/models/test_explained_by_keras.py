"""Where a saved model looked, compared with the gradient that TensorFlow computes through the Keras model."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.answering import grad_cam, head, shelf
from core.answering.classifier import Classifier
from core.answering.head import Head
from core.datasets import catalogue, pack
from core.runs.config import config
from models import build, rebuild
from tests.conftest import encoded

FEATURES, CLASSES = 12, 5


def keras_gradcam(feature_maps: np.ndarray, network: keras.Model, index: int) -> np.ndarray:
    """Equations 1 and 2 of Selvaraju et al. 2017, unscaled, for a network from maps to logits."""
    maps = tf.convert_to_tensor(feature_maps)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        logits = network(maps, training=False)[:, index]
    gradients = tape.gradient(logits, maps)
    weights = tf.reduce_mean(gradients, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1)).numpy()


def scaled(heat: np.ndarray) -> np.ndarray:
    return heat / heat.max() if heat.max() > 0 else heat


def test_heads_of_every_kind(subtests):
    for activation, layers in itertools.product(sorted(head.ACTIVATIONS), [(), (9,), (16, 8), (10, 10, 10)]):
        with subtests.test(activation=activation, layers=layers):
            rng = np.random.default_rng(7)
            top = build.head(config(dataset="tiny", dense_layers=layers, activation=activation), FEATURES, CLASSES)
            for variable in top.trainable_variables:
                variable.assign(rng.normal(0, 0.7, variable.shape))
            kernels, biases = build.dense_weights(top)
            in_numpy = Head(tuple(kernels), tuple(biases), activation)
            maps = rng.gamma(0.5, 1, (3, 4, 6, FEATURES)).astype(np.float32)
            inputs = keras.Input((4, 6, FEATURES))
            network = keras.Model(inputs, top(keras.layers.GlobalAveragePooling2D()(inputs)))
            lit = 0
            for index in range(CLASSES):
                heats = keras_gradcam(maps, network, index)
                for feature_map, expected in zip(maps, heats, strict=True):
                    np.testing.assert_allclose(
                        grad_cam.gradcam(feature_map, in_numpy, index), scaled(expected), atol=2e-5
                    )
                    lit += bool(expected.max() > 0)
            assert lit > 5


def test_gradients_of_heads(subtests):
    for activation, layers in itertools.product(sorted(head.ACTIVATIONS), [(), (9,), (10, 10, 10)]):
        with subtests.test(activation=activation, layers=layers):
            rng = np.random.default_rng(8)
            top = build.head(config(dataset="tiny", dense_layers=layers, activation=activation), FEATURES, CLASSES)
            kernels, biases = build.dense_weights(top)
            vectors = rng.normal(0, 2, (20, FEATURES)).astype(np.float32)
            in_numpy = Head(tuple(kernels), tuple(biases), activation)
            for index in range(CLASSES):
                inputs = tf.convert_to_tensor(vectors)
                with tf.GradientTape() as tape:
                    tape.watch(inputs)
                    logits = top(inputs, training=False)[:, index]
                expected = tape.gradient(logits, inputs).numpy()
                np.testing.assert_allclose(in_numpy.gradient(vectors, index), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_saved_model_from_photo_to_map(finished):
    """The converted file against the rebuilt Keras model."""
    model = shelf.model(finished.model.name)
    ask, network = Classifier(model), rebuild.network(model)
    pixels = np.asarray(pack.load(catalogue.load("tiny"), "test", ask.size).pixels)
    body = network.get_layer("pooled").input
    maps = keras.Model(network.input, body)(pixels)
    inputs = keras.Input(maps.shape[1:])
    rest = keras.Model(inputs, network.get_layer("head")(keras.layers.GlobalAveragePooling2D()(inputs)))
    lit: set[str] = set()
    for (index, label), photo in itertools.product(enumerate(model.labels), range(len(pixels))):
        expected = keras_gradcam(maps[photo : photo + 1], rest, index)[0]
        heat = ask.heat(encoded(pixels[photo], "PNG"), label)
        np.testing.assert_allclose(heat, scaled(expected), atol=1e-3)
        lit |= {label} if heat.any() else set()
    assert len(lit) > 1
