"""When to doubt an answer: two answers are close, or the photo is unlike everything the model was trained on.

A model's thresholds come from its validation photos. A weak model was unsure about many of them, so its thresholds are
low; a near tie and an answer hardly above chance are doubted whatever the thresholds say.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.files.records import Part

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)  # bold … cautious: share of ordinary validation photos that each doubt may hit
FALSE_ALARMS = 0.05  # the default rate
AHEAD = 1.2  # times as probable as the second answer the best one must be
ABOVE_CHANCE = 0.1  # of the way from chance (all classes alike) to certainty that the best answer must have come
SURE = 0.9  # no answer as probable as this is doubted, however confident the model was on validation photos

Array = NDArray[np.float32]


class Doubt(StrEnum):
    """The kind of doubt about a photo's answer, with its words."""

    words: str  # on a badge
    column: str  # in a table
    sentence: str  # the reason; empty without doubt

    def __new__(cls, value: str, words: str, column: str = "", sentence: str = "") -> "Doubt":
        doubt = str.__new__(cls, value)
        doubt._value_, doubt.words, doubt.column, doubt.sentence = value, words, column, sentence
        return doubt

    NONE = "sure", "confident"
    CLOSE = "close", "not sure", "not sure", "Not sure: two or more answers lie close together."
    UNLIKE = (
        "unlike",
        "probably none of these",
        "none of these",
        "Probably none of these: the photo is unlike those the model was trained on.",
    )
    UNREAD = "unread", "could not be read"  # there is no answer


class Thresholds(Part):
    """An answer below one of these is doubted."""

    probability: float  # of the best answer
    similarity: float  # to the training photos, see core/answering/likeness.py


def thresholds(probabilities: Array, similarities: Array, rate: float = FALSE_ALARMS) -> Thresholds:
    """The thresholds that each hit that share of the validation photos. `probabilities` is (photos, classes).

    A quantile of few photos is uncertain, so it is taken one photo higher: with nine photos, the doubts are wide.
    """
    careful = min(1.0, rate + 1 / len(similarities))
    return Thresholds(
        probability=min(SURE, float(np.quantile(probabilities.max(axis=1), careful))),
        similarity=float(np.quantile(similarities, careful)),
    )


def thresholds_by_rate(probabilities: Array, similarities: Array) -> dict[float, Thresholds]:
    """The thresholds of all RATES, for a model's card."""
    return {rate: thresholds(probabilities, similarities, rate) for rate in RATES}


def of(probabilities: Sequence[float], similarity: float, limits: Thresholds) -> Doubt:
    """The doubt about an answer; the more serious one if there are two.

    `probabilities` are those of all classes, best first.
    """
    if similarity < limits.similarity:
        return Doubt.UNLIKE
    if probabilities[0] < limits.probability or is_near_tie(probabilities):
        return Doubt.CLOSE
    return Doubt.NONE


def is_near_tie(probabilities: Sequence[float]) -> bool:
    """Whether the best answer is hardly ahead of the second, or hardly above chance."""
    if len(probabilities) < 2:
        return False
    chance = 1 / len(probabilities)
    least = max(AHEAD * probabilities[1], chance + ABOVE_CHANCE * (1 - chance))
    return probabilities[0] < least
