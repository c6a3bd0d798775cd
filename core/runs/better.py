"""A better model than the one that ships with the project: what to train for it, how long that takes here, and what may
be expected."""

from dataclasses import dataclass
from pathlib import Path

from core import shelf
from core.backbones import backbone
from core.datasets import catalogue
from core.errors import AppError
from core.runs import config, estimate
from core.runs.config import RunConfig

SETTINGS = Path(__file__).with_name("fine_tuned.json")
ACCURACY = 0.922  # of 372 test photos, with these settings: benchmarks/RESULTS.md, "Fine-tuned"
PHOTOS = {"train": 3068, "validation": 341, "test": 372}  # of clothing-dataset-small, where it is not here yet


@dataclass(frozen=True)
class Offer:
    """What to train for a better model."""

    settings: RunConfig
    accuracy: float  # to be expected on the test photos that the asked model was measured on
    seconds: float  # about, on this machine
    has_photos: bool  # whether the dataset is here; else it has to be downloaded first
    download_mb: float  # of the backbone's weights, where they are not here


def offer(asked: shelf.Model) -> Offer | None:
    """What to train for a better model than the one that is asked; None where that one is no starter, or as good."""
    if asked.name != shelf.STARTER or asked.dataset != catalogue.CLOTHING:
        return None
    if asked.card["scores"]["test"]["accuracy"] >= ACCURACY:
        return None
    settings = config.read(SETTINGS)
    record = backbone(settings.backbone)
    try:
        photos = {split: len(listed) for split, listed in catalogue.load(settings.dataset).splits.items()}
    except AppError:
        photos = {}
    return Offer(
        settings=settings,
        accuracy=ACCURACY,
        seconds=estimate.seconds([settings], photos or PHOTOS),
        has_photos=bool(photos),
        download_mb=0.0 if record.is_ready(settings.image_size) else record.download_mb,
    )
