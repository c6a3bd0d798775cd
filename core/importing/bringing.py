"""Brings a model from elsewhere onto the shelf. The shell calls this; a process with Keras does it."""

import json
from pathlib import Path

from core.answering import naming, shelf
from core.answering.shelf import Model
from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from core.errors import SettingsError
from core.files import waiting
from core.files.background import Report
from core.importing import files
from core.importing import labels as labels_
from core.importing.pixels import MEASURE, SCALINGS
from core.words import quoted


def bring(
    file: Path,
    title: str,
    dataset: str,
    labels: str | tuple[str, ...] = "",
    pixels: str = MEASURE,
    report: Report = lambda share, words: None,
) -> Model:
    """Measure a .keras or .tflite file on the photos of a dataset and save it as a model; `title` becomes its name.

    `labels` are those of its outputs in order, or the text or the name of a file with them; without any they are those
    in the file, else the dataset's classes. `pixels` is a key of SCALINGS, or MEASURE to take the range that fits the
    validation photos best.
    What was found out stands on the model's card. Raises AppError.
    """
    if pixels not in (*SCALINGS, MEASURE):
        raise SettingsError(f"The pixels must be one of {', '.join((*SCALINGS, MEASURE))}, got {quoted(pixels)}.")
    photos = catalogue.load(dataset)
    files.check(file)  # before Keras is imported
    order, source = _labels(labels, file, photos)
    name = naming.free_name(title)
    options = {
        "name": name,
        "dataset": photos.name,
        "pixels": pixels,
        "labels": json.dumps(order),
        "labels-from": source,
    }
    arguments = [f"--{option}={value}" for option, value in options.items()]  # a value may begin with a dash
    waiting.run("models.bring", [str(file.resolve()), *arguments], report)
    return shelf.model(name)


def _labels(given: str | tuple[str, ...], file: Path, photos: Dataset) -> tuple[tuple[str, ...], str]:
    """The labels, and where they come from."""
    if given:
        return labels_.read(given) if isinstance(given, str) else labels_.check(given), "given"
    if own := files.labels(file):
        return labels_.check(own), "file"
    return photos.classes, "dataset"
