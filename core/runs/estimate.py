"""How long a run takes: rough costs of its stages, corrected by the speed of earlier runs on this machine."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, Field

from core import workspace
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLITS
from core.errors import RunError
from core.files import records
from core.files.records import Record
from core.runs import bodies
from core.runs.config import RunConfig
from core.runs.folder import look, read_curves
from core.runs.stages import Stage

SECONDS_PER_PHOTO_READ = 1 / 400
SECONDS_TO_CONVERT = 4.0
SECONDS_TO_IMPORT = 4.0  # TensorFlow, once per worker; the photos are read meanwhile, which hides the rest
SECONDS_PER_PHOTO_FITTED = 1.5e-5  # the head, on banked features
SECONDS_PER_PHOTO_AND_WEIGHT = 9e-11
LEARNING = 10  # a training step on a photo takes this many times as long as a forward pass …
TUNING = 7  # … and a step of fine-tuning, where BatchNorm keeps its statistics


class Speeds(Record):
    """speed.json: for each backbone, the time of the last runs here divided by their estimate."""

    model_config = ConfigDict(extra="allow")  # each backbone's key is a field
    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the file; the times are learned again."

    __pydantic_extra__: dict[str, float] = Field(init=False)

    def of(self, backbone_key: str) -> float | None:
        return self.__pydantic_extra__.get(backbone_key)


def costs(config: RunConfig, photos: Mapping[str, int]) -> dict[Stage, float]:
    """The stages of a run in order, with the estimated seconds of each, if nothing is in the cache.

    `photos` counts the photos of each split.
    """
    stages = {Stage.reading(split): photos.get(split, 0) * SECONDS_PER_PHOTO_READ for split in SPLITS}
    train, validation, test = (photos.get(split, 0) for split in SPLITS)
    body = bodies.of(config.backbone)
    if body.pretrained:
        if not body.is_saved_model:  # which is converted already
            stages |= {Stage.WEIGHTS: 1.0, Stage.CONVERTING: SECONDS_TO_CONVERT}
        times = 1 if body.is_saved_model or config.trial else 2.5  # other networks are compared with Keras
        tested = 0 if config.trial else test
        stages |= {
            Stage.FEATURES: feature_seconds(config, times * validation + tested),
            Stage.EPOCHS: (
                config.epochs * head_epoch_seconds(config, train) + config.views_used * feature_seconds(config, train)
            ),
        }
    else:
        epoch = backbone_epoch_seconds(config, train) + feature_seconds(config, validation)
        stages[Stage.EPOCHS] = config.epochs * epoch
    if config.fine_tune:
        tuning = backbone_epoch_seconds(config, train) + feature_seconds(config, 2 * validation)
        stages[Stage.FINE_TUNING] = config.fine_tune.epochs * tuning
    if config.trial:
        return stages
    if config.fine_tune or not body.pretrained:
        stages[Stage.CONVERTING_OWN] = SECONDS_TO_CONVERT
        stages[Stage.OWN_FEATURES] = feature_seconds(config, train + validation + test)
    return {**stages, Stage.SAVING: 1.0}


def feature_seconds(config: RunConfig, photos: float) -> float:
    """The estimated seconds that the backbone takes to compute the features of so many photos."""
    return photos * bodies.of(config.backbone).seconds_per_megapixel * config.image_size**2 / 1e6


def backbone_epoch_seconds(config: RunConfig, photos: int) -> float:
    """The estimated seconds of an epoch of so many photos in which the backbone learns."""
    blocks, count = config.fine_tune.blocks if config.fine_tune else None, bodies.of(config.backbone).blocks
    step = TUNING if config.fine_tune else LEARNING
    share = 1 + (step - 1) * (blocks / count if blocks else 1)  # all blocks compute, only the last ones learn
    return share * feature_seconds(config, photos)


def head_epoch_seconds(config: RunConfig, photos: int) -> float:
    """The estimated seconds of an epoch of so many photos in which only the head learns, on banked features."""
    sizes = (bodies.of(config.backbone).features, *config.dense_layers)
    weights = sum(before * after for before, after in itertools.pairwise(sizes)) + 10 * sizes[-1]
    return photos * (SECONDS_PER_PHOTO_FITTED + weights * SECONDS_PER_PHOTO_AND_WEIGHT)


def seconds(configs: list[RunConfig], photos: Dataset | Mapping[str, int]) -> float:
    """The estimated seconds that these runs take on this machine, one after another, sharing what they can.

    A run that continues another one counts only what is left to do. `photos` is the dataset, or the number of photos in
    each of its splits. A run on a saved model that can't be used takes no time: it fails at once.
    """
    if isinstance(photos, Dataset):
        photos = {name: len(split) for name, split in photos.splits.items()}
    total, shared = SECONDS_TO_IMPORT, set()
    for config in configs:
        if not (body := bodies.find(config.backbone)):
            continue
        stages = costs(config, photos)
        network = (config.backbone, config.image_size)
        if network in shared:
            stages = {stage: cost for stage, cost in stages.items() if not stage.is_shared}
        features = (*network, str(config.recipe), config.augmentation_seed)
        if features in shared and body.pretrained:
            stages[Stage.EPOCHS] = config.epochs * head_epoch_seconds(config, photos["train"])
        if config.parent:
            stages = _stages_left(config, config.parent, stages)
        shared |= {network, features}
        total += sum(stages.values()) * speed(config.backbone)
    return total


def fine_tuning_seconds(configs: list[RunConfig], dataset: Dataset) -> float:
    """The part of `seconds` that fine-tuning takes: the time that these runs would save without it."""
    without = [config.model_copy(update={"fine_tune": None}) for config in configs]
    return seconds(configs, dataset) - seconds(without, dataset)


def _stages_left(config: RunConfig, parent: str, stages: dict[Stage, float]) -> dict[Stage, float]:
    """The run's stages without what its parent has done; all of them if the parent no longer exists."""
    try:
        run = look(parent)
    except RunError:
        return stages
    curves = read_curves(run.folder)
    tuned, resized = curves.fine_tuned, run.config.image_size != config.image_size
    left = {**stages, Stage.EPOCHS: stages[Stage.EPOCHS] * _share_left(len(curves) - tuned, config.epochs)}
    if tuned or resized:  # the head has already learned
        for stage in (Stage.CONVERTING, Stage.FEATURES, Stage.EPOCHS):
            left.pop(stage, None)
    if config.fine_tune and not resized:
        left[Stage.FINE_TUNING] *= _share_left(tuned, config.fine_tune.epochs)
    return left


def _share_left(done: int, total: int) -> float:
    return max(0.0, 1 - done / total)


def speed(backbone_key: str) -> float:
    """The time of the last runs with this backbone here divided by their estimate; 1 before the first run."""
    try:
        times = records.read(_path(), Speeds) or Speeds()
    except RunError:  # an estimate is not worth an error
        return 1.0
    value = times.of(backbone_key)
    return 1.0 if value is None else min(20.0, max(0.05, value))


def remember_speed(backbone_key: str, announced: float, took: float) -> None:
    """Move the backbone's speed halfway to that of a whole run, which `took` so many seconds."""
    if announced <= 0 or took <= 0:
        return
    times, now = records.read_to_change(_path(), Speeds) or Speeds(), took / announced
    before = times.of(backbone_key)
    mean = now if before is None else (before + now) / 2
    _path().parent.mkdir(parents=True, exist_ok=True)
    records.write(_path(), times.model_copy(update={backbone_key: mean}))


def _path() -> Path:
    return workspace.cache() / "speed.json"
