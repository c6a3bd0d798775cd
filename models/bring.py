"""A .keras file from elsewhere becomes a saved model, once its answers are measured: `python -m models.bring FILE …`"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from scipy.optimize import linear_sum_assignment

from core import words, workspace
from core.answering import evaluation, litert, model_files
from core.answering.card import Card, ImportFacts
from core.backbones import SMALL_CNN, Backbone
from core.datasets import catalogue, pack, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.pack import Pack
from core.errors import ModelError
from core.files import atomic
from core.importing.pixels import MEASURE, SCALINGS
from core.runs import bodies
from core.runs.config import config
from models import convert, export, save, taking_apart, untrusted
from models.feed import photo_logits
from models.job import all_vectors
from models.taking_apart import Parts

MOST_MEASURED = 120  # validation photos on which the ranges of pixels are compared


def bring(
    file: Path, name: str, dataset: Dataset, labels: tuple[str, ...], labels_from: str, pixels: str = MEASURE
) -> Card:
    """Save the network in a file as the model `name`, and return its card. Raises AppError."""
    export.stage(0.05, "Reading the file")
    network = untrusted.load(file)
    size, outputs = int(network.inputs[0].shape[1]), int(network.outputs[0].shape[-1])
    _check_labels(labels, outputs, labels_from, dataset)
    export.stage(0.15, "Reading the photos")
    packs = {split: _relabelled(pack.load(dataset, split, size), dataset, labels) for split in _splits(dataset)}
    if not len(packs["validation"]):
        raise ModelError(
            f"None of the labels {words.listed(labels)} is a class with validation photos in the dataset "
            f"{words.quoted(catalogue.title(dataset.name))}. Give the labels, or choose another dataset."
        )
    export.stage(0.25, "Measuring the range of pixels")
    measured = _measured(network, packs["validation"]) if pixels == MEASURE else {}
    pixels = max(measured, key=lambda key: measured[key]) if measured else pixels
    parts = taking_apart.take_apart(network, SCALINGS[pixels])
    with atomic.scratch_folder(workspace.scratch() / "import") as folder:
        export.stage(0.4, "Converting the network")
        convert.convert_and_check(parts.body, folder / model_files.BACKBONE)
        parts.body.save(folder / model_files.IMPORTED)
        export.stage(0.6, "Answering the photos")
        answering = litert.Backbone(folder / model_files.BACKBONE)
        vectors = {split: all_vectors(answering, photos) for split, photos in packs.items()}
        scored = {split: photos for split, photos in packs.items() if split != "train"}
        facts = ImportFacts(
            file=file.name,
            pixels=pixels,
            labels=labels_from,
            measured=measured,
            warnings=tuple(_warnings(parts.head.logits(vectors["validation"]), packs["validation"], labels)),
        )
        trained = save.TrainedNetwork(
            classes=labels,
            head=parts.head,
            body=_record(parts, size),
            backbone_file=folder / model_files.BACKBONE,
            own_backbone=None,
            vectors=vectors,
            packs=scored,
            keras_logits=photo_logits(parts.network, packs["validation"].pixels),
            best_epoch=0,
            trained_on=trained_on.of(scored, labels),
            imported_file=folder / model_files.IMPORTED,
        )
        export.stage(0.9, "Saving the model")
        settings = config(
            dataset=dataset.name,
            image_size=size,
            dense_layers=[kernel.shape[1] for kernel in parts.head.kernels[:-1]],
            activation=parts.head.activation,
        )
        return save.write(workspace.models() / name, trained, settings, imported=facts)


def _check_labels(labels: tuple[str, ...], outputs: int, source: str, dataset: Dataset) -> None:
    if len(labels) != outputs:
        where = {
            "given": "",
            "file": " (from the labels.txt in the file)",
            "dataset": f" (the classes of {words.quoted(catalogue.title(dataset.name))})",
        }[source]
        raise ModelError(
            f"The labels must be {outputs}, one for each output of the network, got {len(labels)}{where}. Give them in "
            "the order of the outputs: --labels a,b,c or --labels FILE."
        )


def _splits(dataset: Dataset) -> list[str]:
    return [split for split in ("train", "validation", "test") if dataset.splits.get(split)]


def _relabelled(photos: Pack, dataset: Dataset, labels: tuple[str, ...]) -> Pack:
    """The photos whose class the model knows, with the places of their classes among its labels."""
    places = np.array([labels.index(name) if name in labels else -1 for name in dataset.classes], np.intp)
    own = places[photos.labels]
    kept = np.flatnonzero(own >= 0)
    if len(kept) == len(own):
        return replace(photos, labels=own)
    names, keys = (tuple(some[place] for place in kept) for some in (photos.names, photos.keys))
    return replace(photos, pixels=photos.pixels[kept], labels=own[kept], keys=keys, names=names)


def _measured(network: keras.Model, photos: Pack) -> dict[str, float]:
    """The accuracy on some validation photos by range of pixels, the best first in case of a tie."""
    chosen = np.linspace(0, len(photos) - 1, min(len(photos), MOST_MEASURED)).astype(np.intp)
    pixels, labels = np.asarray(photos.pixels[chosen]), photos.labels[chosen]
    figures: dict[str, tuple[float, float]] = {}
    for key, scaling in SCALINGS.items():
        logits = photo_logits(taking_apart.take_apart(network, scaling).network, pixels)
        figures[key] = (evaluation.accuracy(logits, labels), -evaluation.cross_entropy(logits, labels))
    best = sorted(figures, key=lambda key: figures[key], reverse=True)
    return {key: round(figures[key][0], 4) for key in best}


def _warnings(logits: taking_apart.Array, photos: Pack, labels: tuple[str, ...]) -> Sequence[str]:
    """What makes the answers doubtful: no better than guessing, or better with the labels in another order."""
    confusion = evaluation.confusion(logits, photos.labels, len(labels))
    correct, count = int(np.trace(confusion)), len(photos)
    truth, answers = linear_sum_assignment(confusion, maximize=True)
    other = int(confusion[truth, answers].sum())
    low, high = evaluation.interval(correct, count)
    if evaluation.interval(other, count)[0] > high and len(labels) > 1:
        order = ", ".join(labels[place] for _, place in sorted(zip(answers, truth, strict=True)))
        return [
            f"It is right on {correct} of {count} validation photos, but on {other} with the labels in the order "
            f"{order}. If that is the order of its outputs, import it again with these --labels."
        ]
    if low <= 1 / len(labels):
        return [
            f"It is right on {correct} of {count} validation photos, no better than guessing. Check the order of the "
            "labels, the range of the pixels, and whether the dataset shows what the model has learned."
        ]
    return []


def _record(parts: Parts, size: int) -> Backbone:
    """The facts about the network, as one that has learned before."""
    return replace(
        SMALL_CNN,
        key=bodies.IMPORTED,
        label="Imported network",
        explanation="A network from elsewhere.",
        features=int(parts.body.outputs[1].shape[-1]),
        parameters=parts.body.count_params(),
        statistics=0,
        smallest=size,
        default_size=size,
        gpu_rank=None,
        cpu_rank=None,
        architecture=bodies.IMPORTED,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Save a Keras file from elsewhere as a model.")
    parser.add_argument("file", type=Path)
    for option in ("--name", "--dataset", "--labels", "--labels-from", "--pixels"):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()
    return export.outcome(
        lambda: bring(
            arguments.file,
            arguments.name,
            catalogue.load(arguments.dataset),
            tuple(json.loads(arguments.labels)),
            arguments.labels_from,
            arguments.pixels,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
