"""Two dimensions of the photos' features, for a map on which similar photos lie near each other."""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError

NEIGHBOURS = 10  # of each photo, whose places are compared
SAMPLE = 2_000  # photos: the comparison takes time and memory by their square
SEED = 0
SAME = 1e-6  # of the largest value: a smaller distance from the centre is a rounding error
UMAP_NEIGHBOURS = 15

Method = Literal["PCA", "UMAP"]


@dataclass(frozen=True)
class Projection:
    """The photos' places on the map."""

    points: NDArray[np.float32]  # (n, 2)
    method: Method
    trustworthiness: float  # 0 to 1: whether neighbours on the map are neighbours among the features; NaN if unknown


def methods() -> tuple[Method, ...]:
    """The methods that this machine has. PCA takes half a second, UMAP half a minute."""
    return ("PCA", "UMAP") if importlib.util.find_spec("umap") else ("PCA",)


def project(vectors: NDArray[np.float32], method: Method = "PCA") -> Projection:
    """The places of feature vectors, float32 (n, d), on a map. The same vectors always give the same map.

    UMAP falls back to PCA for a handful of photos. Raises DatasetError for values that are not finite, and if UMAP is
    not installed.
    """
    if vectors.ndim != 2:
        raise ValueError(f"The vectors must have the shape (photos, features), got {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise DatasetError(
            "The features of the photos must be finite numbers, got NaN or infinity. Clean the caches on the "
            "Data page, so that they are computed again."
        )
    if method not in methods():
        raise DatasetError("UMAP is not installed. Install the package umap-learn, or use PCA.")
    normal = _normalized(vectors)
    if method == "UMAP" and len(normal) <= UMAP_NEIGHBOURS:
        method = "PCA"
    points = _umap(normal) if method == "UMAP" else _pca(normal)
    return Projection(points, method, _trustworthiness(normal, points))


def _normalized(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors from their centre, each of length 1, or 0 where it lies at the centre."""
    if not vectors.size:
        return vectors.astype(np.float32)
    largest = float(np.abs(vectors).max()) or 1.0
    centred = (vectors / np.float32(largest)).astype(np.float32)  # squares of large values would overflow
    centred -= centred.mean(axis=0, dtype=np.float64).astype(np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    is_centre = lengths < SAME * np.sqrt(vectors.shape[1])
    return np.where(is_centre, np.float32(0), centred / np.where(is_centre, np.float32(1), lengths))


def _pca(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    points = np.zeros((len(vectors), 2), np.float32)
    count = min(2, *vectors.shape)
    if count and vectors.any():
        from sklearn.decomposition import PCA  # a second to import, and the pages start without it

        solver = "randomized" if min(vectors.shape) > 50 else "full"
        pca = PCA(count, svd_solver=solver, random_state=SEED)
        with np.errstate(invalid="ignore", divide="ignore"):  # shares of no variance, which nobody reads
            points[:, :count] = pca.fit_transform(vectors)
    return points


def _umap(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    with _without_tensorflow(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about TensorFlow, and about photos without close neighbours
        umap: Any = importlib.import_module("umap")  # no requirement
        mapping = umap.UMAP(n_components=2, n_neighbors=UMAP_NEIGHBOURS, random_state=SEED, n_jobs=1)
        return np.asarray(mapping.fit_transform(vectors), np.float32)


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """Let imports find no TensorFlow unless it is loaded already: UMAP would load it, for a part that nobody uses."""
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden and sys.modules.get("tensorflow") is None:
            sys.modules.pop("tensorflow", None)


def _trustworthiness(vectors: NDArray[np.float32], points: NDArray[np.float32]) -> float:
    """Trustworthiness of the map (J. Venna, S. Kaski, 2001), measured on a sample; NaN for too few or equal photos."""
    if len(vectors) <= 2 * NEIGHBOURS or not vectors.any():
        return nan
    from sklearn.manifold import trustworthiness

    if len(vectors) > SAMPLE:
        some = np.sort(np.random.default_rng(SEED).choice(len(vectors), SAMPLE, replace=False))
        vectors, points = vectors[some], points[some]
    return float(trustworthiness(vectors, points, n_neighbors=NEIGHBOURS))
