"""The photos of a lesson that are most like another photo."""

from dataclasses import dataclass

import numpy as np

from core.answering.likeness import Neighbours, unit
from core.teaching.draft import Outcome
from core.teaching.fitting import Array

COUNT = 3


@dataclass(frozen=True)
class Neighbour:
    """A photo of the lesson."""

    photo: str  # its name in the dataset
    similarity: float  # cosine, at most 1


def nearest(vector: Array, reference: Neighbours, outcome: Outcome, count: int = COUNT) -> list[Neighbour]:
    """The photos of a lesson nearest to a pooled vector (features,), the nearest first."""
    if len(reference.vectors) != len(outcome.photos):  # of another state of the lesson
        return []
    cosines = reference.vectors @ unit(vector[None])[0]
    order = np.argsort(-cosines, kind="stable")[:count]
    return [Neighbour(outcome.photos[place], float(cosines[place])) for place in order.tolist()]
