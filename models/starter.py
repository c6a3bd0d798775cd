"""Train the starter model that ships with the project: `python -m models.starter`.

A small residual network starts from random weights and learns from a fine-tuned MobileNetV2, the best saved model of
the dataset, what it says of augmented and mixed views of the training photos. Interrupted, it goes on where it was.
Which schedules were tried, and what came of them: docs/starter.md.
"""

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core import litert, shelf, workspace
from core.augment import recipe
from core.augment.recipe import Recipe
from core.backbones import backbone
from core.datasets import catalogue, pack
from core.errors import AppError, ModelError
from core.evaluation import accuracy, cross_entropy
from core.head import Head, softmax
from core.runs.config import RunConfig, config
from models import build, convert
from models.distil import Teacher, Views
from models.job import all_vectors
from models.record import read_arrays, write_arrays
from models.save import Trained, write

STRONG = (
    recipe.step("rotation", rotation_range=20),
    recipe.step("width_shift", width_shift_range=0.12),
    recipe.step("height_shift", height_shift_range=0.12),
    recipe.step("shear", shear_range=10),
    recipe.step("zoom", zoom_range=0.25),
    recipe.step("horizontal_flip"),
    recipe.step("contrast", contrast_range=(0.6, 1.4)),
    recipe.step("brightness", brightness_range=(0.6, 1.4)),
    recipe.step("saturation", saturation_range=(0.5, 1.5)),
    recipe.step("black_patch", probability=0.3, patch_size=0.3),
)


@dataclass(frozen=True)
class Schedule:
    """How the student learns."""

    backbone: str = "residual"
    sizes: tuple[tuple[int, float], ...] = ((96, 0.6), (128, 1.0))  # px, up to which part of the epochs
    epochs: int = 200
    views: int = 100  # that the teacher looks at; then they come again
    recipe: Recipe = STRONG
    mixed: float = 0.5  # share of the photos that MixUp blends with another one
    learns: str = "features"  # from the "labels" alone, the teacher's "answers", or its answers and "features"
    temperature: float = 2.0  # of both answers, as they are compared
    features: float = 4.0  # weight of the features beside the answers
    batch_size: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: int = 5  # epochs
    seed: int = 0

    def settings(self, dataset: str) -> RunConfig:
        """The settings as a run would have them, for the card: what there is no setting for stands beside them."""
        return config(
            dataset=dataset,
            backbone=self.backbone,
            image_size=self.sizes[-1][0],
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


SHIPPED = Schedule()
SHORT = replace(SHIPPED, epochs=24, sizes=((96, 1.0),), views=24)
TRIES = {
    "shipped": SHIPPED,
    "short": SHORT,
    "short-answers": replace(SHORT, learns="answers"),
    "short-labels": replace(SHORT, learns="labels"),
    "short-small": replace(SHORT, backbone="small_cnn"),
    "short-unmixed": replace(SHORT, mixed=0.0),
}
BACKUP_SECONDS = 60.0


class Student:
    """The network that learns, with all that its training needs."""

    def __init__(self, schedule: Schedule, classes: int, teacher_features: int, batches: int) -> None:
        self.schedule = schedule
        record = backbone(schedule.backbone)
        keras.utils.set_random_seed(schedule.seed)
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_bfloat16" if _has_bfloat16() else "float32")
        try:
            self.body = build.backbone(record, None, None)  # of any size: a view's size grows with the epochs
        finally:
            keras.config.set_dtype_policy(before)
        self.head = build.head(schedule.settings(catalogue.CLOTHING), record.features, classes)
        pooled = self.body.outputs[1]
        seen = keras.layers.Dense(teacher_features, name="seen")(pooled)
        self.network = keras.Model(self.body.input, {"answer": self.head(pooled), "seen": seen})
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
            loss={"answer": self._answer_loss, "seen": keras.losses.CosineSimilarity()},
            loss_weights={"answer": 1.0, "seen": schedule.features if schedule.learns == "features" else 0.0},
            jit_compile=keras.config.backend() == "jax",  # XLA has no quick convolutions for a CPU
        )
        optimizer.build(self.network.trainable_variables)

    def _answer_loss(self, expected: Any, logits: Any) -> Any:
        t = 1.0 if self.schedule.learns == "labels" else self.schedule.temperature
        return t**2 * keras.losses.categorical_crossentropy(expected, logits / t, from_logits=True)

    @property
    def variables(self) -> list[keras.Variable]:
        return [*self.network.variables, *self.network.optimizer.variables]

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(photos, classes) of uint8 (photos, size, size, 3), of any size."""
        return predicted(self.answering, pixels)


def _has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 (a GPU does)."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text() or "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


class Training:
    """The epochs, with a backup to go on from."""

    def __init__(self, schedule: Schedule, dataset: catalogue.Dataset, teacher: shelf.Model, folder: Path) -> None:
        self.schedule, self._folder = schedule, folder
        sizes = {size for size, _ in schedule.sizes}
        self._packs = {size: pack.load(dataset, "train", size) for size in sizes}
        self._judged = {size: pack.load(dataset, "validation", size) for size in sizes}
        some = next(iter(self._packs.values()))
        self._one_hot = np.eye(len(dataset.classes), dtype=np.float32)[some.labels]
        self._batches = len(some) // schedule.batch_size
        views = Views(schedule.recipe, schedule.mixed, schedule.seed)
        self._views = views
        self._teacher = Teacher(teacher, pack.load(dataset, "train", int(teacher.card["image_size"])), views)
        features = int(np.load(teacher.folder / "stats.npz")["vectors"].shape[1])
        self.student = Student(schedule, len(dataset.classes), features, self._batches)
        self._features = features
        self.curve: list[dict[str, float]] = []
        self._restore()

    def run(self) -> dict[str, float]:
        """Train to the end; returns the last epoch's figures."""
        began, first, saved = time.monotonic(), len(self.curve), time.monotonic()
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self._prepared, first)
            for epoch in range(first, self.schedule.epochs):
                photos, answers, seen = following.result()
                if epoch + 1 < self.schedule.epochs:
                    following = ahead.submit(self._prepared, epoch + 1)
                self._epoch(epoch, photos, answers, seen)
                left = (time.monotonic() - began) / (epoch + 1 - first) * (self.schedule.epochs - epoch - 1)
                figures = self.curve[-1]
                print(
                    f"epoch {epoch + 1:>3} of {self.schedule.epochs}  loss {figures['loss']:.3f}  validation "
                    f"{figures['val_accuracy']:.3f} ({figures['val_loss']:.3f})  {left / 60:.0f} min left",
                    flush=True,
                )
                if time.monotonic() - saved > BACKUP_SECONDS or epoch + 1 == self.schedule.epochs:
                    write_arrays(self._folder / "backup.npz", build.values(self.student.variables), curve=self.curve)
                    saved = time.monotonic()
        return self.curve[-1]

    def _prepared(self, epoch: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """The epoch's view, what the teacher (or the labels) say of it, and the teacher's pooled vectors."""
        view = epoch % self.schedule.views
        photos = self._packs[self.schedule.size(epoch)]
        pixels = self._views.photos(photos, view)
        if self.schedule.learns == "labels":
            smooth = 0.9 * self._one_hot + 0.1 / self._one_hot.shape[1]
            blended = self._views.mixing(photos, view).of_labels(smooth)
            return pixels, blended, np.zeros((len(photos), self._features), np.float32)
        logits, vectors = self._teacher.answers(view)
        return pixels, softmax(logits, self.schedule.temperature), vectors

    def _epoch(
        self, epoch: int, photos: NDArray[np.uint8], answers: NDArray[np.float32], seen: NDArray[np.float32]
    ) -> None:
        order = np.random.default_rng([self.schedule.seed, epoch, 1]).permutation(len(photos))
        size, losses = self.schedule.batch_size, []
        for start in range(0, self._batches * size, size):
            chosen = np.sort(order[start : start + size])
            logs = self.student.network.train_on_batch(
                photos[chosen], {"answer": answers[chosen], "seen": seen[chosen]}, return_dict=True
            )
            losses.append(float(logs["loss"]))
        judged = self._judged[self.schedule.size(epoch)]
        logits = self.student.logits(np.asarray(judged.pixels))
        self.curve.append(
            {
                "loss": losses[-1],
                "val_accuracy": accuracy(logits, judged.labels),
                "val_loss": cross_entropy(logits, judged.labels),
            }
        )
        if not math.isfinite(losses[-1]):
            raise ModelError(f"The loss grew beyond all numbers in epoch {epoch + 1}.")

    def _restore(self) -> None:
        backup = read_arrays(self._folder / "backup.npz")
        if backup is not None:
            build.assign(self.student.variables, backup[0])
            self.curve = backup[1]["curve"]


def ship(training: Training, dataset: catalogue.Dataset, facts: dict[str, Any], target: Path) -> dict[str, Any]:
    """Write the student as a saved model, its weights in 16 bits; returns its card, with the scores on the test split,
    at which nobody has looked before. A model that is at `target` already is replaced."""
    schedule, student = training.schedule, training.student
    size = schedule.sizes[-1][0]
    settings = schedule.settings(dataset.name)
    body = build.backbone(backbone(schedule.backbone), size, None)  # in 32 bits, whatever it learned in
    halves = [value.astype(np.float16) for value in build.values(student.body.variables)]
    build.assign(body.variables, halves)
    packs = {split: pack.load(dataset, split, size) for split in ("train", "validation", "test")}
    with tempfile.TemporaryDirectory(prefix="fitting-room-") as folder:
        converted = Path(folder) / "backbone.tflite"
        convert.checked(body, converted, halved=True)
        answering = litert.Backbone(converted)
        kernels, biases = build.dense_weights(student.head)
        network = build.whole(body, student.head)
        trained = Trained(
            classes=dataset.classes,
            head=Head(tuple(kernels), tuple(biases), settings.activation),
            backbone_file=converted,
            own_backbone=halves,
            vectors={split: all_vectors(answering, photos) for split, photos in packs.items()},
            packs=packs,
            keras_logits=predicted(network, packs["validation"].pixels),
            best_epoch=schedule.epochs - 1,
            fingerprint=pack.fingerprint(packs, dataset.classes),
        )
        fresh = target.with_name(f".{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        card = write(fresh, trained, settings, facts | {"name": target.name})
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return card


def predicted(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The logits of a network with one output, (photos, classes)."""
    parts = [
        keras.ops.convert_to_numpy(network.predict_on_batch(np.asarray(pixels[start : start + 64])))
        for start in range(0, len(pixels), 64)
    ]
    return np.concatenate(parts).astype(np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.starter", description="Train the starter model.")
    parser.add_argument("--teacher", help="a saved model (default: the best of the dataset)")
    parser.add_argument("--dataset", default=catalogue.CLOTHING)
    parser.add_argument("--schedule", choices=TRIES, default="shipped", help="all but the first are only judged")
    given = parser.parse_args()
    try:
        teacher = shelf.model(given.teacher) if given.teacher else _best_teacher(given.dataset)
        dataset = catalogue.load(given.dataset)
        folder = workspace.home() / "starter" / given.schedule
        folder.mkdir(parents=True, exist_ok=True)
        training = Training(TRIES[given.schedule], dataset, teacher, folder)
        print(json.dumps({"schedule": given.schedule, **training.run()}))
        if given.schedule == "shipped":
            facts = {"teacher": {"name": teacher.name, "scores": teacher.card["scores"]["validation"]["accuracy"]}}
            card = ship(training, dataset, facts, workspace.SHIPPED_MODELS / shelf.STARTER)
            print(json.dumps({split: card["scores"][split]["accuracy"] for split in card["scores"]}))
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _best_teacher(dataset: str) -> shelf.Model:
    known = [model for model in shelf.models() if model.dataset == dataset and model.name != shelf.STARTER]
    if not known:
        raise ModelError("There is no teacher. Fine-tune one: python -m core train core/runs/fine_tuned.json --wait.")
    return max(known, key=lambda model: model.validation_accuracy)


if __name__ == "__main__":
    sys.exit(main())
