"""When to doubt an answer: two answers lie close, or the photo is unlike all that the model was trained on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)  # bold … cautious: shares of ordinary validation photos that each kind may strike
FALSE_ALARMS = 0.05  # the one of them that is meant where none is named
SURE = 0.9  # from here on no answer is doubted, however sure of itself the model was on validation photos

UNLIKE = "Probably none of these"
NOT_SURE = "Not sure"

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Thresholds:
    """Below these an answer is doubted."""

    probability: float  # of the best answer
    similarity: float  # to the training photos, see core/answering/likeness.py


def thresholds(probabilities: Array, similarities: Array, rate: float = FALSE_ALARMS) -> Thresholds:
    """The thresholds that strike that share of the validation photos each; probabilities (photos, classes)."""
    return Thresholds(
        probability=min(SURE, float(np.quantile(probabilities.max(axis=1), rate))),
        similarity=float(np.quantile(similarities, rate)),
    )


def on_card(probabilities: Array, similarities: Array) -> dict[str, Any]:
    """The thresholds of all RATES for a model's card; `thresholds` are those of FALSE_ALARMS."""
    found = {rate: asdict(thresholds(probabilities, similarities, rate)) for rate in RATES}
    return {"thresholds": found[FALSE_ALARMS], "thresholds_at": {str(rate): limits for rate, limits in found.items()}}


def of_card(card: Mapping[str, Any]) -> dict[float, Thresholds]:
    """The thresholds by rate, the smallest first; a model saved before there was a choice has those of FALSE_ALARMS.

    Raises KeyError, TypeError or ValueError when the card is damaged.
    """
    found = {float(rate): _limits(limits) for rate, limits in dict(card.get("thresholds_at", {})).items()}
    return dict(sorted({**found, FALSE_ALARMS: _limits(card["thresholds"])}.items()))


def _limits(stored: Mapping[str, Any]) -> Thresholds:
    return Thresholds(probability=float(stored["probability"]), similarity=float(stored["similarity"]))


def reason(probability: float, similarity: float, limits: Thresholds) -> str:
    """Why an answer is doubted, in a sentence; empty when it isn't."""
    if similarity < limits.similarity:
        return f"{UNLIKE}: the photo is unlike those the model was trained on."
    if probability < limits.probability:
        return f"{NOT_SURE}: two or more answers lie close together."
    return ""


def kind(reason: str) -> Literal["unlike", "close", ""]:
    """Which of the two doubts a sentence of `reason` tells."""
    return "unlike" if reason.startswith(UNLIKE) else "close" if reason.startswith(NOT_SURE) else ""
