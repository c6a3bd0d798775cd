"""Single-file exports of a saved model, made on demand: `python -m models.export NAME --format keras|tflite`."""

import argparse
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core import photos, workspace
from core.answering import head, integrity, model_files, shelf
from core.answering.classifier import Classifier
from core.answering.shelf import Model
from core.backbones import Backbone, backbone
from core.datasets import drawn
from core.errors import AppError, ModelError
from core.exporting import manual
from core.files import atomic, npz
from core.runs.config import RunConfig, config
from models import build, convert

TOLERANCE = 1e-3  # on probabilities


def export(model: Model, form: str, path: Path) -> None:
    """Write a saved model as one file: photos uint8 (n, size, size, 3) → logits (n, classes).

    `form` is "keras" (for keras.models.load_model) or "tflite". The file is compared with the saved model's answers
    before it is put in place. What goes in and which output is which class stands in the file, which unzips to
    labels.txt and manual.txt, and in a text beside it. Raises ModelError.
    """
    network = rebuilt(model)
    suffix = {"keras": ".keras", "tflite": ".tflite"}[form]
    with atomic.scratch_folder(workspace.scratch() / "export") as folder:
        file = folder / f"model{suffix}"
        if form == "keras":
            network.save(file)
        else:
            convert.convert(network, file)
        _add_manual(model, file)
        _check(model, _keras_logits(file) if form == "keras" else _tflite_logits(file))
        with file.open("rb") as source:  # copied: the target may lie on another disk
            atomic.write(path, lambda target: shutil.copyfileobj(source, target))
    atomic.write(manual_of(path), lambda file: file.write(manual.text(model).encode()))


def manual_of(path: Path) -> Path:
    """The text beside an exported file."""
    return path.with_name(f"{path.name}.txt")


def _add_manual(model: Model, file: Path) -> None:
    """Add the texts to the file: to Keras' zip, or as a zip behind LiteRT's, where its tools look for labels too."""
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("labels.txt", manual.labels(model))
        archive.writestr("manual.txt", manual.text(model))


def rebuilt(model: Model) -> keras.Model:
    """The saved model as a Keras model. Raises ModelError if it is damaged or its backbone is not available."""
    try:
        settings: RunConfig = config(**model.card.config)
        record = backbone(model.card.network)
        integrity.check_files(model, model.card.files.keys() & {model_files.WEIGHTS, "head.npz"})
        body = _body(model, record, settings.image_size)
        top = build.head(settings, record.features, len(model.labels))
        layers = [layer for layer in top.layers if isinstance(layer, keras.layers.Dense)]
        saved = head.load(model.folder / "head.npz")
        for layer, kernel, bias in zip(layers, saved.kernels, saved.biases, strict=True):
            layer.set_weights([kernel, bias])
    except (npz.ArraysError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The saved model {model.name!r} is damaged ({error}). Delete it or train it again."
        ) from error
    return build.whole(body, top)


def _body(model: Model, record: Backbone, size: int) -> keras.Model:
    weights = model.folder / model_files.WEIGHTS
    if record.pretrained and not weights.is_file():
        return build.backbone(record, size, "imagenet")
    body = build.backbone(record, size, None)
    arrays = npz.load(weights)
    build.assign(body.variables, [arrays[f"arr_{i}"] for i in range(len(body.variables))])
    return body


def _samples(size: int) -> NDArray[np.uint8]:
    drawings = [np.asarray(drawn.garment(label, 0)) for label in drawn.CLASSES]
    return np.stack([photos.resize(drawing, size) for drawing in drawings])


def _keras_logits(file: Path) -> Any:
    network = keras.models.load_model(file)
    return lambda pixels: np.asarray(network.predict_on_batch(pixels))


def _tflite_logits(file: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=file.read_bytes())
    inputs, outputs = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.resize_tensor_input(inputs["index"], pixels.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(inputs["index"], pixels)
        interpreter.invoke()
        answer: NDArray[np.float32] = interpreter.get_tensor(outputs["index"])
        return answer

    return run


def _check(model: Model, logits: Any) -> None:
    classifier = Classifier(model)
    pixels = _samples(classifier.size)
    difference = float(np.abs(head.softmax(logits(pixels)) - head.softmax(classifier.logits(pixels))).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The exported file's answers differ from the model's by {difference:.2g}, so it was not saved."
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.export", description="Write a saved model as one file.")
    parser.add_argument("model", help="the saved model's name or folder")
    parser.add_argument("--format", choices=("keras", "tflite"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    try:
        export(shelf.model(arguments.model), arguments.format, arguments.out)
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
