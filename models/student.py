"""Train a student by a schedule: views, the teacher's answers, epochs, and a backup to resume from."""

import hashlib
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from core.answering import model_files, shelf
from core.answering.evaluation import accuracy, cross_entropy
from core.answering.head import softmax
from core.augment import recipe
from core.augment.recipe import Recipe
from core.backbones import backbone
from core.datasets import catalogue, pack, trained_on
from core.errors import ModelError
from core.runs.config import RunConfig, config
from models import accelerator, build, carry, norms, rebuild
from models.backdrops import Backdrops
from models.distil import Teacher, Views
from models.feed import photo_logits
from models.record import read_arrays, write_arrays

BACKUP_SECONDS = 60.0


@dataclass(frozen=True)
class Schedule:
    """How the student learns."""

    backbone: str  # the key of one of our own
    sizes: tuple[tuple[int, float], ...]  # px, and the share of the epochs at which this size ends
    answers_at: int  # px of the photos that it predicts in the end
    epochs: int
    views: int  # number of views that the teacher answers; then they repeat
    recipe: Recipe
    exchanged: float  # share of the photos that get another backdrop
    mixed: float  # share of the photos that MixUp blends with another photo
    learns: Literal["labels", "answers", "features"]  # features: answers and features
    temperature: float  # of both answers when they are compared
    features: float  # weight of the features relative to the answers
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: int  # epochs
    seed: int
    kept: float = 0.0  # share of the weights that it began with in the weights at the end

    def settings(self, dataset: str) -> RunConfig:
        """The schedule as a run's settings, for the card; whatever has no setting is left out."""
        return config(
            dataset=dataset,
            backbone=self.backbone,
            image_size=self.answers_at,
            dropout=0.0,
            recipe=recipe.to_json(self.recipe),
            augmentation_seed=self.seed,
            views=self.views,
            optimizer="adamw",
            learning_rate=self.learning_rate,
            schedule="cosine",
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            name="starter",
        )

    def size(self, epoch: int) -> int:
        return next(size for size, until in self.sizes if epoch < until * self.epochs or until == self.sizes[-1][1])


class Student:
    """The network that learns, with everything that its training needs."""

    def __init__(self, schedule: Schedule, classes: int, teacher_features: int, batches: int) -> None:
        self.schedule = schedule
        record = backbone(schedule.backbone)
        keras.utils.set_random_seed(schedule.seed)
        with build.precision("mixed_bfloat16" if _has_bfloat16() else None):
            self.body = build.backbone(record, None, None)  # of any size: a view's size grows with the epochs
        norms.fuse(self.body)
        self.head = build.head(schedule.settings(catalogue.CLOTHING), record.features, classes)
        pooled = self.body.outputs[1]
        features = keras.layers.Dense(teacher_features, name="features")(pooled)
        self.network = keras.Model(self.body.input, {"answer": self.head(pooled), "features": features})
        self.answering = keras.Model(self.body.input, self.network.output["answer"])
        steps = schedule.epochs * batches
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps - schedule.warmup * batches, 0.0,
            warmup_target=schedule.learning_rate, warmup_steps=schedule.warmup * batches,
        )  # fmt: skip
        optimizer = keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        self.network.compile(
            optimizer,
            loss={"answer": self._answer_loss, "features": keras.losses.CosineSimilarity()},
            loss_weights={"answer": 1.0, "features": schedule.features if schedule.learns == "features" else 0.0},
            jit_compile=keras.config.backend() == "jax",  # XLA has no fast convolutions for a CPU
        )
        optimizer.build(self.network.trainable_variables)

    def _answer_loss(self, expected: Any, logits: Any) -> Any:
        t = 1.0 if self.schedule.learns == "labels" else self.schedule.temperature
        return t**2 * keras.losses.categorical_crossentropy(expected, logits / t, from_logits=True)

    @property
    def variables(self) -> list[keras.Variable]:
        return [*self.network.variables, *self.network.optimizer.variables]

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits, (photos, classes), for uint8 (photos, size, size, 3) of any size."""
        return photo_logits(self.answering, pixels)


def _has_bfloat16() -> bool:
    """Whether this machine computes in bfloat16; emulated, it is slower than 32 bits."""
    try:
        if accelerator.has_gpu():
            return True
        return not {"avx512_bf16", "amx_bf16"}.isdisjoint(Path("/proc/cpuinfo").read_text().split())
    except OSError:  # not Linux
        return False


class Training:
    """The epochs, with a backup to resume from."""

    def __init__(
        self,
        schedule: Schedule,
        dataset: catalogue.Dataset,
        teacher: shelf.Model,
        folder: Path,
        start: shelf.Model | None = None,
    ) -> None:
        """`start` is a saved model of the same network and classes that the student begins with, not random weights."""
        self.schedule, self._folder = schedule, folder
        sizes = {size for size, _ in schedule.sizes}
        self._packs = {size: pack.load(dataset, "train", size) for size in sizes}
        self._validation = {size: pack.load(dataset, "validation", size) for size in sizes}
        photos = next(iter(self._packs.values()))
        self._trained_on = trained_on.of({"train": photos}, dataset.classes)
        self._one_hot = np.eye(len(dataset.classes), dtype=np.float32)[photos.labels]
        self._batches = len(photos) // schedule.batch_size
        taught = pack.load(dataset, "train", teacher.card.image_size)
        backdrops = Backdrops(taught, schedule.exchanged, schedule.seed) if schedule.exchanged else None
        self._views = Views(schedule.recipe, schedule.mixed, schedule.seed, backdrops)
        self._teacher = Teacher(teacher, taught, self._views)
        self.student = Student(schedule, len(dataset.classes), self._teacher.features, self._batches)
        self.curve: list[dict[str, float]] = []
        self._identity = _identity(schedule, teacher, start)
        self._start: list[NDArray[np.float32]] = []
        if start:
            self._start = _weights(start, schedule, dataset)
            build.assign(self._answering, self._start)
        self._restore()

    def run(self) -> dict[str, float]:
        """Train to the end; returns the last epoch's figures."""
        began, first, saved = time.monotonic(), len(self.curve), time.monotonic()
        if first >= self.schedule.epochs:
            return self.curve[-1]
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self._prepare, first)
            for epoch in range(first, self.schedule.epochs):
                photos, answers, vectors = following.result()
                if epoch + 1 < self.schedule.epochs:
                    following = ahead.submit(self._prepare, epoch + 1)
                self._epoch(epoch, photos, answers, vectors)
                left = (time.monotonic() - began) / (epoch + 1 - first) * (self.schedule.epochs - epoch - 1)
                figures = self.curve[-1]
                print(
                    f"epoch {epoch + 1:>3} of {self.schedule.epochs}  loss {figures['loss']:.3f}  validation "
                    f"{figures['val_accuracy']:.3f} ({figures['val_loss']:.3f})  {left / 60:.0f} min left",
                    flush=True,
                )
                if time.monotonic() - saved > BACKUP_SECONDS or epoch + 1 == self.schedule.epochs:
                    facts = {
                        "curve": self.curve,
                        "trained_on": self._trained_on.model_dump(mode="json"),
                        "training": self._identity,
                    }
                    write_arrays(self._folder / "backup.npz", build.values(self.student.variables), **facts)
                    saved = time.monotonic()
        return self.curve[-1]

    def _prepare(self, epoch: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """The epoch's view, the answers of the teacher (or the labels), and the teacher's pooled vectors."""
        view = epoch % self.schedule.views
        photos = self._packs[self.schedule.size(epoch)]
        pixels = self._views.photos(photos, view)
        if self.schedule.learns == "labels":
            smooth = 0.9 * self._one_hot + 0.1 / self._one_hot.shape[1]
            blended = self._views.mixing(photos, view).of_labels(smooth)
            return pixels, blended, np.zeros((len(photos), self._teacher.features), np.float32)
        logits, vectors = self._teacher.answers(view)
        return pixels, softmax(logits, self.schedule.temperature), vectors

    def _epoch(
        self, epoch: int, photos: NDArray[np.uint8], answers: NDArray[np.float32], vectors: NDArray[np.float32]
    ) -> None:
        order = np.random.default_rng([self.schedule.seed, epoch, 1]).permutation(len(photos))
        size, losses = self.schedule.batch_size, []
        for start in range(0, self._batches * size, size):
            rows = np.sort(order[start : start + size])
            logs = self.student.network.train_on_batch(
                photos[rows], {"answer": answers[rows], "features": vectors[rows]}, return_dict=True
            )
            losses.append(float(logs["loss"]))
        validation = self._validation[self.schedule.size(epoch)]
        logits = self.student.logits(np.asarray(validation.pixels))
        self.curve.append(
            {
                "loss": losses[-1],
                "val_accuracy": accuracy(logits, validation.labels),
                "val_loss": cross_entropy(logits, validation.labels),
            }
        )
        if not math.isfinite(losses[-1]):
            raise ModelError(f"The loss overflowed in epoch {epoch + 1}. Try a lower learning rate.")

    @property
    def _answering(self) -> list[keras.Variable]:
        return [*self.student.body.variables, *self.student.head.variables]

    def average(self) -> None:
        """Move the weights back, by the schedule's share, to those that the student began with.

        The mean of two networks holds up better than either (Wortsman et al. 2022, CVPR, "Robust fine-tuning of
        zero-shot models").
        """
        if self._start and self.schedule.kept:
            pairs = zip(self._start, build.values(self._answering), strict=True)
            kept = self.schedule.kept
            build.assign(self._answering, [kept * before + (1 - kept) * now for before, now in pairs])

    def _restore(self) -> None:
        backup = read_arrays(self._folder / "backup.npz")
        if backup is None:
            return
        if carry.state(backup[1], self._folder) != self._trained_on:
            raise ModelError(f"The dataset has changed since the backup in {self._folder}. Delete it to start again.")
        if backup[1].get("training") != self._identity:
            raise ModelError(
                f"The backup in {self._folder} is of another schedule, teacher or start. Delete it to start again."
            )
        build.assign(self.student.variables, backup[0])
        self.curve = backup[1]["curve"]


def _identity(schedule: Schedule, teacher: shelf.Model, start: shelf.Model | None) -> str:
    """A hash of everything that a backup must share with the training that resumes from it."""
    settings = {**vars(schedule), "recipe": recipe.dumps(schedule.recipe)}
    models = [model.card.files[model_files.BACKBONE].hash for model in (teacher, start) if model]
    return hashlib.blake2b(json.dumps([settings, models]).encode(), digest_size=12).hexdigest()


def _weights(start: shelf.Model, schedule: Schedule, dataset: catalogue.Dataset) -> list[NDArray[np.float32]]:
    """The weights of a saved model: those of its backbone, then those of its head. Raises ModelError."""
    if (start.card.network, start.labels) != (schedule.backbone, dataset.classes):
        raise ModelError(
            f"The student can only begin with a model of the same network ({schedule.backbone}) and classes, got "
            f"{start.name!r} ({start.card.network})."
        )
    return build.values(rebuild.network(start).variables)
