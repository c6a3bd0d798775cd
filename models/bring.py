"""A file from elsewhere becomes a saved model, once its answers are measured: `python -m models.bring FILE …`"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from core import words, workspace
from core.answering import evaluation, litert, model_files
from core.answering.card import Card, ImportFacts
from core.backbone import Backbone
from core.backbones import SMALL_CNN
from core.datasets import catalogue, pack, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS, SPLITS
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

BATCH = 16  # photos that Keras answers at once: 64 of 299 px take 6 GB in Xception
MOST_MEASURED = 60  # validation photos on which the ranges of pixels are compared
MOST_COMPARED = 1000  # training photos that stand for all in the likeness: Xception needs .1 s for each


def bring(
    file: Path, name: str, dataset: Dataset, labels: tuple[str, ...], labels_from: str, pixels: str = MEASURE
) -> Card:
    """Save the network in a file as the model `name`, and return its card. Raises AppError."""
    export.stage(0.05, "Reading the file")
    network = untrusted.load(file)
    _check_labels(labels, int(network.outputs[0].shape[-1]), labels_from, dataset)
    export.stage(0.15, "Reading the photos")
    packs = _packs(dataset, labels, int(network.inputs[0].shape[1]))
    export.stage(0.25, "Measuring the range of pixels")
    measured = _measured(network, packs["validation"]) if pixels == MEASURE else {}
    pixels = max(measured, key=lambda key: measured[key]) if measured else pixels
    parts = taking_apart.take_apart(network, SCALINGS[pixels])
    facts = ImportFacts(file=file.name, pixels=pixels, labels=labels_from, measured=measured)
    return _save(workspace.models() / name, parts, packs, labels, dataset.name, facts)


def _save(
    target: Path, parts: Parts, packs: dict[str, Pack], labels: tuple[str, ...], dataset: str, facts: ImportFacts
) -> Card:
    validation, size = packs["validation"], int(parts.body.input.shape[1])
    with atomic.scratch_folder(workspace.scratch() / "import") as folder:
        export.stage(0.4, "Converting the network")
        convert.convert_and_check(parts.body, folder / model_files.BACKBONE)
        parts.body.save(folder / model_files.IMPORTED)
        vectors = _vectors(litert.Backbone(folder / model_files.BACKBONE), packs)
        export.stage(0.9, "Saving the model")
        scored = {split: photos for split, photos in packs.items() if split != "train"}
        trained = save.TrainedNetwork(
            classes=labels,
            head=parts.head,
            body=_record(parts, size),
            backbone_file=folder / model_files.BACKBONE,
            own_backbone=None,
            vectors=vectors,
            packs=scored,
            keras_logits=photo_logits(parts.network, validation.pixels, BATCH),
            best_epoch=0,
            trained_on=trained_on.of(scored, labels),
            imported_file=folder / model_files.IMPORTED,
        )
        settings = config(
            dataset=dataset,
            image_size=size,
            dense_layers=[kernel.shape[1] for kernel in parts.head.kernels[:-1]],
            activation=parts.head.activation,
        )
        warnings = _warnings(parts.head.logits(vectors["validation"]), validation, labels)
        return save.write(target, trained, settings, imported=facts.model_copy(update={"warnings": warnings}))


def _packs(dataset: Dataset, labels: tuple[str, ...], size: int) -> dict[str, Pack]:
    """The photos by split whose class the model knows. Raises ModelError if there are none to measure it on."""
    splits = [split for split in SPLITS if dataset.splits.get(split)]
    packs = {split: _relabelled(pack.load(dataset, split, size), dataset, labels) for split in splits}
    if not all(len(packs.get(split, ())) for split in ("train", "validation")):
        raise ModelError(
            f"None of the labels {words.listed(labels)} is a class of the dataset "
            f"{words.quoted(catalogue.title(dataset.name))} with training and validation photos. Give the labels, or "
            "choose another dataset."
        )
    return {**packs, "train": _some(packs["train"], _evenly(packs["train"], MOST_COMPARED))}


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


def _relabelled(photos: Pack, dataset: Dataset, labels: tuple[str, ...]) -> Pack:
    """The photos whose class the model knows, with the places of their classes among its labels."""
    places = np.array([labels.index(name) if name in labels else -1 for name in dataset.classes], np.intp)
    photos = replace(photos, labels=places[photos.labels])
    return _some(photos, np.flatnonzero(photos.labels >= 0))


def _some(photos: Pack, kept: NDArray[np.intp]) -> Pack:
    """The photos at some places."""
    if len(kept) == len(photos):
        return photos  # mapped, not in memory
    names, keys = (tuple(some[place] for place in kept) for some in (photos.names, photos.keys))
    return replace(photos, pixels=photos.pixels[kept], labels=photos.labels[kept], keys=keys, names=names)


def _evenly(photos: Pack, most: int) -> NDArray[np.intp]:
    """So many places at most, spread over all photos, and so over all classes."""
    return np.linspace(0, len(photos) - 1, min(len(photos), most)).astype(np.intp)


def _vectors(answering: litert.Backbone, packs: dict[str, Pack]) -> dict[str, taking_apart.Array]:
    """The pooled vectors by split."""
    total, done = sum(map(len, packs.values())), 0
    vectors = {}
    for split, photos in packs.items():
        export.stage(0.6 + 0.3 * done / total, f"Answering {SPLIT_WORDS[split]} photos")
        vectors[split] = all_vectors(answering, photos)
        done += len(photos)
    return vectors


def _measured(network: keras.Model, photos: Pack) -> dict[str, float]:
    """The accuracy on some validation photos by range of pixels, whatever the order of the labels; the best first."""
    chosen = _some(photos, _evenly(photos, MOST_MEASURED))
    pixels, classes = np.asarray(chosen.pixels), int(network.outputs[0].shape[-1])
    figures: dict[str, tuple[int, float]] = {}
    for key, scaling in SCALINGS.items():
        logits = photo_logits(taking_apart.take_apart(network, scaling).network, pixels, BATCH)
        confusion = evaluation.confusion(logits, chosen.labels, classes)
        figures[key] = _best_order(confusion)[1], -evaluation.cross_entropy(logits, chosen.labels)
    best = sorted(figures, key=lambda key: figures[key], reverse=True)
    return {key: round(figures[key][0] / len(chosen), 4) for key in best}


def _best_order(confusion: NDArray[np.intp]) -> tuple[list[int], int]:
    """For each output the class that makes the answers right most often, and how often that is."""
    classes, outputs = linear_sum_assignment(confusion, maximize=True)
    order = [int(place) for _, place in sorted(zip(outputs, classes, strict=True))]
    return order, int(confusion[classes, outputs].sum())


def _warnings(logits: taking_apart.Array, photos: Pack, labels: tuple[str, ...]) -> tuple[str, ...]:
    """What makes the answers doubtful: better with the labels in another order, or no better than guessing."""
    confusion = evaluation.confusion(logits, photos.labels, len(labels))
    correct, count = int(np.trace(confusion)), len(photos)
    order, other = _best_order(confusion)
    low, high = evaluation.interval(correct, count)
    if evaluation.interval(other, count)[0] > high:
        return (
            f"It is right on {correct} of {count} validation photos, but on {other} with the labels in the order "
            f"{', '.join(labels[place] for place in order)}. If that is the order of its outputs, import it again with "
            "these --labels.",
        )
    if low <= 1 / len(labels):
        return (
            f"It is right on {correct} of {count} validation photos, no better than guessing. Check the order of the "
            "labels, the range of the pixels, and whether the dataset shows what the model has learned.",
        )
    return ()


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
    parser = argparse.ArgumentParser(description="Save a network from elsewhere as a model.")
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
