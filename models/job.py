"""One run from its config to a saved model."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core import atomic, litert
from core.backbones import Backbone, backbone
from core.datasets import catalogue, pack
from core.datasets.folders import SPLITS
from core.datasets.pack import Pack
from core.errors import DatasetError
from core.head import Head
from core.runs import estimate
from core.runs.folder import Run, read_curves
from models import build, convert
from models.bank import Bank
from models.feed import BankFeed, PhotoFeed
from models.fit import Best, fit
from models.record import Progress
from models.save import Trained, save


def train(run: Run, progress: Progress) -> dict[str, Any]:
    """Do the run and return its report. Raises AppError for what a person can mend, Stopped when asked to stop."""
    config = run.config
    keras.utils.set_random_seed(config.seed)
    dataset = catalogue.load(config.dataset)
    record = backbone(config.backbone)
    progress.plan(estimate.costs(config, {split: len(photos) for split, photos in dataset.splits.items()}))
    packs = {split: _packed(dataset, split, config.image_size, progress) for split in SPLITS}
    for split in ("train", "validation"):
        if not len(packs[split]):
            raise DatasetError(f"The {split} split of {config.dataset} holds no photo that can be read.")
    job = _Job(run, record, dataset.classes, packs, progress)
    trained = job.frozen() if record.pretrained else job.whole()
    progress.stage("saving")
    card = save(run, trained)
    report = {**{key: card[key] for key in ("labels", "best_epoch", "scores", "temperature")}, "model": card["name"]}
    atomic.write_json(run.folder / "labels.json", card["labels"])
    atomic.write_json(run.folder / "report.json", report)
    if not progress.is_asked_to_stop() and len(read_curves(run.folder)) == config.epochs:
        with contextlib.suppress(OSError):  # a guess of the time is not worth a run
            estimate.learn(config.backbone, progress.announced, progress.took)
    return report


class _Job:
    def __init__(
        self, run: Run, record: Backbone, classes: tuple[str, ...], packs: dict[str, Pack], progress: Progress
    ) -> None:
        self._run, self._config, self._record = run, run.config, record
        self._classes, self._packs, self._progress = classes, packs, progress

    def frozen(self) -> Trained:
        """Fit the head on the features of a frozen, pretrained backbone."""
        config, packs = self._config, self._packs
        self._progress.stage("weights", "ImageNet weights")
        body = _Lazy(lambda: build.backbone(self._record, config.image_size, "imagenet"))
        weights = self._record.weights_path(config.image_size)
        assert weights is not None
        if not weights.is_file():
            body()  # downloads them
        digest = convert.weights_digest(weights)
        self._progress.stage("converting", "converting the backbone")
        converted = convert.frozen(self._record, config.image_size, digest, body)
        name = f"{self._record.key}-{config.image_size}-{digest}"
        # what the saved model will answer is judged by its own file, on a GPU too, and compared with Keras
        runner = litert.Backbone(converted)
        judge = Bank(name, config.image_size, lambda photos: runner.run(photos)[1])
        keras_bank = Bank(f"{name}-keras", config.image_size, lambda photos: _predict(body(), photos))
        bank = keras_bank if keras.distribution.list_devices("gpu") else judge  # whichever is faster here
        self._progress.stage("judging features", "features of validation and test photos")
        vectors = {}
        for split in ("validation", "test"):
            vectors[split] = judge.features(packs[split], progress=self._progress.tick)
        expected = keras_bank.features(packs["validation"], progress=self._progress.tick)

        self._progress.stage("epochs")
        head = build.head(config, self._record.features, len(self._classes))
        labels = packs["train"].labels
        cost = estimate.banking(config, len(labels)) / estimate.fitting(config, len(labels))

        def view(number: int) -> NDArray[np.float32]:
            words = "looking at the photos" if config.views_used == 1 else f"view {number + 1} of {config.views_used}"

            def tick(done: int, of: int) -> None:
                self._progress.tick(feed.share_banked(number, done / of), 1, words)

            return bank.features(packs["train"], config.recipe, config.augmentation_seed, number, tick)

        feed = BankFeed(config, view, vectors["validation"], labels, len(self._classes), cost)
        best = fit(config, head, feed, packs["validation"].labels, self._run.folder, self._progress)
        vectors["train"] = view(0)
        keras_logits = np.asarray(head.predict(np.asarray(expected), batch_size=1024, verbose=0))
        return self._trained(head, converted, None, vectors, keras_logits, best)

    def whole(self) -> Trained:
        """Fit backbone and head together on photos."""
        config, packs = self._config, self._packs
        self._progress.stage("epochs")
        body = build.backbone(self._record, config.image_size, None)
        head = build.head(config, self._record.features, len(self._classes))
        network = build.whole(body, head)
        feed = PhotoFeed(config, packs["train"], packs["validation"], len(self._classes))
        best = fit(config, network, feed, packs["validation"].labels, self._run.folder, self._progress)
        self._progress.stage("converting", "converting the network")
        converted = self._run.folder / "backbone.tflite"
        convert.checked(body, converted)
        run = litert.Backbone(converted).run
        vectors = {split: _vectors(run, pack) for split, pack in packs.items()}
        own = [np.array(keras.ops.convert_to_numpy(variable)) for variable in body.variables]
        trained = self._trained(head, converted, own, vectors, feed.validation(network), best)
        return trained

    def _trained(
        self,
        head: keras.Model,
        converted: Path,
        own: list[NDArray[Any]] | None,
        vectors: dict[str, NDArray[np.float32]],
        keras_logits: NDArray[np.float32],
        best: Best,
    ) -> Trained:
        kernels, biases = build.dense_weights(head)
        return Trained(
            classes=self._classes,
            head=Head(tuple(kernels), tuple(biases), self._config.activation),
            backbone_file=converted,
            own_backbone=own,
            vectors=vectors,
            packs=self._packs,
            keras_logits=keras_logits,
            best_epoch=best.epoch,
            fingerprint=pack.fingerprint(self._packs, self._classes),
        )


class _Lazy:
    """A Keras backbone that is built when it is first needed: a run whose features are banked never needs it."""

    def __init__(self, make: Callable[[], keras.Model]) -> None:
        self._make = make
        self._made: keras.Model | None = None

    def __call__(self) -> keras.Model:
        if self._made is None:
            self._made = self._make()
        return self._made


def _predict(body: keras.Model, photos: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(body.predict_on_batch(photos)[1])


def _vectors(
    run: Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]], photos: Pack
) -> NDArray[np.float32]:
    parts = [
        run(np.ascontiguousarray(photos.pixels[start : start + litert.BATCH]))[1]
        for start in range(0, len(photos), litert.BATCH)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def _packed(dataset: catalogue.Dataset, split: str, size: int, progress: Progress) -> Pack:
    progress.stage(f"reading {split}", f"reading {split} photos")
    packed = pack.load(dataset, split, size, progress.tick)
    if packed.skipped:
        name, why = packed.skipped[0]
        others = f" and {len(packed.skipped) - 1} others" if len(packed.skipped) > 1 else ""
        progress.warn(f"{name}{others} can't be read and were left out: {why}")
    return packed


def clean_up(folder: Path) -> None:
    """Remove what only a run in progress needs."""
    for name in ("backup.npz", "backbone.tflite"):
        (folder / name).unlink(missing_ok=True)
