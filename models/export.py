"""What the modules that write a saved model in one form share: their process, the check and the texts. No Keras."""

import argparse
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import photos, workspace
from core.answering import head, shelf
from core.answering.classifier import Classifier
from core.answering.shelf import Model
from core.datasets import drawn
from core.errors import AppError, ModelError
from core.exporting import manual
from core.exporting.forms import Form
from core.files import atomic, storage_errors

TOLERANCE = 1e-3  # on probabilities

Pixels = NDArray[np.uint8]
Logits = Callable[[Pixels], NDArray[np.float32]]


def stage(share: float, words: str) -> None:
    """Tell the process that waits for this one how far it is."""
    print(f"{share:.2f} {words}", flush=True)


@contextmanager
def scratch(path: Path, name: str) -> Iterator[Path]:
    """A file in a temporary folder; after the block it is copied to `path`, which may lie on another disk."""
    with atomic.scratch_folder(workspace.scratch() / "export") as folder:
        yield folder / name
        with (folder / name).open("rb") as source:
            atomic.write(path, lambda target: shutil.copyfileobj(source, target))


def add_texts(model: Model, form: Form, archive: zipfile.ZipFile, folder: str = "") -> None:
    """Add the labels and the manual to a zip, where LiteRT's tools look for labels too."""
    archive.writestr(f"{folder}labels.txt", manual.labels(model))
    archive.writestr(f"{folder}manual.txt", manual.text(model, form))


def samples(size: int) -> Pixels:
    """Drawn garments to compare answers on: uint8 (photos, size, size, 3)."""
    drawings = [np.asarray(drawn.garment(label, 0)) for label in drawn.CLASSES]
    return np.stack([photos.resize(drawing, size) for drawing in drawings])


def check(model: Model, logits: Logits) -> None:
    """Raise ModelError if an exported file's answers to drawn garments differ from the saved model's."""
    classifier = Classifier(model)
    pixels = samples(classifier.size)
    difference = float(np.abs(head.softmax(logits(pixels)) - head.softmax(classifier.logits(pixels))).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The exported file's answers differ from the model's by {difference:.2g}, so it was not saved."
        )


def main(write: Callable[[Model, Path], None]) -> int:
    """Write the model that the command line names, and return the exit status. An error is one line on stderr."""
    parser = argparse.ArgumentParser(description="Write a saved model as one file.")
    parser.add_argument("model", help="the saved model's name or folder")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    try:
        write(shelf.model(arguments.model), arguments.out)
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        sentence = storage_errors.sentence(error)
        if not sentence:
            raise
        print(sentence, file=sys.stderr)
        return 1
    return 0
