"""Which likeness suits a saved model as backbone, whose frozen network learned other kinds of things than the new ones.

New kinds are two thirds of the classes of clothing-dataset-small, drawn anew in each trial. Strangers are the other
classes, and pictures without clothes (core/datasets/other_things). The starter's network was taught all ten classes;
so the same is done with the drawn garments, which it has never seen. If MODEL was taught at most half of a dataset's
classes, only the others are used. Training photos would flatter a network, so the photos of the new kinds come from the
validation split, and the photos that are judged from the test split. For each number of photos per kind and each
measure:
- AUROC between test photos of the new kinds and strangers, the mean of the trials.
- The share of strangers, and of the new kinds' test photos, below the threshold that 5 % of other photos of the new
  kinds fall below.

    python -m benchmarks.likeness [--quick] [MODEL]

Prints tables and, as its last line, {dataset: {measure: {photos per kind: {"garments": AUROC, "things": AUROC, …}}}}.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _real
from core import words
from core.answering import doubt, evaluation, likeness, model_files, shelf, strangers
from core.answering.classifier import Classifier
from core.datasets import adding, catalogue, pack

Array = NDArray[np.float32]

MEASURES: dict[str, Callable[[Array], likeness.Likeness]] = {
    "nearness": likeness.Neighbours.of,
    "subspace": likeness.Subspace.of,
}
SHARE = 2 / 3  # of the classes are new kinds, the rest strangers
TRIALS, QUICK_TRIALS = 40, 6
COUNTS = (5, 10, 20, None)  # photos per kind; None is all
COLUMNS = ("garments", "things", "garments_found", "things_found", "false_alarms")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few trials")
    parser.add_argument("model", nargs="?", default=shelf.STARTER, help="a saved model, by name or folder")
    parsed = parser.parse_args()
    _real.prepare()
    classifier = Classifier(shelf.model(parsed.model))
    trials = QUICK_TRIALS if parsed.quick else TRIALS
    things = strangers.vectors(classifier.model.folder / model_files.BACKBONE, classifier.size)
    figures = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        for dataset in (adding.add_folder("clothing", _real.PHOTOS), catalogue.load(catalogue.DRAWN)):
            packs = {split: pack.load(dataset, split, classifier.size) for split in ("validation", "test")}
            vectors = {split: np.concatenate(list(classifier.vectors(part.pixels))) for split, part in packs.items()}
            labels = {split: part.labels for split, part in packs.items()}
            classes = [i for i, name in enumerate(dataset.classes) if name not in classifier.model.labels]
            if 2 * len(classes) < len(dataset.classes):  # it was taught most of them
                classes = list(range(len(dataset.classes)))
            rows = {split: np.isin(labels[split], classes) for split in labels}
            vectors, labels = ({split: part[split][rows[split]] for split in part} for part in (vectors, labels))
            print(f"\n{dataset.name}: {words.listed(dataset.classes[i] for i in classes)}")
            figures[dataset.name] = {name: measure(name, vectors, labels, things, trials) for name in MEASURES}
    print(json.dumps(figures))


def measure(
    name: str, vectors: dict[str, Array], labels: dict[str, NDArray[np.intp]], things: Array, trials: int
) -> dict[str, Any]:
    """The figures of one measure by photos per kind, printed as a table and returned."""
    figures: dict[str, Any] = {}
    print(f"\n{name:<12}" + "".join(f"{column:>16}" for column in COLUMNS))
    for count in COUNTS:
        rows = [trial(name, vectors, labels, things, count, seed) for seed in range(trials)]
        means = np.mean(rows, axis=0)
        print(f"{count or 'all':<12}" + "".join(f"{mean:>16.3f}" for mean in means))
        figures[str(count or "all")] = {
            column: round(float(mean), 4) for column, mean in zip(COLUMNS, means, strict=True)
        }
    return figures


def trial(
    name: str,
    vectors: dict[str, Array],
    labels: dict[str, NDArray[np.intp]],
    things: Array,
    count: int | None,
    seed: int,
) -> tuple[float, ...]:
    """The figures of COLUMNS for one choice of the kinds and of their photos."""
    random = np.random.default_rng(seed)
    classes = np.unique(labels["test"])
    kinds = random.permutation(classes)[: int(SHARE * len(classes))]
    learned, held_out = _chosen(labels["validation"], kinds, count, random)
    likeness_of_kinds = MEASURES[name](vectors["validation"][learned])
    known = np.isin(labels["test"], kinds)
    ordinary, garments, other, held = map(
        likeness_of_kinds.similarity,
        (vectors["test"][known], vectors["test"][~known], things, vectors["validation"][held_out]),
    )
    limit = np.quantile(held, doubt.FALSE_ALARMS)
    return (
        evaluation.auroc(ordinary, garments),
        evaluation.auroc(ordinary, other),
        float(np.mean(garments < limit)),
        float(np.mean(other < limit)),
        float(np.mean(ordinary < limit)),
    )


def _chosen(
    labels: NDArray[np.intp], kinds: Iterable[int], count: int | None, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """The photos that are learned, so many of each kind or three quarters of all, and the others."""
    learned, held_out = [], []
    for kind in kinds:
        rows = random.permutation(np.flatnonzero(labels == kind)).tolist()
        most = len(rows) * 3 // 4 if count is None else min(count, len(rows) - 2)
        learned += rows[:most]
        held_out += rows[most:]
    return learned, held_out


if __name__ == "__main__":
    main()
