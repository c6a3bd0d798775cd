"""Whether sets hold the right class as often as they promise, and how many classes they need for it.

The validation and the test photos of clothing-dataset-small are split at random 200 times: one half gives the
thresholds, the other half is answered with sets. Printed are the share of sets with the right class (promised is the
certainty), the same for the class that is served worst, and the mean number of classes in a set. Beside it, on the same
halves, MAPIE's split conformal classifier with the same score (`lac`), where it is installed (`pip install mapie`).

    python -m benchmarks.sets [--quick] [MODEL …]

MODEL names saved models of the workspace that were trained on those photos; the default is the starter. Prints tables
and, as its last line, {model: {certainty: {"coverage": …, "worst": …, "size": …, "mapie": {"coverage": …, "size": …},
"validation to test": …}}}. `--quick` splits 20 times.
"""

import argparse
import importlib.util
import json
import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _real
from core.answering import sets, shelf
from core.answering.classifier import Classifier
from core.answering.head import softmax
from core.datasets import adding, pack
from core.datasets.catalogue import Dataset

SPLITS, QUICK_SPLITS = 200, 20
FEW = 5  # photos of a class in the answered half, at least, to count for the worst

Array = NDArray[np.floating]
Labels = NDArray[np.intp]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few splits")
    parser.add_argument("model", nargs="*", default=[shelf.STARTER], help="saved models, by name or folder")
    parsed = parser.parse_args()
    _real.prepare()
    classifiers = [Classifier(shelf.model(name)) for name in parsed.model]
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        figures = {
            each.model.name: measure(each, dataset, QUICK_SPLITS if parsed.quick else SPLITS) for each in classifiers
        }
    print(json.dumps(figures))


def measure(classifier: Classifier, dataset: Dataset, splits: int) -> dict[float, dict[str, Any]]:
    """Print a model's table, and return its figures by certainty."""
    answered = [_answered(classifier, dataset, split) for split in ("validation", "test")]
    probabilities, labels = (np.concatenate(parts) for parts in zip(*answered, strict=True))
    classes = dataset.classes
    print(f"\n{classifier.model.title}: {len(labels)} photos, {splits} random halves")
    print("certainty  coverage  worst class  classes          MAPIE  validation to test")
    figures = _repeated(probabilities, labels, classes, splits)
    for certainty, limits in sets.limits_by_certainty(*answered[0], classes).items():
        right, sizes = sets.coverage(*answered[1], classes, limits)
        found = figures[certainty]
        found["validation to test"] = _means(right, sizes)
        peer = found["mapie"]
        beside = f"{peer['coverage']:.3f} × {peer['size']:.2f}" if peer else "not installed"
        print(
            f"{certainty:>9.0%}  {found['coverage']:>8.3f}  {found['worst']:>11.3f}  {found['size']:>7.2f}  "
            f"{beside:>13}  {right.mean():>11.3f} × {sizes.mean():.2f}"
        )
    return figures


def _means(coverages: Any, sizes: Any) -> dict[str, float]:
    return {"coverage": round(float(np.mean(coverages)), 4), "size": round(float(np.mean(sizes)), 3)}


def _answered(classifier: Classifier, dataset: Dataset, split: str) -> tuple[Array, Labels]:
    photos = pack.load(dataset, split, classifier.size)
    return softmax(classifier.logits(np.asarray(photos.pixels)), classifier.temperature), photos.labels


def _repeated(
    probabilities: Array, labels: Labels, classes: tuple[str, ...], splits: int
) -> dict[float, dict[str, Any]]:
    """The mean figures over the halves, by certainty."""
    rng = np.random.default_rng(0)
    ours: dict[float, list[tuple[float, float]]] = {certainty: [] for certainty in sets.CERTAINTIES}
    peers: dict[float, list[tuple[float, float]]] = {certainty: [] for certainty in sets.CERTAINTIES}
    by_class: dict[float, list[list[float]]] = {certainty: [[] for _ in classes] for certainty in sets.CERTAINTIES}
    for _ in range(splits):
        order = rng.permutation(len(labels))
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        found = sets.limits_by_certainty(probabilities[first], labels[first], classes)
        for certainty, limits in found.items():
            right, sizes = sets.coverage(probabilities[second], labels[second], classes, limits)
            ours[certainty].append((right.mean(), sizes.mean()))
            for place, shares in enumerate(by_class[certainty]):
                if (is_of_class := labels[second] == place).sum() >= FEW:
                    shares.append(right[is_of_class].mean())
            if importlib.util.find_spec("mapie"):
                peers[certainty].append(_peer(probabilities, labels, first, second, certainty))
    return {
        certainty: {
            **_means(*zip(*ours[certainty], strict=True)),
            "worst": round(min(float(np.mean(shares)) for shares in by_class[certainty] if shares), 4),
            "mapie": _means(*zip(*peers[certainty], strict=True)) if peers[certainty] else None,
        }
        for certainty in sets.CERTAINTIES
    }


def _peer(probabilities: Array, labels: Labels, first: Labels, second: Labels, certainty: float) -> tuple[float, float]:
    """MAPIE's coverage and mean size on the same halves."""
    from mapie.classification import SplitConformalClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Known(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Answers with the probabilities that it is asked about."""

        classes_ = np.arange(probabilities.shape[1])
        is_fitted_ = True

        def fit(self, x: Any, y: Any) -> "Known":
            return self

        def predict_proba(self, x: Array) -> Array:
            return x

        def predict(self, x: Array) -> Labels:
            return x.argmax(axis=1)

    peer = SplitConformalClassifier(Known(), confidence_level=certainty, conformity_score="lac", prefit=True)
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    peer.conformalize(exact[first], labels[first])
    held = peer.predict_set(exact[second])[1][:, :, 0]
    return float(held[np.arange(len(second)), labels[second]].mean()), float(held.sum(axis=1).mean())


if __name__ == "__main__":
    main()
