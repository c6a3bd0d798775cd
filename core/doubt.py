"""When to doubt an answer: two answers lie close, or the photo is unlike all that the model was trained on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)  # bold … cautious: shares of ordinary validation photos that each kind may strike
FALSE_ALARMS = 0.05  # the one of them that is meant where none is named
SURE = 0.9  # from here on no answer is doubted, however sure of itself the model was on validation photos
MOST_KEPT = 4096  # training photos whose vectors are kept to compare with

UNLIKE = "Probably none of these"
NOT_SURE = "Not sure"

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Thresholds:
    """Below these an answer is doubted."""

    probability: float  # of the best answer
    similarity: float  # mean cosine similarity to the nearest training photos


def unit(vectors: Array) -> Array:
    """The vectors at length 1: (photos, features)."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, 1e-12)
    return scaled


def similarity(vectors: Array, known: Array) -> Array:
    """Mean cosine similarity of each pooled vector to its 10 nearest among `known` (of length 1): (photos,).

    Nearest neighbours as in Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors"; of the
    measures compared in docs/decisions/0013 the best for pictures of other things. Other garments it hardly tells.
    """
    cosines = unit(vectors) @ known.T.astype(np.float32, copy=False)
    nearest = min(NEIGHBOURS, cosines.shape[1])
    mean: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
    return mean


def kept(vectors: Array) -> NDArray[np.float16]:
    """The training vectors that are saved with a model: at length 1, float16, evenly thinned out to 4,096 at most."""
    step = max(1, -(-len(vectors) // MOST_KEPT))
    return unit(vectors[::step]).astype(np.float16)


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
