"""A photo gets the same answer everywhere: page, shell, single files, Keras.

The photos are the validation photos on the disk, and similar ones as cameras make them: large, not square, turned by
EXIF, JPEG. Everything is compared with Keras' answers at the model's size.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
from PIL import Image

from core import photos, workspace
from core.answering import bulk, classifier, head, shelf
from core.answering.shelf import Model
from core.datasets import catalogue
from core.photos import album
from models import keras_file, litert_file, onnx_model, rebuild
from tests.conftest import TINY_CLASSES, drawing, encoded
from tests.models.test_export import tflite_logits
from tests.pages.conftest import page

pytestmark = pytest.mark.slow

NEAR = 1e-3  # largest difference of a probability

Probabilities = dict[str, float]  # by label


def camera_photos(folder: Path) -> list[Path]:
    """JPEGs of drawings: larger than the network's photos, wide or tall, half of them turned by EXIF."""
    paths = []
    for number, label in enumerate(TINY_CLASSES * 2):
        image = Image.fromarray(drawing(label, 50 + number, 400)).resize(((700, 400), (300, 500))[number % 2])
        exif = Image.Exif()
        exif[0x0112] = (1, 6, 3)[number // 2]
        path = folder / f"camera {number} ü.jpg"
        path.write_bytes(encoded(image, "JPEG", quality=90, exif=exif))
        paths.append(path)
    return paths


@pytest.fixture
def paths(finished, tmp_path: Path) -> list[Path]:
    validation = catalogue.load("tiny").splits["validation"]
    return [*validation.paths, *camera_photos(tmp_path)]


def softened(model: Model, logits: np.ndarray) -> list[Probabilities]:
    """The probabilities of the logits at the card's temperature."""
    rows = head.softmax(np.asarray(logits, np.float32), model.card.temperature)
    return [dict(zip(model.labels, map(float, row), strict=True)) for row in rows]


def squares(model: Model, paths: list[Path]) -> np.ndarray:
    return np.stack([photos.square(path.read_bytes(), model.card.image_size) for path in paths])


def by_keras(model: Model, paths: list[Path]) -> list[Probabilities]:
    return softened(model, rebuilt(model.folder).predict_on_batch(squares(model, paths)))


@lru_cache
def rebuilt(folder: Path) -> keras.Model:
    return rebuild.network(shelf.read(folder))


def photo_by_photo(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    ask = classifier.load(model)
    return [dict(ask.answer(path.read_bytes()).probabilities) for path in paths]


def all_at_once(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    return [dict(answer.probabilities) for answer in classifier.load(model).answers(squares(model, paths))]


def as_a_stream(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    answers = [result.answer for result in bulk.predict(classifier.load(model), album.on_disk(paths), thumbnails=True)]
    return [dict(answer.probabilities) for answer in answers if answer]


def in_the_shell(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    command = [sys.executable, "-m", "core", "predict", "--json", "--model", model.name, *map(str, paths)]
    process = subprocess.run(
        command, cwd=workspace.PROJECT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    return [{answer["label"]: answer["probability"] for answer in line["answers"]} for line in lines]


def by_the_keras_file(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    file = folder / "model.keras"
    keras_file.write(model, file)
    return softened(model, keras.models.load_model(file).predict_on_batch(squares(model, paths)))


def by_the_tflite_file(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    file = folder / "model.tflite"
    litert_file.write(model, file)
    return softened(model, tflite_logits(file, squares(model, paths)))


def by_the_onnx_file(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    onnx_model.write(model, folder / "model.onnx")
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    (rows,) = session.run(["probabilities"], {"photos": squares(model, paths)})
    return [dict(zip(model.labels, row.tolist(), strict=True)) for row in rows]


def on_the_page(model: Model, paths: list[Path], folder: Path) -> list[Probabilities]:
    """Upload the photos on Predict, as a browser does."""
    app = page("predict")
    for path in paths:
        app.file_uploader(key="predict-photos").upload(f"{path.parent.name} {path.name}", path.read_bytes())
    for _ in range(len(paths)):  # the page answers a few photos at a time
        app.run()
        ((answering, work),) = app.session_state["predict-answers"].items()
        if len(work.answers) == len(paths):
            break
    assert not app.exception
    assert answering[0] == str(model.folder)
    answers = {result.name: result.answer for result in work.answers.values()}
    return [dict(answers[f"{path.parent.name} {path.name}"].probabilities) for path in paths]


@pytest.mark.parametrize(
    "way",
    [
        photo_by_photo,
        all_at_once,
        as_a_stream,
        on_the_page,
        in_the_shell,
        by_the_keras_file,
        by_the_tflite_file,
        by_the_onnx_file,
    ],
)
def test_the_same_answer_as_keras(finished, paths, tmp_path, monkeypatch, way: Callable[..., list[Probabilities]]):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    agree(way(finished.model, paths, tmp_path), by_keras(finished.model, paths))


def agree(actual: list[Probabilities], expected: list[Probabilities]) -> None:
    assert len(actual) == len(expected) > 10
    for answer, reference in zip(actual, expected, strict=True):
        assert answer == pytest.approx(reference, abs=NEAR)
        assert max(answer, key=answer.__getitem__) == max(reference, key=reference.__getitem__)
    assert len({max(answer, key=answer.__getitem__) for answer in expected}) > 1  # not the same answer for all photos


def test_the_comparison_can_fail(finished, paths):
    """Resized in another way, the same photos get other probabilities."""
    model = finished.model
    size = model.card.image_size
    images = [Image.open(path).convert("RGB").resize((size, size), Image.Resampling.NEAREST) for path in paths]
    with pytest.raises(AssertionError):
        agree(softened(model, rebuilt(model.folder).predict_on_batch(np.stack(images))), by_keras(model, paths))
