"""One run, from its config and photos to a saved model."""

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.answering import litert, model_files
from core.answering.card import Card
from core.answering.head import Head
from core.augment import receipt
from core.datasets import trained_on
from core.datasets.pack import Pack
from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from core.files import atomic, records
from core.runs import bodies, changes, estimate, predictions
from core.runs.fine_tuning import FineTune
from core.runs.folder import Run, read_curves
from core.runs.records import Report
from core.runs.stages import Stage
from models import accelerator, base, build, carry, convert, parallel, parent
from models.backup import read_backup
from models.banks import Banks
from models.feed import BankFeed, Feed, PhotoFeed, logits
from models.fit import Best, fit
from models.plan import Plan
from models.record import Progress, read_arrays
from models.save import TrainedNetwork, save
from models.tried import TriedNetwork

Array = NDArray[np.float32]


def train(run: Run, classes: tuple[str, ...], packs: dict[str, Pack], progress: Progress) -> Report:
    """Train the run and return its report. Raises AppError for what a person can fix, Stopped on request."""
    keras.utils.set_random_seed(run.config.seed)
    parent.take_over(run)
    progress.set_receipt(receipt.of(run.config.recipe, run.config.augmentation_seed))
    with ExitStack() as held:  # until the model is saved
        job = _Job(run, classes, packs, progress, held)
        if change := changes.change_within_study(run, job.trained_on):
            progress.warn(change)
        trained = job.trained()
        if isinstance(trained, TriedNetwork):
            report = trained.report()
        else:
            progress.stage(Stage.SAVING)
            report = _report(save(run, trained), trained.trained_on)
    atomic.write_json(run.folder / "labels.json", report.labels)
    predictions.write(run.folder, trained.predictions)
    records.write(run.folder / "report.json", report)
    epochs = run.config.epochs + (run.config.fine_tune.epochs if run.config.fine_tune else 0)
    is_usual = not (run.config.parent or run.config.trial)  # a trial computes hardly anything
    if is_usual and len(read_curves(run.folder)) == epochs:  # not stopped
        with contextlib.suppress(OSError, RunError):  # a failed time estimate must not end the run
            estimate.remember_speed(run.config.backbone, progress.expected_seconds, progress.actual_seconds)
    return report


def _report(card: Card, data: TrainedOn) -> Report:
    return Report(
        labels=card.labels,
        best_epoch=card.best_epoch,
        scores=card.scores,
        temperature=card.temperature,
        model=card.name,
        trained_on=data,
        receipt=card.receipt,
    )


class _Job:
    def __init__(
        self, run: Run, classes: tuple[str, ...], packs: dict[str, Pack], progress: Progress, held: ExitStack
    ) -> None:
        self._run, self._config, self._record = run, run.config, bodies.of(run.config.backbone)
        self._classes, self._packs, self._progress = classes, packs, progress
        self.trained_on = trained_on.of(packs, classes)
        self._held = held

    def trained(self) -> TrainedNetwork | TriedNetwork:
        """Train as the settings say."""
        if not self._record.pretrained:
            return self.whole()
        return self.fine_tuned() if self._config.fine_tune else self.frozen()

    def frozen(self) -> TrainedNetwork | TriedNetwork:
        """Fit the head on the features of a frozen backbone, pretrained or a saved model's."""
        own = base.take(self._run) if self._record.is_saved_model else None
        if own:
            if sentence := own.flattery(self._config.dataset, self.trained_on):
                self._progress.warn(sentence)
            banks = Banks.of_model(own, self._config, self._progress)
        else:
            banks = Banks.of_imagenet(self._config, self._record, self._progress, self._held)
        self._progress.stage(Stage.FEATURES)
        vectors = {
            split: banks.litert.features(self._packs[split], progress=self._progress.tick)
            for split in (("validation",) if self._config.trial else ("validation", "test"))
        }
        if self._config.trial:
            head, best = self._head(banks, vectors["validation"])
            return self._tried(logits(head, vectors["validation"]), best)
        expected = banks.keras.features(self._packs["validation"], progress=self._progress.tick)
        head, best = self._head(banks, vectors["validation"])
        if own is None:
            convert.check()
        vectors["train"] = self._view(banks, 0)
        trained = self._trained(head, banks.converted, None, vectors, logits(head, expected), best)
        return replace(trained, weights_file=own.weights if own else None)

    def fine_tuned(self) -> TrainedNetwork | TriedNetwork:
        """Fit the head on frozen features, then backbone and head together on photos."""
        config, packs = self._config, self._packs
        backup = read_backup(self._run.folder, self._progress)
        facts = backup.facts if backup else {}
        best = None
        if facts.get("stage") == 1 or parent.grows(config):
            head = build.head(config, self._record.features, len(self._classes))
            first = int(facts.get("first", 0))
        else:
            banks = Banks.of_imagenet(config, self._record, self._progress, self._held)
            self._progress.stage(Stage.FEATURES)
            head, best = self._head(banks, banks.litert.features(packs["validation"], progress=self._progress.tick))
            first = len(read_curves(self._run.folder))
        self._progress.stage(Stage.FINE_TUNING)
        self._held.enter_context(parallel.together(self._run, self._progress))
        head = parallel.spread(head)
        assert config.fine_tune is not None
        with build.precision(_policy(config.fine_tune)):
            body = build.backbone(self._record, config.image_size, "imagenet")
        build.unfreeze(body, self._record, config.fine_tune.blocks)
        network = build.whole(body, head)
        if best:
            best.weights = build.values(network.variables)
        elif parent.grows(config):
            self._load(network, parent.best_weights(self._run))
        feed = PhotoFeed(config, packs["train"], packs["validation"], len(self._classes), config.fine_tune.epochs)
        plan = Plan.of_fine_tuning(config, first)
        best = self._fit(plan, network, feed, best)
        return self._tried(feed.validation(network), best) if config.trial else self._own(body, head, feed, best)

    def whole(self) -> TrainedNetwork | TriedNetwork:
        """Fit backbone and head together on photos, from random weights."""
        config, packs = self._config, self._packs
        self._progress.stage(Stage.EPOCHS)
        self._held.enter_context(parallel.together(self._run, self._progress))
        body = build.backbone(self._record, config.image_size, None)
        head = build.head(config, self._record.features, len(self._classes))
        network = build.whole(body, head)
        feed = PhotoFeed(config, packs["train"], packs["validation"], len(self._classes))
        best = self._fit(Plan.of(config), network, feed)
        return self._tried(feed.validation(network), best) if config.trial else self._own(body, head, feed, best)

    def _head(self, banks: Banks, validation: Array) -> tuple[keras.Model, Best]:
        config, train = self._config, self._packs["train"]
        self._progress.stage(Stage.EPOCHS)
        head = build.head(config, self._record.features, len(self._classes))
        cost = estimate.feature_seconds(config, len(train)) / estimate.head_epoch_seconds(config, len(train))

        def view(number: int) -> Array:
            words = "computing features" if config.views_used == 1 else f"view {number + 1} of {config.views_used}"

            def tick(done: int, of: int) -> None:
                self._progress.tick(feed.banking_share(number, done / of), 1, words)

            return self._view(banks, number, tick)

        feed = BankFeed(config, view, validation, train.labels, len(self._classes), cost, banks.network, train)
        return head, self._fit(Plan.of(config), head, feed)

    def _fit(self, plan: Plan, model: keras.Model, feed: Feed, best: Best | None = None) -> Best:
        labels, folder = self._packs["validation"].labels, self._run.folder
        return fit(plan, model, feed, labels, self.trained_on, folder, self._progress, best)

    def _view(self, banks: Banks, number: int, tick: Callable[[int, int], None] | None = None) -> Array:
        config = self._config
        return banks.training.features(self._packs["train"], config.recipe, config.augmentation_seed, number, tick)

    def _load(self, network: keras.Model, path: Path) -> None:
        """Start from the parent's best weights. What belongs to a class follows it by its name."""
        backup = read_arrays(path)
        before = carry.state(backup[1], path.parent) if backup else None
        if backup is None or before is None:
            raise RunError("The parent run's weights are damaged or of an earlier version. Start a new run.")
        if change := carry.check(before, self.trained_on):
            self._progress.warn(change)
        build.assign(network.variables, carry.values(network.variables, backup[0], before, self.trained_on))

    def _own(self, body: keras.Model, head: keras.Model, feed: PhotoFeed, best: Best) -> TrainedNetwork:
        """Convert a backbone that has learned, and compute its features of all photos."""
        self._progress.stage(Stage.CONVERTING_OWN)
        own = build.values(body.variables)
        if keras.config.dtype_policy() != body.dtype_policy:  # trained in 16 bits, but it answers in 32
            body = build.backbone(self._record, self._config.image_size, None)
            build.assign(body.variables, own)
        converted = self._run.folder / model_files.BACKBONE
        convert.convert_and_check(body, converted)
        answering = litert.Backbone(converted)
        self._progress.stage(Stage.OWN_FEATURES)
        vectors = {split: all_vectors(answering, pack) for split, pack in self._packs.items()}
        return self._trained(head, converted, own, vectors, feed.validation(build.whole(body, head)), best)

    def _tried(self, answers: Array, best: Best) -> TriedNetwork:
        """What is left of a trial; `answers` are its logits for the validation photos."""
        return TriedNetwork(
            self._config, self._classes, self._packs["validation"], answers, best.epoch, self.trained_on
        )

    def _trained(
        self,
        head: keras.Model,
        converted: Path,
        own: list[NDArray[Any]] | None,
        vectors: dict[str, Array],
        keras_logits: Array,
        best: Best,
    ) -> TrainedNetwork:
        kernels, biases = build.dense_weights(head)
        return TrainedNetwork(
            classes=self._classes,
            head=Head(tuple(kernels), tuple(biases), self._config.activation),
            body=self._record,
            backbone_file=converted,
            own_backbone=own,
            vectors=vectors,
            packs=self._packs,
            keras_logits=keras_logits,
            best_epoch=best.epoch,
            trained_on=self.trained_on,
        )


def all_vectors(backbone: litert.Backbone, photos: Pack) -> Array:
    """The pooled vectors of all photos in a split: (photos, features)."""
    parts = list(backbone.vectors(photos.pixels))
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def _policy(plan: FineTune) -> str | None:
    """The Keras policy that lets the network compute in 16 bits on a GPU; None elsewhere."""
    if not (plan.mixed_precision and accelerator.has_gpu()):
        return None
    return "mixed_bfloat16" if keras.config.backend() == "jax" else "mixed_float16"


def clean_up(folder: Path) -> None:
    """Delete the files that only a run in progress needs. Its backup stays, so it can be continued."""
    base.clean_up(folder)
