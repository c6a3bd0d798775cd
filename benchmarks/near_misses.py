"""How well a model notices a kind of clothes that it doesn't know: each class is left out of training in turn.

The area under the ROC curve between test photos of the other classes and those of the class that was left out, for
measures of vectors, of the head, and of both together (*both* is what saved models use). The features are those of
MobileNetV2, frozen at 150 px, and, for some classes, fine-tuned for a few epochs at 112 px. Pictures without clothes
are told from test photos too. Needs the ImageNet weights.

    python -m benchmarks.near_misses [--quick] [--classes NAME …]

Prints tables and, as its last line, {"frozen": {measure: [near misses, other things]}, "fine-tuned": …}. `--quick`
leaves the fine-tuning out. `--classes` names those to fine-tune without.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks import _measures, _real
from core import photos
from core.answering import evaluation, litert
from core.answering.head import Head
from core.answering.likeness import Neighbours, Undecided
from core.augment import engine, presets
from core.datasets import adding, other_things, pack
from core.datasets.catalogue import Dataset
from core.datasets.pack import Pack

FROZEN, TUNED = 150, 112  # px
HEAD_EPOCHS, EPOCHS, BATCH, BLOCKS = 20, 4, 32, 13
CLASSES = ("longsleeve", "skirt", "shirt")
PICTURES = 12  # of each kind without clothes
SMOOTHING = 0.1

Array = NDArray[np.floating]
Features = dict[str, NDArray[np.float32]]  # by split, and those of "others"
Figures = dict[str, tuple[float, float]]  # by measure: AUROC of the class left out, and of other things


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no fine-tuning")
    parser.add_argument("--classes", nargs="+", default=list(CLASSES), help="to fine-tune without")
    parsed = parser.parse_args()
    _real.prepare()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        figures = {"frozen": table("frozen", dataset, frozen(dataset))}
        if not parsed.quick:
            figures["fine-tuned"] = table("fine-tuned", dataset, tuned(dataset, parsed.classes))
    print(json.dumps(figures))


def table(title: str, dataset: Dataset, found: Iterator[tuple[str, Figures]]) -> dict[str, list[float]]:
    """Print the figures of each class that was left out, and return their means."""
    every: list[Figures] = []
    for name, figures in found:
        if not every:
            print(f"\n{title:<14}" + "".join(f"{measure:>22}" for measure in figures))
        every.append(figures)
        print(f"{name:<14}" + "".join(f"{near:>13.3f} · {other:.3f}" for near, other in figures.values()), flush=True)
    means = {measure: np.mean([figures[measure] for figures in every], axis=0).tolist() for measure in every[0]}
    print(f"{'mean':<14}" + "".join(f"{near:>13.3f} · {other:.3f}" for near, other in means.values()))
    return {measure: [round(value, 3) for value in mean] for measure, mean in means.items()}


def frozen(dataset: Dataset) -> Iterator[tuple[str, Figures]]:
    """The figures of each class, left out of a head on frozen features."""
    packs, others = photos_of(dataset, FROZEN)
    network = litert.Backbone(_real.imagenet())
    features = {split: np.concatenate(list(network.vectors(photos.pixels))) for split, photos in packs.items()}
    features["others"] = np.concatenate(list(network.vectors(others)))
    for label, name in enumerate(dataset.classes):
        kept = packs["train"].labels != label
        head = fitted_head(features["train"][kept], packs["train"].labels[kept])
        yield name, figures_of(head, {**features, "train": features["train"][kept]}, packs, label)


def tuned(dataset: Dataset, names: list[str]) -> Iterator[tuple[str, Figures]]:
    """The figures of some classes, left out of a short fine-tuning."""
    packs, others = photos_of(dataset, TUNED)
    for name in names:
        label = dataset.classes.index(name)
        kept = packs["train"].labels != label
        body, head = fine_tuned(packs["train"], kept)
        pixels = {
            "train": packs["train"].pixels[kept],
            **{split: packs[split].pixels for split in ("validation", "test")},
            "others": others,
        }
        yield name, figures_of(head, {split: body(each) for split, each in pixels.items()}, packs, label)


def figures_of(head: Head, features: Features, packs: dict[str, Pack], label: int) -> Figures:
    """The AUROC of each measure for the class `label`, which neither the head nor the training features know."""
    nearness = Neighbours.of(features["train"])
    known = features["validation"][packs["validation"].labels != label]
    measures: dict[str, Callable[[Array], Array]] = {
        "nearness": nearness.similarity,
        "entropy": lambda vectors: -head.entropy(vectors),
        "largest logit": lambda vectors: head.logits(vectors).max(axis=1),
        "energy": lambda vectors: _measures.energy(head.logits(vectors)),
        "both": Undecided.of(nearness, head, known).similarity,
    }
    is_known = packs["test"].labels != label
    figures = {}
    for key, measure in measures.items():
        scores = measure(features["test"])
        near = evaluation.auroc(scores[is_known], scores[~is_known])
        figures[key] = (near, evaluation.auroc(scores[is_known], measure(features["others"])))
    return figures


def photos_of(dataset: Dataset, size: int) -> tuple[dict[str, Pack], NDArray[np.uint8]]:
    """The photos by split, and pictures without clothes."""
    others = [
        photos.resize(other_things.picture(kind, number), size)
        for kind in other_things.KINDS
        for number in range(PICTURES)
    ]
    return {split: pack.load(dataset, split, size) for split in ("train", "validation", "test")}, np.stack(others)


def fitted_head(vectors: NDArray[np.float32], labels: NDArray[np.intp]) -> Head:
    """A dense layer on frozen features, by Keras."""
    import keras

    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(len(np.unique(labels)))
    model = keras.Sequential([keras.Input((vectors.shape[1],)), keras.layers.Dropout(0.2), layer])
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    model.fit(vectors, one_hot(labels), batch_size=BATCH, epochs=HEAD_EPOCHS, verbose=0)
    kernel, bias = map(np.asarray, layer.get_weights())
    return Head((kernel,), (bias,), "relu")


def fine_tuned(train: Pack, kept: NDArray[np.bool_]) -> tuple[Callable[[Array], NDArray[np.float32]], Head]:
    """What turns photos into features, and the head, after a short fine-tuning on the photos that are kept."""
    import keras

    from core.backbones import MOBILENET_V2
    from models import build

    keras.utils.set_random_seed(0)
    body = build.backbone(MOBILENET_V2, TUNED, "imagenet")
    build.unfreeze(body, MOBILENET_V2, BLOCKS)
    pixels, numbers, labels = np.asarray(train.pixels)[kept], train.numbers[kept], one_hot(train.labels[kept])
    layer = keras.layers.Dense(labels.shape[1])
    top = keras.Sequential([keras.Input((MOBILENET_V2.features,)), keras.layers.Dropout(0.3), layer])
    network = build.whole(body, top)
    steps = -(-len(labels) // BATCH) * EPOCHS
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - 100, warmup_target=3e-4, warmup_steps=100)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-4), loss)
    recipe = next(preset.recipe for preset in presets.PRESETS if preset.key == "medium")
    random = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        order = random.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            network.train_on_batch(engine.augment(pixels[rows], numbers[rows], epoch, recipe, 0), labels[rows])
    kernel, bias = map(np.asarray, layer.get_weights())

    def features(photos: Array) -> NDArray[np.float32]:
        parts = [
            body.predict_on_batch(np.asarray(photos[start : start + 64]))[1] for start in range(0, len(photos), 64)
        ]
        return np.concatenate([np.asarray(part) for part in parts])

    return features, Head((kernel,), (bias,), "relu")


def one_hot(labels: NDArray[np.intp]) -> NDArray[np.float32]:
    """A row for each photo, with columns for the labels that occur."""
    _, places = np.unique(labels, return_inverse=True)
    return np.eye(places.max() + 1, dtype=np.float32)[places]


if __name__ == "__main__":
    main()
