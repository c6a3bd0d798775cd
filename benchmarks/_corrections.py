"""What a model gains by learning from corrections, on the real photos and with the shipped starter.

The starter has learned from the training photos; validation and test photos (713) are new to it, and it is wrong on
about 9 % of them. Each figure is a mean over DRAWS halves of these: corrections are drawn from one half (three quarters
for 50 of its few mistakes), and judged on the other. With the starter's dataset, its 3,068 training photos hold the
old answers; without it, the examples in its stats.npz do.

- *mistakes*: corrections of its mistakes; points gained on other photos, and the share of the corrected photos that it
  then gets right.
- *look*: the same where all photos have another look than those it has learned from: turned by 90°, or blurred; points
  gained on photos of that look, and on ordinary ones.
- *new kind*: one of the ten classes is taken out of the starter's head, each in turn, and corrections name it; recall
  of that class, and points lost on the others.
  Only the head has not seen the class: the network has learned from it, so this flatters.
- *none*: likewise, and corrections call its photos none of these; the share that is noticed, before and after, and the
  share of ordinary photos that is doubted (promised: 5 %).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import _real
from core import photos
from core.answering import classifier, doubt, likeness, shelf
from core.answering.classifier import Classifier
from core.answering.head import Head
from core.reviewing import features
from core.teaching import refit
from core.teaching.refit import OldPhotos

COUNTS = (10, 20, 50)
FEW = (5, 10, 20)  # photos of a new kind
DRAWS = 8
SPLITS = ("train", "validation", "test")
Array = NDArray[np.float32]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Photos:
    """All photos as the starter sees them."""

    vectors: Array
    labels: Places
    splits: NDArray[np.str_]
    looks: dict[str, Array]  # of the unseen photos in another look


def turned(square: photos.Pixels) -> photos.Pixels:
    """The photo turned by 90°."""
    return np.ascontiguousarray(np.rot90(square))


def blurred(square: photos.Pixels) -> photos.Pixels:
    """The photo with a third of its pixels along each side."""
    small = cv2.resize(square, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, square.shape[1::-1]), np.uint8)


def read(root: Path, before: Classifier) -> Photos:
    """Compute the features of all photos below `root`, and of those that the starter has not seen in other looks."""
    paths = [path for split in SPLITS for path in sorted((root / split).glob("*/*.jpg"))]
    squares = np.stack([photos.square(path.read_bytes(), before.size) for path in paths])
    splits = np.array([path.parts[-3] for path in paths])

    def vectors(pixels: NDArray[np.uint8]) -> Array:
        return np.concatenate(list(before.vectors(pixels)))

    unseen = squares[splits != "train"]
    looks: dict[str, Callable[[photos.Pixels], photos.Pixels]] = {"turned": turned, "blurred": blurred}
    return Photos(
        vectors(squares),
        np.array([before.model.labels.index(path.parts[-2]) for path in paths], np.intp),
        splits,
        {name: vectors(np.stack([look(square) for square in unseen])) for name, look in looks.items()},
    )


def _right(by: Head, vectors: Array, labels: Places) -> NDArray[np.bool_]:
    return by.logits(vectors).argmax(axis=1) == labels


def _mistakes(before: Head, old: OldPhotos, vectors: Array, labels: Places, plain: Array, count: int) -> list[float]:
    """Points gained on other photos of these, on the same photos in their `plain` look, and of the corrected photos
    the share that is right, in percent."""
    figures = []
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(len(labels))
        cut = int((0.75 if count == 50 and vectors is plain else 0.5) * len(order))
        pool, others = order[:cut], order[cut:]
        chosen = pool[~_right(before, vectors[pool], labels[pool])][:count]
        new = refit.head(before, old, vectors[chosen], labels[chosen], before.kernels[-1].shape[1])
        gains = [
            _right(new, of[others], labels[others]).mean() - _right(before, of[others], labels[others]).mean()
            for of in (vectors, plain)
        ]
        figures.append([*gains, _right(new, vectors[chosen], labels[chosen]).mean()])
    return [round(100 * float(figure), 2) for figure in np.mean(figures, axis=0)]


def _new_kind(before: Head, read_photos: Photos, has_dataset: bool, count: int) -> list[float]:
    """Recall of a class that corrections name, and points gained on the others, in percent."""
    figures = []
    for kind in range(before.kernels[-1].shape[1]):
        without, names, old = _without(before, read_photos, kind, has_dataset)
        chosen = _drawn(read_photos, kind, count)
        new = refit.head(without, old, read_photos.vectors[chosen], np.full(len(chosen), 9, np.intp), 10)
        test = read_photos.splits == "test"
        is_kind = read_photos.labels == kind
        answers = np.append(names, kind)[new.logits(read_photos.vectors).argmax(axis=1)]
        old_answers = names[without.logits(read_photos.vectors).argmax(axis=1)]
        right, was_right = answers == read_photos.labels, old_answers == read_photos.labels
        others = test & ~is_kind
        figures.append([right[test & is_kind].mean(), right[others].mean() - was_right[others].mean()])
    return [round(100 * float(figure), 1) for figure in np.mean(figures, axis=0)]


def _none(before: Head, read_photos: Photos, count: int) -> list[float]:
    """Of photos of none of the classes, and of ordinary photos, the shares noticed before and after, in percent."""
    figures = []
    for kind in range(before.kernels[-1].shape[1]):
        is_kind, splits, vectors = read_photos.labels == kind, read_photos.splits, read_photos.vectors
        measure = likeness.Subspace.of(vectors[(splits == "train") & ~is_kind])
        old = OldPhotos(vectors[(splits == "train") & ~is_kind], are_training=True)
        corrected = refit.doubt(measure, old, vectors[_drawn(read_photos, kind, count)])
        shares: list[float] = []
        for by in (measure, corrected):
            similarity = by.similarity(vectors)
            ordinary = (splits == "validation") & ~is_kind
            limit = doubt.thresholds(np.ones((int(ordinary.sum()), 1), np.float32), similarity[ordinary]).similarity
            test = splits == "test"
            shares += [float((similarity[test & of] < limit).mean()) for of in (is_kind, ~is_kind)]
        figures.append(shares)
    return [round(100 * float(figure), 1) for figure in np.mean(figures, axis=0)]


def _without(before: Head, read_photos: Photos, kind: int, has_dataset: bool) -> tuple[Head, Places, OldPhotos]:
    """The head without a class, the classes that it has, and the old photos without that class."""
    rest = np.delete(np.arange(before.kernels[-1].shape[1]), kind)
    old = read_photos.vectors[(read_photos.splits == "train") & (read_photos.labels != kind)]
    step = 1 if has_dataset else -(-len(old) // likeness.EXAMPLES)
    without = before.with_last(before.kernels[-1][:, rest], before.biases[-1][rest])
    return without, rest.astype(np.intp), OldPhotos(old[::step], are_training=has_dataset)


def _drawn(read_photos: Photos, kind: int, count: int) -> Places:
    validation = np.flatnonzero((read_photos.splits == "validation") & (read_photos.labels == kind))
    return np.random.default_rng(0).permutation(validation)[:count].astype(np.intp)


def measure() -> dict[str, float]:
    """Print the gains by corrections, and return them, in points and percent."""
    from threadpoolctl import threadpool_limits

    before = classifier.load(shelf.read(features.SHIPPED))
    read_photos = read(_real.PHOTOS, before)
    unseen = read_photos.splits != "train"
    plain, labels = read_photos.vectors[unseen], read_photos.labels[unseen]
    old_photos = {
        "with_dataset": OldPhotos(read_photos.vectors[~unseen], are_training=True),
        "without": OldPhotos(likeness.examples(before.likeness, 1.0), are_training=False),
    }
    figures: dict[str, float] = {}
    with threadpool_limits(1, "blas"):
        for name, old in old_photos.items():
            print(f"\n{name.replace('_', ' ')} ({len(old.vectors)} old photos)")
            for look, vectors in {"mistakes": plain, **read_photos.looks}.items():
                for count in COUNTS:
                    gain, ordinary, seen = _mistakes(before.head, old, vectors, labels, plain, count)
                    figures[f"{look}_{count}_{name}"] = gain
                    print(
                        f"  {look:9} {count:3} corrections: {gain:+6.2f} points on others, {ordinary:+6.2f} on "
                        f"ordinary photos; {seen:3.0f} % of the corrected ones right"
                    )
            for count in FEW:
                recall, others = _new_kind(before.head, read_photos, name == "with_dataset", count)
                figures[f"new_kind_{count}_{name}"] = recall
                print(f"  new kind  {count:3} photos: recall {recall:.0f} %, {others:+.1f} points on the others")
        print("\nnone of these: noticed before → after (ordinary photos doubted before → after)")
        for count in FEW:
            was, alarms_before, now, alarms = _none(before.head, read_photos, count)
            figures[f"none_{count}"] = now
            print(f"  {count:3} photos: {was:.0f} % → {now:.0f} % ({alarms_before:.1f} % → {alarms:.1f} %)")
    return figures
