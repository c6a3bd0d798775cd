"""Measures of how much a photo resembles a model's training photos, for comparison: larger is more alike.

Each takes pooled vectors (photos, features) and returns a number per photo.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.answering import head
from core.answering.classifier import Classifier

Array = NDArray[np.floating]
Measure = Callable[[Array], Array]

RIDGE = (
    0.1  # share of the mean variance, added to all: 1,280 features of 3,068 photos make the covariance nearly singular
)


def of(classifier: Classifier) -> dict[str, Measure]:
    """The measures that need only the saved model's files."""
    return {
        "likeness": classifier.likeness.similarity,
        "energy": lambda vectors: energy(classifier.head.logits(vectors)),
        "probability": lambda vectors: head.softmax(classifier.head.logits(vectors), classifier.temperature).max(
            axis=1
        ),
    }


def energy(logits: Array) -> Array:
    """The negative free energy (Liu et al. 2020, "Energy-based out-of-distribution detection", equation 4)."""
    most = logits.max(axis=1)
    return most + np.log(np.exp(logits - most[:, None]).sum(axis=1))


def mahalanobis(trained: Array, labels: NDArray[np.intp]) -> Measure:
    """Minus the squared distance to the nearest class's mean, in units of the spread that all classes share (Lee et al.
    2018, "A simple unified framework for detecting out-of-distribution samples", equation 2)."""
    means = np.stack([trained[labels == label].mean(axis=0) for label in np.unique(labels)])
    spread = np.cov((trained - means[labels]).T)
    spread += RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    whiten = np.linalg.inv(np.linalg.cholesky(spread)).T

    def measure(vectors: Array) -> Array:
        return -np.square((vectors @ whiten)[:, None] - means @ whiten).sum(axis=2).min(axis=1)

    return measure
