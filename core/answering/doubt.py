"""When to doubt an answer: two answers lie close, or the photo is unlike all that the model was trained on."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.files.records import Part

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)  # bold … cautious: shares of ordinary validation photos that each doubt may strike
FALSE_ALARMS = 0.05  # the rate that is meant where none is named
SURE = 0.9  # from here on no answer is doubted, however sure of itself the model was on validation photos

Array = NDArray[np.float32]


class Doubt(StrEnum):
    """What there is to doubt about a photo's answer, with the words for it."""

    words: str  # as a badge has it
    column: str  # as a table has it
    sentence: str  # why; empty where there is no doubt

    def __new__(cls, value: str, words: str, column: str = "", sentence: str = "") -> "Doubt":
        doubt = str.__new__(cls, value)
        doubt._value_, doubt.words, doubt.column, doubt.sentence = value, words, column, sentence
        return doubt

    NONE = "sure", "not doubted"
    CLOSE = "close", "not sure", "not sure", "Not sure: two or more answers lie close together."
    UNLIKE = (
        "unlike",
        "probably none of these",
        "none of these",
        "Probably none of these: the photo is unlike those the model was trained on.",
    )
    UNREAD = "unread", "could not be read"  # there is no answer


class Thresholds(Part):
    """Below these an answer is doubted."""

    probability: float  # of the best answer
    similarity: float  # to the training photos, see core/answering/likeness.py


def thresholds(probabilities: Array, similarities: Array, rate: float = FALSE_ALARMS) -> Thresholds:
    """The thresholds that strike that share of the validation photos each; probabilities (photos, classes)."""
    return Thresholds(
        probability=min(SURE, float(np.quantile(probabilities.max(axis=1), rate))),
        similarity=float(np.quantile(similarities, rate)),
    )


def thresholds_by_rate(probabilities: Array, similarities: Array) -> dict[float, Thresholds]:
    """The thresholds of all RATES, for a model's card."""
    return {rate: thresholds(probabilities, similarities, rate) for rate in RATES}


def of(probability: float, similarity: float, limits: Thresholds) -> Doubt:
    """The doubt about an answer; of two the graver one."""
    if similarity < limits.similarity:
        return Doubt.UNLIKE
    if probability < limits.probability:
        return Doubt.CLOSE
    return Doubt.NONE
