"""How alike a photo is to those that a model has learned from, by its pooled vector: a cosine, at most 1.

Two measures, kept with a saved model in `stats.npz`; which one suits which network, and why: docs/decisions/0017.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
MOST_KEPT = 4096  # training photos whose vectors are kept to compare with
AXES = 40  # of the subspace, or as many as there are training photos

Array = NDArray[np.float32]


def unit(vectors: Array) -> Array:
    """The vectors at length 1: (photos, features)."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, 1e-12)
    return scaled


@dataclass(frozen=True)
class Neighbours:
    """Likeness is the mean cosine to the 10 nearest training photos (after Sun et al. 2022, ICML, "Out-of-distribution
    detection with deep nearest neighbors")."""

    vectors: Array  # (photos, features), of length 1

    @classmethod
    def of(cls, vectors: Array) -> "Neighbours":
        """From the training photos' vectors (photos, features), thinned out evenly to 4,096 at most."""
        step = max(1, -(-len(vectors) // MOST_KEPT))
        return cls(_as_stored(unit(vectors[::step])))

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        cosines = unit(vectors) @ self.vectors.T
        nearest = min(NEIGHBOURS, cosines.shape[1])
        mean: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        return mean


@dataclass(frozen=True)
class Subspace:
    """Likeness is the cosine to the subspace in which the training photos mostly lie: 1 for a vector that lies in it, 0
    for one that stands upright on it (after the residual of Wang et al. 2022, CVPR, "ViM: Out-of-distribution with
    virtual-logit matching", equation 4, here without its logit)."""

    axes: Array  # (features, axes), orthonormal: the directions that training photos use most

    @classmethod
    def of(cls, vectors: Array) -> "Subspace":
        """From the training photos' vectors (photos, features)."""
        second_moment = unit(vectors).T @ unit(vectors)
        _, directions = np.linalg.eigh(second_moment.astype(np.float64))  # the strongest last
        return cls(_as_stored(directions[:, ::-1][:, : min(AXES, len(vectors))].astype(np.float32)))

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        cosines: Array = np.minimum(np.linalg.norm(unit(vectors) @ self.axes, axis=1), 1)  # the axes are rounded
        return cosines


Known = Neighbours | Subspace


def of(vectors: Array, pretrained: bool) -> Known:
    """What a model compares with whose training photos have these pooled vectors (photos, features); `pretrained` tells
    whether its backbone has learned from other photos before."""
    return Neighbours.of(vectors) if pretrained else Subspace.of(vectors)


def save(known: Known, path: Path) -> None:
    """Write `stats.npz`, in 16 bits."""
    name, array = ("vectors", known.vectors) if isinstance(known, Neighbours) else ("axes", known.axes)
    np.savez(path, **{name: array.astype(np.float16)})  # type: ignore[arg-type]


def load(path: Path) -> Known:
    """Read `stats.npz`. Raises OSError, EOFError, KeyError, ValueError or BadZipFile when it is missing or damaged."""
    with path.open("rb") as file, np.load(file) as stored:  # np.load leaves a damaged file open
        if "axes" in stored.files:
            return Subspace(stored["axes"].astype(np.float32))
        return Neighbours(stored["vectors"].astype(np.float32))


def _as_stored(array: Array) -> Array:
    """As it will be read again: rounded to 16 bits."""
    return array.astype(np.float16).astype(np.float32)
