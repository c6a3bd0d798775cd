"""The feature banks of a run: one that answers as its saved model does, one to compare with, and one to learn from."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from core.answering import litert
from core.backbone import Backbone
from core.files import cache
from core.runs.config import RunConfig
from core.runs.stages import Stage
from models import accelerator, build, convert
from models.bank import Bank
from models.base import Base
from models.record import Progress

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Banks:
    """The feature banks of a run's frozen backbone."""

    converted: Path  # empty where nothing can be converted
    litert: Bank
    keras: Bank  # to compare with
    training: Bank
    network: str = ""  # the digest of a saved model's network

    @classmethod
    def of_imagenet(cls, config: RunConfig, record: Backbone, progress: Progress, held: ExitStack) -> "Banks":
        """The banks of a network with ImageNet weights, which may have to be downloaded and converted first.

        Until `held` is closed no clean-up deletes the converted file: the saved model links it later.
        """
        progress.stage(Stage.WEIGHTS)
        body = _Lazy(lambda: build.backbone(record, config.image_size, "imagenet"))
        weights = build.weights_file(record, config.image_size, lambda done, of: progress.tick(done, of or 0))
        digest = convert.weights_digest(weights)
        name = f"{record.key}-{config.image_size}-{digest}"
        reference = Bank(f"{name}-keras", config.image_size, lambda photos: _predict(body(), photos), progress.warn)
        if convert.what_is_missing():  # the run trains nonetheless
            return cls(Path(), reference, reference, training=reference)
        progress.stage(Stage.CONVERTING)
        converted = convert.frozen_backbone(record, config.image_size, digest, body)
        cache.hold(held.enter_context(converted.open("rb")))
        runner = litert.Backbone(converted)
        # Even on a GPU, the saved model is scored by its own file, and compared with Keras.
        own = Bank(name, config.image_size, lambda photos: runner.run(photos)[1], progress.warn)
        return cls(converted, own, reference, training=reference if accelerator.has_gpu() else own)

    @classmethod
    def of_model(cls, own: Base, config: RunConfig, progress: Progress) -> "Banks":
        """The bank of a saved model's network, under the name of its content: it answered like Keras when it was saved,
        so only the head is compared."""
        name = f"model-{config.image_size}-{own.digest}"
        bank = Bank(name, config.image_size, lambda photos: own.network.run(photos)[1], progress.warn)
        return cls(own.backbone, bank, keras=bank, training=bank, network=own.digest)


class _Lazy:
    """A Keras backbone, built when first needed; a run whose features are banked never needs it."""

    def __init__(self, make: Callable[[], keras.Model]) -> None:
        self._make = make
        self._body: keras.Model | None = None

    def __call__(self) -> keras.Model:
        if self._body is None:
            self._body = self._make()
        return self._body


def _predict(body: keras.Model, photos: NDArray[np.uint8]) -> Array:
    return np.asarray(body.predict_on_batch(photos)[1])
