"""Read the photos of a run before training. No Keras here: the worker imports it at the same time."""

from core import words
from core.datasets import catalogue, pack
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLITS
from core.datasets.pack import Pack
from core.errors import DatasetError
from core.runs import estimate
from core.runs.config import RunConfig
from core.runs.stages import Stage
from models.record import Progress


def read(config: RunConfig, progress: Progress) -> tuple[Dataset, dict[str, Pack]]:
    """The run's dataset and its photos by split; announces the run's stages. Raises DatasetError."""
    dataset = catalogue.load(config.dataset)
    progress.plan(estimate.costs(config, {split: len(photos) for split, photos in dataset.splits.items()}))
    packs = {split: _packed(dataset, split, config.image_size, progress) for split in SPLITS}
    for split in ("train", "validation"):
        if not len(packs[split]):
            raise DatasetError(
                f"The {split} split of {config.dataset} has no readable photos. Check the dataset on the Data page."
            )
    return dataset, packs


def _packed(dataset: Dataset, split: str, size: int, progress: Progress) -> Pack:
    progress.stage(Stage.reading(split))
    packed = pack.load(dataset, split, size, progress.tick)
    if packed.skipped:
        name, why = packed.skipped[0]
        rest = len(packed.skipped) - 1
        photos = f"{name} and {words.count(rest, 'other photo')}" if rest else name
        progress.warn(f"{photos} could not be read and {'were' if rest else 'was'} left out: {why}")
    return packed
