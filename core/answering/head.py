"""The head of a saved model (the dense layers after the pooled vector), run in NumPy."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.answering.file_errors import damaged
from core.files import npz

Array = NDArray[np.float32]


def _gauss(x: Array) -> Array:
    """The share of the normal distribution below x, to 1.5e-7 (Abramowitz & Stegun 1964, formula 7.1.26)."""
    z = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    share: Array = (0.5 * (1 + np.copysign(1 - series * np.exp(-z * z), x))).astype(np.float32)
    return share


def _gauss_density(x: Array) -> Array:
    density: Array = np.exp(-0.5 * x * x) / np.float32(math.sqrt(2 * math.pi))
    return density


def _sigmoid(x: Array) -> Array:
    y: Array = 0.5 * (1 + np.tanh(0.5 * x))  # never overflows
    return y


@dataclass(frozen=True)
class Activation:
    """A function that is applied to each number separately."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]  # its derivative


ACTIVATIONS = {
    "relu": Activation(lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(np.float32)),
    "gelu": Activation(  # x · Φ(x) (Hendrycks & Gimpel 2016)
        lambda x: x * _gauss(x),
        lambda x: _gauss(x) + x * _gauss_density(x),
    ),
    "tanh": Activation(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": Activation(_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
}


@dataclass(frozen=True)
class Head:
    """Dense layers with an activation after each, except the last: its outputs are the logits."""

    kernels: tuple[Array, ...]  # (inputs, outputs) each
    biases: tuple[Array, ...]
    activation: str

    def logits(self, vectors: Array) -> Array:
        """The logits, float32 (photos, classes), of pooled vectors (photos, features)."""
        return self.activations(vectors) @ self.kernels[-1] + self.biases[-1]

    def activations(self, vectors: Array) -> Array:
        """What the last layer gets, (photos, inputs), from pooled vectors (photos, features)."""
        x = vectors
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            x = ACTIVATIONS[self.activation].value(x @ kernel + bias)
        return x

    def entropy(self, vectors: Array) -> Array:
        """How undecided the answers are, (photos,), in nats: 0 for certainty, the logarithm of the number of classes if
        all are equally probable. Before calibration, at temperature 1."""
        logits = self.logits(vectors)
        logarithms = logits - logits.max(axis=1, keepdims=True)
        logarithms -= np.log(np.exp(logarithms).sum(axis=1, keepdims=True))
        entropy: Array = -(np.exp(logarithms) * logarithms).sum(axis=1)
        return entropy

    def with_last(self, kernel: Array, bias: Array) -> "Head":
        """The head with another last layer."""
        return Head((*self.kernels[:-1], kernel), (*self.biases[:-1], bias), self.activation)

    def gradient(self, vectors: Array, index: int) -> Array:
        """The gradient of the logit of the class `index`: float32 (photos, features), like `vectors`."""
        x = vectors
        slopes: list[Array] = []
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            before = x @ kernel + bias
            slopes.append(ACTIVATIONS[self.activation].slope(before))
            x = ACTIVATIONS[self.activation].value(before)
        gradient = np.ones((len(vectors), 1), np.float32) * self.kernels[-1][:, index]
        for kernel, slope in zip(reversed(self.kernels[:-1]), reversed(slopes), strict=True):
            gradient = (gradient * slope) @ kernel.T
        return gradient

    def save(self, path: Path) -> None:
        """Write the head as `head.npz`."""
        arrays = {f"kernel_{i}": kernel for i, kernel in enumerate(self.kernels)}
        arrays |= {f"bias_{i}": bias for i, bias in enumerate(self.biases)}
        np.savez(path, activation=np.array(self.activation), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Head:
    """The head in `head.npz`. Raises ModelError if it is missing or damaged, or if its layers don't fit together."""
    try:
        stored = npz.load(path)
        layers = range(sum(name.startswith("kernel_") for name in stored))
        kernels = tuple(stored[f"kernel_{i}"].astype(np.float32) for i in layers)
        biases = tuple(stored[f"bias_{i}"].astype(np.float32) for i in layers)
        activation = str(stored["activation"])
    except (npz.ArraysError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None
    if not kernels or activation not in ACTIVATIONS:
        raise damaged(path, "it must hold dense layers and a known activation")
    if not _fit_together(kernels, biases):
        raise damaged(path, "its layers don't fit together")
    return Head(kernels, biases, activation)


def _fit_together(kernels: tuple[Array, ...], biases: tuple[Array, ...]) -> bool:
    """Whether each layer takes what the one before gives, and all numbers are finite."""
    layers = list(zip(kernels, biases, strict=True))
    if not all(kernel.ndim == 2 and bias.shape == kernel.shape[1:] for kernel, bias in layers):
        return False
    chained = all(before.shape[1] == after.shape[0] for before, after in itertools.pairwise(kernels))
    return chained and all(bool(np.isfinite(array).all()) for array in (*kernels, *biases))


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """The probabilities (photos, classes). A temperature above 1 makes them less confident."""
    scaled = logits / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities
