"""The backbones' records match what Keras builds, and the head is the same in Keras and in NumPy."""

import importlib
import itertools
import re

import h5py
import keras
import numpy as np
import pytest

from core.answering import head
from core.backbone import Backbone
from core.backbones import BACKBONES, MOBILENET_V2, RESIDUAL, RESNET_50_V2, SMALL_CNN, XCEPTION
from core.datasets import download
from core.errors import ModelError
from core.runs.config import RunConfig, config
from models import build, folding
from tests.models.conftest import all_layers

pytestmark = pytest.mark.slow

KERAS_MODULES = {
    "MobileNetV2": "mobilenet_v2",
    "Xception": "xception",
    "EfficientNetV2B0": "efficientnet_v2",
    "EfficientNetV2S": "efficientnet_v2",
    "ConvNeXtTiny": "convnext",
    "MobileNetV3Large": "mobilenet_v3",
    "ResNet50V2": "resnet_v2",
}
PRETRAINED = [record for record in BACKBONES.values() if record.pretrained]


@pytest.fixture(scope="module", params=BACKBONES.values(), ids=BACKBONES)
def built(request: pytest.FixtureRequest) -> tuple[Backbone, keras.Model]:
    """Each backbone with random weights at the smallest size that its record allows."""
    return request.param, build.backbone(request.param, request.param.smallest, None)


def photos(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


# Backbones


def test_the_record_counts_what_keras_builds(built):
    record, body = built
    assert body.count_params() == record.parameters
    assert body.outputs[1].shape == (None, record.features)
    assert body.input.dtype == "uint8"


def test_the_pooled_vector_is_the_mean_of_the_feature_map(built):
    record, body = built
    features, pooled = (np.asarray(output) for output in body(photos(2, record.smallest), training=False))
    assert features.ndim == 4
    assert features.shape[::3] == (2, record.features)
    assert features.shape[1] == features.shape[2] >= 1
    np.testing.assert_allclose(pooled, features.mean((1, 2)), rtol=1e-4, atol=1e-6)


def test_smaller_than_the_smallest_is_refused_by_keras(built):
    record, _ = built
    if record.pretrained:
        with pytest.raises(ValueError, match="Input size must be at least"):
            build.backbone(record, record.smallest - 1, None)


def test_the_preprocessing_inside_is_that_of_keras(built):
    record, body = built
    if not record.pretrained:
        (scaling,) = [layer for layer in body.layers if isinstance(layer, keras.layers.Rescaling)]
        expected = {"0…1": [0, 0.2, 1], "-1…1": [-1, -0.6, 1]}[record.scaling]
        np.testing.assert_allclose(np.asarray(scaling(np.uint8([0, 51, 255]))), expected, atol=1e-6)
        return
    module = importlib.import_module(f"keras.applications.{KERAS_MODULES[record.application]}")
    (network,) = [layer for layer in body.layers if isinstance(layer, keras.Model)]
    pixels = photos(2, record.smallest)
    expected = network(module.preprocess_input(pixels.astype(np.float32)), training=False)
    np.testing.assert_allclose(np.asarray(body(pixels)[0]), np.asarray(expected), rtol=1e-3, atol=1e-5)


def test_pretrained_backbones_are_frozen_twice_and_the_rest_learn(built):
    record, body = built
    norms = [layer for layer in all_layers(body) if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms or not record.statistics
    before = [np.asarray(norm.moving_mean) for norm in norms]
    pixels = photos(4, record.smallest)
    predicting, training = np.asarray(body(pixels, training=False)[1]), np.asarray(body(pixels, training=True)[1])
    moved = any(not np.array_equal(old, norm.moving_mean) for old, norm in zip(before, norms, strict=True))
    assert bool(body.trainable_variables) is not record.pretrained
    assert moved is not record.pretrained
    assert np.array_equal(predicting, training) is record.pretrained


@pytest.mark.parametrize("record", PRETRAINED, ids=lambda record: record.key)
def test_the_last_blocks_learn_and_batchnorm_keeps_its_statistics(record):
    body = build.backbone(record, record.smallest, None)
    (network,) = [layer for layer in body.layers if isinstance(layer, keras.Model)]
    opened = list(dict.fromkeys(match[1] for layer in network.layers if (match := re.match(record.block, layer.name))))
    assert len(opened) == record.blocks
    counts = []
    for blocks in (1, 3, record.blocks, None):
        build.unfreeze(body, record, blocks)
        counts.append(len(body.trainable_variables))
        first = next(layer for layer in network.layers if layer.trainable and layer.weights)
        assert blocks is None or re.match(record.block, first.name)[1] == opened[record.blocks - blocks]
    assert 0 < counts[0] < counts[1] < counts[2] <= counts[3]
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    scaling = [layer for layer in network.layers if isinstance(layer, keras.layers.Normalization)]
    statistics = 2 * len(norms) + sum(len(layer.weights) for layer in scaling)
    assert counts[3] == sum(len(layer.weights) for layer in network.layers) - statistics
    before = [np.asarray(norm.moving_mean) for norm in norms]
    pixels = photos(4, record.smallest)
    assert np.array_equal(body(pixels, training=True)[1], body(pixels, training=False)[1])
    assert all(np.array_equal(old, norm.moving_mean) for old, norm in zip(before, norms, strict=True))


@pytest.mark.parametrize("record", [MOBILENET_V2, XCEPTION, RESNET_50_V2], ids=lambda record: record.key)
def test_batchnorm_inside_the_convolution_answers_and_learns_like_a_layer_of_its_own(record, monkeypatch):
    pixels, expected = photos(4, record.smallest), np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]

    def trained() -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
        keras.utils.set_random_seed(0)
        body = build.backbone(record, record.smallest, None)
        generator = np.random.default_rng(0)
        for norm in (layer for layer in all_layers(body) if isinstance(layer, keras.layers.BatchNormalization)):
            scales = generator.uniform(0.8, 1.2, (4, norm.gamma.shape[0])).astype(np.float32)
            build.assign(norm.weights, [scales[0], scales[1] - 1, scales[2] - 1, scales[3]])
        build.unfreeze(body, record, None)
        network = build.whole(body, keras.Sequential([keras.Input((record.features,)), keras.layers.Dense(3)]))
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        network.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)  # for one step, a graph is not worth it
        before = build.values(network.variables)
        answers = np.asarray(network(pixels))
        network.train_on_batch(pixels, expected)
        return answers, before, build.values(network.variables)

    answers, before, after = trained()
    monkeypatch.setattr(folding, "_fits", lambda layer, norm: False)
    answers_apart, before_apart, after_apart = trained()
    np.testing.assert_allclose(answers, answers_apart, rtol=1e-3, atol=1e-5)
    changes = 0
    for old, new, old_apart, new_apart in zip(before, after, before_apart, after_apart, strict=True):
        assert np.array_equal(old, old_apart)
        largest = np.abs(new_apart - old_apart).max()
        np.testing.assert_allclose(new - old, new_apart - old_apart, rtol=0, atol=1e-2 * largest + 1e-7)
        changes += bool(largest)
    assert changes > len(before) / 3  # at this size, some channels are always off


def test_batchnorm_inside_the_convolution_learns_in_mixed_precision():
    with build.precision("mixed_bfloat16"):
        body = build.backbone(MOBILENET_V2, MOBILENET_V2.smallest, None)
    build.unfreeze(body, MOBILENET_V2, 3)
    network = build.whole(body, keras.Sequential([keras.Input((MOBILENET_V2.features,)), keras.layers.Dense(3)]))
    network.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), run_eagerly=True)
    pixels, expected = photos(3, MOBILENET_V2.smallest), np.eye(3, dtype=np.float32)
    before = build.values(network.trainable_variables)
    assert np.isfinite(network.train_on_batch(pixels, expected))
    assert all(value.dtype == np.float32 for value in before)
    assert any((old != new).any() for old, new in zip(before, build.values(network.trainable_variables), strict=True))


def test_every_batchnorm_of_mobilenet_is_inside_a_convolution():
    body = build.backbone(MOBILENET_V2, MOBILENET_V2.smallest, None)
    build.unfreeze(body, MOBILENET_V2, None)
    norms = [layer for layer in all_layers(body) if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 52
    assert all(norm.call is folding._unchanged for norm in norms)


def test_small_cnn_takes_any_size_with_the_same_weights():
    for size in (SMALL_CNN.smallest, 33, SMALL_CNN.default_size):
        assert build.backbone(SMALL_CNN, size, None).count_params() == SMALL_CNN.parameters


@pytest.mark.parametrize(
    ("record", "size"),
    [
        *((MOBILENET_V2, size) for size in (96, 150, 160, 224)),
        *((record, 150) for record in PRETRAINED if record != MOBILENET_V2),
    ],
    ids=lambda value: value if isinstance(value, int) else value.key,
)
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined or non-square:UserWarning")  # 150 px uses those of 224
def test_weights_are_looked_for_where_keras_keeps_them(record, size, tmp_path, monkeypatch):
    requests = []

    def no_internet(name, origin, *_, cache_subdir="", **__):
        requests.append((tmp_path / cache_subdir / name, origin))
        raise OSError("no internet")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", no_internet)
    with pytest.raises(OSError, match="no internet"):
        getattr(keras.applications, record.application)(include_top=False, input_shape=(size, size, 3))
    here = record.weights_path(size)
    assert requests == [(here, build.address(record, here))]


@pytest.mark.parametrize("half", [b"", b"\x89HDF\r\n\x1a\n and no more"])
def test_incomplete_weights_that_cannot_be_downloaded_again(half, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(download, "PAUSE", 0)
    monkeypatch.setattr(build, "WEIGHTS_FROM", "http://127.0.0.1:9")  # the discard port: refused at once
    with pytest.raises(ModelError, match=r"\(9\.4 MB\) are not on this machine and could not be downloaded") as refused:
        build.backbone(MOBILENET_V2, 96, "imagenet")
    assert str(refused.value).endswith(f"Without a download you can use: {SMALL_CNN.label}, {RESIDUAL.label}.")
    here = MOBILENET_V2.weights_path(96)
    here.write_bytes(half)
    with pytest.raises(ModelError, match=r"are damaged \(.*\) and could not be downloaded"):
        build.backbone(MOBILENET_V2, 96, "imagenet")
    assert [path.name for path in here.parent.iterdir()] == [here.name]


def test_a_complete_file_with_other_weights_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    here = MOBILENET_V2.weights_path(96)
    here.parent.mkdir()
    with h5py.File(here, "w") as file:
        file["anything"] = 1
    with pytest.raises(ModelError, match=r"are damaged\. Delete the file"):
        build.backbone(MOBILENET_V2, 96, "imagenet")


# Heads


def settings(*layers: int, **changes: object) -> RunConfig:
    return config(dataset="any", dense_layers=layers, **changes)


@pytest.mark.parametrize(
    ("layers", "kinds"),
    [
        ((), ["Dropout", "Dense"]),
        ((10,), ["Dense", "Dropout", "Dense"]),
        ((10, 7), ["Dense", "Dropout", "Dense", "Dropout", "Dense"]),
    ],
)
def test_dropout_follows_each_dense_layer_or_the_pooled_vector(layers, kinds):
    top = build.head(settings(*layers, activation="tanh", dropout=0.35), 12, 4)
    inner = top.layers[1:]
    assert [type(layer).__name__ for layer in inner] == kinds
    assert {layer.rate for layer in inner if isinstance(layer, keras.layers.Dropout)} == {0.35}
    dense = [layer for layer in inner if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [*layers, 4]
    assert [layer.activation.__name__ for layer in dense] == ["tanh"] * len(layers) + ["linear"]
    sizes = [12, *layers, 4]
    shapes = [tuple(variable.shape) for variable in top.trainable_variables]
    assert shapes == [shape for inputs, units in itertools.pairwise(sizes) for shape in ((inputs, units), (units,))]


def test_dropout_is_off_at_prediction():
    top = build.head(settings(20, dropout=0.9), 12, 4)
    vectors = np.random.default_rng(0).normal(0, 1, (3, 12)).astype(np.float32)
    assert np.array_equal(top(vectors, training=False), top(vectors, training=False))
    assert not np.array_equal(top(vectors, training=True), top(vectors, training=True))


def test_initial_weights_come_from_the_seed_only():
    def first(**changes: object) -> list[np.ndarray]:
        return build.dense_weights(build.head(settings(8, 6, **changes), 12, 4))[0]

    kernels, others = first(seed=1), first(seed=2)
    for kernel, again, different in zip(kernels, first(seed=1, dropout=0.7), others, strict=True):
        assert np.array_equal(kernel, again)  # runs of a dropout study start alike
        assert not np.array_equal(kernel, different)
    assert not np.array_equal(kernels[0].ravel()[:24], kernels[1].ravel()[:24])


def test_the_head_in_numpy_is_the_head_in_keras(subtests, tmp_path):
    for activation, layers in itertools.product(sorted(head.ACTIVATIONS), [(), (9,), (9, 5), (9, 5, 3)]):
        with subtests.test(activation=activation, layers=layers):
            rng = np.random.default_rng(3)
            top = build.head(settings(*layers, activation=activation, dropout=0.5), 12, 4)
            for variable in top.trainable_variables:
                variable.assign(rng.normal(0, 0.7, variable.shape))
            kernels, biases = build.dense_weights(top)
            in_numpy = head.Head(tuple(kernels), tuple(biases), activation)
            in_numpy.save(tmp_path / "head.npz")
            vectors = rng.normal(0, 2, (50, 12)).astype(np.float32)
            expected = np.asarray(top(vectors, training=False))
            np.testing.assert_allclose(in_numpy.logits(vectors), expected, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(head.load(tmp_path / "head.npz").logits(vectors), expected, rtol=1e-4, atol=1e-5)


def test_the_whole_is_the_head_on_the_pooled_vector():
    body = build.backbone(SMALL_CNN, 16, None)
    top = build.head(settings(5), SMALL_CNN.features, 3)
    pixels = photos(3, 16)
    whole = build.whole(body, top)(pixels, training=False)
    np.testing.assert_allclose(np.asarray(whole), np.asarray(top(body(pixels, training=False)[1])), atol=1e-5)
