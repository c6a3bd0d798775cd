"""Files of LiteRT become Keras networks with the same answers, or are refused with a sentence."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.answering import classifier, head, shelf
from core.datasets import catalogue
from core.errors import ModelError
from core.shell.main import main
from models import bring, build, keras_file, litert_file, tflite_graph, tflite_layers, tflite_network
from tests.models.test_bring import LABELS, SIZE, nested
from tests.models.test_export import tflite_logits

pytestmark = pytest.mark.slow

L = keras.layers
Ends = Callable[[Any], Any]


def network(ends: Ends, side: int = 16) -> keras.Model:
    """A network with random weights, no bias of which is 0."""
    photos = keras.Input((side, side, 3))
    model = keras.Model(photos, ends(photos))
    rng = np.random.default_rng(5)
    model.set_weights([value + rng.uniform(0.05, 0.2, value.shape) for value in model.get_weights()])
    return model


def converted(model: keras.Model, bits: int = 32, is_whole: bool = False) -> bytes:
    """The network as a file with weights of so many bits; with `is_whole`, it computes in 8 bits too."""
    weights = build.values(model.trainable_variables), build.values(model.non_trainable_variables)

    @tf.function(input_signature=[tf.TensorSpec((1, *model.input.shape[1:]), tf.float32)], autograph=False)
    def answer(photos: Any) -> Any:
        return model.stateless_call(*weights, photos, training=False)[0]

    converter = tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()])
    if bits < 32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if bits == 16:
        converter.target_spec.supported_types = [tf.float16]
    if is_whole:
        rng = np.random.default_rng(0)
        converter.representative_dataset = lambda: (
            [rng.uniform(-1, 1, (1, *model.input.shape[1:])).astype(np.float32)] for _ in range(4)
        )
    content: bytes = converter.convert()
    return content


def tail(x: Any) -> Any:
    return L.Dense(3)(L.GlobalAveragePooling2D()(x))


def squeezed(x: Any) -> Any:
    """A block with squeeze and excitation, as in EfficientNet."""
    x = L.Conv2D(8, 3, padding="same")(x)
    share = L.Reshape((1, 1, 8))(L.GlobalAveragePooling2D()(x))
    share = L.Conv2D(8, 1, activation="sigmoid")(L.Conv2D(4, 1, activation="silu")(share))
    return tail(L.Multiply()([x, share]))


def branches(x: Any) -> Any:
    x = L.Conv2D(8, 3, use_bias=False)(x)
    first, second = L.MaxPooling2D(3, 2, "same")(x), L.AveragePooling2D(2)(x)
    return tail(L.Concatenate()([L.Add()([first, second]), L.Subtract()([first, second])]))


NETWORKS: dict[str, Ends] = {
    "convolutions": lambda x: tail(
        L.Conv2D(8, 3, 2, "same", groups=2, activation="relu")(
            L.Conv2D(4, (3, 5), dilation_rate=2, activation="tanh")(L.ZeroPadding2D(((1, 2), (3, 0)))(x))
        )
    ),
    "depthwise": lambda x: tail(
        L.ReLU(6)(
            L.BatchNormalization()(L.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)(L.SeparableConv2D(4, 3)(x)))
        )
    ),
    "squeezed": squeezed,
    "branches": branches,
    "activations": lambda x: tail(
        L.LeakyReLU(0.2)(L.Activation("gelu")(L.Activation("hard_silu")(L.ReLU()(L.Activation("tanh")(x)))))
    ),
    "scaled": lambda x: tail(
        L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(L.Rescaling(2.0, -0.5)(x))
    ),
    "softmax": lambda x: L.Softmax()(L.Dense(4)(L.Dense(5, activation="relu")(L.GlobalAveragePooling2D()(x)))),
    "old head": lambda x: L.Flatten()(L.Conv2D(4, 1)(L.AveragePooling2D(16)(x))),
}


@pytest.mark.parametrize(("kind", "bits"), [*((kind, 32) for kind in NETWORKS), ("squeezed", 16)])
def test_the_network_answers_as_the_one_that_was_converted(kind, bits):
    model = network(NETWORKS[kind])
    photos = np.random.default_rng(1).uniform(-1, 1, (5, 16, 16, 3)).astype(np.float32)
    again = tflite_network.load(converted(model, bits), "other.tflite")
    expected = model.predict_on_batch(photos)
    np.testing.assert_allclose(again.predict_on_batch(photos), expected, atol=1e-5 if bits == 32 else 0.01)


def test_weights_of_8_bits_become_the_numbers_they_stand_for():
    model = network(lambda x: tail(L.Conv2D(64, 5, activation="relu")(x)))
    content = converted(model, 8)
    assert len(content) < 4 * model.count_params() / 2
    graph = tflite_graph.read(content, "small.tflite")
    assert graph.is_coarse
    (kernel,) = [values for values in graph.constants.values() if values.shape == (64, 5, 5, 3)]
    step = np.abs(model.layers[1].kernel.numpy()).max((0, 1, 2)) / 127
    assert np.all(np.abs(kernel.transpose(1, 2, 3, 0) - model.layers[1].kernel.numpy()) <= 0.51 * step)
    photos = np.random.default_rng(1).uniform(-1, 1, (5, 16, 16, 3)).astype(np.float32)
    again = tflite_network.load(content, "small.tflite").predict_on_batch(photos)
    np.testing.assert_allclose(again, model.predict_on_batch(photos), atol=0.05)


# What is refused


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (lambda x: tail(L.LayerNormalization()(x)), "in a way that this program can't turn into a layer"),
        (lambda x: tail(L.UpSampling2D(2, interpolation="bilinear")(x)), "uses the operation 'RESIZE_BILINEAR'"),
        (lambda x: [tail(x), x], "got 1 inputs and 2 outputs"),
    ],
    ids=["normed", "enlarged", "two outputs"],
)
def test_what_can_t_be_a_layer_is_a_sentence(ends, words):
    with pytest.raises(ModelError, match=words) as refused:
        tflite_network.load(converted(network(ends)), "other.tflite")
    assert str(refused.value).startswith("other.tflite ")


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_a_file_that_computes_in_8_bits_is_a_sentence():
    content = converted(network(lambda x: tail(L.Conv2D(8, 3, activation="relu")(x))), 8, is_whole=True)
    with pytest.raises(ModelError, match=r"whole\.tflite computes in 8 bits, .* without full integer quantization"):
        tflite_network.load(content, "whole.tflite")


def test_a_file_beyond_all_memory_is_refused_before_its_weights_are_read(monkeypatch):
    content = converted(network(tail))
    monkeypatch.setattr(tflite_graph, "MOST_PARAMETERS", 10)
    with pytest.raises(ModelError, match=r"large\.tflite must have at most 10 parameters, got 1[0-9]"):
        tflite_network.load(content, "large.tflite")


def test_a_network_that_answers_otherwise_than_its_file_is_refused(monkeypatch):
    content = converted(network(lambda x: tail(L.Conv2D(4, 3, activation="tanh")(x))))
    monkeypatch.setitem(tflite_layers.LAYERS, "TANH", lambda step: step.tensor)
    monkeypatch.setitem(tflite_layers.FUSED, "TANH", L.Identity)
    with pytest.raises(ModelError, match=r"The network made of odd\.tflite answers otherwise than the file, by"):
        tflite_network.load(content, "odd.tflite")


def test_a_damaged_file_is_a_sentence(monkeypatch):
    monkeypatch.setattr(tflite_network, "_compare", lambda *parts: None)  # LiteRT itself may end the process
    content = converted(network(lambda x: tail(L.Conv2D(4, 3, activation="relu")(x))))
    for length in np.linspace(8, len(content) - 200, 40).astype(int):
        with pytest.raises(ModelError, match=r"cut\.tflite"):
            tflite_graph.read(content[:length], "cut.tflite")
    rng = np.random.default_rng(3)
    for _ in range(100):
        changed = bytearray(content)
        for place in rng.integers(8, len(content), 4):
            changed[place] = rng.integers(256)
        try:
            tflite_network.load(bytes(changed), "changed.tflite")
        except ModelError as error:
            assert str(error).startswith("changed.tflite ")  # noqa: PT017 - most changes are in numbers


# On the shelf


@pytest.mark.parametrize("bits", [32, 16, 8])
def test_a_file_from_elsewhere_answers_on_the_shelf(finished, own_home, pixels, tmp_path, bits):
    path = tmp_path / "other.tflite"
    path.write_bytes(converted(nested(finished), bits))
    card = bring.bring(path, "other", catalogue.load("tiny"), LABELS, "dataset")
    assert (card.imported.file, card.imported.pixels, card.imported.warnings) == ("other.tflite", "0-1", ())
    expected = head.softmax(classifier.load(finished.model).logits(pixels))
    logits = classifier.load(shelf.model("other")).logits(pixels)
    np.testing.assert_allclose(head.softmax(logits), expected, atol=1e-3 if bits > 8 else 0.05)
    assert card.config["dense_layers"] == [8]


def test_what_was_exported_as_litert_comes_back_and_leaves_again(finished, own_home, pixels, tmp_path, capsys):
    path = tmp_path / "there.tflite"
    litert_file.write(finished.model, path)
    assert main(["import", str(path), "--dataset", "tiny", "--name", "Here again"]) == 0
    assert "labels: bars, disc, frame (from the file)" in capsys.readouterr().out
    model = shelf.model("here-again")
    assert (model.labels, model.card.imported.pixels) == (LABELS, "0-255")
    expected = classifier.load(finished.model).logits(pixels)
    np.testing.assert_allclose(classifier.load(model).logits(pixels), expected, atol=1e-3)
    assert model.card.scores.test.correct == finished.model.card.scores.test.correct
    photo = catalogue.load("tiny").splits["test"].paths[0].read_bytes()
    heat, other = (classifier.load(each).heat(photo, "disc") for each in (model, finished.model))
    np.testing.assert_allclose(heat, other, atol=1e-2)
    keras_file.write(model, tmp_path / "back.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "back.keras").predict(pixels), expected, atol=1e-3)
    litert_file.write(model, tmp_path / "back.tflite")
    np.testing.assert_allclose(tflite_logits(tmp_path / "back.tflite", pixels), expected, atol=1e-3)
    assert model.card.config["image_size"] == SIZE
