"""Score a saved model on all photos of a split, and say whether its card's scores are of the same photos."""

import numpy as np

from core.answering import evaluation, litert
from core.answering.card import Scores
from core.answering.classifier import load
from core.answering.shelf import Model
from core.datasets import catalogue, looks, pack, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.pack import Progress
from core.errors import DatasetError
from core.words import quoted


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


def scores(model: Model, dataset: Dataset, split: str, progress: Progress | None = None) -> Scores:
    """The model's scores on a split. Classes are matched by name. A score on test photos counts as a look at them.

    Raises DatasetError if the dataset has a class that the model does not know, or if the split is empty.
    """
    unknown = [name for name in dataset.classes if name not in model.labels]
    if unknown:
        raise DatasetError(
            f"The model {model.name!r} does not know the class {unknown[0]!r} of the dataset "
            f"{quoted(catalogue.title(dataset.name))}. It only knows: {', '.join(model.labels)}."
        )
    if not len(dataset.splits[split]):
        raise DatasetError(
            f"The dataset {quoted(catalogue.title(dataset.name))} has no photos in its {split} split. Choose another "
            "split."
        )
    classifier = load(model)
    photos = pack.load(dataset, split, classifier.size)
    logits = []
    for start in range(0, len(photos), litert.BATCH):
        if progress:
            progress(start, len(photos))
        logits.append(classifier.logits(photos.pixels[start : start + litert.BATCH]))
    positions = np.array([model.labels.index(name) for name in dataset.classes])
    if split == "test":
        looks.note(dataset.name)
    return evaluation.scores(np.concatenate(logits), positions[photos.labels], model.labels, model.card.temperature)
