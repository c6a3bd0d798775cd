"""The part of benchmarks.gpu that needs Keras, in a process of its own: it frees the GPU for the worker when it ends.

Times the feed alone, steps with and without augmentation, and both precisions from the same weights. Takes its settings
as JSON and prints its figures as a line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any
from unittest import mock

import keras
import numpy as np

from core import machine
from core.augment.presets import PRESETS
from core.augment.recipe import to_json
from core.backbone import keras_home
from core.backbones import BACKBONES
from core.datasets import catalogue, pack
from core.runs.config import RunConfig, config
from models import accelerator, build, fit
from models.feed import PhotoFeed
from models.plan import Plan

SKIPPED = 2  # first batches of an epoch, which could not be prepared


@dataclass(frozen=True)
class Settings:
    """What to measure with."""

    dataset: str
    backbone: str
    image_size: int
    batch_size: int
    turns: int  # with and without augmentation by turns
    steps: int  # of a turn
    compared: int  # steps in each precision
    feed_size: int  # px, of the photos of the feed alone
    feed_seconds: float


class Measurement:
    """The photos, their feeds and the networks."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.record = settings, BACKBONES[settings.backbone]
        self.dataset = catalogue.load(settings.dataset)
        self.classes = len(self.dataset.classes)
        self.recipes = {preset.key: to_json(preset.recipe) for preset in PRESETS if preset.key in ("none", "course")}

    def run(self, recipe: str, seed: int = 0, size: int | None = None) -> RunConfig:
        of = self.settings
        shared = {"dataset": of.dataset, "backbone": of.backbone, "batch_size": of.batch_size, "learning_rate": 2e-4}
        size = size or of.image_size
        return config(**shared, image_size=size, recipe=self.recipes[recipe], seed=seed, epochs=100)

    def feed(self, recipe: str, seed: int = 0, size: int | None = None) -> PhotoFeed:
        run = self.run(recipe, seed, size)
        packs = [pack.load(self.dataset, split, run.image_size) for split in ("train", "validation")]
        return PhotoFeed(run, *packs, self.classes)

    def feed_rate(self, recipe: str, threads: int) -> float:
        """Photos per second of the feed with nobody to wait for."""
        feed = self.feed(recipe, size=self.settings.feed_size)
        photos, began = 0, time.perf_counter()
        with mock.patch.object(machine, "cores", return_value=threads):
            for epoch in range(10**6):
                for batch in feed.epoch(epoch):
                    photos += len(batch[0])
                if (seconds := time.perf_counter() - began) > self.settings.feed_seconds:
                    break
        return photos / seconds

    def network(self, policy: str | None) -> tuple[keras.Model, list[np.ndarray]]:
        """A network that learns as a whole, always with the same initial values, and all values at the start."""
        keras.utils.set_random_seed(0)
        with build.precision(policy):
            body = build.backbone(self.record, self.settings.image_size, "imagenet" if self.record.pretrained else None)
        if self.record.is_tunable:
            build.unfreeze(body, self.record, None)
        network = build.whole(body, build.head(self.run("none"), self.record.features, self.classes))
        fit.compile_for(Plan.of(self.run("none")), network, 100)
        network.optimizer.build(network.trainable_variables)
        return network, build.values([*network.variables, *network.optimizer.variables])

    def of_policy(self, policy: str | None) -> dict[str, Any]:
        """The times of steps by this Keras policy, and the losses of the same steps from the same weights."""
        network, start = self.network(policy)
        step = self.feed("none").step(network)
        stream = self._endless("none", 0)
        batch = next(stream)
        stream.close()
        step(batch)  # compiles
        alone = _milliseconds(lambda: step(batch), self.settings.steps)
        times: dict[str, list[float]] = {"none": [], "course": []}
        waiting = []
        for turn in range(self.settings.turns):
            for recipe, of_recipe in times.items():
                seconds, waited = self._turn(step, recipe, turn)
                of_recipe.append(seconds / self.settings.steps * 1e3)
                if recipe == "course":
                    waiting.append(waited / seconds)
        losses = {}
        for seed in (0, 1):
            build.assign([*network.variables, *network.optimizer.variables], start)
            losses[seed] = self._losses(step, seed)
        return {
            "alone_ms": alone,
            "plain_ms": median(times["none"]),
            "augmented_ms": median(times["course"]),
            "waiting": median(waiting),
            "loss": losses[0],
            "other_order": losses[1],
            "memory_mb": _memory()[0] / 1e6,
        }

    def _turn(self, step: Callable[..., Any], recipe: str, turn: int) -> tuple[float, float]:
        """The seconds of a turn's steps, and those of them that the network waited for photos."""
        stream = self._endless(recipe, turn)
        for _ in range(SKIPPED):
            step(next(stream))
        began, waited = time.perf_counter(), 0.0
        for _ in range(self.settings.steps):
            asked = time.perf_counter()
            batch = next(stream)
            waited += time.perf_counter() - asked
            step(batch)
        stream.close()
        return time.perf_counter() - began, waited

    def _losses(self, step: Callable[..., Any], seed: int) -> float:
        """The mean loss of the second half of the compared steps, per photo."""
        stream, size = self._endless("none", 0, seed), self.settings.batch_size
        losses = [step(next(stream))[0] / size for _ in range(self.settings.compared)]
        stream.close()
        return fmean(losses[len(losses) // 2 :])

    def _endless(self, recipe: str, first: int, seed: int = 0) -> Iterator[Any]:
        """Whole batches, epoch after epoch."""
        feed = self.feed(recipe, seed)
        for epoch in range(first, 10**6):
            for batch in feed.epoch(epoch):
                if len(batch[0]) == self.settings.batch_size:
                    yield batch


def _milliseconds(act: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times * 1e3


def _memory() -> tuple[float, str]:
    """The most bytes that were in use so far, and of what."""
    if keras.config.backend() == "jax":
        import jax

        if statistics := jax.local_devices()[0].memory_stats():
            return statistics["peak_bytes_in_use"], "device"
    if keras.config.backend() == "tensorflow" and accelerator.has_gpu():
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["peak"], "device"
    return machine.memory_of_process(), "process, now"


def write_random_weights() -> bool:
    """Put random weights where MobileNetV2's ImageNet weights are missing; returns whether they were."""
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    record = BACKBONES["mobilenet_v2"]
    path = keras_home() / "models" / record.weights_file.format(size=224)
    if path.is_file():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        network = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(224, 224, 3))
        save_weights_to_hdf5_group(file, network)
    return True


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    began = time.perf_counter()
    random = write_random_weights()
    measurement, cores = Measurement(settings), machine.cores()
    mixed = "mixed_bfloat16" if keras.config.backend() == "jax" else "mixed_float16"
    feed = {
        "plain": measurement.feed_rate("none", cores),
        "augmented": measurement.feed_rate("course", cores),
        "augmented_1_thread": measurement.feed_rate("course", 1),
    }
    # mixed first: the peak of its memory is known, and then the larger one of float32
    policies = {name: measurement.of_policy(policy) for name, policy in (("mixed", mixed), ("float32", None))}
    print(
        json.dumps(
            {
                "backend": keras.config.backend(),
                "devices": keras.distribution.list_devices(),
                "on_gpu": accelerator.has_gpu(),
                "random_weights": random,
                "memory_of": _memory()[1],
                "feed": feed,
                **policies,
                "seconds": time.perf_counter() - began,
            }
        )
    )


if __name__ == "__main__":
    main()
