"""Score a saved model on all photos of a split, and say whether its card's scores are of the same photos."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core import words
from core.answering import evaluation, litert
from core.answering.card import Scores
from core.answering.classifier import load
from core.answering.shelf import Model
from core.datasets import catalogue, looks, pack, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.pack import Progress
from core.errors import DatasetError
from core.words import quoted

S = TypeVar("S", bound=Scores)


@dataclass(frozen=True)
class Answers:
    """A model's answers to the photos of a split whose classes it knows, in the dataset's order."""

    keys: tuple[str, ...]  # photo keys, 32 hex digits
    names: tuple[str, ...]  # paths within the dataset's folder
    places: NDArray[np.intp]  # (photos,): in the readable photos of the split
    labels: NDArray[np.intp]  # (photos,): places of the true classes in the model's labels
    logits: NDArray[np.float32]  # (photos, classes)
    similarities: NDArray[np.float32]  # (photos,): to the training photos
    left_out: Mapping[str, int]  # photos by class that the model doesn't know
    unreadable: int  # photos of the split, of any class

    def with_places(self, scores: S) -> S:
        """Scores on these photos, with the places in the split of those that were answered wrong."""
        return scores.model_copy(update={"wrong": tuple(self.places[list(scores.wrong or ())].tolist())})


def change(model: Model, dataset: Dataset, split: str) -> str:
    """The sentence that says how the split differs from the one that the model's card was scored on.

    Empty if it doesn't, for another dataset than the model's, and if the card doesn't say what it was. Raises
    DatasetError.
    """
    before = model.card.trained_on
    if before is None or dataset.name != model.dataset:
        return ""
    if model.card.taught:
        return (
            f"This model learned from all photos of the lesson {quoted(catalogue.title(dataset.name))}, so this score "
            "is better than it will be on other photos. The one on its card is of models that had not seen the photo."
        )
    now = trained_on.of({split: pack.load(dataset, split, model.card.image_size)}, dataset.classes)
    changes = trained_on.changes(before, now)
    if not changes:
        return ""
    return (
        f"The dataset {quoted(catalogue.title(dataset.name))} has changed since this model was trained: {changes}. So "
        "this score can't be compared with the one on its card, and some of these photos may be among those that it "
        "learned from."
    )


def left_out(model: Model, dataset: Dataset, split: str) -> dict[str, int]:
    """The photos of a split by class that the model doesn't know: nothing can be said about its answers to them.

    Raises DatasetError if no photo is left.
    """
    listed = dataset.splits.get(split)
    title = quoted(catalogue.title(dataset.name))
    if not listed:
        raise DatasetError(f"The dataset {title} has no photos in its {split} split. Choose another split.")
    counts = np.bincount(listed.labels, minlength=len(dataset.classes)).tolist()
    unknown = {
        name: count for name, count in zip(dataset.classes, counts, strict=True) if count and name not in model.labels
    }
    if sum(unknown.values()) == len(listed):
        raise DatasetError(
            f"The model {quoted(model.title)} knows none of the classes in the {split} split of the dataset {title} "
            f"({words.listed(map(quoted, unknown))}). It only knows: {', '.join(model.labels)}."
        )
    return unknown


def answers(model: Model, dataset: Dataset, split: str, progress: Progress | None = None) -> Answers:
    """The model's answers to a split. Classes are matched by name. Answers to test photos count as a look at them.

    Photos of classes that the model doesn't know are left out. Raises DatasetError if none are left.
    """
    unknown = left_out(model, dataset, split)
    classifier = load(model)
    photos = pack.load(dataset, split, classifier.size)
    positions = np.array([model.labels.index(name) if name in model.labels else -1 for name in dataset.classes])
    labels = positions[photos.labels]
    places = np.flatnonzero(labels >= 0)
    if not len(places):
        raise DatasetError(
            f"None of the {split} photos of the dataset {quoted(catalogue.title(dataset.name))} whose classes the "
            f"model {quoted(model.title)} knows can be read. Check the photos on the Data page."
        )
    logits, similarities = [], []
    for start in range(0, len(places), litert.BATCH):
        if progress:
            progress(start, len(places))
        for vectors in classifier.vectors(photos.pixels[places[start : start + litert.BATCH]]):
            logits.append(classifier.head.logits(vectors))
            similarities.append(classifier.likeness.similarity(vectors))
    if split == "test":
        looks.note(dataset.name)
    return Answers(
        keys=tuple(photos.keys[place] for place in places),
        names=tuple(photos.names[place] for place in places),
        places=places,
        labels=labels[places],
        logits=np.concatenate(logits),
        similarities=np.concatenate(similarities),
        left_out=unknown,
        unreadable=len(photos.skipped),
    )


def scores(model: Model, dataset: Dataset, split: str, progress: Progress | None = None) -> Scores:
    """The model's scores on a split: see `answers`, also for the errors."""
    found = answers(model, dataset, split, progress)
    return found.with_places(evaluation.scores(found.logits, found.labels, model.labels, model.card.temperature))
