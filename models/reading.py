"""The photos of a run, read before anything learns. No Keras here: it is imported meanwhile."""

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
            raise DatasetError(f"The {split} split of {config.dataset} holds no photo that can be read.")
    return dataset, packs


def _packed(dataset: Dataset, split: str, size: int, progress: Progress) -> Pack:
    progress.stage(Stage.reading(split))
    packed = pack.load(dataset, split, size, progress.tick)
    if packed.skipped:
        name, why = packed.skipped[0]
        others = f" and {len(packed.skipped) - 1} others" if len(packed.skipped) > 1 else ""
        progress.warn(f"{name}{others} can't be read and were left out: {why}")
    return packed
