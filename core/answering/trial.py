"""A saved model on trial: all photos of a split asked, and the answers scored."""

import numpy as np

from core.answering import classifier, evaluation, litert
from core.answering.card import Scores
from core.answering.shelf import Model
from core.datasets import pack
from core.datasets.catalogue import Dataset
from core.datasets.pack import Progress
from core.errors import DatasetError


def scores(model: Model, dataset: Dataset, split: str, progress: Progress | None = None) -> Scores:
    """The model's scores on a split, as `evaluation.scores` gives them.

    Classes are matched by name. Raises DatasetError when the dataset has none of the model's or an empty split.
    """
    strangers = [name for name in dataset.classes if name not in model.labels]
    if strangers:
        raise DatasetError(
            f"The dataset {dataset.name!r} has the class {strangers[0]!r}, which {model.name!r} does not know; it "
            f"knows: {', '.join(model.labels)}."
        )
    if not len(dataset.splits[split]):
        raise DatasetError(f"The dataset {dataset.name!r} has no photos in its {split} split.")
    ask = classifier.load(model)
    photos = pack.load(dataset, split, ask.size)
    parts = []
    for start in range(0, len(photos), litert.BATCH):
        if progress:
            progress(start, len(photos))
        parts.append(ask.logits(photos.pixels[start : start + litert.BATCH]))
    positions = np.array([model.labels.index(name) for name in dataset.classes])
    logits, labels = np.concatenate(parts), positions[photos.labels]
    return evaluation.scores(logits, labels, model.labels, model.card.temperature)
