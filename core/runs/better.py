"""A better model than the one that ships with the project: what to train for it, how long that takes here, and what may
be expected."""

from dataclasses import dataclass
from pathlib import Path

from core.answering import shelf
from core.backbones import backbone
from core.datasets import catalogue
from core.errors import AppError
from core.runs import config, estimate
from core.runs.config import RunConfig

SETTINGS = Path(__file__).with_name("fine_tuned.json")
ACCURACY = 0.922  # of 372 test photos, with these settings: benchmarks/RESULTS.md, "Fine-tuned"


@dataclass(frozen=True)
class Offer:
    """What to train for a better model."""

    settings: RunConfig
    accuracy: float  # to be expected on the test photos
    now: float  # the present model's on these photos
    seconds: float  # about, on this machine
    has_photos: bool  # whether the dataset is here; else it has to be downloaded first
    download_bytes: int  # of the backbone's weights, where they are not here


def offer(model: shelf.Model) -> Offer | None:
    """What to train for a better model than this one; None where it is not the starter, or as good already."""
    test = model.card.scores.test_accuracy
    if model.name != shelf.STARTER or model.dataset != catalogue.CLOTHING or test is None or test >= ACCURACY:
        return None
    settings = config.read(SETTINGS)
    record = backbone(settings.backbone)
    name, photos = _photos(model) or (settings.dataset, None)
    return Offer(
        settings=settings.model_copy(update={"dataset": name}),
        accuracy=ACCURACY,
        now=test,
        seconds=estimate.seconds([settings], photos or model.card.photos),
        has_photos=photos is not None,
        download_bytes=0 if record.is_ready(settings.image_size) else record.download_bytes,
    )


def _photos(model: shelf.Model) -> tuple[str, dict[str, int]] | None:
    """The dataset that the model has learned from, by its name or else by its classes and its numbers of photos: its
    name here, and its photos by split."""
    for name in sorted(catalogue.names(), key=lambda name: name != model.dataset):
        if name == catalogue.DRAWN:
            continue
        try:
            dataset = catalogue.load(name)
        except AppError:
            continue
        counts = {split: len(listed) for split, listed in dataset.splits.items()}
        if name == model.dataset or (dataset.classes, counts) == (model.labels, model.card.photos):
            return name, counts
    return None
