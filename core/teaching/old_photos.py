"""The photos that a model has learned from and was scored on, as far as they are on this machine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.answering import likeness
from core.answering.likeness import Likeness
from core.answering.shelf import Model
from core.datasets import catalogue, measures, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names
from core.datasets.measures import Progress
from core.datasets.trained_on import TrainedOn
from core.errors import DatasetError
from core.reviewing import features
from core.reviewing.features import Network
from core.teaching.fitting import Array, Places
from core.teaching.refit import MOST_OLD, OldPhotos


@dataclass(frozen=True)
class Validation:
    """Photos that no weights were learned from."""

    vectors: Array  # pooled, (photos, features)
    labels: Places  # places in the model's classes
    state: TrainedOn  # the dataset that they belong to


@dataclass(frozen=True)
class Past:
    """What is left of what a model has learned from."""

    photos: OldPhotos
    validation: Validation | None


def of(
    model: Model, measure: Likeness, through: Network, corrected: Collection[str], length: float,
    measuring: Progress | None = None, reading: Progress | None = None,
) -> Past:  # fmt: skip
    """The model's training and validation photos if its dataset is here, else the examples that the model has itself.

    Photos with one of the `corrected` keys are left out: their answers were wrong. `length` is that of vectors of which
    only the direction is known. The photos of a model that was taught kind by kind have all been learned from. If the
    dataset has changed since, photos that were learned from may be among its validation photos: then there are none.
    """
    dataset = _dataset(model)
    examples = OldPhotos(likeness.examples(measure, length), are_training=False)
    if dataset is None:
        return Past(examples, None)
    rows = [
        (split, path, label)
        for split, photos_of in dataset.splits.items()
        for path, label in zip(photos_of.paths, photos_of.labels, strict=True)
    ]
    is_for_training = [split == "train" or model.card.taught is not None for split, _, _ in rows]
    step = max(1, -(-sum(is_for_training) // MOST_OLD))
    learned = [place for place, is_one in enumerate(is_for_training) if is_one][::step]
    judging = [
        place for place, (split, _, _) in enumerate(rows) if split == "validation" and not is_for_training[place]
    ]
    every = [path for _, path, _ in rows]
    keys = [each.key for each in measures.of(dataset.name, photo_names(dataset.folder, every), every, measuring)]
    state = _state(dataset, rows, keys)
    if _has_changed(model, state):
        judging = []
    places = np.array(sorted({*learned, *judging}), np.intp)
    paths = [rows[place][1] for place in places]
    vectors = features.of(dataset.name, photo_names(dataset.folder, paths), paths, through, reading)
    fits = np.isfinite(vectors).all(axis=1) & np.array([keys[place] not in corrected for place in places], bool)
    is_learned, is_judging = np.isin(places, learned) & fits, np.isin(places, judging) & fits
    old = OldPhotos(vectors[is_learned], are_training=True) if is_learned.any() else examples
    if not is_judging.any():
        return Past(old, None)
    order = np.array([model.labels.index(label) for label in dataset.classes], np.intp)
    labels = order[np.array([rows[place][2] for place in places[is_judging]], np.intp)]
    return Past(old, Validation(vectors[is_judging], labels, state))


def _state(dataset: Dataset, rows: Sequence[tuple[str, Path, int]], keys: Sequence[str]) -> TrainedOn:
    """The dataset as it is now. `keys` are empty for photos that can't be read."""
    by_split = {
        name: [(label, key) for (split, _, label), key in zip(rows, keys, strict=True) if split == name and key]
        for name in dataset.splits
    }
    return trained_on.of_photos(by_split, dataset.classes)


def _has_changed(model: Model, now: TrainedOn) -> bool:
    """Whether the dataset is known to have other training or validation photos than when the model was trained."""
    before = model.card.trained_on
    return before is not None and any(
        split in before.splits and not now.has_same(split, before) for split in ("train", "validation")
    )


def _dataset(model: Model) -> Dataset | None:
    """The model's dataset, if it is here and has no classes that the model does not know."""
    try:
        if model.dataset == catalogue.DRAWN and not catalogue.is_drawn_yet():
            return None
        dataset = catalogue.load(model.dataset)
    except DatasetError:
        return None
    is_known = set(dataset.classes) <= set(model.labels) and {"train", "validation"} <= dataset.splits.keys()
    return dataset if is_known else None
