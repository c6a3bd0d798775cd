"""The photos of a lesson that are most like another photo."""

import numpy as np

from core.answering.likeness import Neighbours, unit
from core.teaching.draft import Outcome
from core.teaching.fitting import Array

COUNT = 3


def nearest(vector: Array, reference: Neighbours, outcome: Outcome, count: int = COUNT) -> list[str]:
    """The names of the photos of a lesson that are nearest to a pooled vector (features,), the nearest first."""
    if len(reference.vectors) != len(outcome.photos):  # of another state of the lesson
        return []
    cosines = reference.vectors @ unit(vector[None])[0]
    return [outcome.photos[place] for place in np.argsort(-cosines, kind="stable")[:count].tolist()]
