"""The labels of the training photos as the loss takes them: one-hot or mixed, with a weight for each photo."""

import numpy as np
from numpy.typing import NDArray

from core.augment import engine, recipe
from core.augment.partners import mixed_labels, mixes
from core.datasets.pack import Pack
from core.datasets.partners import PackPartners
from core.runs.config import RunConfig

Array = NDArray[np.float32]


def class_weights(labels: NDArray[np.intp], classes: int) -> Array:
    """A weight per class that makes all classes count the same: photos / (classes · photos of the class)."""
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (classes * np.maximum(counts, 1))).astype(np.float32)


class Labels:
    """The labels and weights of the training photos in each view.

    A mixed photo has the labels of all photos in it, in their shares, so its loss is the mean of their losses, weighted
    by the shares (Zhang et al. 2018, section 2). With class weights each loss counts with the weight of its own class:
    the photo's weight is the mean weight, and the shares in its label shift towards the rare class. The accuracy of
    training counts the label with the largest share.
    """

    def __init__(self, config: RunConfig, labels: NDArray[np.intp], classes: int, train: Pack | None = None) -> None:
        """`train` are the training photos; only a recipe that mixes photos needs them."""
        self._config = config
        self._one_hot = np.eye(classes, dtype=np.float32)[labels]
        self._weights = class_weights(labels, classes)[labels] if config.class_weights else None
        self._mixing = tuple(step for step in config.recipe if step.transform.mix is not None)
        if recipe.mixes(config.recipe):
            if train is None:
                raise ValueError("A recipe that mixes photos needs the training photos. Pass them as train.")
            self._partners, self._numbers = PackPartners(train), train.numbers
        else:
            self._mixing = ()

    def __len__(self) -> int:
        return len(self._one_hot)

    def rows(self, indices: NDArray[np.intp], view: int) -> tuple[Array, Array | None]:
        """Labels (photos, classes) and weights (photos,) of the photos at `indices` in a view; None without weights."""
        weights = None if self._weights is None else self._weights[indices]
        if not self._mixing:
            return self._one_hot[indices], weights
        size, seed = self._config.image_size, self._config.augmentation_seed
        draws = engine.draw(self._mixing, self._numbers[indices], view, seed)
        mixed = mixes(draws, size, size, self._partners)
        if self._weights is None:
            return mixed_labels(self._one_hot[indices], self._one_hot, mixed), None
        every = self._one_hot * self._weights[:, None]
        labels = mixed_labels(every[indices], every, mixed)
        weights = labels.sum(axis=1)
        return labels / weights[:, None], weights
