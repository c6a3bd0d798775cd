"""Answers as sets: "one of shirt, longsleeve", which hold the right class as often as one asks for.

Split conformal prediction (Vovk, Gammerman & Shafer 2005, *Algorithmic learning in a random world*) with the smallest
sets there are for a model's probabilities (Sadinle, Lei & Wasserman 2019, *Least ambiguous set-valued classifiers with
bounded error levels*): a set holds each class whose probability is at least a threshold. The threshold is that
probability of the right class which only so many validation photos miss. A class with photos enough has a threshold of
its own, so that a rare class is found as often as the others; the other classes share one.

It holds for photos like the validation photos. Photos of something else are the business of `core.answering.doubt`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from core.files.records import Part

CERTAINTIES = (0.9, 0.95, 0.99)  # how often a set holds the right class

Array = NDArray[np.float32]
Labels = NDArray[np.intp]


class SetLimits(Part):
    """The thresholds at one certainty: a class belongs to the set if it is at least as probable."""

    shared: float
    by_class: dict[str, float] = Field(default_factory=dict)

    def of(self, label: str) -> float:
        """The threshold of a class."""
        return self.by_class.get(label, self.shared)


def limits_by_certainty(probabilities: Array, labels: Labels, classes: Sequence[str]) -> dict[float, SetLimits]:
    """The thresholds of all CERTAINTIES, for a model's card.

    `probabilities` (photos, classes) are those of validation photos with these `labels` (photos,).
    """
    found: dict[float, SetLimits] = {}
    lower: SetLimits | None = None
    for certainty in CERTAINTIES:
        lower = found[certainty] = _with(_limits(probabilities, labels, classes, certainty), lower)
    return found


def _with(limits: SetLimits, lower: SetLimits | None) -> SetLimits:
    """The thresholds, so that each set holds all classes of the set at a lower certainty."""
    if lower is None:
        return limits
    own = limits.by_class | lower.by_class
    return SetLimits(
        shared=min(limits.shared, lower.shared),
        by_class={label: min(limits.of(label), lower.of(label)) for label in own},
    )


def _limits(probabilities: Array, labels: Labels, classes: Sequence[str], certainty: float) -> SetLimits:
    right = probabilities[np.arange(len(labels)), labels]
    own = [place for place in range(len(classes)) if _missed(int((labels == place).sum()), certainty)]
    others = right[~np.isin(labels, own)]
    return SetLimits(
        shared=_threshold(others if _missed(len(others), certainty) else right, certainty),
        by_class={classes[place]: _threshold(right[labels == place], certainty) for place in own},
    )


def _missed(photos: int, certainty: float) -> int:
    """How many of so many photos may have a right class below the threshold; the new photo counts too."""
    return math.floor((photos + 1) * (1 - certainty) + 1e-9)


def _threshold(right: Array, certainty: float) -> float:
    """The probability that the right class has in all but the allowed number of photos; 0 if there are too few."""
    missed = _missed(len(right), certainty)
    return float(np.sort(right)[missed - 1]) if missed else 0.0


def of(probabilities: Sequence[tuple[str, float]], limits: SetLimits) -> tuple[str, ...]:
    """The set for an answer, (label, probability) best first. The best answer always belongs to it."""
    best, *others = probabilities
    return (best[0], *(label for label, share in others if share >= limits.of(label)))


def coverage(
    probabilities: Array, labels: Labels, classes: Sequence[str], limits: SetLimits
) -> tuple[NDArray[np.bool_], Labels]:
    """Whether each set holds the right class, and how many classes it has: bool and int (photos,)."""
    held = probabilities >= np.array([limits.of(label) for label in classes])
    held[np.arange(len(held)), probabilities.argmax(axis=1)] = True
    return held[np.arange(len(labels)), labels], held.sum(axis=1)
