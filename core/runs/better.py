"""A better model than the shipped one: its settings, its training time here and its expected accuracy."""

from dataclasses import dataclass
from pathlib import Path

from core.answering import shelf
from core.datasets import catalogue
from core.errors import AppError
from core.runs import bodies, config, estimate
from core.runs.config import RunConfig

SETTINGS = Path(__file__).with_name("fine_tuned.json")
ACCURACY = 0.938  # of 372 test photos, with these settings: benchmarks/RESULTS.md, "Fine-tuned"


@dataclass(frozen=True)
class Offer:
    """What to train for a better model."""

    settings: RunConfig
    accuracy: float  # expected on the test photos
    now: float  # the current model's accuracy on these photos
    seconds: float  # estimated training time on this machine
    has_photos: bool  # whether the dataset is here; otherwise it must be downloaded first
    download_bytes: int  # of the backbone's weights; 0 if they are here


def offer(model: shelf.Model) -> Offer | None:
    """What to train for a better model than this one; None if it is not the starter or is already as good."""
    test = model.card.scores.test_accuracy
    if model.name != shelf.STARTER or model.dataset != catalogue.CLOTHING or test is None or test >= ACCURACY:
        return None
    settings = config.read(SETTINGS)
    record = bodies.of(settings.backbone)
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
    """The name here and the photos per split of the dataset that the model learned from; None if it is not here.

    It is recognised by its classes, and by its name or else its numbers of photos.
    """
    for name in sorted(catalogue.names(), key=lambda name: name != model.dataset):
        if name == catalogue.DRAWN:
            continue
        try:
            dataset = catalogue.load(name)
        except AppError:
            continue
        counts = {split: len(photos) for split, photos in dataset.splits.items()}
        if dataset.classes == model.labels and (name == model.dataset or counts == model.card.photos):
            return name, counts
    return None
