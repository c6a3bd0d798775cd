"""How well the doubts tell pictures of other things from photos of clothes, and how well the models are calibrated.

For each model: AUROC by kind of picture and measure, between the test photos of clothing-dataset-small (or the test
drawings, for a model of the drawn garments) and pictures that the tests draw (tests/other_things), and corners of test
photos; what each measure strikes of the test photos where it strikes 5 % of the validation photos; how many of the
pictures are found and how many test photos struck at each rate of false alarms; the calibration error before and after;
and, for a backbone that has not learned from clothes, how well a kind of garment that it does not compare with is told
from the others. *Likeness* is the measure that the model uses, *nearness* and *subspace* are the two there are.

    python -m benchmarks.doubt [--quick] [MODEL …]

MODEL names saved models of the workspace that were trained on those photos. Without one the starter is asked, where it
ships, and a frozen MobileNetV2 at 150 px that is trained on the spot (needs the ImageNet weights, `$KERAS_HOME`).
Prints tables and, as its last line, {model: {"auroc": {measure: …}, "kinds": {kind: …}, "rates": {rate: {"unlike": …,
"close": …, "found": …}}, "calibration": {split: [before, after]}, "garments": {class: …}}}. `--quick` draws 6 pictures
of each kind instead of 40 and leaves out what needs the training photos.
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
from core.answering import classifier, doubt, evaluation, likeness, shelf
from core.answering.classifier import Classifier
from core.datasets import catalogue, pack
from core.datasets.catalogue import Dataset
from core.errors import ModelError
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look
from tests import other_things

Array = NDArray[np.floating]

COUNT, QUICK_COUNT = 40, 6  # pictures of each kind
CROPS = "background crop"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few pictures, and no training photos")
    parser.add_argument("model", nargs="*", help="saved models, by name or folder")
    parsed = parser.parse_args()
    _real.prepare()
    asked = [Classifier(shelf.model(name)) for name in parsed.model]
    with ExitStack() as stack:
        os.environ["FITTING_ROOM_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        dataset = catalogue.add_folder("clothing", _real.PHOTOS)
        if not asked:
            asked = [*shipped(), Classifier(shelf.model(trained()))]
        figures = {}
        for ask in asked:
            photos_of_it = catalogue.load(catalogue.DRAWN) if ask.model.is_drawn else dataset
            figures[ask.model.name] = measured(ask, photos_of_it, parsed.quick)
    print(json.dumps(figures))


def shipped() -> list[Classifier]:
    try:
        return [classifier.load(shelf.model(shelf.STARTER))]
    except ModelError:
        return []


def trained() -> str:
    """The name of a frozen MobileNetV2 that is trained now."""
    run_id = queue.put(config(dataset="clothing", image_size=150, dense_layers=(100,), dropout=0.2, epochs=20))
    with _real.worker() as worker:
        while not look(run_id).ended and worker.poll() is None:
            time.sleep(0.1)
    return str(look(run_id).status.model)


def measured(ask: Classifier, dataset: Dataset, quick: bool) -> dict[str, Any]:
    """All figures of one model, printed as tables and returned."""
    count = QUICK_COUNT if quick else COUNT
    packs = {split: pack.load(dataset, split, ask.size) for split in ("validation", "test")}
    vectors = {split: np.concatenate(list(ask.vectors(photos.pixels))) for split, photos in packs.items()}
    others = {kind: vectors_of(ask, kind, count) for kind in other_things.KINDS} | {CROPS: crops(ask, dataset, count)}
    measures = _measures.of(ask)
    if not quick:
        train = pack.load(dataset, "train", ask.size)
        learned = np.concatenate(list(ask.vectors(train.pixels)))
        measures |= {
            "nearness": likeness.Neighbours.of(learned).similarity,
            "subspace": likeness.Subspace.of(learned).similarity,
            "Mahalanobis": _measures.mahalanobis(learned, train.labels),
        }
    figures = compared(ask.model.name, measures, vectors, others)
    figures["rates"] = rates(ask, vectors["test"], np.concatenate(list(others.values())))
    figures["calibration"] = {
        split: [
            round(evaluation.calibration_error(ask.head.logits(vectors[split]), packs[split].labels, temperature), 4)
            for temperature in (1.0, ask.temperature)
        ]
        for split in packs
    }
    for split, (before, after) in figures["calibration"].items():
        print(f"calibration error on {split} photos: {before:.3f} before, {after:.3f} after")
    if not quick and isinstance(ask.known, likeness.Neighbours) and not config(**ask.model.card.config).fine_tune:
        figures["garments"] = {
            name: garment(learned, train.labels, vectors["test"], packs["test"].labels, label)
            for label, name in enumerate(dataset.classes)
        }
        told = ", ".join(f"{name} {area}" for name, area in figures["garments"].items())
        print(f"a garment that it does not compare with: {told}")
    return figures


def vectors_of(ask: Classifier, kind: str, count: int) -> Array:
    drawn = [photos.resize(other_things.picture(kind, number), ask.size) for number in range(count)]
    return np.concatenate(list(ask.vectors(np.stack(drawn))))


def crops(ask: Classifier, dataset: Dataset, count: int) -> Array:
    """Corners of test photos, evenly chosen."""
    paths = dataset.splits["test"].paths
    cut = []
    for number in range(count):
        photo = photos.decode(paths[number * len(paths) // count].read_bytes())
        cut.append(photos.resize(other_things.crop(photo, number), ask.size))
    return np.concatenate(list(ask.vectors(np.stack(cut))))


def compared(
    name: str, measures: dict[str, Callable[[Array], Array]], ordinary: dict[str, Array], others: dict[str, Array]
) -> dict[str, Any]:
    """AUROC of each measure for each kind of picture; `ordinary` holds the vectors of validation and test photos."""
    usual = {key: measure(ordinary["test"]) for key, measure in measures.items()}
    strange = {key: {kind: measure(given) for kind, given in others.items()} for key, measure in measures.items()}
    print(f"\n{name:<16}" + "".join(f"{key:>13}" for key in measures))
    for kind in others:
        areas = (evaluation.auroc(usual[key], strange[key][kind]) for key in measures)
        print(f"{kind:<16}" + "".join(f"{area:>13.3f}" for area in areas))
    overall = {key: evaluation.auroc(usual[key], np.concatenate(list(strange[key].values()))) for key in measures}
    print(f"{'all':<16}" + "".join(f"{area:>13.3f}" for area in overall.values()))
    limits = {
        key: np.quantile(measure(ordinary["validation"]), doubt.FALSE_ALARMS) for key, measure in measures.items()
    }
    struck = (np.mean(usual[key] < limits[key]) for key in measures)
    print(f"{'struck, of 5 %':<16}" + "".join(f"{share:>13.1%}" for share in struck))
    return {
        "auroc": {key: round(area, 4) for key, area in overall.items()},
        "kinds": {kind: round(evaluation.auroc(usual["likeness"], strange["likeness"][kind]), 4) for kind in others},
    }


def rates(ask: Classifier, ordinary: Array, strange: Array) -> dict[str, dict[str, float]]:
    """At each rate of false alarms: the shares of test photos and of other pictures that either doubt strikes."""
    measures = _measures.of(ask)
    found: dict[str, dict[str, float]] = {}
    print(f"{'false alarms':<16}{'unlike':>10}{'not sure':>10}{'found':>10}")  # promised, of test photos, of others
    for rate, limits in ask.limits.items():
        unlike = float(np.mean(measures["likeness"](ordinary) < limits.similarity))
        close = float(np.mean(measures["probability"](ordinary) < limits.probability))
        caught = float(np.mean(measures["likeness"](strange) < limits.similarity))
        print(f"{rate:<16.0%}{unlike:>10.1%}{close:>10.1%}{caught:>10.1%}")
        found[str(rate)] = {"unlike": round(unlike, 4), "close": round(close, 4), "found": round(caught, 4)}
    return found


def garment(learned: Array, labels: NDArray[np.intp], asked: Array, truth: NDArray[np.intp], label: int) -> float:
    """AUROC between test photos of one kind of garment and all others, when that kind is not compared with."""
    similarity = likeness.Neighbours.of(learned[labels != label]).similarity(asked)
    return round(evaluation.auroc(similarity[truth != label], similarity[truth == label]), 3)


if __name__ == "__main__":
    main()
