"""When to doubt an answer: two answers lie close, or the photo is unlike all that the model was trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
FALSE_ALARMS = 0.05  # the share of ordinary validation photos that each kind of doubt may strike
SURE = 0.9  # from here on no answer is doubted, however sure of itself the model was on validation photos
MOST_KEPT = 4096  # training photos whose vectors are kept to compare with

UNLIKE = "Probably none of these"

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
    """Mean cosine similarity of each pooled vector to its 10 nearest among `known` (of length 1): (photos,)."""
    cosines = unit(vectors) @ known.T.astype(np.float32)
    nearest = min(NEIGHBOURS, cosines.shape[1])
    mean: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
    return mean


def kept(vectors: Array) -> NDArray[np.float16]:
    """The training vectors that are saved with a model: at length 1, float16, evenly thinned out to 4,096 at most."""
    step = max(1, -(-len(vectors) // MOST_KEPT))
    return unit(vectors[::step]).astype(np.float16)


def thresholds(probabilities: Array, similarities: Array) -> Thresholds:
    """The thresholds that strike 5 % of the validation photos each; probabilities (photos, classes)."""
    return Thresholds(
        probability=min(SURE, float(np.quantile(probabilities.max(axis=1), FALSE_ALARMS))),
        similarity=float(np.quantile(similarities, FALSE_ALARMS)),
    )


def reason(probability: float, similarity: float, limits: Thresholds) -> str:
    """Why an answer is doubted, in a sentence; empty when it isn't."""
    if similarity < limits.similarity:
        return f"{UNLIKE}: the photo is unlike those the model was trained on."
    if probability < limits.probability:
        return "Not sure: two or more answers lie close together."
    return ""
