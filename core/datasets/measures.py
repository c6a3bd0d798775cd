"""What is measured of every photo of a dataset: readable, how large, sharp and bright, in front of which backdrop."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core import machine, photos
from core.datasets import by_photo
from core.datasets.by_photo import Store, as_stored
from core.errors import PhotoError
from core.photos import capture

VERSION = 1  # increase it when the same photo gets other values
SIDE = 256  # px, the longer side of a photo while it is measured
SQUARE = 112  # px, of the square whose border is measured
PATCH = 14  # px
PATCHES = 28  # along the border
NO_BORDER = np.zeros((PATCHES, 6), np.float16)
NOISE = 0.7  # px: of a blur before sharpness is measured, since a blurred photo has sharp noise
BINS = (6, 8, 8)  # of lightness, a and b
NO_COLOURS = np.zeros(6 * 8 * 8, np.uint8)
CHUNK = 256
REPORT_EVERY = 8  # photos

Progress = Callable[[int, int], None]
"""Called with (photos done, photos in total)."""


@dataclass(frozen=True)
class Measure:
    """The measures of a photo. One that can't be read has only an error."""

    error: str = ""  # the sentence
    key: str = ""  # 32 hex digits
    width: int = 0  # px, as stored
    height: int = 0
    brightness: float = nan  # mean lightness, 0 to 100 (CIE L*)
    contrast: float = nan  # its standard deviation
    sharpness: float = nan  # share of the differences between pixels that a blur removes, 0 to 1
    border: NDArray[np.float32] | None = None  # (28, 6): mean and deviation of Lab in each patch along the border
    colours: NDArray[np.uint8] | None = None  # (384,): histogram of Lab, each bin a share of the photo in 255ths
    taken: float = nan  # s since 1970, by the camera's clock
    camera: str = ""


def of(
    dataset: str,
    names: Sequence[str],
    paths: Sequence[Path],
    progress: Progress | None = None,
    are_all: bool = True,
) -> list[Measure]:
    """The measures of photos, in their order. What did not change since the last time is read from the cache.

    If these `are_all` photos of the dataset, the cache drops what it has of others. An exception that `progress` raises
    ends the work.
    """
    return _store(dataset).fill(names, paths, lambda missing: _measured(missing, paths, progress), are_all)


def measured(paths: Sequence[Path]) -> list[Measure]:
    """The measures of photos, in their order, without the cache."""
    return [found for _, found in _measured(range(len(paths)), paths, None)]


def stored(dataset: str) -> dict[str, Measure] | None:
    """What the cache has of a dataset's photos, by name; None if it has nothing."""
    return _store(dataset).stored() or None


def _measured(places: Sequence[int], paths: Sequence[Path], progress: Progress | None) -> Iterator[tuple[int, Measure]]:
    with ThreadPoolExecutor(machine.cores()) as threads:
        for start in range(0, len(places), CHUNK):
            some = places[start : start + CHUNK]
            for done, measured in enumerate(threads.map(lambda place: measure(paths[place]), some), start):
                if progress and done % REPORT_EVERY == 0:
                    progress(done, len(places))
                yield places[done], measured
    if progress and places:
        progress(len(places), len(places))


def measure(path: Path) -> Measure:
    """The measures of a photo."""
    try:
        data = photos.read_file(path)
        pixels = photos.decode(data, at_least=SIDE)
        made = capture.read(data)
    except PhotoError as error:
        return Measure(error=str(error))
    return replace(
        _of_pixels(pixels), key=photos.key(data), width=made.width, height=made.height, taken=made.taken,
        camera=made.camera,
    )  # fmt: skip


def _of_pixels(pixels: photos.Pixels) -> Measure:
    """The measures that need only the pixels, uint8 (height, width, 3)."""
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    lightness = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32) * (100 / 255)
    square = photos.resize(pixels, SQUARE)
    return Measure(
        brightness=float(lightness.mean()),
        contrast=float(lightness.std()),
        sharpness=_sharpness(cv2.GaussianBlur(lightness, (0, 0), NOISE).astype(np.float32)),
        border=border(square),
        colours=_colours(square),
    )


def _colours(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The share of the photo in each of 6 × 8 × 8 bins of Lab, in 255ths."""
    lab = cv2.cvtColor(square, cv2.COLOR_RGB2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [*BINS], [0, 256, 64, 192, 64, 192]).ravel()
    return np.round(counts * (255 / (SQUARE * SQUARE))).astype(np.uint8)


def _sharpness(lightness: NDArray[np.float32]) -> float:
    """How much the differences between neighbouring pixels shrink when the picture is blurred.

    A sharp picture loses most of them, a blurred one has few to lose (F. Crete, T. Dolmiere, P. Ladret, M. Nicolas:
    The Blur Effect, 2007). The sharper of the two directions counts.
    """
    shares = [0.0]
    for axis in (0, 1):
        length = 9
        kernel = (1, length) if axis else (length, 1)
        if lightness.shape[axis] <= length:
            continue
        before = np.abs(np.diff(lightness, axis=axis))
        after = np.abs(np.diff(cv2.blur(lightness, kernel), axis=axis))
        total = float(before.sum())
        shares.append(float(np.maximum(before - after, 0).sum()) / total if total > 0 else 0.0)
    return max(shares)


def border(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean and deviation of Lab in each patch along the border of uint8 (112, 112, 3): float32 (28, 6)."""
    lab = cv2.cvtColor(square, cv2.COLOR_RGB2LAB).astype(np.float32)
    count = SQUARE // PATCH
    patches = lab.reshape(count, PATCH, count, PATCH, 3).swapaxes(1, 2).reshape(count, count, -1, 3)
    edge = np.ones((count, count), bool)
    edge[1:-1, 1:-1] = False
    around = patches[edge]
    return as_stored(np.concatenate([around.mean(1), around.std(1)], axis=1))


# The cache


def _store(dataset: str) -> Store[Measure]:
    return Store(by_photo.path_of(dataset, str(VERSION)), _to_arrays, _from_arrays)


def _to_arrays(measures: Sequence[Measure]) -> by_photo.Arrays:
    numbers = [
        [each.width, each.height, each.brightness, each.contrast, each.sharpness, each.taken] for each in measures
    ]
    borders = [NO_BORDER if each.border is None else each.border for each in measures]
    colours = [NO_COLOURS if each.colours is None else each.colours for each in measures]
    return {
        "texts": by_photo.as_text([(each.key, each.camera, each.error) for each in measures]),
        "numbers": np.array(numbers, np.float64).reshape(-1, 6),
        "borders": np.array(borders, np.float16).reshape(-1, PATCHES, 6),
        "colours": np.array(colours, np.uint8).reshape(-1, len(NO_COLOURS)),
    }


def _from_arrays(arrays: by_photo.Arrays) -> Iterator[Measure]:
    texts, numbers = by_photo.from_text(arrays["texts"]), arrays["numbers"].tolist()
    rows = zip(texts, numbers, arrays["borders"].astype(np.float32), arrays["colours"], strict=True)
    for (key, camera, error), (width, height, brightness, contrast, sharpness, taken), border, colours in rows:
        if error:
            yield Measure(error=error)
        else:
            yield Measure(
                "", key, int(width), int(height), brightness, contrast, sharpness, border, colours, taken, camera
            )
