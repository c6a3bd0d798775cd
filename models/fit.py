"""Fit a model: epochs of batches, scored on the validation photos; keeps the best epoch and a backup to resume from."""

import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.answering.evaluation import accuracy, cross_entropy
from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from core.files import cache
from core.runs.records import Epoch, PartialEpoch, from_line
from models import build, carry
from models.backup import read_backup
from models.feed import Feed
from models.plan import Plan, compile_for
from models.record import Metrics, Progress, Stopped, write_arrays

LEAP = 10_000  # times the loss of guessing; beyond it, training has diverged. Too confident answers stay far below
BACKUP_SECONDS = 5.0  # least time between two backups
BACKUP_SHARE = 0.01  # of the time at most, so large networks are backed up less often


@dataclass
class Best:
    """The best epoch so far, by validation accuracy; in a tie, the one with the lowest validation loss."""

    epoch: int
    val_accuracy: float
    val_loss: float
    weights: list[NDArray[Any]] = field(repr=False)

    def is_beaten_by(self, val_accuracy: float, val_loss: float) -> bool:
        return (val_accuracy, -val_loss) > (self.val_accuracy, -self.val_loss)


@dataclass
class Position:
    """How far a stage is: the epoch in progress, the number of finished batches, and sums over their photos."""

    epoch: int
    batch: int = 0
    seen: int = 0
    loss: float = 0.0
    right: float = 0.0
    seconds: float = 0.0  # of this epoch so far

    @property
    def mean_loss(self) -> float:
        return self.loss / self.seen

    @property
    def accuracy(self) -> float:
        return self.right / self.seen

    def partial(self, batches: int) -> PartialEpoch:
        """The record of the batches so far, out of `batches`."""
        return PartialEpoch(
            epoch=self.epoch, batch=self.batch, batches=batches, loss=self.mean_loss, accuracy=self.accuracy
        )


def fit(
    plan: Plan,
    model: keras.Model,
    feed: Feed,
    labels: NDArray[np.intp],
    trained_on: TrainedOn,
    folder: Path,
    progress: Progress,
    best: Best | None = None,
) -> Best:
    """Train `model` for the stage's epochs and leave it with the best epoch's weights.

    `labels` are those of the validation photos, `trained_on` is the dataset. `best` is the best epoch of the earlier
    stages, which this stage has to beat. Resumes from the stage's backup if there is one, even if the dataset has
    changed since. A request to stop ends training after the current portion. Raises Stopped if no epoch is finished by
    then, RunError if the loss diverges in the first epoch or if no class of the backup is left.
    """
    return _Fit(plan, model, feed, labels, trained_on, folder, progress, best).run()


class _Fit:
    def __init__(
        self,
        plan: Plan,
        model: keras.Model,
        feed: Feed,
        labels: NDArray[np.intp],
        trained_on: TrainedOn,
        folder: Path,
        progress: Progress,
        best: Best | None,
    ) -> None:
        self._plan, self._model, self._feed, self._labels = plan, model, feed, labels
        self._trained_on = trained_on
        self._folder, self._progress, self._best = folder, progress, best
        self._at = Position(plan.first)
        compile_for(plan, model, feed.batches)
        model.optimizer.build(model.trainable_variables)
        self._step = feed.step(model)
        self._curve: list[str] = []  # its lines in the backup
        self._restore()
        self._metrics = Metrics(folder, self._at.epoch, self._curve)
        self._backed_up, self._pause = time.monotonic(), BACKUP_SECONDS

    def run(self) -> Best:
        while self._at.epoch < self._plan.last and not self._is_patience_over():
            try:
                self._train()
            except Stopped:
                self._back_up()  # somebody may want to continue from here
                if self._best is None:
                    raise
                break
            if not self._judge():
                break
        else:
            self._back_up()  # so a worker that dies while saving repeats no epoch
        best = self._best
        if best is None:
            raise RunError("No epoch was finished.")
        self._metrics.flush()
        build.assign(self._model.variables, best.weights)
        facts = {"epoch": best.epoch, "val_accuracy": best.val_accuracy, "trained_on": self._dataset()}
        write_arrays(self._folder / "best.npz", best.weights, **facts)
        return best

    def _is_patience_over(self) -> bool:
        if self._best is None or not self._plan.early_stopping:
            return False
        return self._at.epoch - 1 - max(self._best.epoch, self._plan.first - 1) >= self._plan.early_stopping

    def _train(self) -> None:
        """Train on the rest of the epoch's photos."""
        at, feed = self._at, self._feed
        words = f"{'fine-tuning, ' if self._plan.stage else ''}epoch {at.epoch + 1} of {self._plan.last}"
        feed.prepare(at.epoch)
        began = time.monotonic() - at.seconds
        for portion in feed.epoch(at.epoch, at.batch):
            self._progress.tick(feed.share(at.epoch - self._plan.first + at.batch / feed.batches), 1, words)
            loss, right = self._step(portion)
            at.seen, at.loss, at.right = at.seen + len(portion[0]), at.loss + loss, at.right + right
            at.batch = min(feed.batches, at.batch + -(-len(portion[0]) // feed.batch_size))
            at.seconds = time.monotonic() - began
            if math.isfinite(at.loss):
                self._metrics.within(at.partial(feed.batches))
            if at.batch < feed.batches:
                self._back_up_if_due()

    def _judge(self) -> bool:
        """End the epoch: score the validation photos and write the curves; returns False if training has diverged."""
        at, began = self._at, time.monotonic()
        val_loss, val_accuracy = self._scores()
        if sentence := self._divergence(val_loss):
            if self._best is None:
                raise RunError(f"{sentence} Try a tenth of it, {self._plan.learning_rate / 10:g}.")
            self._progress.warn(f"{sentence} The best epoch before that was saved.")
            return False
        self._metrics.epoch(
            Epoch(
                epoch=at.epoch,
                stage=self._plan.stage,
                loss=at.mean_loss,
                accuracy=at.accuracy,
                val_loss=val_loss,
                val_accuracy=val_accuracy,
                seconds=at.seconds + time.monotonic() - began,
                scored_on=self._scored_on,
            )
        )
        if self._best is None or self._best.is_beaten_by(val_accuracy, val_loss):
            self._best = Best(at.epoch, val_accuracy, val_loss, build.values(self._model.variables))
        self._at = Position(at.epoch + 1)
        self._back_up_if_due()
        return True

    def _scores(self) -> tuple[float, float]:
        """The loss and the accuracy on the validation photos; a network that has diverged may have an infinite loss."""
        logits = self._feed.validation(self._model)
        with np.errstate(invalid="ignore"):
            return cross_entropy(logits, self._labels), accuracy(logits, self._labels)

    @property
    def _scored_on(self) -> str:
        state = self._trained_on.splits.get("validation")
        return state.content if state else ""

    def _dataset(self) -> dict[str, Any]:
        return self._trained_on.model_dump(mode="json")

    def _divergence(self, val_loss: float) -> str:
        """What happened in this epoch, if training has diverged; else empty. The loss may leap without overflowing."""
        at = self._at
        if not (math.isfinite(at.loss) and math.isfinite(val_loss)):
            return f"The loss overflowed in epoch {at.epoch + 1}: the learning rate is too high."
        shares = np.unique(self._labels, return_counts=True)[1] / len(self._labels)
        guessing = float(-np.sum(shares * np.log(shares)))  # the loss of answering by the frequency of the classes
        if val_loss <= LEAP * max(guessing, 1.0):
            return ""
        return (
            f"The validation loss leapt to {val_loss:,.0f} in epoch {at.epoch + 1}, where guessing has {guessing:.1f}: "
            "the learning rate is too high."
        )

    def _back_up_if_due(self) -> None:
        if time.monotonic() - self._backed_up >= self._pause and self._back_up():
            self._progress.reset_attempts()

    def _back_up(self) -> bool:
        """Write a backup; returns whether the disk had room. The run continues without one."""
        began = time.monotonic()
        try:
            self._metrics.flush()  # a backup must not have an epoch that the curves lack
            self._write_backup()
        except OSError as error:
            if error.errno not in cache.FULL:
                raise
            self._progress.warn(
                "The disk was full, so this run could not be backed up for a while. Make room: Disk on the Data page, "
                "or python -m core disk --clean."
            )
            return False
        finally:
            self._backed_up = time.monotonic()
            self._pause = max(BACKUP_SECONDS, (self._backed_up - began) / BACKUP_SHARE)
        return True

    def _write_backup(self) -> None:
        best = self._best
        own = build.values(self._model.variables) + build.values(self._model.optimizer.variables)
        facts: dict[str, Any] = {"stage": self._plan.stage, "first": self._plan.first, "at": asdict(self._at)}
        facts.update(curve=self._metrics.finished, trained_on=self._dataset(), network=self._feed.network)
        if best:
            facts["best"] = [best.epoch, best.val_accuracy, best.val_loss]
        write_arrays(self._folder / "backup.npz", own + (best.weights if best else []), **facts)

    def _restore(self) -> None:
        """Restore everything from the stage's backup. What belongs to a class follows it by its name."""
        backup = read_backup(self._folder, self._progress)
        if backup is None or backup.facts.get("stage") != self._plan.stage:
            return
        backup.check_network(self._feed.network)
        arrays, facts, before, now = backup.arrays, backup.facts, backup.trained_on, self._trained_on
        change = carry.check(before, now)
        own, optimizer = self._model.variables, self._model.optimizer.variables
        parts = arrays[: len(own)], arrays[len(own) : len(own) + len(optimizer)], arrays[len(own) + len(optimizer) :]
        build.assign(own, carry.values(own, parts[0], before, now))
        build.assign(optimizer, carry.values(optimizer, parts[1], before, now))
        self._at = Position(**facts["at"])
        if not now.has_same_order("train", before) and before != now:  # the epoch in progress had other photos
            self._at = Position(self._at.epoch)
        self._curve = list(facts.get("curve", ()))  # backups of earlier versions have none
        if "best" in facts:
            epoch, val_accuracy, val_loss = facts["best"]
            self._best = Best(epoch, val_accuracy, val_loss, carry.values(own, parts[2], before, now))
            if not now.has_same("validation", before) and before != now:
                self._score_again(self._best)
        if change:
            self._progress.warn(change)

    def _score_again(self, best: Best) -> None:
        """Score the best epoch on the validation photos of today, and correct its line of the curves."""
        current = build.values(self._model.variables)
        build.assign(self._model.variables, best.weights)
        best.val_loss, best.val_accuracy = self._scores()
        build.assign(self._model.variables, current)
        changes = {"val_loss": best.val_loss, "val_accuracy": best.val_accuracy, "scored_on": self._scored_on}
        for i, line in enumerate(self._curve):
            epoch = from_line(line)
            if isinstance(epoch, Epoch) and epoch.epoch == best.epoch:
                self._curve[i] = Metrics.line(epoch.model_copy(update=changes))
