"""Copies and near copies: the same file, or the same picture cropped, resized, re-encoded or a little recoloured.

Equal files have the same key. For the others the features name candidates, the colours sort most of them out, and the
remaining pairs are compared point by point: if an affine map takes many corners of one picture to those of the other,
and the pictures agree where they overlap then, it is the same picture (ORB, Rublee et al. 2011; RANSAC, Fischler and
Bolles 1981).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core import machine, photos
from core.datasets.measures import Measure
from core.errors import PhotoError
from core.reviewing.features import Array

NEIGHBOURS = 40  # candidates for each photo
LEAST_COSINE = 0.75  # of centred features
LEAST_LIKENESS = 1.3  # cosine plus the share of the colours in common: a brighter copy has few of them
SIDE = 256  # px, the longer side of a photo when corners are searched
CORNERS = 500
RATIO = 0.8  # of the distances to the best and second-best match (Lowe 2004)
REACH = 3.0  # px from where the map takes a corner
LEAST_CORNERS = 18  # that fit; other photos in front of one backdrop reach 14, crops of one photo 21 and more
BLOCK = 1024
KEPT = 2048  # photos that stay in memory, 100 kB each

SCALES = (0.3, 3.3)  # of the map
LEAST_OVERLAP = 0.3  # of the smaller picture
SOFT = 9  # px, so that a map that is a little off does no harm
LEAST_CORRELATION = (
    0.96  # where the pictures overlap: copies have .99; another garment in front of the same backdrop, .95
)


@dataclass(frozen=True)
class _Picture:
    """What is compared of a photo."""

    grey: NDArray[np.uint8]
    places: NDArray[np.float32]  # of its corners, (corners, 2)
    descriptions: NDArray[np.uint8]  # (corners, 32)


def pairs(
    paths: Sequence[Path],
    measures: Sequence[Measure],
    vectors: Array,
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[int, int]]:
    """All pairs of places of copies, the smaller place first."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for place, measure in enumerate(measures):
        if measure.key:
            by_key[measure.key].append(place)
    equal = {(same[0], other) for same in by_key.values() for other in same[1:]}
    candidates = [pair for pair in _candidates(measures, vectors) if measures[pair[0]].key != measures[pair[1]].key]
    pictures = lru_cache(KEPT)(lambda place: _picture(paths[place]))
    found = set(equal)
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(candidates), BLOCK):
            if progress:
                progress(start, len(candidates))
            some = candidates[start : start + BLOCK]
            same = threads.map(lambda pair: _is_same(pictures(pair[0]), pictures(pair[1])), some)
            found |= {pair for pair, is_same in zip(some, same, strict=True) if is_same}
    return sorted(found)


def _candidates(measures: Sequence[Measure], vectors: Array) -> list[tuple[int, int]]:
    """Pairs of places with similar features and colours."""
    usable = np.flatnonzero([measure.colours is not None for measure in measures])
    usable = usable[np.isfinite(vectors[usable]).all(1)] if len(usable) else usable
    if len(usable) < 2:
        return []
    units = centred(vectors[usable])
    histograms = [measures[place].colours for place in usable.tolist()]
    colours = np.stack([histogram for histogram in histograms if histogram is not None]).astype(np.float32)
    found: set[tuple[int, int]] = set()
    for row, others, cosines in _neighbours(units):
        common = np.minimum(colours[row], colours[others]).sum(1) / max(colours[row].sum(), 1)
        found |= {
            (min(usable[row], usable[other]), max(usable[row], usable[other]))
            for other in others[cosines + common >= LEAST_LIKENESS].tolist()
        }
    return sorted((int(first), int(second)) for first, second in found)


def centred(vectors: Array) -> Array:
    """The vectors with length 1 about their mean, float32 (photos, features)."""
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    units = units - units.mean(0)
    away: Array = units / np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-9)
    return away.astype(np.float32)


def _neighbours(units: Array) -> Iterator[tuple[int, NDArray[np.intp], Array]]:
    """For each row, the rows of the nearest other photos, and the cosines to them."""
    count = min(NEIGHBOURS, len(units) - 1)
    for start in range(0, len(units), BLOCK):
        cosines = units[start : start + BLOCK] @ units.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -1
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        for row, (near, of_row) in enumerate(zip(nearest, cosines, strict=True), start):
            enough = near[of_row[near] >= LEAST_COSINE]
            yield row, enough, of_row[enough]


def _picture(path: Path) -> _Picture | None:
    """A photo's corners; None if it can't be read or has too few of them."""
    try:
        pixels = photos.decode(photos.read_file(path), at_least=SIDE)
    except (PhotoError, OSError):
        return None
    scale = SIDE / max(pixels.shape[:2])
    size = (max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale)))
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found, descriptions = cv2.ORB_create(CORNERS, fastThreshold=7).detectAndCompute(grey, None)  # type: ignore[attr-defined]
    if descriptions is None or len(found) < LEAST_CORNERS:
        return None
    return _Picture(grey, np.array([corner.pt for corner in found], np.float32), descriptions)


def _is_same(first: _Picture | None, second: _Picture | None) -> bool:
    if first is None or second is None:
        return False
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(first.descriptions, second.descriptions, k=2)
    good = [best for best, *others in matches if others and best.distance < RATIO * others[0].distance]
    if len(good) < LEAST_CORNERS:
        return False
    source = first.places[[match.queryIdx for match in good]]
    target = second.places[[match.trainIdx for match in good]]
    affine, inside = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=REACH, maxIters=500)
    if affine is None or inside.sum() < LEAST_CORNERS:
        return False
    return _fits(first.grey, second.grey, affine.astype(np.float64))


def _fits(first: NDArray[np.uint8], second: NDArray[np.uint8], affine: NDArray[np.float64]) -> bool:
    """Whether the first picture, moved by the map, shows what the second shows."""
    largest, smallest = np.linalg.svd(affine[:, :2], compute_uv=False)
    if not SCALES[0] < smallest <= largest < SCALES[1]:
        return False
    size = second.shape[1], second.shape[0]
    moved = cv2.warpAffine(first, affine, size, flags=cv2.INTER_AREA)
    overlap = cv2.erode(cv2.warpAffine(np.full_like(first, 255), affine, size), np.ones((SOFT, SOFT))) > 127
    if overlap.sum() < LEAST_OVERLAP * min(first.size * largest * smallest, second.size):
        return False
    one, other = (cv2.blur(grey, (SOFT, SOFT))[overlap].astype(np.float32) for grey in (moved, second))
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return scale > 0 and float(one @ other) / scale >= LEAST_CORRELATION
