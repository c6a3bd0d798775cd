"""Single-file exports give the saved model's answers in plain Keras or LiteRT and leave no other files."""

import json
import re
import shutil
import sys
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
from core.teaching import corrections, learning
from models import export
from tests.conftest import drawing, encoded

pytestmark = pytest.mark.slow


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


def test_the_tflite_file(finished, pixels, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"an older file")
    export.export(finished.model, "tflite", path)
    assert {file.name for file in tmp_path.iterdir()} == {path.name, f"{path.name}.txt"}
    expected = classifier.load(finished.model).logits(pixels)
    for count in (1, 5, 9):
        np.testing.assert_allclose(tflite_logits(path, pixels[:count]), expected[:count], atol=1e-3)


@pytest.mark.parametrize("form", ["keras", "tflite"])
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
    export.export(new, form, path)
    keras_file = form == "keras"
    logits = keras.models.load_model(path).predict_on_batch(pixels) if keras_file else tflite_logits(path, pixels)
    np.testing.assert_allclose(logits, classifier.load(new).logits(pixels), atol=1e-3)


@pytest.mark.parametrize("form", ["keras", "tflite"])
def test_a_file_says_what_goes_in_and_which_output_is_which_class(finished, tmp_path, form):
    """Used as the text says, by code that anybody could write without this project, the file gives our answers."""
    path = tmp_path / f"model.{form}"
    export.export(finished.model, form, path)
    with zipfile.ZipFile(path) as archive:
        labels = archive.read("labels.txt").decode().splitlines()
        text = archive.read("manual.txt").decode()
    assert tuple(labels) == finished.model.labels
    assert text == (tmp_path / f"model.{form}.txt").read_text(encoding="utf-8")
    size, temperature = (
        float(re.search(pattern, text)[1]) for pattern in (r"to (\d+) × ", r"softmax\(logits / ([\d.]+)\)")
    )
    for photo in catalogue.load("tiny").splits["test"].paths:
        square = cv2.resize(cv2.imread(str(photo))[..., ::-1], (int(size), int(size)), interpolation=cv2.INTER_AREA)
        if form == "keras":
            logits = keras.models.load_model(path).predict_on_batch(square[None])[0]
        else:
            logits = tflite_logits(path, square[None])[0]
        shares = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
        answer = classifier.load(finished.model).answer(photo.read_bytes())
        assert labels[shares.argmax()] == answer.label
        assert shares.max() == pytest.approx(answer.probability, abs=0.01)


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
        export.export(shelf.read(copy), "keras", out / "model.keras")
    assert {file.name: file.read_bytes() for file in out.iterdir()} == {"model.keras": b"an older file"}


def test_as_a_process_it_exits_with_one_line(copy, tmp_path, capsys, monkeypatch):
    _cut("backbone.npz")(copy)
    out = tmp_path / "x.tflite"
    monkeypatch.setattr(sys, "argv", ["models.export", str(copy), "--format", "tflite", "--out", str(out)])
    assert export.main() == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("The saved model's file ")
    assert printed.err.count("\n") == 1
    assert not out.exists()


def test_a_copy_elsewhere_gives_the_same_answers(finished, copy, pixels):
    answers = Classifier(shelf.read(copy)).answers(pixels)
    assert answers == Classifier(finished.model).answers(pixels)
