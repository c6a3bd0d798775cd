"""What training sees in each epoch: banked features for a frozen backbone, augmented photos for one that learns."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from core import machine
from core.augment import engine
from core.datasets import partners
from core.datasets.pack import Pack
from core.files import arrays
from core.runs.config import RunConfig
from models import parallel, steps
from models.labels import Labels
from models.steps import Batch, Step

PREDICT_BATCH = 64


class Feed(Protocol):
    """The training photos in some form, epoch by epoch, and the validation photos to score the model with."""

    network: str  # the digest of the saved model's network that made the features; empty for all others

    @property
    def batch_size(self) -> int: ...

    @property
    def batches(self) -> int:
        """Number of batches in an epoch; the last one may be smaller."""

    def prepare(self, number: int) -> None:
        """Compute whatever the epoch needs and is still missing; its time does not count as the epoch's."""

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The epoch's photos from batch `start` on; one or more whole batches at a time."""

    def step(self, model: keras.Model) -> Step:
        """The function that trains the model on each portion of the epoch."""

    def share(self, epochs: float) -> float:
        """Share of the work that is done after `epochs` epochs, 0 to 1; a fraction is a part of the next epoch."""

    def validation(self, model: keras.Model) -> NDArray[np.float32]:
        """The model's logits for the validation photos: (photos, classes)."""


def order(config: RunConfig, epoch: int, photos: int) -> NDArray[np.intp]:
    """The order of the photos in an epoch (from 0).

    It depends only on the run's seed and the epoch, so an interrupted run continues as if nothing had happened.
    """
    return np.random.default_rng([config.seed, epoch]).permutation(photos)


def view_of(config: RunConfig, epoch: int) -> int:
    """The banked view that an epoch shows; both count from 0. Without augmentation all views are the same."""
    return epoch % config.views_used


class BankFeed:
    """Vectors of a frozen backbone. A view is banked when the first epoch needs it, so that curves start early."""

    AT_ONCE = 100  # batches; a tenth of a second or so

    def __init__(
        self,
        config: RunConfig,
        view: Callable[[int], NDArray[np.float32]],
        validation: NDArray[np.float32],
        labels: NDArray[np.intp],
        classes: int,
        epochs_per_view: float = 0.0,
        network: str = "",
        train: Pack | None = None,
    ) -> None:
        """`view` returns the vectors of the training photos in a view; `validation` are those of the validation photos.
        `train` are the training photos, which a recipe that mixes them needs for the labels.

        `epochs_per_view` is roughly the number of epochs that take as long as banking one view, `network` the digest of
        the saved model's network that made the vectors.
        """
        self.network = network
        self._config, self._view, self._validation = config, view, validation
        self._labels = Labels(config, labels, classes, train)
        self._photos = len(labels)
        self._views: dict[int, NDArray[np.float32]] = {}
        self._epochs_per_view = epochs_per_view

    @property
    def batch_size(self) -> int:
        return self._config.batch_size

    @property
    def batches(self) -> int:
        return -(-self._photos // self._config.batch_size)

    def prepare(self, number: int) -> None:
        view = view_of(self._config, number)
        if view not in self._views:
            self._views[view] = self._view(view)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        self.prepare(number)
        view = view_of(self._config, number)
        vectors = self._views[view]
        shuffled = order(self._config, number, self._photos)
        size = self._config.batch_size
        for first in range(start * size, self._photos, self.AT_ONCE * size):
            indices = shuffled[first : first + self.AT_ONCE * size]
            yield vectors[indices], *self._labels.rows(indices, view)

    def step(self, model: keras.Model) -> Step:
        return steps.many(model, self._config.batch_size)

    def share(self, epochs: float) -> float:
        views, cost = self._config.views_used, self._epochs_per_view
        return (epochs + cost * min(views, math.ceil(epochs))) / (self._config.epochs + cost * views)

    def banking_share(self, view: int, part: float) -> float:
        """Share of the work that is done when `part` of a view is banked, with `view` epochs before it."""
        views, cost = self._config.views_used, self._epochs_per_view
        return (view + cost * (view + part)) / (self._config.epochs + cost * views)

    def validation(self, model: keras.Model) -> NDArray[np.float32]:
        return logits(model, self._validation)


def logits(head: keras.Model, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A head's logits, (photos, classes). A plain call: `predict` would cost many times the arithmetic."""
    parts = [
        keras.ops.convert_to_numpy(head(np.asarray(vectors[start : start + 4096]), training=False))
        for start in range(0, len(vectors), 4096)
    ]
    return np.concatenate(parts)


class PhotoFeed:
    """Photos that threads augment ahead of the network. Epoch e shows view e; validation photos are never changed."""

    AHEAD = 4  # batches at least; a core each, as far as MOST_AHEAD allows, so that all cores work for a fast GPU
    MOST_AHEAD = 500_000_000  # bytes of pixels
    network = ""

    def __init__(
        self, config: RunConfig, train: Pack, validation: Pack, classes: int, epochs: int | None = None
    ) -> None:
        """`epochs` of the stage, if the run has more than one."""
        self._config, self._train, self._validation = config, train, validation
        self._epochs = epochs or config.epochs
        self._labels = Labels(config, train.labels, classes, train)
        self._numbers, self._partners = train.numbers, partners.of_pack(train, config.recipe)

    @property
    def batch_size(self) -> int:
        return self._config.batch_size

    @property
    def batches(self) -> int:
        return -(-len(self._train) // self._config.batch_size)

    def prepare(self, number: int) -> None:
        """Nothing to prepare: no epoch keeps anything for the next."""

    def share(self, epochs: float) -> float:
        return epochs / self._epochs

    def photos(self, indices: NDArray[np.intp], view: int) -> NDArray[np.uint8]:
        """The training photos at `indices` as an epoch with this view shows them."""
        pixels = self._train.pixels[indices]
        recipe, seed = self._config.recipe, self._config.augmentation_seed
        return engine.augment(pixels, self._numbers[indices], view, recipe, seed, partners=self._partners)

    def step(self, model: keras.Model) -> Step:
        return steps.single(model)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        shuffled = order(self._config, number, len(self._train))
        size = self._config.batch_size
        batches = [shuffled[first : first + size] for first in range(start * size, len(shuffled), size)]
        fitting = self.MOST_AHEAD // (size * 3 * self._config.image_size**2)
        count = max(self.AHEAD, min(machine.cores(), fitting))
        with ThreadPoolExecutor(machine.cores()) as threads:
            ahead = [threads.submit(self.photos, indices, number) for indices in batches[:count]]
            try:
                for i, indices in enumerate(batches):
                    if i + count < len(batches):
                        ahead.append(threads.submit(self.photos, batches[i + count], number))
                    yield ahead.pop(0).result(), *self._labels.rows(indices, number)
            finally:
                threads.shutdown(cancel_futures=True)
                arrays.release(self._train.pixels)

    def validation(self, model: keras.Model) -> NDArray[np.float32]:
        return photo_logits(model, self._validation.pixels)


def photo_logits(network: keras.Model, pixels: NDArray[np.uint8], batch: int = PREDICT_BATCH) -> NDArray[np.float32]:
    """A whole network's logits, (photos, classes), for uint8 (photos, size, size, 3)."""
    parts = [
        np.asarray(network.predict_on_batch(parallel.split(np.asarray(pixels[start : start + batch]))))
        for start in range(0, len(pixels), batch)
    ]
    return np.concatenate(parts)
