"""How well a model holds up on photos that are not like those it has learned from.

Validation and test photos flatter: some were taken in the same session as a training photo (core/datasets/sessions.py),
all by the same people. For a saved model, this prints

- its accuracy on the test photos, and on the validation and test photos of sessions that have no training photo;
- the worst of these sessions, classes and thirds by brightness;
- the accuracy on test photos that were changed in sixteen ways at five severities (benchmarks/_corruptions.py).

Its last line is {"clean": …, "held_out_sessions": …, "corrupted": …, "worst": {"session": …, "class": …, "brightness":
…}, "corruptions": {name: …}}; `corrupted` is the mean of all kinds and severities. `--quick` takes every fourth test
photo at the third severity.

    python -m benchmarks.robust [--quick] [MODEL]
    python -m benchmarks.robust --config CONFIG.json [--folds N]

MODEL names a saved model of the workspace that was trained on clothing-dataset-small; the default is the starter.
With `--config`, settings are judged instead of a model: all photos but the test photos are divided into five parts of
whole sessions and whole kinds of backdrop (40, by colour and texture); N of them (5) are held out one after another,
runs with these settings are trained on the rest, and each is judged by its part. Last line: {"held_out_sessions": …,
"folds": […]}. Needs the ImageNet weights if the settings do.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import _real
from benchmarks._corruptions import CORRUPTIONS, SEVERITIES, Corruption
from core import machine, photos
from core.answering import shelf
from core.answering.classifier import Classifier
from core.answering.evaluation import interval
from core.datasets import adding, measures, sessions
from core.datasets.catalogue import Dataset
from core.datasets.measures import Measure
from core.runs import config as configs
from core.runs import queue
from core.runs.config import RunConfig
from core.runs.folder import look
from core.runs.records import RunState

QUICK_STEP, QUICK_SEVERITIES = 4, (3,)
LEAST_SIDE = 224  # px of the photos that are changed
FEW = 5  # photos of a session, class or third at least, to count for the worst
KINDS_OF_BACKDROP = 40
FOLDS = 5
FITTED_SHARE = 0.9  # of the photos that are not held out; the others choose the best epoch
BATCH = 64

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Photos:
    """All photos of the dataset, in one order."""

    names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: Labels
    splits: NDArray[np.str_]
    measures: list[Measure]
    sessions: Labels

    @classmethod
    def of(cls, dataset: Dataset) -> "Photos":
        splits = [(name, split) for name, split in dataset.splits.items()]
        paths = tuple(path for _, split in splits for path in split.paths)
        names = tuple(path.relative_to(_real.PHOTOS).as_posix() for path in paths)
        found = measures.of(dataset.name, names, paths)
        return cls(
            names,
            paths,
            np.concatenate([split.labels for _, split in splits]).astype(np.intp),
            np.repeat([name for name, _ in splits], [len(split) for _, split in splits]),
            found,
            np.asarray(sessions.groups(names, found)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few test photos at one severity")
    parser.add_argument("--config", type=Path, help="judge these settings of a run instead of a saved model")
    parser.add_argument("--folds", type=int, choices=range(1, FOLDS + 1), default=FOLDS)
    parser.add_argument("model", nargs="?", default=shelf.STARTER, help="a saved model, by name or folder")
    parsed = parser.parse_args()
    _real.prepare()
    classifier = None if parsed.config else Classifier(shelf.model(parsed.model))
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        everything = Photos.of(dataset)
        if classifier:
            print(json.dumps(model_figures(classifier, dataset, everything, parsed.quick)))
        else:
            settings = configs.read(parsed.config)
            print(json.dumps(settings_figures(settings, dataset, everything, parsed.folds, Path(home) / "folds")))


def model_figures(classifier: Classifier, dataset: Dataset, everything: Photos, quick: bool) -> dict[str, object]:
    """Print a saved model's tables, and return its figures."""
    if classifier.model.labels != dataset.classes:
        sys.exit(f"{classifier.model.title} has other classes than the photos: {', '.join(classifier.model.labels)}.")
    side = max(LEAST_SIDE, classifier.size)
    judged = np.flatnonzero(everything.splits != "train")
    right = answers(classifier, squares_of(everything, judged, classifier.size)) == everything.labels[judged]
    tests = everything.splits[judged] == "test"
    known = np.isin(everything.sessions[judged], everything.sessions[everything.splits == "train"])
    print(f"\n{classifier.model.title}, {classifier.size} px")
    print_share("test photos", right[tests])
    print_share("validation photos", right[~tests])
    print_share("sessions without a training photo", right[~known])
    print_share("sessions with training photos", right[known])
    worst = worst_of(everything, dataset, judged[~known], right[~known])

    chosen = judged[tests][:: QUICK_STEP if quick else 1]
    squares = squares_of(everything, chosen, side)
    severities = QUICK_SEVERITIES if quick else SEVERITIES
    labels = everything.labels[chosen]
    shares: dict[str, float] = {}
    print(f"\n{'changed test photos':<20}" + "".join(f"{f'severity {severity}':>12}" for severity in severities))
    for name, change in CORRUPTIONS.items():
        row = [
            float(np.mean(answers(classifier, list(changed(squares, change, severity))) == labels))
            for severity in severities
        ]
        shares[name] = round(float(np.mean(row)), 4)
        print(f"{name:<20}" + "".join(f"{share:>12.3f}" for share in row), flush=True)
    figures = {
        "clean": round(float(right[tests].mean()), 4),
        "held_out_sessions": round(float(right[~known].mean()), 4),
        "corrupted": round(float(np.mean(list(shares.values()))), 4),
    }
    print(f"{'all':<20}{figures['corrupted']:>12.3f}")
    return {**figures, "worst": worst, "corruptions": shares}


def squares_of(everything: Photos, places: Labels, side: int) -> list[photos.Pixels]:
    """The photos at these places, squares of `side` px."""
    with ThreadPoolExecutor(machine.cores()) as threads:
        read = threads.map(lambda at: photos.decode(everything.paths[at].read_bytes()), places.tolist())
        return [photos.resize(photo, side) for photo in read]


def answers(classifier: Classifier, squares: Sequence[photos.Pixels]) -> Labels:
    """The places of the classes that a model answers for photos of any side."""
    found = []
    for start in range(0, len(squares), BATCH):
        batch = np.stack([photos.resize(square, classifier.size) for square in squares[start : start + BATCH]])
        found += [classifier.head.logits(vectors).argmax(1) for vectors in classifier.vectors(batch)]
    return np.concatenate(found)


def changed(squares: Sequence[photos.Pixels], change: Corruption, severity: int) -> Iterator[photos.Pixels]:
    """Changed photos; always the same way."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(machine.cores()) as threads:
        yield from threads.map(
            lambda place: change(squares[place], severity, np.random.default_rng([place, severity])),
            range(len(squares)),
        )


def worst_of(everything: Photos, dataset: Dataset, places: Labels, right: NDArray[np.bool_]) -> dict[str, float]:
    """Print the worst session, class and third by brightness, and return their accuracies."""
    brightness = np.array([everything.measures[place].brightness for place in places])
    thirds = np.digitize(brightness, np.quantile(brightness, (1 / 3, 2 / 3)))
    groups = {
        "session": (everything.sessions[places], lambda number: f"no. {number}"),
        "class": (everything.labels[places], lambda number: dataset.classes[number]),
        "brightness": (thirds, lambda number: ("dark", "medium", "bright")[number]),
    }
    worst: dict[str, float] = {}
    for kind, (numbers, name) in groups.items():
        of = {number: right[numbers == number] for number in np.unique(numbers).tolist()}
        shares = {number: float(part.mean()) for number, part in of.items() if len(part) >= FEW}
        if shares:
            number = min(shares, key=shares.__getitem__)
            worst[kind] = round(shares[number], 4)
            print_share(f"worst {kind}: {name(number)}", of[number])
    return worst


def settings_figures(
    settings: RunConfig, dataset: Dataset, everything: Photos, folds: int, folder: Path
) -> dict[str, object]:
    """Train runs with these settings on all but one part of the photos each, and judge them by that part."""
    right, shares = [], []
    for number, (fitted, choosing, held_out) in enumerate(parts(everything, folds)):
        own = folder / f"fold-{number + 1}"
        for split, places in (("train", fitted), ("validation", choosing), ("test", held_out)):
            for place in places:
                link = own / split / dataset.classes[everything.labels[place]] / Path(everything.names[place]).name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(everything.paths[place])
        name = adding.add_folder(own.name, own).name
        run_id = queue.put(settings.model_copy(update={"dataset": name}))
        with _real.worker() as worker:
            while not look(run_id).ended and worker.poll() is None:
                time.sleep(0.2)
        run = look(run_id)
        if run.state is not RunState.DONE:
            raise RuntimeError(f"The run on part {number + 1} did not end well: {run.status}")
        classifier = Classifier(shelf.model(str(run.status.model)))
        given = answers(classifier, squares_of(everything, held_out, classifier.size))
        expected = np.array(
            [classifier.model.labels.index(dataset.classes[label]) for label in everything.labels[held_out]]
        )
        right.append(given == expected)
        shares.append(round(float(right[-1].mean()), 4))
        print_share(f"part {number + 1}, trained on {len(fitted):,} photos", right[-1])
    total = np.concatenate(right)
    print_share("all parts", total)
    return {"held_out_sessions": round(float(total.mean()), 4), "folds": shares}


def parts(everything: Photos, folds: int) -> Iterator[tuple[Labels, Labels, Labels]]:
    """Places of the photos to fit, to choose the best epoch by, and held out.

    No session is held out in part, and no kind of backdrop but for its sessions. The photos to choose by may share
    sessions with those to fit. Test photos are in none of the three.
    """
    from sklearn.cluster import KMeans
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    usable = np.flatnonzero(everything.splits != "test")
    borders = np.stack([_summary(everything.measures[place]) for place in usable])
    kinds = KMeans(KINDS_OF_BACKDROP, n_init=4, random_state=0).fit_predict(borders)
    groups = kinds.copy()
    for number in np.unique(everything.sessions[usable]):
        together = np.flatnonzero(everything.sessions[usable] == number)
        groups[together] = np.bincount(kinds[together]).argmax()  # a session stays whole, in the kind of most of it
    labels = everything.labels[usable]
    folding = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for number, (rest, held_out) in enumerate(folding.split(usable, labels, groups)):
        if number < folds:
            fitted, choosing = train_test_split(
                rest, train_size=FITTED_SHARE, stratify=labels[rest], random_state=number
            )
            yield usable[fitted], usable[choosing], usable[held_out]


def _summary(measure: Measure) -> NDArray[np.float32]:
    """What the border of a photo looks like: the quartiles of its patches' colours and textures, (18,)."""
    if measure.border is None:
        return np.zeros(18, np.float32)
    return np.percentile(measure.border, (25, 50, 75), axis=0).ravel().astype(np.float32)


def print_share(what: str, right: NDArray[np.bool_]) -> None:
    low, high = interval(int(right.sum()), len(right))
    print(f"{what:<40}{right.mean():>6.3f}  ({right.sum()} of {len(right)}; 95 %: {low:.3f} to {high:.3f})", flush=True)


if __name__ == "__main__":
    main()
