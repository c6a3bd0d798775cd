"""Exported files give the saved model's answers in plain Keras, LiteRT or TensorFlow and leave no other files."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from core.__main__ import main
from core.answering import classifier, shelf
from core.answering.classifier import Classifier
from core.datasets import catalogue, pack
from core.errors import AppError
from core.exporting.forms import FORMS
from core.teaching import corrections, learning
from models import export, keras_file, litert_file, onnx_model, saved_model
from tests.conftest import drawing, encoded

pytestmark = pytest.mark.slow

WRITERS = {"keras": keras_file, "tflite": litert_file, "saved_model": saved_model, "onnx": onnx_model}


@pytest.fixture
def pixels(finished) -> np.ndarray:
    return np.asarray(pack.load(catalogue.load("tiny"), "test", 32).pixels)


@pytest.fixture
def copy(finished, tmp_path: Path) -> Path:
    """A copy of the saved model that a test may damage."""
    return shutil.copytree(finished.model.folder, tmp_path / "copy")


def tflite_logits(path: Path, pixels: np.ndarray) -> np.ndarray:
    """The logits of the file, by code that anybody could write without this project."""
    interpreter = Interpreter(model_path=str(path))
    inputs, outputs = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(inputs["index"], pixels.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(inputs["index"], pixels)
    interpreter.invoke()
    return interpreter.get_tensor(outputs["index"])


def keras_logits(path: Path, pixels: np.ndarray) -> np.ndarray:
    return keras.models.load_model(path).predict_on_batch(pixels)


def saved_model_logits(path: Path, pixels: np.ndarray) -> np.ndarray:
    """The logits of the zip, unzipped beside it, as TensorFlow Serving gives them."""
    tensorflow = pytest.importorskip("tensorflow")
    folder = path.with_name("unzipped")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    model = tensorflow.saved_model.load(folder / "model" / "1")
    return model.serve(pixels).numpy()


LOGITS = {"keras": keras_logits, "tflite": tflite_logits, "saved_model": saved_model_logits}


def test_the_keras_file_from_the_shell(finished, pixels, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    path = tmp_path / "own name.keras"
    assert main(["export", finished.model.name, "--format", "keras", "--out", str(path)]) == 0
    text = (tmp_path / "own name.keras.txt").read_text(encoding="utf-8")
    assert capsys.readouterr().out == f"{path}\n\n{text}"
    assert {file.name for file in tmp_path.iterdir()} == {path.name, f"{path.name}.txt"}
    network = keras.models.load_model(path)
    assert network.input.dtype == "uint8"
    expected = classifier.load(finished.model).logits(pixels)
    assert expected.std() > 0.1
    for count in (1, 9):
        np.testing.assert_allclose(network.predict_on_batch(pixels[:count]), expected[:count], atol=1e-3)


@pytest.mark.parametrize("form", LOGITS)
def test_an_older_file_is_replaced_by_one_that_answers_batches_of_any_size(finished, pixels, tmp_path, form):
    path = tmp_path / "model"
    path.write_bytes(b"an older file")
    WRITERS[form].write(finished.model, path)
    assert {file.name for file in tmp_path.iterdir()} == {"model"}
    path = path.rename(path.with_suffix(f".{form}"))
    expected = classifier.load(finished.model).logits(pixels)
    for count in (1, 5, 9):
        np.testing.assert_allclose(LOGITS[form](path, pixels[:count]), expected[:count], atol=1e-3)


@pytest.mark.parametrize("form", LOGITS)
def test_a_version_that_learned_from_corrections_is_exported_with_its_new_class(
    finished, pixels, tmp_path, monkeypatch, form
):
    home = shutil.copytree(finished.home, tmp_path / "home")
    monkeypatch.setenv("FITTING_ROOM_HOME", str(home))
    model = shelf.model(finished.model.name)
    photos = [(f"{n}.png", encoded(drawing("disc", 900 + n), "PNG"), "ring", "disc") for n in range(4)]
    corrections.add(model, photos)
    new = learning.learn(model.name)
    assert new.labels == (*model.labels, "ring")
    path = tmp_path / f"model.{form}"
    WRITERS[form].write(new, path)
    logits = LOGITS[form](path, pixels)
    np.testing.assert_allclose(logits, classifier.load(new).logits(pixels), atol=1e-3)


@pytest.mark.parametrize("form", LOGITS)
def test_a_file_says_what_goes_in_and_which_output_is_which_class(finished, tmp_path, form):
    """Used as the text says, by code that anybody could write without this project, the file gives our answers."""
    path = tmp_path / f"model.{form}"
    WRITERS[form].write(finished.model, path)
    folder = "model/" if form == "saved_model" else ""
    with zipfile.ZipFile(path) as archive:
        labels = archive.read(f"{folder}labels.txt").decode().splitlines()
        text = archive.read(f"{folder}manual.txt").decode()
    assert tuple(labels) == finished.model.labels
    size, temperature = (
        float(re.search(pattern, text)[1]) for pattern in (r"to (\d+) × ", r"softmax\(logits / ([\d.]+)\)")
    )
    photos = catalogue.load("tiny").splits["test"].paths
    side = (int(size), int(size))
    squares = [cv2.resize(cv2.imread(str(photo))[..., ::-1], side, interpolation=cv2.INTER_AREA) for photo in photos]
    for photo, logits in zip(photos, LOGITS[form](path, np.stack(squares)), strict=True):
        shares = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
        answer = classifier.load(finished.model).answer(photo.read_bytes())
        assert labels[shares.argmax()] == answer.label
        assert shares.max() == pytest.approx(answer.probability, abs=0.01)


@pytest.mark.parametrize("form", WRITERS)
def test_the_line_of_python_in_the_manual_runs_the_file(finished, pixels, tmp_path, monkeypatch, form):
    import ai_edge_litert.interpreter
    import onnxruntime

    tensorflow = pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"model{FORMS[form].suffix}"
    WRITERS[form].write(finished.model, path)
    if form == "saved_model":
        shutil.unpack_archive(path)
    modules = {"ai_edge_litert": ai_edge_litert, "keras": keras, "onnxruntime": onnxruntime, "tensorflow": tensorflow}
    names = {**modules, "file": str(path), "photos": pixels}
    exec(FORMS[form].usage, names)
    if form == "tflite":  # the line opens the file; tensors go in and out by more of them
        assert names["interpreter"].get_input_details()[0]["shape"].tolist() == [1, 32, 32, 3]
        return
    answers = names["answers"][0] if form == "onnx" else np.asarray(names["answers"])
    expected = [answer.label for answer in classifier.load(finished.model).answers(pixels)]
    assert [finished.model.labels[place] for place in answers.argmax(axis=1)] == expected


def _cut(name: str):
    def damage(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return damage


def _card(**changes: object):
    def damage(folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text())
        card["config"] = {**card["config"], **changes}
        (folder / "card.json").write_text(json.dumps(card))

    return damage


def _moved(folder: Path) -> None:
    """Replace the weights with complete ones that give other answers."""
    with np.load(folder / "backbone.npz") as archive:
        arrays = [archive[f"arr_{i}"] for i in range(len(archive.files))]
    np.savez(folder / "backbone.npz", *[array + 0.5 for array in arrays])


def _moved_in_secret(folder: Path) -> None:
    """The same in a model whose card has no hashes, as those of early versions."""
    _moved(folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "files": {}}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_cut("head.npz"), "damaged"),
        (_cut("backbone.npz"), "damaged"),
        (_cut("backbone.tflite"), "damaged"),
        (lambda folder: (folder / "backbone.npz").unlink(), "damaged"),
        (_card(dense_layers=[8, 8]), "damaged"),
        (_card(backbone="unknown"), "'unknown'"),
        (_moved, "belongs to another model"),
        (_moved_in_secret, "differ"),
    ],
    ids=["head", "weights", "converted", "no weights", "another head", "another backbone", "other weights", "no hash"],
)
def test_a_damaged_model_is_not_exported(copy, tmp_path, damage, words):
    damage(copy)
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.keras").write_bytes(b"an older file")
    with pytest.raises(AppError, match=words):
        keras_file.write(shelf.read(copy), out / "model.keras")
    assert {file.name: file.read_bytes() for file in out.iterdir()} == {"model.keras": b"an older file"}


def test_as_a_process_it_exits_with_one_line(copy, tmp_path, capsys, monkeypatch):
    _cut("backbone.npz")(copy)
    out = tmp_path / "x.tflite"
    monkeypatch.setattr("sys.argv", ["models.litert_file", str(copy), "--out", str(out)])
    assert export.main(litert_file.write) == 1
    printed = capsys.readouterr()
    assert printed.out == "0.30 Building the network\n"
    assert printed.err.startswith("The saved model's file ")
    assert printed.err.count("\n") == 1
    assert not out.exists()


def test_a_copy_elsewhere_gives_the_same_answers(finished, copy, pixels):
    answers = Classifier(shelf.read(copy)).answers(pixels)
    assert answers == Classifier(finished.model).answers(pixels)
