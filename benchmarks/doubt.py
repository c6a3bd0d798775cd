"""How well models recognise pictures of other things, and how well they are calibrated.

For each model:
- AUROC by kind of picture and measure. Ordinary pictures are the test photos of clothing-dataset-small (or the test
  drawings, for a model of the drawn garments); the others are drawn by core/datasets/other_things or are corners of
  test photos.
- The share of test photos that each measure marks when it marks 5 % of the validation photos.
- At each false alarm rate, the share of the other pictures and of the test photos that are marked.
- The calibration error before and after.
- For a backbone that has not learned from clothes: how well a kind of garment that is missing from its photos is
  recognised as different.

*Likeness* is the measure that the model uses; *nearness* and *subspace* are the two available ones.

    python -m benchmarks.doubt [--quick] [MODEL …]

MODEL names saved models of the workspace that were trained on those photos. The default is the starter, if it ships,
and a frozen MobileNetV2 at 150 px that is trained on the spot (needs the ImageNet weights, `$KERAS_HOME`).
Prints tables and, as its last line, {model: {"auroc": {measure: …}, "kinds": {kind: …}, "rates": {rate: {"unlike": …,
"close": …, "found": …}}, "calibration": {split: [before, after]}, "garments": {class: …}}}. `--quick` draws 6 pictures
of each kind instead of 40 and skips what needs the training photos.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _measures, _real
from core import photos
from core.answering import doubt, evaluation, likeness, shelf
from core.answering.classifier import Classifier, load
from core.datasets import adding, catalogue, other_things, pack
from core.datasets.catalogue import Dataset
from core.errors import ModelError
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look

Array = NDArray[np.floating]

COUNT, QUICK_COUNT = 40, 6  # pictures of each kind
CROPS = "background crop"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few pictures, no training photos")
    parser.add_argument("model", nargs="*", help="saved models, by name or folder")
    parsed = parser.parse_args()
    _real.prepare()
    classifiers = [Classifier(shelf.model(name)) for name in parsed.model]
    with ExitStack() as stack:
        os.environ["FITTING_ROOM_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        if not classifiers:
            classifiers = [*starter(), Classifier(shelf.model(train_model()))]
        figures = {}
        for classifier in classifiers:
            photos_of_it = catalogue.load(catalogue.DRAWN) if classifier.model.is_drawn else dataset
            figures[classifier.model.name] = measure(classifier, photos_of_it, parsed.quick)
    print(json.dumps(figures))


def starter() -> list[Classifier]:
    try:
        return [load(shelf.model(shelf.STARTER))]
    except ModelError:
        return []


def train_model() -> str:
    """Train a frozen MobileNetV2; returns its name."""
    run_id = queue.put(config(dataset="clothing", image_size=150, dense_layers=(100,), dropout=0.2, epochs=20))
    with _real.worker() as worker:
        while not look(run_id).ended and worker.poll() is None:
            time.sleep(0.1)
    return str(look(run_id).status.model)


def measure(classifier: Classifier, dataset: Dataset, quick: bool) -> dict[str, Any]:
    """All figures of one model, printed as tables and returned."""
    count = QUICK_COUNT if quick else COUNT
    packs = {split: pack.load(dataset, split, classifier.size) for split in ("validation", "test")}
    vectors = {split: np.concatenate(list(classifier.vectors(photos.pixels))) for split, photos in packs.items()}
    others = {kind: vectors_of(classifier, kind, count) for kind in other_things.KINDS} | {
        CROPS: crops(classifier, dataset, count)
    }
    measures = _measures.of(classifier)
    if not quick:
        train = pack.load(dataset, "train", classifier.size)
        train_vectors = np.concatenate(list(classifier.vectors(train.pixels)))
        measures |= {
            "nearness": likeness.Neighbours.of(train_vectors).similarity,
            "subspace": likeness.Subspace.of(train_vectors).similarity,
            "Mahalanobis": _measures.mahalanobis(train_vectors, train.labels),
        }
    figures = compare(classifier.model.name, measures, vectors, others)
    figures["rates"] = rates(classifier, vectors["test"], np.concatenate(list(others.values())))
    figures["calibration"] = {
        split: [
            round(
                evaluation.calibration_error(classifier.head.logits(vectors[split]), packs[split].labels, temperature),
                4,
            )
            for temperature in (1.0, classifier.temperature)
        ]
        for split in packs
    }
    for split, (before, after) in figures["calibration"].items():
        print(f"calibration error on {split} photos: {before:.3f} before, {after:.3f} after")
    if (
        not quick
        and isinstance(likeness.uncorrected(classifier.likeness), likeness.Neighbours)
        and not config(**classifier.model.card.config).fine_tune
    ):
        figures["garments"] = {
            name: unseen_garment(train_vectors, train.labels, vectors["test"], packs["test"].labels, label)
            for label, name in enumerate(dataset.classes)
        }
        areas = ", ".join(f"{name} {area}" for name, area in figures["garments"].items())
        print(f"AUROC of an unseen garment: {areas}")
    return figures


def vectors_of(classifier: Classifier, kind: str, count: int) -> Array:
    pictures = [photos.resize(other_things.picture(kind, number), classifier.size) for number in range(count)]
    return np.concatenate(list(classifier.vectors(np.stack(pictures))))


def crops(classifier: Classifier, dataset: Dataset, count: int) -> Array:
    """Vectors of corners of evenly chosen test photos."""
    paths = dataset.splits["test"].paths
    corners = []
    for number in range(count):
        photo = photos.decode(paths[number * len(paths) // count].read_bytes())
        corners.append(photos.resize(other_things.crop(photo, number), classifier.size))
    return np.concatenate(list(classifier.vectors(np.stack(corners))))


def compare(
    name: str, measures: dict[str, Callable[[Array], Array]], ordinary: dict[str, Array], others: dict[str, Array]
) -> dict[str, Any]:
    """AUROC of each measure for each kind of picture; `ordinary` holds the vectors of validation and test photos."""
    scores = {key: measure(ordinary["test"]) for key, measure in measures.items()}
    other_scores = {
        key: {kind: measure(vectors) for kind, vectors in others.items()} for key, measure in measures.items()
    }
    print(f"\n{name:<16}" + "".join(f"{key:>13}" for key in measures))
    for kind in others:
        areas = (evaluation.auroc(scores[key], other_scores[key][kind]) for key in measures)
        print(f"{kind:<16}" + "".join(f"{area:>13.3f}" for area in areas))
    overall = {key: evaluation.auroc(scores[key], np.concatenate(list(other_scores[key].values()))) for key in measures}
    print(f"{'all':<16}" + "".join(f"{area:>13.3f}" for area in overall.values()))
    limits = {
        key: np.quantile(measure(ordinary["validation"]), doubt.FALSE_ALARMS) for key, measure in measures.items()
    }
    marked = (np.mean(scores[key] < limits[key]) for key in measures)
    print(f"{'marked, of 5 %':<16}" + "".join(f"{share:>13.1%}" for share in marked))
    return {
        "auroc": {key: round(area, 4) for key, area in overall.items()},
        "kinds": {
            kind: round(evaluation.auroc(scores["likeness"], other_scores["likeness"][kind]), 4) for kind in others
        },
    }


def rates(classifier: Classifier, ordinary: Array, strange: Array) -> dict[str, dict[str, float]]:
    """At each false alarm rate: the shares of test photos and of other pictures that either doubt marks."""
    measures = _measures.of(classifier)
    shares: dict[str, dict[str, float]] = {}
    # the promised rate, two shares of test photos, a share of the other pictures
    print(f"{'false alarms':<16}{'unlike':>10}{'not sure':>10}{'found':>10}")
    for rate, limits in classifier.limits.items():
        unlike = float(np.mean(measures["likeness"](ordinary) < limits.similarity))
        close = float(np.mean(measures["probability"](ordinary) < limits.probability))
        caught = float(np.mean(measures["likeness"](strange) < limits.similarity))
        print(f"{rate:<16.0%}{unlike:>10.1%}{close:>10.1%}{caught:>10.1%}")
        shares[str(rate)] = {"unlike": round(unlike, 4), "close": round(close, 4), "found": round(caught, 4)}
    return shares


def unseen_garment(
    train_vectors: Array, labels: NDArray[np.intp], vectors: Array, truth: NDArray[np.intp], label: int
) -> float:
    """AUROC between one kind of garment and all others in the test photos, without that kind in the training photos."""
    similarity = likeness.Neighbours.of(train_vectors[labels != label]).similarity(vectors)
    return round(evaluation.auroc(similarity[truth != label], similarity[truth == label]), 3)


if __name__ == "__main__":
    main()
