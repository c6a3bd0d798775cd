"""Fit a head, one dense layer on pooled vectors, to few photos: multinomial logistic regression with a prior.

NumPy and SciPy's L-BFGS instead of scikit-learn's LogisticRegression: the penalty pulls towards an existing head when a
model learns from corrections, which scikit-learn can't, and its import alone takes longer than the fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_STEPS = 300

Array = NDArray[np.float32]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Layer:
    """A dense layer without activation."""

    kernel: Array  # (features, classes)
    bias: Array  # (classes,)

    def logits(self, vectors: Array) -> Array:
        """The logits, float32 (photos, classes), of pooled vectors (photos, features)."""
        logits: Array = vectors @ self.kernel + self.bias
        return logits


def balanced(labels: Places, classes: int) -> NDArray[np.float64]:
    """Weights of the photos, (photos,), so that all classes that have photos count alike. Their mean is 1."""
    counts = np.bincount(labels, minlength=classes)
    present = int((counts > 0).sum())
    weights: NDArray[np.float64] = len(labels) / (present * counts[labels])
    return weights


@dataclass(frozen=True)
class Scale:
    """Vectors moved to their mean and divided by their mean distance from it, so that a penalty suits any network."""

    mean: Array  # (features,)
    length: float

    @classmethod
    def of(cls, vectors: Array) -> "Scale":
        """The scale of pooled vectors (photos, features)."""
        mean = vectors.mean(axis=0)
        length = float(np.sqrt(((vectors - mean) ** 2).sum(axis=1).mean()))
        return cls(mean, max(length, 1e-6))

    def apply(self, vectors: Array) -> Array:
        """The scaled vectors."""
        scaled: Array = (vectors - self.mean) / np.float32(self.length)
        return scaled

    def undo(self, layer: Layer) -> Layer:
        """The layer for vectors as they are, made of one for scaled vectors."""
        kernel = layer.kernel / np.float32(self.length)
        return Layer(kernel, layer.bias - self.mean @ kernel)


def fit(
    vectors: Array,
    labels: Places,
    classes: int,
    penalty: float,
    weights: NDArray[np.float64] | None = None,
    prior: Layer | None = None,
) -> Layer:
    """The layer with the least cross-entropy plus `penalty` × its squared distance from the prior.

    `vectors` is (photos, features), `labels` (photos,) with numbers below `classes`; `weights` (photos,) say how much
    each photo counts, equally by default. Without a prior, kernels are pulled to 0 and biases are free; with one, both
    are pulled to it. The cross-entropy is the sum over photos, so more photos need the prior less.
    """
    from scipy.optimize import minimize  # half a second to import

    photos, features = vectors.shape
    x = vectors.astype(np.float64)
    share = np.ones(photos) if weights is None else weights
    kernel0 = np.zeros((features, classes)) if prior is None else prior.kernel.astype(np.float64)
    bias0 = np.zeros(classes) if prior is None else prior.bias.astype(np.float64)
    bias_penalty = 0.0 if prior is None else penalty
    rows = np.arange(photos)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        kernel, bias = parameters[:-classes].reshape(features, classes), parameters[-classes:]
        logits = x @ kernel + bias
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        totals = exponentials.sum(axis=1)
        entropy = np.log(totals) - logits[rows, labels]
        slope = exponentials / totals[:, None]
        slope[rows, labels] -= 1
        slope *= share[:, None]
        distance, bias_distance = kernel - kernel0, bias - bias0
        value = share @ entropy + penalty * (distance**2).sum() + bias_penalty * (bias_distance**2).sum()
        gradient = np.concatenate(
            [
                (x.T @ slope + 2 * penalty * distance).ravel(),
                slope.sum(axis=0) + 2 * bias_penalty * bias_distance,
            ]
        )
        return float(value), gradient

    start = np.concatenate([kernel0.ravel(), bias0])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}).x
    return Layer(best[:-classes].reshape(features, classes).astype(np.float32), best[-classes:].astype(np.float32))
