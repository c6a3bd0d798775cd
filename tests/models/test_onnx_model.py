"""An ONNX file gives the saved model's answers, whatever its head, likeness and labels, to anybody who reads it."""

import json
import warnings
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from core import photos, workspace
from core.answering import head, likeness, shelf
from core.answering.classifier import Classifier
from core.answering.head import Head
from core.answering.likeness import Corrected, Neighbours, Subspace
from core.answering.shelf import Model
from core.datasets import drawn, other_things
from core.errors import ModelError
from models import onnx_model
from tests.conftest import encoded
from tests.fabricated import SIZE, saved_model

pytestmark = pytest.mark.slow

STARTER = workspace.PROJECT / "models" / "saved" / shelf.STARTER
SCRIPTS = ("Kleid", "платье", "ドレス", "فستان", "👗", "a “b”, \\c")


def answers(path: Path, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities and the similarity, by code that anybody could write without this project."""
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return tuple(session.run(["probabilities", "similarity"], {"photos": pixels}))


def properties(path: Path) -> dict[str, str]:
    return {each.key: each.value for each in onnx.load(path).metadata_props}


def coloured(count: int) -> np.ndarray:
    """Photos of any colour."""
    rng = np.random.default_rng(count)
    return (rng.uniform(0, 1, (count, 1, 1, 3)) * rng.integers(0, 256, (count, SIZE, SIZE, 3))).astype(np.uint8)


def colours(name: str, top: Head, measure: likeness.Likeness, **card: object) -> Model:
    """A saved model on the mean colour of the photo."""
    folder = saved_model(name, **card)
    top.save(folder / "head.npz")
    likeness.save(measure, folder / "stats.npz")
    return shelf.read(folder)


def dense(*units: int, activation: str = "relu", seed: int = 0) -> Head:
    """Dense layers on the three colours, with weights as if trained."""
    rng = np.random.default_rng(seed)
    sizes = list(zip((3, *units), units, strict=False))
    spreads = [3 / (before**0.5 if place else 255) for place, (before, _) in enumerate(sizes)]
    kernels = [rng.normal(0, spread, shape) for spread, shape in zip(spreads, sizes, strict=True)]
    biases = [rng.normal(0, 0.5, shape[1]) for shape in sizes]
    return Head(tuple(np.float32(k) for k in kernels), tuple(np.float32(b) for b in biases), activation)


def trained(count: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(0, 255, (count, 3)).astype(np.float32)


def is_same(model: Model, path: Path, pixels: np.ndarray) -> None:
    classifier = Classifier(model)
    vectors = np.concatenate(list(classifier.vectors(pixels)))
    probabilities, similarity = answers(path, pixels)
    assert (probabilities.dtype, similarity.dtype) == (np.float32, np.float32)
    assert similarity.shape == (len(pixels),)
    expected = head.softmax(classifier.head.logits(vectors), classifier.temperature)
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    np.testing.assert_allclose(similarity, classifier.likeness.similarity(vectors), atol=1e-3)
    assert (probabilities.std(axis=0) / probabilities.mean(axis=0)).max() > 0.1  # it does tell these photos apart


# Every kind of saved model


@pytest.mark.parametrize("measure", [Neighbours.of(trained(50)), Subspace(np.float32([[0.6], [0.8], [0]]))])
def test_an_undecided_head_lowers_the_similarity(tmp_path, measure):
    model = colours("wavering", dense(9, 3), measure, entropy_weight=0.4)
    onnx_model.write(model, tmp_path / "model.onnx")
    pixels = coloured(25)
    is_same(model, tmp_path / "model.onnx", pixels)
    vectors = np.concatenate(list(Classifier(model).vectors(pixels)))
    assert (answers(tmp_path / "model.onnx", pixels)[1] < measure.similarity(vectors)).all()


@pytest.mark.parametrize("activation", head.ACTIVATIONS)
def test_dense_layers_and_their_activations(tmp_path, activation):
    model = colours("dense", dense(9, 7, 3, activation=activation), Neighbours.of(trained(40)), temperature=1.7)
    onnx_model.write(model, tmp_path / "model.onnx")
    is_same(model, tmp_path / "model.onnx", coloured(33))


@pytest.mark.parametrize(
    "measure",
    [
        Neighbours.of(trained(4)),  # fewer than the ten nearest
        Neighbours.of(trained(500)),
        Subspace(np.float32([[0.6, 0], [0.8, 0], [0, 1]])),
        Corrected(Neighbours.of(trained(50)), np.float32([0.02, -0.01, 0.03]), -4.5),
        Corrected(Subspace(np.float32([[0.6], [0.8], [0]])), np.float32([9, 9, 9]), 0.0),  # odds beyond the limit
    ],
    ids=["few neighbours", "neighbours", "subspace", "corrected neighbours", "corrected subspace"],
)
def test_every_likeness(tmp_path, measure):
    model = colours("alike", dense(3), measure)
    onnx_model.write(model, tmp_path / "model.onnx")
    is_same(model, tmp_path / "model.onnx", coloured(12))
    black = np.zeros((1, SIZE, SIZE, 3), np.uint8)  # a vector without a direction
    np.testing.assert_allclose(
        answers(tmp_path / "model.onnx", black)[1], Classifier(model).likeness.similarity(np.zeros((1, 3), np.float32))
    )


def test_batches_of_any_size(tmp_path):
    model = colours("batches", dense(3), Neighbours.of(trained(20)))
    onnx_model.write(model, tmp_path / "model.onnx")
    pixels = coloured(40)
    probabilities, similarity = answers(tmp_path / "model.onnx", pixels)
    for count in (0, 1, 2, 17):
        part, parts = answers(tmp_path / "model.onnx", pixels[:count])
        assert part.shape == (count, 3)
        np.testing.assert_allclose(part, probabilities[:count], atol=1e-6)
        np.testing.assert_allclose(parts, similarity[:count], atol=1e-6)


def test_labels_in_any_script_and_a_thousand_of_them(tmp_path):
    labels = [f"{SCRIPTS[number % len(SCRIPTS)]} {number}" for number in range(1000)]
    scores = {"validation": {"accuracy": 0.5}}
    model = colours("thousand", dense(1000), Neighbours.of(trained(20)), labels=labels, scores=scores)
    onnx_model.write(model, tmp_path / "мое.onnx")
    is_same(model, tmp_path / "мое.onnx", coloured(3))
    found = properties(tmp_path / "мое.onnx")
    assert json.loads(found["labels"]) == labels
    assert labels[999] in found["manual"]


def test_one_class_is_always_the_answer(tmp_path):
    model = colours("one", dense(1), Neighbours.of(trained(20)), labels=["only"])
    onnx_model.write(model, tmp_path / "model.onnx")
    assert answers(tmp_path / "model.onnx", coloured(2))[0].tolist() == [[1.0], [1.0]]
    assert (
        "Not sure: the highest probability is below 0.9, or not 1.2 times the second."
        in properties(tmp_path / "model.onnx")["manual"]
    )


# The file


def test_the_file_says_all_that_is_needed_to_use_it(tmp_path):
    limits = {"0.2": {"probability": 0.95, "similarity": 0.4}}
    model = colours("мой", dense(3), Neighbours.of(trained(20)), temperature=1.25, thresholds_at=limits)
    onnx_model.write(model, tmp_path / "model.onnx")
    file = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(file, full_check=True)
    assert [(each.domain, each.version) for each in file.opset_import] == [("", 17)]
    assert file.ir_version <= 9
    (photo,) = file.graph.input
    assert (photo.name, photo.type.tensor_type.elem_type) == ("photos", onnx.TensorProto.UINT8)
    dimensions = [each.dim_param or each.dim_value for each in photo.type.tensor_type.shape.dim]
    assert dimensions == ["n", SIZE, SIZE, 3]
    assert [each.name for each in file.graph.output] == ["probabilities", "similarity"]
    found = properties(tmp_path / "model.onnx")
    assert json.loads(found["labels"]) == ["red", "green", "blue"]
    assert int(found["image_size"]) == SIZE
    assert float(found["temperature"]) == 1.25
    assert json.loads(found["thresholds"]) == {"0.05": {"probability": 0.9, "similarity": 0.3}, **limits}
    assert (found["model"], found["created"]) == ("мой", model.created)
    assert "uint8 (photos, 8, 8, 3)" in found["manual"]


def test_it_is_written_without_a_warning_and_says_how_far_it_is(tmp_path, capfd):
    model = colours("quiet", dense(3), Neighbours.of(trained(20)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        onnx_model.write(model, tmp_path / "model.onnx")
    assert [str(warning.message) for warning in caught] == []
    assert capfd.readouterr().out == "0.10 Converting the network\n0.80 Comparing answers\n"
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_an_older_file_stays_when_the_new_one_would_answer_differently(tmp_path, monkeypatch):
    model = colours("moved", dense(3), Neighbours.of(trained(20)))
    path = tmp_path / "model.onnx"
    path.write_bytes(b"an older file")
    add = onnx_model.onnx_graph.add_probabilities
    monkeypatch.setattr(
        onnx_model.onnx_graph, "add_probabilities", lambda graph, temperature, *names: add(graph, 3, *names)
    )
    with pytest.raises(ModelError, match=r"probabilities differ from the model's by .* so it was not saved"):
        onnx_model.write(model, path)
    assert path.read_bytes() == b"an older file"


@pytest.mark.parametrize("name", ["backbone.tflite", "head.npz", "stats.npz"])
def test_a_damaged_model_is_a_sentence(tmp_path, name):
    model = colours("damaged", dense(3), Neighbours.of(trained(20)))
    (model.folder / name).write_bytes(b"TFL3 or not")
    with pytest.raises(ModelError, match="damaged"):
        onnx_model.write(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


# The starter


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ONNX file of the model that ships with the project."""
    path = tmp_path_factory.mktemp("starter") / "starter.onnx"
    onnx_model.write(shelf.read(STARTER), path)
    return path


def test_the_starter_answers_drawings_and_other_things_alike(starter):
    model = shelf.read(STARTER)
    size = model.card.image_size
    garments = [photos.resize(np.asarray(drawn.garment(label, 1)), size) for label in drawn.CLASSES]
    other = [other_things.picture(kind, 0, size) for kind in ("bricks", "receipt", "sea")]
    is_same(model, starter, np.stack(garments + other))


def test_half_of_the_starter_s_size_is_enough(starter):
    """The shipped network has its weights in 16 bits; the file keeps them so."""
    assert starter.stat().st_size < 4_000_000


def test_used_as_the_file_says_it_gives_our_answers_and_doubts(starter):
    """A photo file in, an answer out, by code that knows nothing but the file."""
    found = properties(starter)
    size, labels = int(found["image_size"]), json.loads(found["labels"])
    limits = json.loads(found["thresholds"])["0.05"]
    pictures = [np.asarray(drawn.garment(label, 2)) for label in drawn.CLASSES]
    pictures += [other_things.picture(kind, 1, 200) for kind in ("bricks", "sea")]
    classifier, doubts = Classifier(shelf.read(STARTER)), set()
    for picture in pictures:
        square = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
        (shares,), (similarity,) = answers(starter, square[None])
        best, second = sorted(shares, reverse=True)[:2]
        answer = classifier.answer(encoded(picture, "PNG"))
        assert labels[shares.argmax()] == answer.label
        assert best == pytest.approx(answer.probability, abs=1e-3)
        chance = 1 / len(labels)
        is_close = best < max(limits["probability"], 1.2 * second, chance + 0.1 * (1 - chance))
        doubt = "unlike" if similarity < limits["similarity"] else "close" if is_close else "sure"
        assert doubt == answer.doubt
        doubts.add(doubt)
    assert {"unlike", "sure"} <= doubts


def test_the_starter_s_answers_to_all_real_test_photos(shared: Path, starter):
    classifier = Classifier(shelf.read(STARTER))
    files = sorted((shared / "clothing-dataset-small" / "test").rglob("*.jpg"))
    assert len(files) == 372
    squares = np.stack([photos.square(file.read_bytes(), classifier.size) for file in files])
    vectors = np.concatenate(list(classifier.vectors(squares)))
    probabilities, similarity = answers(starter, squares)
    expected = head.softmax(classifier.head.logits(vectors), classifier.temperature)
    assert np.abs(probabilities - expected).max() <= 1e-4
    assert np.abs(similarity - classifier.likeness.similarity(vectors)).max() <= 1e-3
    assert (probabilities.argmax(axis=1) == expected.argmax(axis=1)).all()
