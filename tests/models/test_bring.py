"""Networks from elsewhere: whatever their shape, they answer on our shelf as they did in Keras, or are refused."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import onnxruntime
import pytest

from core.answering import classifier, head, shelf
from core.answering.classifier import Classifier
from core.datasets import catalogue
from core.errors import ModelError
from core.importing.pixels import SCALINGS
from core.shell.main import main
from core.teaching import corrections, learning
from models import bring, build, keras_file, litert_file, onnx_model, taking_apart, untrusted
from tests.conftest import drawing, encoded
from tests.models.test_export import tflite_logits

pytestmark = pytest.mark.slow

SIZE = 32
LABELS = ("bars", "disc", "frame")
Ends = Callable[[keras.KerasTensor], keras.KerasTensor]


def dense(finished, activation: str | None = None) -> tuple[keras.layers.Dense, keras.layers.Dense]:
    """The dense layers of the finished model, with its weights once they are called."""
    saved = head.load(finished.model.folder / "head.npz")
    hidden, last = keras.layers.Dense(8, activation="gelu"), keras.layers.Dense(3, activation=activation)
    hidden.build((None, 192))
    last.build((None, 8))
    for layer, kernel, bias in zip((hidden, last), saved.kernels, saved.biases, strict=True):
        layer.set_weights([kernel, bias])
    return hidden, last


def features(finished) -> keras.Model:
    """The finished model's network as somebody else would have it: pixels from 0 to 1 in, a feature map out."""
    photos = keras.Input((SIZE, SIZE, 3))
    network = keras.Model(photos, build.OWN["small_cnn"](photos), name="base")
    with np.load(finished.model.folder / "backbone.npz") as archive:
        build.assign(network.variables, [archive[f"arr_{i}"] for i in range(len(archive.files))])
    return network


def nested(finished) -> keras.Model:
    """As the course builds it: a network in the network, dropout, and logits."""
    hidden, last = dense(finished)
    photos = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(features(finished)(photos, training=False))
    return keras.Model(photos, last(keras.layers.Dropout(0.5)(hidden(x))))


def sequential(finished) -> keras.Model:
    """A list of layers with the scaling and the softmax inside."""
    hidden, last = dense(finished, "softmax")
    pooling = keras.layers.GlobalAveragePooling2D(keepdims=True)
    layers = [keras.layers.Rescaling(1 / 255), features(finished), pooling, keras.layers.Flatten(), hidden, last]
    return keras.Sequential([keras.Input((SIZE, SIZE, 3)), *layers])


def pooled_inside(finished) -> keras.Model:
    """The pooling in the nested network, activations as layers of their own, and names that clash."""
    hidden, last = dense(finished)
    hidden.activation = keras.activations.linear
    base = features(finished)
    inner = keras.Model(base.input, keras.layers.GlobalAveragePooling2D(name="same")(base.output), name="inner")
    photos = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Activation("gelu", name="same")(hidden(inner(photos)))
    return keras.Model(photos, keras.layers.Softmax()(last(x)))


def compiled(model: keras.Model, path: Path) -> Path:
    model.compile("adam", "categorical_crossentropy")
    model.save(path)
    return path


NETWORKS = {"nested": (nested, "0-1"), "sequential": (sequential, "0-255"), "pooled inside": (pooled_inside, "0-1")}


# What comes in


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_answers_on_the_shelf_as_it_did_in_keras(finished, own_home, pixels, tmp_path, kind):
    make, scaling = NETWORKS[kind]
    path = compiled(make(finished), tmp_path / "other.keras")
    card = bring.bring(path, "other", catalogue.load("tiny"), LABELS, "dataset")
    assert card.imported.pixels == scaling == next(iter(card.imported.measured))
    assert card.imported.model_dump(include={"file", "labels", "warnings"}) == {
        "file": "other.keras",
        "labels": "dataset",
        "warnings": (),
    }
    scaled = pixels * np.float32(SCALINGS[scaling].scale)
    outside = keras.models.load_model(path, compile=False).predict_on_batch(scaled)
    shares = outside if kind != "nested" else head.softmax(outside)
    model = shelf.model("other")
    logits = classifier.load(model).logits(pixels)
    np.testing.assert_allclose(head.softmax(logits), shares, atol=1e-4)
    np.testing.assert_allclose(head.softmax(Classifier(finished.model).logits(pixels)), shares, atol=1e-4)
    assert card.scores.validation.correct == finished.model.card.scores.validation.correct
    assert card.scores.test.correct == finished.model.card.scores.test.correct
    assert card.was_scored_like(finished.model.card)
    assert card.agreement < 1e-3
    assert (card.network, card.config) == (
        "imported",
        {"dataset": "tiny", "image_size": SIZE, "dense_layers": [8], "activation": "gelu"},
    )


def test_what_was_exported_comes_back_and_leaves_again_in_any_form(finished, own_home, pixels, tmp_path):
    path = tmp_path / "there.keras"
    keras_file.write(finished.model, path)
    assert main(["import", str(path), "--dataset", "tiny", "--name", "Here again"]) == 0
    model = shelf.model("here-again")
    assert (model.labels, model.card.imported.labels, model.card.imported.pixels) == (LABELS, "file", "0-255")
    expected = classifier.load(finished.model).logits(pixels)
    np.testing.assert_allclose(classifier.load(model).logits(pixels), expected, atol=1e-3)
    keras_file.write(model, tmp_path / "back.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "back.keras").predict(pixels), expected, atol=1e-3)
    litert_file.write(model, tmp_path / "back.tflite")
    np.testing.assert_allclose(tflite_logits(tmp_path / "back.tflite", pixels), expected, atol=1e-3)
    onnx_model.write(model, tmp_path / "back.onnx")
    (shares,) = onnxruntime.InferenceSession(tmp_path / "back.onnx").run(["probabilities"], {"photos": pixels})
    np.testing.assert_allclose(shares, head.softmax(expected, model.card.temperature), atol=1e-3)
    photo = catalogue.load("tiny").splits["test"].paths[0].read_bytes()
    heat, other = (Classifier(each).heat(photo, "disc") for each in (model, finished.model))
    np.testing.assert_allclose(heat, other, atol=1e-2)


def test_it_learns_from_corrections_and_its_new_version_is_exported(finished, own_home, pixels, tmp_path):
    path = compiled(nested(finished), tmp_path / "other.keras")
    bring.bring(path, "other", catalogue.load("tiny"), LABELS, "dataset", "0-1")
    photos = [(f"{n}.png", encoded(drawing("disc", 900 + n), "PNG"), "ring", "disc") for n in range(4)]
    corrections.add(shelf.model("other"), photos)
    version = learning.learn("other")
    assert version.labels == (*LABELS, "ring")
    keras_file.write(version, tmp_path / "version.keras")
    logits = keras.models.load_model(tmp_path / "version.keras").predict_on_batch(pixels)
    np.testing.assert_allclose(logits, classifier.load(version).logits(pixels), atol=1e-3)


def test_labels_in_the_wrong_order_are_noticed_and_the_right_order_is_said(finished, own_home, tmp_path, capsys):
    path = compiled(nested(finished), tmp_path / "other.keras")
    command = ["import", str(path), "--dataset", "tiny", "--pixels", "0-1", "--labels"]
    assert main([*command, "frame,bars,disc", "--name", "wrong"]) == 0
    printed = capsys.readouterr()
    assert "with the labels in the order bars, disc, frame" in printed.err
    assert shelf.model("wrong").card.imported.warnings[0] in printed.err
    assert main([*command, "bars,disc,frame", "--name", "right"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[0].startswith("right on validation: ")
    assert lines[-2:] == ["pixels: 0-1", "labels: bars, disc, frame (as given)"]


def test_the_range_of_pixels_is_found_whatever_the_order_of_the_labels(finished, own_home, tmp_path):
    path = compiled(nested(finished), tmp_path / "other.keras")
    card = bring.bring(path, "other", catalogue.load("tiny"), ("frame", "bars", "disc"), "given")
    assert card.imported.pixels == "0-1"


def test_a_network_that_only_guesses_gets_a_warning(finished, own_home, tmp_path):
    model = nested(finished)
    for layer in model.layers[-3:]:
        layer.set_weights([np.zeros_like(value) for value in layer.get_weights()])
    path = compiled(model, tmp_path / "other.keras")
    card = bring.bring(path, "other", catalogue.load("tiny"), LABELS, "dataset", "0-1")
    assert "no better than guessing. Check the order of the labels" in card.imported.warnings[0]


def test_a_model_that_knows_more_than_the_dataset(finished, own_home, tmp_path):
    """Photos of classes that it does not know are left out, and its other labels have no photos."""
    path = compiled(nested(finished), tmp_path / "other.keras")
    card = bring.bring(path, "other", catalogue.load("tiny"), ("bars", "ring", "frame"), "given", "0-1")
    validation = card.scores.validation
    assert (validation.count, [score.count for score in validation.per_class]) == (6, [3, 0, 3])
    with pytest.raises(ModelError, match="None of the labels a, b, c is a class of the dataset"):
        bring.bring(path, "none", catalogue.load("tiny"), ("a", "b", "c"), "given", "0-1")
    with pytest.raises(ModelError, match=r"must be 3, one for each output of the network, got 2\. Give them"):
        bring.bring(path, "few", catalogue.load("tiny"), ("a", "b"), "given", "0-1")
    assert {path.name for path in (own_home / "models").iterdir() if path.is_dir()} == {finished.model.name, "other"}


# What is refused


def built(ends: Ends, side: tuple[int | None, int | None] = (SIZE, SIZE), channels: int = 3) -> keras.Model:
    photos = keras.Input((*side, channels))
    return keras.Model(photos, ends(keras.layers.Conv2D(4, 3, name="conv")(photos)))


def pooled(*layers: keras.layers.Layer) -> Ends:
    return lambda x: keras.Sequential([keras.layers.GlobalAveragePooling2D(), *layers])(x)


L = keras.layers
REFUSED = {
    "no pooling": (lambda x: L.Dense(3)(L.Flatten()(L.MaxPooling2D(8)(x))), "before Dense it has MaxPooling2D"),
    "the largest": (lambda x: L.Dense(3)(L.GlobalMaxPooling2D()(x)), "before Dense it has GlobalMaxPooling2D"),
    "no dense layer": (pooled(), "the network has no Dense layer"),
    "sigmoid": (pooled(L.Dense(3, activation="sigmoid")), "the network has Dense 3 sigmoid"),
    "mixed": (pooled(L.Dense(4, "relu"), L.Dense(4, "tanh"), L.Dense(3)), "Dense 4 relu, Dense 4 tanh, Dense 3 linear"),
    "unknown": (pooled(L.Dense(4, "swish"), L.Dense(3)), "Dense 4 silu, Dense 3 linear"),
    "early": (pooled(L.ReLU(), L.Dense(3)), "relu in an unexpected place"),
    "leaky": (pooled(L.Dense(4), L.ReLU(negative_slope=0.1), L.Dense(3)), "Dense 4 ReLU with settings"),
    "normed": (pooled(L.BatchNormalization(), L.Dense(3)), "before Dense it has BatchNormalization"),
    "deep": (pooled(*[L.Dense(4, "relu") for _ in range(4)], L.Dense(3)), "Dense 4 relu, Dense 4 relu, Dense 4 relu"),
    "branches": (
        lambda x: L.Add()([L.Dense(3)(pooled()(x)), L.Dense(3)(pooled()(x))]),
        "before the output it has Add",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_structure_that_can_t_be_taken_apart_is_a_sentence(kind):
    ends, found = REFUSED[kind]
    with pytest.raises(ModelError) as refused:
        taking_apart.take_apart(built(ends), SCALINGS["0-1"])
    assert found in str(refused.value)
    assert str(refused.value).endswith(taking_apart.SUPPORTED)


def test_dense_layers_with_nothing_between_them_are_one(tmp_path):
    model = built(pooled(L.Dense(5, use_bias=False), L.Dense(4, "tanh"), L.Identity(), L.Dense(3)))
    parts = taking_apart.take_apart(model, SCALINGS["-1-1"])
    assert [kernel.shape for kernel in parts.head.kernels] == [(4, 4), (4, 3)]
    photos = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    expected = model.predict_on_batch(photos / np.float32(127.5) - 1)
    _, vectors = parts.body.predict_on_batch(photos)
    np.testing.assert_allclose(parts.head.logits(vectors), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: built(pooled(L.Dense(3)), channels=1), "in three colours"),
        (lambda: built(pooled(L.Dense(3)), side=(32, 48)), "square photos"),
        (lambda: built(pooled(L.Dense(3)), side=(None, None)), "of a fixed size"),
        (lambda: built(pooled(L.Dense(3)), side=(1024, 1024)), "at most 640 px"),
        (lambda: built(lambda x: x), "one value for each class"),
        (lambda: built(lambda x: [pooled(L.Dense(3))(x), x]), "one value for each class"),
        (lambda: keras.Sequential([keras.Input((4,)), L.Dense(3)]), "must take square photos"),
    ],
    ids=["grey", "oblong", "any size", "large", "no vector", "two outputs", "no photo"],
)
def test_a_network_of_another_shape_is_a_sentence(tmp_path, model, words):
    model().save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match=words) as refused:
        untrusted.load(tmp_path / "other.keras")
    assert str(refused.value).startswith("other.keras must ")


def changed(source: Path, target: Path, **members: bytes) -> Path:
    """A copy of a .keras file with other content in some members."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, members.get(name, archive.read(name)))
    return target


@pytest.fixture
def whole(tmp_path) -> Path:
    path = tmp_path / "whole.keras"
    built(pooled(L.Dense(3))).save(path)
    return path


def test_a_lambda_layer_is_refused(tmp_path):
    model = built(lambda x: L.Dense(3)(pooled()(L.Lambda(lambda y: y, output_shape=(30, 30, 4))(x))))
    model.save(tmp_path / "lambda.keras")
    with pytest.raises(ModelError, match="'Lambda', which this program does not load"):
        untrusted.load(tmp_path / "lambda.keras")


def test_a_network_beyond_all_memory_is_refused_before_it_is_built(whole, tmp_path):
    with zipfile.ZipFile(whole) as archive:
        config = json.loads(archive.read("config.json"))
    (*_, last) = config["config"]["layers"][-1]["config"]["layers"]
    last["config"]["units"] = 10**9  # 16 GB of weights
    path = changed(whole, tmp_path / "huge.keras", **{"config.json": json.dumps(config).encode()})
    with pytest.raises(ModelError, match=r"huge\.keras must have at most 500,000,000 parameters, got"):
        untrusted.load(path)


def test_weights_that_lie_in_another_file_are_not_read(whole, tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.ones((3, 3, 3, 4), np.float32)
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["layers/conv2d/vars/0"] = h5py.ExternalLink(str(secret), "kernel")
    path = changed(whole, tmp_path / "linked.keras", **{"model.weights.h5": content.getvalue()})
    with pytest.raises(ModelError, match=r"linked\.keras has weights that lie in another file"):
        untrusted.load(path)


def test_damaged_weights_are_a_sentence(whole, tmp_path):
    for name, weights in {"cut.keras": b"\x89HDF\r\n\x1a\n", "none.keras": _empty_weights()}.items():
        path = changed(whole, tmp_path / name, **{"model.weights.h5": weights})
        with pytest.raises(ModelError, match=rf"Keras can't open {name}") as refused:
            untrusted.load(path)
        assert "\n" not in str(refused.value)


def _empty_weights() -> bytes:
    content = io.BytesIO()
    h5py.File(content, "w").close()
    return content.getvalue()
