"""How similar a photo is to a model's training photos, by its pooled vector: a cosine, at most 1.

There are two measures; a saved model has one of them in `stats.npz`. docs/decisions/0017 says which one suits which
network, and why.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.answering.file_errors import damaged
from core.files import npz

NEIGHBOURS = 10
MOST_VECTORS = 4096  # training photos to compare with
AXES = 40  # of the subspace, or as many as there are training photos

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

    @classmethod
    def of(cls, vectors: Array) -> "Subspace":
        """Build it from the training photos' vectors (photos, features)."""
        second_moment = unit(vectors).T @ unit(vectors)
        _, directions = np.linalg.eigh(second_moment.astype(np.float64))  # the strongest last
        return cls(_as_stored(directions[:, ::-1][:, : min(AXES, len(vectors))].astype(np.float32)))

    @property
    def features(self) -> int:
        """The length of the pooled vectors that it compares."""
        return int(self.axes.shape[0])

    def similarity(self, vectors: Array) -> Array:
        """(photos,) of pooled vectors (photos, features)."""
        cosines: Array = np.minimum(np.linalg.norm(unit(vectors) @ self.axes, axis=1), 1)  # the axes are rounded
        return cosines


Likeness = Neighbours | Subspace


def of(vectors: Array, pretrained: bool) -> Likeness:
    """The likeness to training photos with these pooled vectors (photos, features); `pretrained` says whether the
    backbone learned from other photos before."""
    return Neighbours.of(vectors) if pretrained else Subspace.of(vectors)


def save(likeness: Likeness, path: Path) -> None:
    """Write `stats.npz`, in 16 bits."""
    name, array = ("vectors", likeness.vectors) if isinstance(likeness, Neighbours) else ("axes", likeness.axes)
    np.savez(path, **{name: array.astype(np.float16)})  # type: ignore[arg-type]


def load(path: Path) -> Likeness:
    """Read `stats.npz`. Raises ModelError if it is missing or damaged."""
    try:
        stored = npz.load(path)
        name = "axes" if "axes" in stored else "vectors"
        array = stored[name].astype(np.float32)
    except (npz.ArraysError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise damaged(path, "it must hold a table of finite numbers")
    return Subspace(array) if name == "axes" else Neighbours(array)


def _as_stored(array: Array) -> Array:
    """Round to 16 bits, as `save` and `load` do."""
    return array.astype(np.float16).astype(np.float32)
