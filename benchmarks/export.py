"""What leaves the program: the size of each form of a model, how long it takes, and how far its answers are from ours.

Makes every form in the registry (`core.exporting.forms`) of the starter and, unless --quick, of a frozen MobileNetV2 at
224 px. The largest difference is that of probabilities on the 372 real test photos, or on drawn garments without them.
A form that READERS can't read, such as a page for browsers, shows none. ONNX is made first, so what is made of the ONNX
file shows only its own time. Prints a table and, as its last line, JSON.
"""

import argparse
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _real, predict

BATCH = 32
PHOTOS_TO_TRAIN = 4  # of each class: how good the model is does not matter

Answers = Callable[[np.ndarray], np.ndarray]  # photos uint8 (n, size, size, 3) → probabilities (n, classes)


def keras_file(path: Path, temperature: float) -> Answers:
    import keras

    model = keras.models.load_model(path)
    return lambda photos: _softmax(model.predict_on_batch(photos), temperature)


def litert_file(path: Path, temperature: float) -> Answers:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    photo, logits = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def answers(photos: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(photo, photos.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(photo, photos)
        interpreter.invoke()
        return _softmax(interpreter.get_tensor(logits), temperature)

    return answers


def saved_model(path: Path, temperature: float) -> Answers:
    import tensorflow as tf

    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    model = tf.saved_model.load(folder / "model" / "1")
    return lambda photos: _softmax(model.serve(photos).numpy(), temperature)


def onnx_file(path: Path, temperature: float) -> Answers:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return lambda photos: session.run(["probabilities"], {"photos": photos})[0]


READERS = {"keras": keras_file, "tflite": litert_file, "saved_model": saved_model, "onnx": onnx_file}


def _softmax(logits: np.ndarray, temperature: float) -> np.ndarray:
    from core.answering import head

    return head.softmax(logits, temperature)


def pixels(size: int) -> np.ndarray:
    """The real test photos, or drawn garments: uint8 (photos, size, size, 3)."""
    from core import photos
    from core.datasets import drawn

    files = sorted((_real.PHOTOS / "test").rglob("*.jpg"))
    if files:
        return np.stack([photos.square(file.read_bytes(), size) for file in files])
    return np.stack([photos.resize(np.asarray(drawn.garment(label, 0)), size) for label in drawn.CLASSES])


def measure(name: str) -> dict[str, dict[str, Any]]:
    """The figures of each form of a saved model, and its row in the table."""
    from core.answering import head, shelf
    from core.answering.classifier import Classifier
    from core.exporting import making
    from core.exporting.forms import FORMS

    model = shelf.model(name)
    photos = pixels(model.card.image_size)
    classifier = Classifier(model)
    expected = head.softmax(classifier.logits(photos), classifier.temperature)
    figures = {}
    for form in sorted(FORMS.values(), key=lambda form: form.key != "onnx"):
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, form.file_name("model"))
            began = time.perf_counter()
            making.make(model, form.key, path)
            seconds = time.perf_counter() - began
            megabytes = path.stat().st_size / 1e6
            difference = None
            if form.key in READERS:
                answers = READERS[form.key](path, model.card.temperature)
                batches = [answers(photos[start : start + BATCH]) for start in range(0, len(photos), BATCH)]
                difference = float(np.abs(np.concatenate(batches) - expected).max())
        shown = "–" if difference is None else f"{difference:.1e}"
        print(f"{model.name:<24}{form.label:<16}{megabytes:>8.1f}{seconds:>10.1f}{shown:>12}", flush=True)
        figures[form.key] = {"mb": round(megabytes, 2), "seconds": round(seconds, 1), "difference": difference}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the starter only")
    quick = parser.parse_args().quick
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        names = ["starter"]
        if not quick:
            _real.prepare()
            names.append(predict.train(PHOTOS_TO_TRAIN))
        print(f"{'model':<24}{'form':<16}{'MB':>8}{'seconds':>10}{'difference':>12}")
        figures = {name: measure(name) for name in names}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
