"""The training photos that are most like another photo of their dataset."""

from dataclasses import dataclass

import numpy as np

from core.answering.likeness import unit
from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names
from core.errors import ModelError
from core.reviewing import features

COUNT = 4


@dataclass(frozen=True)
class Neighbour:
    """A training photo, and how alike the two are."""

    name: str
    label: str
    likeness: float  # the cosine of the features, at most 1


def nearest(dataset: Dataset, photo: str, count: int = COUNT) -> list[Neighbour] | None:
    """The training photos that are most like a photo, given by its name, the most alike first.

    The features are those of the starter's network, which a check of the dataset computes and stores. None if they are
    not stored for this photo and most of the training photos.
    """
    try:
        vectors = features.stored(dataset.name, features.starter())
    except ModelError:  # the shipped model is damaged
        return None
    split = dataset.splits["train"]
    names = photo_names(dataset.folder, split.paths)
    known = [place for place, name in enumerate(names) if name in vectors and name != photo]
    if photo not in vectors or 2 * len(known) < len(names):
        return None
    matrix = unit(np.stack([vectors[names[place]] for place in known]))
    cosines = matrix @ unit(vectors[photo][None])[0]
    return [
        Neighbour(names[known[place]], dataset.classes[split.labels[known[place]]], float(cosines[place]))
        for place in np.argsort(-cosines, kind="stable")[:count].tolist()
    ]
