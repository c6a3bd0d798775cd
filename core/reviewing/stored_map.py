"""The map of a dataset's photos as the last check has drawn it, so that pages need not compute it."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from core.datasets import catalogue
from core.files import atomic, npz
from core.reviewing import projection
from core.reviewing.projection import Method
from core.reviewing.subject import Subject


@dataclass(frozen=True)
class PhotoMap:
    """The places of photos on a map."""

    names: tuple[str, ...]
    points: NDArray[np.float32]  # (photos, 2)
    method: str
    trustworthiness: float


def draw(subject: Subject) -> None:
    """Compute the map and store it. Without room on the disk there is none."""
    readable = np.isfinite(subject.vectors).all(1)
    if not readable.any():
        return
    projected = projection.project(subject.vectors[readable], projection.methods()[-1])
    names = [subject.names[place] for place in np.flatnonzero(readable)]
    arrays: dict[str, Any] = {
        "names": np.frombuffer(json.dumps(names).encode(), np.uint8),
        "points": projected.points,
        "method": np.array(projected.method),
        "trustworthiness": np.array(projected.trustworthiness),
    }
    with suppress(OSError):
        atomic.write(_path(subject.dataset.name), lambda file: np.savez(file, **arrays))


def read(dataset: str) -> PhotoMap | None:
    """The stored map; None if there is none, or if its file is damaged."""
    try:
        stored = npz.load(_path(dataset))
        names = tuple(str(name) for name in json.loads(stored["names"].tobytes()))
        with np.errstate(over="ignore"):
            points = stored["points"].astype(np.float32)
        method = str(stored["method"])
        if points.shape != (len(names), 2) or not np.isfinite(points).all() or method not in get_args(Method):
            return None
        return PhotoMap(names, points, method, float(stored["trustworthiness"]))
    except (npz.ArraysError, KeyError, TypeError, ValueError):
        return None


def _path(dataset: str) -> Path:
    """Beside the dataset, and gone with it: another one may get the same name."""
    return catalogue.own_folder(dataset) / "map.npz"
