"""How long a run takes: rough costs of its stages, corrected by how fast this machine has been before."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, Field

from core import workspace
from core.backbones import backbone
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLITS
from core.errors import RunError
from core.files import records
from core.files.records import Record
from core.runs.config import RunConfig
from core.runs.folder import look, read_curves
from core.runs.stages import Stage

SECONDS_PER_PHOTO_READ = 1 / 400
SECONDS_TO_CONVERT = 4.0
SECONDS_TO_IMPORT = 4.0  # TensorFlow, once per worker, as far as reading the photos does not hide it
SECONDS_PER_PHOTO_FITTED = 1.5e-5  # the head, on banked features
SECONDS_PER_PHOTO_AND_WEIGHT = 9e-11
LEARNING = 10  # times as long as a look at a photo takes a step of training on it


class Speeds(Record):
    """speed.json: by backbone, how many times as long as announced the last runs took here."""

    model_config = ConfigDict(extra="allow")  # each backbone's key is a field
    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the file; the times are learned again."

    __pydantic_extra__: dict[str, float] = Field(init=False)

    def of(self, backbone_key: str) -> float | None:
        return self.__pydantic_extra__.get(backbone_key)


def costs(config: RunConfig, photos: Mapping[str, int]) -> dict[Stage, float]:
    """The stages of a run that finds nothing in the cache, in order, with about how many seconds each takes.

    `photos` counts those of each split.
    """
    stages = {Stage.reading(split): photos.get(split, 0) * SECONDS_PER_PHOTO_READ for split in SPLITS}
    train, validation, test = (photos.get(split, 0) for split in SPLITS)
    if backbone(config.backbone).pretrained:
        stages |= {
            Stage.WEIGHTS: 1.0,
            Stage.CONVERTING: SECONDS_TO_CONVERT,
            Stage.FEATURES: banking(config, 2.5 * validation + test),
            Stage.EPOCHS: config.epochs * fitting(config, train) + config.views_used * banking(config, train),
        }
    else:
        stages[Stage.EPOCHS] = config.epochs * (learning(config, train) + banking(config, validation))
    if config.fine_tune:
        tuning = learning(config, train) + banking(config, 2 * validation)
        stages[Stage.FINE_TUNING] = config.fine_tune.epochs * tuning
    if config.fine_tune or not backbone(config.backbone).pretrained:
        stages[Stage.CONVERTING_OWN] = SECONDS_TO_CONVERT
        stages[Stage.OWN_FEATURES] = banking(config, train + validation + test)
    return {**stages, Stage.SAVING: 1.0}


def banking(config: RunConfig, photos: float) -> float:
    """About how many seconds the backbone looks at so many photos."""
    return photos * backbone(config.backbone).seconds_per_megapixel * config.image_size**2 / 1e6


def learning(config: RunConfig, photos: int) -> float:
    """About how many seconds an epoch of so many photos takes in which the backbone learns."""
    blocks, of = config.fine_tune.blocks if config.fine_tune else None, backbone(config.backbone).blocks
    share = 1 + (LEARNING - 1) * (blocks / of if blocks else 1)  # all layers look, the last so many learn
    return share * banking(config, photos)


def fitting(config: RunConfig, photos: int) -> float:
    """About how many seconds an epoch of so many photos takes in which the head alone learns, on banked features."""
    sizes = (backbone(config.backbone).features, *config.dense_layers)
    weights = sum(before * after for before, after in itertools.pairwise(sizes)) + 10 * sizes[-1]
    return photos * (SECONDS_PER_PHOTO_FITTED + weights * SECONDS_PER_PHOTO_AND_WEIGHT)


def seconds(configs: list[RunConfig], photos: Dataset | Mapping[str, int]) -> float:
    """About how long these runs take on this machine, one after another, sharing what they can.

    Of a run that goes on from another one only what is still to be done. `photos` is their dataset, or the number of
    photos in each split of it.
    """
    if isinstance(photos, Dataset):
        photos = {split: len(listed) for split, listed in photos.splits.items()}
    total, shared = SECONDS_TO_IMPORT, set()
    for config in configs:
        stages = costs(config, photos)
        about = (config.backbone, config.image_size)
        if about in shared:
            stages = {stage: cost for stage, cost in stages.items() if not stage.is_shared}
        seen = (*about, str(config.recipe), config.augmentation_seed)
        if seen in shared and backbone(config.backbone).pretrained:
            stages[Stage.EPOCHS] = config.epochs * fitting(config, photos["train"])
        if config.parent:
            stages = _left(config, config.parent, stages)
        shared |= {about, seen}
        total += sum(stages.values()) * speed(config.backbone)
    return total


def fine_tuning(configs: list[RunConfig], dataset: Dataset) -> float:
    """How much of `seconds` is for fine-tuning: as much as these runs would take less without it."""
    without = [config.model_copy(update={"fine_tune": None}) for config in configs]
    return seconds(configs, dataset) - seconds(without, dataset)


def _left(config: RunConfig, parent: str, stages: dict[Stage, float]) -> dict[Stage, float]:
    """The run's stages without what its parent has done; all of them where that one is gone."""
    try:
        run = look(parent)
    except RunError:
        return stages
    curves = read_curves(run.folder)
    tuned, smaller = curves.fine_tuned, run.config.image_size != config.image_size
    left = {**stages, Stage.EPOCHS: stages[Stage.EPOCHS] * _share_left(len(curves) - tuned, config.epochs)}
    if tuned or smaller:  # the head has learned already
        for stage in (Stage.CONVERTING, Stage.FEATURES, Stage.EPOCHS):
            left.pop(stage, None)
    if config.fine_tune and not smaller:
        left[Stage.FINE_TUNING] *= _share_left(tuned, config.fine_tune.epochs)
    return left


def _share_left(done: int, of: int) -> float:
    return max(0.0, 1 - done / of)


def speed(backbone_key: str) -> float:
    """How many times as long as announced the last runs with this backbone took here; 1 before the first."""
    try:
        times = records.read(_path(), Speeds) or Speeds()
    except RunError:  # an estimate is not worth an error
        return 1.0
    value = times.of(backbone_key)
    return 1.0 if value is None else min(20.0, max(0.05, value))


def learn(backbone_key: str, announced: float, took: float) -> None:
    """Remember how long a whole run took, against what was announced: halfway to the newest measurement."""
    if announced <= 0 or took <= 0:
        return
    times, now = records.read_to_change(_path(), Speeds) or Speeds(), took / announced
    before = times.of(backbone_key)
    mean = now if before is None else (before + now) / 2
    _path().parent.mkdir(parents=True, exist_ok=True)
    records.write(_path(), times.model_copy(update={backbone_key: mean}))


def _path() -> Path:
    return workspace.cache() / "speed.json"
