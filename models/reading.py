"""Read the photos of a run before training. No Keras here: the worker imports it at the same time."""

from core import words
from core.datasets import catalogue, pack
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLITS
from core.datasets.pack import Pack, UnreadableError
from core.errors import DatasetError
from core.files.names import path_text
from core.runs import bodies, estimate
from core.runs.config import RunConfig
from core.runs.stages import Stage
from models.record import Progress


def read(config: RunConfig, progress: Progress) -> tuple[tuple[str, ...], dict[str, Pack]]:
    """The classes of the run's dataset and its photos by split; announces the run's stages.

    Raises DatasetError, also if a class has no readable photo to learn from, and SettingsError if the backbone is a
    saved model that can't be used. A test split that can't be read is empty.
    """
    bodies.check(config.backbone, config.image_size)
    dataset = catalogue.load(config.dataset)
    progress.plan(estimate.costs(config, {split: len(photos) for split, photos in dataset.splits.items()}))
    packs = {split: _packed(dataset, split, config.image_size, progress) for split in SPLITS}
    for split in ("train", "validation"):
        if not len(packs[split]):
            raise DatasetError(
                f"The {split} split of {catalogue.title(config.dataset)} has no readable photos. Check the dataset on "
                "the Data page."
            )
    _check_classes(dataset, packs["train"])
    return dataset.classes, packs


def _check_classes(dataset: Dataset, train: Pack) -> None:
    """Raise DatasetError for a class without a readable photo in the train split: the model would never learn it."""
    listed = dataset.splits["train"]
    for label in sorted(set(listed.labels) - set(train.labels.tolist())):
        paths = [path for path, of_class in zip(listed.paths, listed.labels, strict=True) if of_class == label]
        names = {path_text(path.relative_to(dataset.folder)) for path in paths}
        photo, why = next((name, why) for name, why in train.skipped if name in names)
        raise DatasetError(
            f"No training photo of the class {dataset.classes[label]!r} can be read "
            f"({words.count(len(paths), 'photo')}); {photo}: {why} "
            "Replace these photos, or remove the class's folder from all splits."
        )


def _packed(dataset: Dataset, split: str, size: int, progress: Progress) -> Pack:
    progress.stage(Stage.reading(split))
    try:
        packed = pack.load(dataset, split, size, progress.tick)
    except UnreadableError as error:
        if split != "test":
            raise
        progress.warn(f"{error} So the model has no test score.")
        return pack.empty(size)
    if packed.skipped:
        name, why = packed.skipped[0]
        rest = len(packed.skipped) - 1
        photos = f"{name} and {words.count(rest, 'other photo')}" if rest else name
        progress.warn(f"{photos} could not be read and {'were' if rest else 'was'} left out: {why}")
    return packed
