"""Fitting: epochs of batches, judged on the validation photos, the best kept, and a backup to go on from."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.evaluation import accuracy, cross_entropy
from core.runs.config import RunConfig
from models.feed import Feed
from models.record import Metrics, Progress, Stopped, read_arrays, write_arrays

BACKUP_SECONDS = 5.0  # least time between two backups


@dataclass
class Best:
    """The best epoch so far, by validation accuracy; of several the one with the lowest validation loss."""

    epoch: int
    val_accuracy: float
    val_loss: float
    weights: list[NDArray[Any]]

    def is_beaten_by(self, val_accuracy: float, val_loss: float) -> bool:
        return (val_accuracy, -val_loss) > (self.val_accuracy, -self.val_loss)


def compile_for(config: RunConfig, model: keras.Model, batches: int) -> None:
    """Give the model its loss, its optimizer and the accuracy that the curves show."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = config.learning_rate
    if config.schedule == "cosine" or config.warmup:
        steps = max(1, config.epochs * batches - config.warmup)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if config.warmup else config.learning_rate,
            decay_steps=steps,
            alpha=0.0 if config.schedule == "cosine" else 1.0,
            warmup_target=config.learning_rate if config.warmup else None,
            warmup_steps=config.warmup,
        )
    optimizers = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate, weight_decay=1e-4),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9),
    }
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    model.compile(optimizers[config.optimizer](), loss, metrics=["accuracy"])


def fit(
    config: RunConfig,
    model: keras.Model,
    feed: Feed,
    labels: NDArray[np.intp],
    folder: Path,
    progress: Progress,
) -> Best:
    """Train `model` for the run's epochs and leave it with the best epoch's weights.

    `labels` are those of the validation photos. Goes on from the run's backup when there is one. A wish to stop ends
    the training after the batch in hand. Raises Stopped when there is no finished epoch by then, RunError when the
    loss diverges before the first epoch is over.
    """
    compile_for(config, model, feed.batches)
    model.optimizer.build(model.trainable_variables)
    start, best = _restore(model, folder)
    metrics = Metrics(folder, start)
    backed_up = time.monotonic()
    for epoch in range(start, config.epochs):
        if best and config.early_stopping and epoch - 1 - best.epoch >= config.early_stopping:
            break
        try:
            feed.prepare(epoch)
            began = time.monotonic()
            loss, train_accuracy = _train(config, model, feed, epoch, metrics, progress)
        except Stopped:
            if best is None:
                raise
            break
        logits = feed.validation(model)
        with np.errstate(invalid="ignore"):  # infinite logits are dealt with below
            values = {"val_loss": cross_entropy(logits, labels), "val_accuracy": accuracy(logits, labels)}
        if not (math.isfinite(loss) and math.isfinite(values["val_loss"])):
            sentence = f"The loss grew beyond all numbers in epoch {epoch + 1}: the learning rate is too high."
            if best is None:
                raise RunError(f"{sentence} Try a tenth of it, {config.learning_rate / 10:g}.")
            progress.warn(f"{sentence} The best epoch before it was kept.")
            break
        metrics.epoch(epoch=epoch, loss=loss, accuracy=train_accuracy, **values, seconds=time.monotonic() - began)
        if best is None or best.is_beaten_by(values["val_accuracy"], values["val_loss"]):
            best = Best(epoch, values["val_accuracy"], values["val_loss"], _values(model.variables))
        if time.monotonic() - backed_up >= BACKUP_SECONDS:
            _back_up(model, folder, epoch + 1, best)
            backed_up = time.monotonic()
            progress.keep_going()
    if best is None:
        raise RunError("No epoch was finished.")
    _back_up(model, folder, config.epochs, best)  # a worker that dies while saving has no epoch to do again
    _assign(model.variables, best.weights)
    write_arrays(folder / "best.npz", best.weights, epoch=best.epoch, val_accuracy=best.val_accuracy)
    return best


def _train(
    config: RunConfig, model: keras.Model, feed: Feed, epoch: int, metrics: Metrics, progress: Progress
) -> tuple[float, float]:
    """One epoch; returns the mean loss and accuracy over its batches."""
    words = f"epoch {epoch + 1} of {config.epochs}"
    seen, loss, right = 0, 0.0, 0.0  # photos, and sums over them
    for batch, (inputs, one_hot, weights) in enumerate(feed.epoch(epoch)):
        progress.tick(feed.share(epoch + batch / feed.batches), 1, words)
        logs = model.train_on_batch(inputs, one_hot, sample_weight=weights, return_dict=True)  # of this batch alone
        seen += len(inputs)
        loss += float(logs["loss"]) * len(inputs)
        right += float(logs["accuracy"]) * len(inputs)
        metrics.within(epoch=epoch, batch=batch + 1, batches=feed.batches, loss=loss / seen, accuracy=right / seen)
    return loss / seen, right / seen


def _values(variables: list[keras.Variable]) -> list[NDArray[Any]]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables: list[keras.Variable], values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _back_up(model: keras.Model, folder: Path, epoch: int, best: Best) -> None:
    arrays = _values(model.variables) + _values(model.optimizer.variables) + best.weights
    write_arrays(folder / "backup.npz", arrays, epoch=epoch, best=[best.epoch, best.val_accuracy, best.val_loss])


def _restore(model: keras.Model, folder: Path) -> tuple[int, Best | None]:
    """Put the model where the backup was made; returns the next epoch and the best so far."""
    backup = read_arrays(folder / "backup.npz")
    if backup is None:
        return 0, None
    arrays, facts = backup
    own, optimizer = len(model.variables), len(model.optimizer.variables)
    _assign(model.variables, arrays[:own])
    _assign(model.optimizer.variables, arrays[own : own + optimizer])
    epoch, val_accuracy, val_loss = facts["best"]
    return facts["epoch"], Best(epoch, val_accuracy, val_loss, arrays[own + optimizer :])
