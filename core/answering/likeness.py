"""How similar a photo is to a model's training photos, by its pooled vector: at most 1.

There are two measures, both cosines; a saved model has one of them in `stats.npz`. docs/decisions/0017 says which one
suits which network, and why. Photos that people called none of the model's classes lower it (docs/decisions/0027), and
so does a head that can't decide (docs/decisions/0042).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.answering.file_errors import damaged
from core.answering.head import Head
from core.files import npz

NEIGHBOURS = 10
MOST_VECTORS = 4096  # training photos to compare with
AXES = 40  # of the subspace, or as many as there are training photos
HEAD_BESIDE_SUBSPACE = 1 / 3  # see docs/decisions/0042
LEAST_SPREAD = 0.05  # nats: a head that is always as sure says nothing, and must not get a huge weight
EXAMPLES = 256  # training photos that stand for the others when the model learns from corrections

Array = NDArray[np.float32]


def unit(vectors: Array) -> Array:
    """Scale the vectors to length 1: (photos, features)."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, 1e-12)
    return scaled


@dataclass(frozen=True)
class Neighbours:
    """The mean cosine to the 10 nearest training photos (after Sun et al. 2022, ICML, "Out-of-distribution detection
    with deep nearest neighbors")."""

    vectors: Array  # (photos, features), of length 1

    @classmethod
    def of(cls, vectors: Array) -> "Neighbours":
        """Build it from the training photos' vectors (photos, features), thinned evenly to at most 4,096."""
        step = max(1, -(-len(vectors) // MOST_VECTORS))
        return cls(_as_stored(unit(vectors[::step])))

    @property
    def features(self) -> int:
        """The length of the pooled vectors that it compares."""
        return int(self.vectors.shape[1])

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        cosines = unit(vectors) @ self.vectors.T
        nearest = min(NEIGHBOURS, cosines.shape[1])
        mean: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        return mean


@dataclass(frozen=True)
class Subspace:
    """The cosine to the subspace in which most of the training photos lie: 1 for a vector in it, 0 for a vector
    perpendicular to it (after the residual of Wang et al. 2022, CVPR, "ViM: Out-of-distribution with virtual-logit
    matching", equation 4, without its logit)."""

    axes: Array  # (features, axes), orthonormal: the strongest directions of the training photos
    examples: Array | None = None  # vectors of some training photos, (photos, features); None for older models

    @classmethod
    def of(cls, vectors: Array) -> "Subspace":
        """Build it from the training photos' vectors (photos, features)."""
        step = max(1, -(-len(vectors) // EXAMPLES))
        second_moment = unit(vectors).T @ unit(vectors)
        _, directions = np.linalg.eigh(second_moment.astype(np.float64))  # the strongest last
        axes = directions[:, ::-1][:, : min(AXES, len(vectors))].astype(np.float32)
        return cls(_as_stored(axes), _as_stored(vectors[::step]))

    @property
    def features(self) -> int:
        """The length of the pooled vectors that it compares."""
        return int(self.axes.shape[0])

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        cosines: Array = np.minimum(np.linalg.norm(unit(vectors) @ self.axes, axis=1), 1)  # the axes are rounded
        return cosines


@dataclass(frozen=True)
class Corrected:
    """A measure that is lowered for what looks like photos that people called none of the model's classes: times the
    probability that the photo is not such a one."""

    measure: Neighbours | Subspace
    kernel: Array  # (features,): with the bias, the log odds of such a photo
    bias: float

    @property
    def features(self) -> int:
        """The length of the pooled vectors that it compares."""
        return self.measure.features

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        odds = np.clip(vectors @ self.kernel + np.float32(self.bias), -60, 60)
        lowered: Array = self.measure.similarity(vectors) / (1 + np.exp(odds))
        return lowered


OfVectors = Neighbours | Subspace | Corrected
"""A measure of vectors alone: what `stats.npz` holds."""


@dataclass(frozen=True)
class Undecided:
    """A measure that is lowered where the head can't decide between its classes: by a weight times the entropy of its
    answer.

    A kind of clothes that the model doesn't know lies close to those that it knows, so its vectors look familiar; the
    head wavers between two of them.
    """

    measure: OfVectors
    head: Head
    weight: float  # of a nat of entropy

    @classmethod
    def of(cls, measure: Neighbours | Subspace, head: Head, vectors: Array) -> "Undecided":
        """Choose the weight so that on validation photos, vectors (photos, features), both parts vary alike; beside a
        subspace the head counts a third of that."""
        share = HEAD_BESIDE_SUBSPACE if isinstance(measure, Subspace) else 1.0
        spread = max(LEAST_SPREAD, float(head.entropy(vectors).std()))
        return cls(measure, head, share * float(measure.similarity(vectors).std()) / spread)

    @property
    def features(self) -> int:
        """The length of the pooled vectors that it compares."""
        return self.measure.features

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features); below 0 for photos that are very unlike."""
        lowered: Array = self.measure.similarity(vectors) - np.float32(self.weight) * self.head.entropy(vectors)
        return lowered


Likeness = OfVectors | Undecided


def of(vectors: Array, pretrained: bool) -> Neighbours | Subspace:
    """The likeness to training photos with these pooled vectors (photos, features); `pretrained` says whether the
    backbone learned from other photos before."""
    return Neighbours.of(vectors) if pretrained else Subspace.of(vectors)


def of_vectors(likeness: Likeness) -> OfVectors:
    """The measure without the head."""
    return likeness.measure if isinstance(likeness, Undecided) else likeness


def uncorrected(likeness: Likeness) -> Neighbours | Subspace:
    """The measure without the head and without what people called none of the classes."""
    measure = of_vectors(likeness)
    return measure.measure if isinstance(measure, Corrected) else measure


def with_head(measure: OfVectors, head: Head, weight: float) -> Likeness:
    """The measure, lowered where this head can't decide; unchanged by the weight 0 of cards of earlier versions."""
    return Undecided(measure, head, weight) if weight else measure


def examples(likeness: Likeness, length: float) -> Array:
    """Vectors of training photos, at most EXAMPLES; empty if the model has none.

    Where only their directions are known, they get `length`.
    """
    measure = uncorrected(likeness)
    if isinstance(measure, Neighbours):
        step = max(1, -(-len(measure.vectors) // EXAMPLES))
        return measure.vectors[::step] * np.float32(length)
    return np.zeros((0, measure.features), np.float32) if measure.examples is None else measure.examples


def save(likeness: Likeness, path: Path) -> None:
    """Write `stats.npz`, the vectors in 16 bits; the head has a file of its own."""
    measure, likeness = uncorrected(likeness), of_vectors(likeness)
    arrays = {"vectors": measure.vectors} if isinstance(measure, Neighbours) else {"axes": measure.axes}
    if isinstance(measure, Subspace) and measure.examples is not None:
        arrays["examples"] = measure.examples
    stored: dict[str, NDArray[Any]] = {name: array.astype(np.float16) for name, array in arrays.items()}
    if isinstance(likeness, Corrected):
        stored["none_kernel"] = likeness.kernel.astype(np.float32)
        stored["none_bias"] = np.array(likeness.bias, np.float32)
    np.savez(path, **stored)  # type: ignore[arg-type]


def load(path: Path) -> OfVectors:
    """Read `stats.npz`. Raises ModelError if it is missing or damaged."""
    try:
        stored = {name: array.astype(np.float32) for name, array in npz.load(path).items()}
        name = "axes" if "axes" in stored else "vectors"
        array, examples = stored[name], stored.get("examples")
        kernel, bias = stored.get("none_kernel"), float(stored.get("none_bias", np.float32(0)))
    except (npz.ArraysError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None
    if array.ndim != 2 or not array.size or not all(np.isfinite(each).all() for each in stored.values()):
        raise damaged(path, "it must hold a table of finite numbers")
    measure = Subspace(array, examples) if name == "axes" else Neighbours(array)
    if (examples is not None and examples.shape[1:] != (measure.features,)) or (
        kernel is not None and kernel.shape != (measure.features,)
    ):
        raise damaged(path, "its arrays don't fit together")
    return measure if kernel is None else Corrected(measure, kernel, bias)


def _as_stored(array: Array) -> Array:
    """Round to 16 bits, as `save` and `load` do."""
    return array.astype(np.float16).astype(np.float32)
