"""How well and how fast a lesson learns: few photos of kinds that the network has never been taught.

Accuracy: five of the ten classes of clothing-dataset-small are kinds to teach, KINDS. The saved model that a lesson is
built on, a MobileNetV2 at 150 px, was fine-tuned on the training photos of the other five classes only (through the
product, RECIPE), so it has never seen the kinds. With 5, 10 and 20 training photos of each kind, DRAWS times drawn at
random, a lesson's head, which also learns from mirror images, answers the validation and test photos of these kinds.
Beside it: the head without them; one that learns from four augmented views instead (LIGHT); the nearest neighbour on
the same features; and the same head on the features of a frozen MobileNetV2 with ImageNet weights (150 px), which has
not seen the photos either. The starter is measured too, though it has learned from these very classes: its column
flatters. Mean of the classes' recalls.

Labels saved: starting with 3 photos of each kind, ten more at a time are labelled, as *Label next* chooses them or at
random; how many labels each needs to reach the accuracy that random order has after 100.

Times, through the product's own process, features not cached: 5 kinds × 20 photos from the last drop to the first
answer; one photo more; 30 kinds × 200 photos, all dropped at once. Memory of this process.

Corrections: see benchmarks/_corrections.py.

    python -m benchmarks.teach [--quick] [--part accuracy|labels|times|corrections] [--network FOLDER]

`--network` names a saved model's folder to use instead of training one (ten to twenty minutes). `--quick` prints the
times only, without the 30 kinds. Its last line is {"accuracy_10": …, "imagenet_10": …, "labels_saved": …,
"first_answer_s": …, "next_answer_s": …, "gain_20_corrections": …, …}; the gain is in points on photos of a new look
(turned by 90°), of the starter without its dataset.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks import _corrections, _real
from core import photos, workspace
from core.answering import classifier, litert, model_files
from core.answering.head import softmax
from core.answering.likeness import unit
from core.augment import engine, recipe
from core.datasets import adding
from core.runs import queue
from core.runs.config import config
from core.runs.folder import folder_of, look, read_report
from core.runs.records import ENDED
from core.teaching import draft, gathering, judging, labelling, lesson, teacher
from core.teaching.fitting import Layer

KINDS = ("dress", "hat", "longsleeve", "outwear", "shorts")
SIZES, DRAWS = (5, 10, 20), 10
RECIPE = {
    "backbone": "mobilenet_v2",
    "image_size": 150,
    "epochs": 8,
    "views": 2,
    "fine_tune": {"epochs": 6},
    "recipe": [
        {"transform": "horizontal_flip"},
        {"transform": "rotation", "rotation_range": 10},
        {"transform": "zoom", "zoom_range": 0.15},
    ],
}
START, ROUNDS = 3, 20  # photos of each kind before labelling begins; rounds of ten labels
PARTS = ("accuracy", "labels", "times", "corrections")
MOST_SECONDS = {"first_answer_s": 3.0, "next_answer_s": 1.0, "large_s": 30.0}
Array = NDArray[np.float32]
Places = NDArray[np.intp]
LIGHT = recipe.from_json(
    [
        {"transform": "horizontal_flip"},
        {"transform": "rotation", "rotation_range": 10},
        {"transform": "zoom", "zoom_range": 0.15},
        {"transform": "brightness", "brightness_range": [0.8, 1.2]},
    ]
)
VIEWS = 4


def _square(path: Path, size: int) -> NDArray[np.uint8]:
    square = photos.square_of(path, size)
    assert square is not None, path
    return square


class Photos:
    """The photos of the kinds, as one network sees them."""

    def __init__(self, backbone: Path, with_views: bool = False) -> None:
        network = litert.Backbone(backbone)
        paths = [path for kind in KINDS for path in sorted(_real.PHOTOS.glob(f"*/{kind}/*.jpg"))]
        squares = np.stack([_square(path, network.size) for path in paths])
        self.vectors = np.concatenate(list(network.vectors(squares)))
        self.mirrored = np.concatenate(list(network.vectors(np.ascontiguousarray(squares[:, :, ::-1]))))
        self.views = [  # of each photo, augmented
            np.concatenate(list(network.vectors(engine.augment(squares, np.arange(len(squares)), view, LIGHT, 0))))
            for view in range(VIEWS if with_views else 0)
        ]
        self.labels = np.array([KINDS.index(path.parent.name) for path in paths], np.intp)
        is_pool = np.array([path.parts[-3] == "train" for path in paths])
        self.pool, self.judged = np.flatnonzero(is_pool), np.flatnonzero(~is_pool)

    def drawn(self, each: int, seed: int) -> Places:
        """So many photos of each kind from the pool."""
        order = np.random.default_rng(seed).permutation(self.pool)
        return np.concatenate([order[self.labels[order] == kind][:each] for kind in range(len(KINDS))])

    def by_head(self, places: Places) -> Array:
        """The logits of the judged photos by a head that learned from these places, as a lesson's does."""
        return self._logits([self.vectors, self.mirrored], places)

    def by_plain_head(self, places: Places) -> Array:
        """The same without mirror images."""
        return self._logits([self.vectors], places)

    def by_augmented_head(self, places: Places) -> Array:
        """The same with augmented views instead of mirror images."""
        return self._logits([self.vectors, *self.views], places)

    def head(self, views: Sequence[Array], places: Places) -> Layer:
        """The head that learned from these views of the photos at these places."""
        vectors = np.concatenate([view[places] for view in views])
        labels = np.tile(self.labels[places], len(views))
        return judging.head(vectors, labels, len(KINDS), judging.USUAL_PENALTY)

    def _logits(self, views: Sequence[Array], places: Places) -> Array:
        return self.head(views, places).logits(self.vectors[self.judged])

    def by_neighbour(self, places: Places) -> Array:
        """1 for the kind of the nearest of these places, 0 for the others."""
        nearest = places[(unit(self.vectors[self.judged]) @ unit(self.vectors[places]).T).argmax(axis=1)]
        return np.eye(len(KINDS), dtype=np.float32)[self.labels[nearest]]

    def accuracy(self, logits: Array) -> float:
        """The mean of the kinds' recalls on the judged photos."""
        right = logits.argmax(axis=1) == self.labels[self.judged]
        return float(np.mean([right[self.labels[self.judged] == kind].mean() for kind in range(len(KINDS))]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the times only")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be given several times")
    parser.add_argument("--network", type=Path, help="the folder of a saved model that has not seen the kinds")
    arguments = parser.parse_args()
    _real.prepare()
    parts = arguments.part or (["times"] if arguments.quick else list(PARTS))
    figures: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,  # a lesson's process may still write
        mock.patch.dict("os.environ", FITTING_ROOM_HOME=home),
    ):
        if "times" in parts:  # first: Keras takes a gigabyte
            figures |= _times(with_large=not arguments.quick)
        if {"accuracy", "labels"} & set(parts):
            backbone = (arguments.network or _taught_others(Path(home))) / model_files.BACKBONE
            unseen = Photos(backbone, with_views=True)
            if "accuracy" in parts:
                figures |= _accuracy(unseen)
            if "labels" in parts:
                figures["labels_saved"] = _labels(unseen)
        if "corrections" in parts:
            figures["gain_20_corrections"] = round(_corrections.measure()["turned_20_without"], 1)
    print(json.dumps(figures))
    slow = [name for name, most in MOST_SECONDS.items() if figures.get(name, 0) > most]
    sys.exit(f"Slower than wished: {', '.join(slow)}." if slow else 0)


def _taught_others(home: Path) -> Path:
    """The folder of a model that was trained on the other classes only."""
    others = home / "others"
    for path in _real.PHOTOS.glob("*/*/*.jpg"):
        if path.parent.name not in KINDS:
            link = others / path.relative_to(_real.PHOTOS)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    adding.add_folder("others", others)
    began = time.monotonic()
    run_id = queue.put(config(dataset="others", name="others", **RECIPE))
    with _real.worker():
        while look(run_id).state not in ENDED:
            time.sleep(1)
    report, status = read_report(folder_of(run_id)), look(run_id).status
    if report is None:
        sys.exit(f"The network could not be trained: {status.error}")
    seconds, accuracy = time.monotonic() - began, report.scores.validation_accuracy
    print(f"Trained on the other classes in {seconds:,.0f} s; right on {accuracy:.3f} of their validation photos.")
    return workspace.models() / str(status.model)


def _accuracy(unseen: Photos) -> dict[str, float]:
    starter = Photos(workspace.SHIPPED_MODELS / "starter" / model_files.BACKBONE)
    networks: dict[str, tuple[Photos, Callable[[Photos, Places], Array]]] = {
        "lesson": (unseen, Photos.by_head),
        "not mirrored": (unseen, Photos.by_plain_head),
        "augmented": (unseen, Photos.by_augmented_head),
        "nearest neighbour": (unseen, Photos.by_neighbour),
        "MobileNetV2": (Photos(_real.imagenet()), Photos.by_head),
        "starter, seen": (starter, Photos.by_head),
    }
    print("\nAccuracy on kinds never taught  " + "".join(f"{name:>20}" for name in networks))
    figures: dict[str, float] = {}
    for size in SIZES:
        row = {
            name: round(float(np.mean([seen.accuracy(by(seen, seen.drawn(size, draw))) for draw in range(DRAWS)])), 3)
            for name, (seen, by) in networks.items()
        }
        figures |= {f"accuracy_{size}": row["lesson"], f"imagenet_{size}": row["MobileNetV2"]}
        print(f"{size:>3} photos of each kind           " + "".join(f"{value:>20.3f}" for value in row.values()))
    return figures


def _labels(unseen: Photos) -> int:
    curves = {
        name: np.mean([_curve(unseen, name, draw) for draw in range(DRAWS)], axis=0) for name in ("random", "next")
    }
    counts = [START * len(KINDS) + labelling.BATCH * number for number in range(ROUNDS + 1)]
    print("\nLabels      " + "".join(f"{count:>7}" for count in counts[::2]))
    for name, curve in curves.items():
        print(f"{name:<12}" + "".join(f"{value:>7.3f}" for value in curve[::2]))
    goal = float(curves["random"][10])
    needed = {
        name: next((counts[i] for i, value in enumerate(curve) if value >= goal), 0) for name, curve in curves.items()
    }
    print(f"Accuracy of random order after {counts[10]} labels, {goal:.3f}, is reached after {needed}.")
    return needed["random"] - needed["next"]


def _curve(unseen: Photos, order: str, seed: int) -> list[float]:
    """The accuracy after each round of ten labels."""
    random = np.random.default_rng(seed)
    known, accuracies = unseen.drawn(START, seed), []
    for _ in range(ROUNDS + 1):
        layer = unseen.head([unseen.vectors, unseen.mirrored], known)
        accuracies.append(unseen.accuracy(layer.logits(unseen.vectors[unseen.judged])))
        rest = np.setdiff1d(unseen.pool, known)
        if order == "random":
            chosen = random.permutation(len(rest))[: labelling.BATCH]
        else:
            shares = softmax(layer.logits(unseen.vectors[rest]), 1.0)
            chosen = labelling.choose(unseen.vectors[rest], shares, unseen.vectors[known])
        known = np.concatenate([known, rest[chosen]])
    return accuracies


def _times(with_large: bool) -> dict[str, float]:
    name = lesson.start(KINDS)
    files = {kind: sorted((_real.PHOTOS / "train" / kind).glob("*.jpg")) for kind in KINDS}
    for kind in KINDS[:-1]:
        _drop(name, kind, files[kind][:20])
    _wait(name)
    began = time.monotonic()
    _drop(name, KINDS[-1], files[KINDS[-1]][:20])
    _answer(name, files[KINDS[0]][30])
    first = time.monotonic() - began
    more = []
    for number in range(20, 30):
        began = time.monotonic()
        _drop(name, KINDS[0], files[KINDS[0]][number : number + 1])
        _answer(name, files[KINDS[1]][30])
        more.append(time.monotonic() - began)
    figures = {"first_answer_s": round(first, 2), "next_answer_s": round(float(np.median(more)), 2)}
    print(
        f"\n5 kinds × 20 photos: first answer {first:.2f} s after the last drop; one photo more {np.median(more):.2f} s"
    )
    if with_large:
        figures["large_s"] = round(_large(), 1)
        print(f"30 kinds × 200 photos: {figures['large_s']} s")
    figures["memory_mb"] = round(psutil.Process().memory_info().rss / 1e6)
    print(f"Memory of the process that drops and asks: {figures['memory_mb']:.0f} MB")
    return figures


def _large() -> float:
    """The seconds that a lesson of 30 kinds × 200 photos takes to be learned, from the last photo on the disk on."""
    classes = sorted(path.name for path in (_real.PHOTOS / "train").iterdir())
    kinds = [f"{label} {part}" for label in classes for part in "abc"]
    name = lesson.start(kinds)
    folder = workspace.datasets() / name / "photos"
    for place, kind in enumerate(kinds):
        of_class = sorted((_real.PHOTOS / "train" / classes[place // 3]).glob("*.jpg"))[place % 3 :: 3]
        (folder / kind).mkdir(parents=True)
        for number in range(200):
            with Image.open(of_class[number % len(of_class)]) as image:
                turned = number // len(of_class)
                changed = ImageOps.mirror(image.convert("RGB")) if turned % 2 else image.convert("RGB")
                changed.save(folder / kind / f"{kind}-{number * 7}.jpg", quality=92 - turned)
    began = time.monotonic()
    _wait(name)
    return time.monotonic() - began


def _drop(name: str, kind: str, paths: Sequence[Path]) -> None:
    gathering.add_photos(name, kind, [(path.name, path.read_bytes()) for path in paths])


def _wait(name: str) -> None:
    """Wait until the lesson's process has learned its present state."""
    for _ in range(6000):
        teacher.ensure(name)
        if teacher.is_current(name, draft.read(name)):
            return
        time.sleep(0.05)
    sys.exit("The lesson was not learned within five minutes.")


def _answer(name: str, path: Path) -> None:
    """Ask the lesson's present model about a photo."""
    _wait(name)
    outcome = draft.read(name)
    model = draft.model(name, outcome) if outcome else None
    assert model is not None
    classifier.load(model).answer(path.read_bytes())


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
