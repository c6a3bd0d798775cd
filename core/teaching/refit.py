"""A saved model's head, fitted again to photos that people corrected, with the old head as its prior."""

from dataclasses import dataclass

import numpy as np

from core.answering.head import Head
from core.answering.likeness import Corrected, Neighbours, OfVectors, Subspace
from core.teaching import fitting
from core.teaching.fitting import Array, Layer, Places, Scale

# Chosen on the real photos, see docs/decisions/0027 and `python -m benchmarks.teach --part corrections`
WEIGHT = 10.0  # photos that a correction counts as much as, beside old photos
PENALTY_WITH_PHOTOS, PENALTY_WITH_EXAMPLES, PENALTY_ALONE = 0.3, 1.0, 2.0
EXAMPLE_WEIGHT = 4.0  # photos that one of a few examples counts as much as
MOST_OLD = 4000  # photos
NONE_PENALTY, NONE_WEIGHT = 1.0, 3.0  # of photos of none of the classes
AGAINST_NONE = 1000.0  # photos that the old ones together count as much as, against those


@dataclass(frozen=True)
class OldPhotos:
    """Photos whose answers should stay, by their pooled vectors (photos, features)."""

    vectors: Array
    are_training: bool  # whether they are the model's training photos, rather than a few examples

    @property
    def penalty(self) -> float:
        """How strongly the old head holds, if these photos hold too."""
        if not len(self.vectors):
            return PENALTY_ALONE
        return PENALTY_WITH_PHOTOS if self.are_training else PENALTY_WITH_EXAMPLES

    def weight(self, corrections: int) -> float:
        """How much each of them counts. Together they count at least as much as so many corrections."""
        usual = 1.0 if self.are_training else EXAMPLE_WEIGHT
        return max(usual, WEIGHT * corrections / max(1, len(self.vectors)))

    def thinned(self, most: int) -> "OldPhotos":
        """About so many of them, evenly; they count as examples."""
        step = max(1, -(-len(self.vectors) // most))
        return OldPhotos(self.vectors[::step], self.are_training and step == 1)


def head(old: Head, photos: OldPhotos, vectors: Array, labels: Places, classes: int) -> Head:
    """The head that learned from corrections: pooled vectors (photos, features) with the places of their classes.

    Classes beyond those of the old head are new. The old photos keep the answers of the old head.
    """
    if not len(vectors):
        return _widened(old, classes)
    held = old.activations(photos.vectors)
    corrected = old.activations(vectors)
    prior = Layer(_wide(old.kernels[-1], classes), np.concatenate([old.biases[-1], np.zeros(classes - _known(old))]))
    scale = Scale.of(held if len(held) else corrected)
    layer = fitting.fit(
        scale.apply(np.concatenate([held, corrected])),
        np.concatenate([old.logits(photos.vectors).argmax(axis=1), labels]).astype(np.intp),
        classes,
        photos.penalty,
        np.concatenate(
            [np.full(len(held), photos.weight(len(corrected))), np.full(len(corrected), WEIGHT if len(held) else 1.0)]
        ),
        _scaled(prior, scale),
    )
    new = scale.undo(layer)
    return old.with_last(new.kernel.astype(np.float32), new.bias.astype(np.float32))


def doubt(measure: Neighbours | Subspace, photos: OldPhotos, strangers: Array) -> OfVectors:
    """The measure, lowered for what looks like `strangers`, vectors (photos, features) of none of the classes.

    Without old photos to tell them from, it stays as it is.
    """
    if not len(strangers) or not len(photos.vectors):
        return measure
    scale = Scale.of(photos.vectors)
    held, count = len(photos.vectors), len(strangers)
    layer = scale.undo(
        fitting.fit(
            scale.apply(np.concatenate([photos.vectors, strangers])),
            np.concatenate([np.zeros(held), np.ones(count)]).astype(np.intp),
            2,
            NONE_PENALTY,
            np.concatenate([np.full(held, AGAINST_NONE / held), np.full(count, NONE_WEIGHT)]),
        )
    )
    kernel = (layer.kernel[:, 1] - layer.kernel[:, 0]).astype(np.float32)
    return Corrected(measure, kernel, float(layer.bias[1] - layer.bias[0]))


def _known(old: Head) -> int:
    return int(old.kernels[-1].shape[1])


def _wide(kernel: Array, classes: int) -> Array:
    return np.concatenate([kernel, np.zeros((len(kernel), classes - kernel.shape[1]), np.float32)], axis=1)


def _widened(old: Head, classes: int) -> Head:
    """The old head with outputs for new classes, which are never the answer."""
    low = np.full(classes - _known(old), -1e3, np.float32)
    return old.with_last(_wide(old.kernels[-1], classes), np.concatenate([old.biases[-1], low]))


def _scaled(layer: Layer, scale: Scale) -> Layer:
    """The layer for scaled vectors, made of one for vectors as they are."""
    kernel = layer.kernel * np.float32(scale.length)
    return Layer(kernel, layer.bias + scale.mean @ layer.kernel)
