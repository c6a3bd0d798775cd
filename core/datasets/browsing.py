"""The photos of a dataset that a person wants to see: filters by class, split, problem and file name."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.rows import Rows


@dataclass(frozen=True)
class Choice:
    """What photos must have to be shown. An empty text is no condition."""

    label: int | None = None  # position in the classes, or NO_CLASS
    split: str = ""
    problem: str = ""  # a problem, or ANY_PROBLEM
    text: str = ""  # part of the name


ANY_PROBLEM = "*"


def matches(photos: Rows, choice: Choice, problems: Mapping[str, str]) -> NDArray[np.intp]:
    """The places of the photos that match, in order. `problems` has a word for each photo with a problem, by name."""
    fits = np.ones(len(photos), bool)
    if choice.label is not None:
        fits &= photos.labels == choice.label
    if choice.split:
        known = choice.split in photos.split_names
        fits &= photos.splits == (photos.split_names.index(choice.split) if known else -1)
    if choice.problem:
        with_problem = np.zeros(len(photos), bool)
        for name, problem in problems.items():
            if name in photos.places and choice.problem in (problem, ANY_PROBLEM):
                with_problem[photos.places[name]] = True
        fits &= with_problem
    if text := choice.text.strip().casefold():
        fits &= np.fromiter((text in name for name in photos.folded), bool, len(photos))
    return np.flatnonzero(fits)
