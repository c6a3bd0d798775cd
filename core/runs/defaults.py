"""The form's proposal: settings that work on this machine without a long wait."""

from collections.abc import Collection

from core.answering import shelf
from core.augment import recipe
from core.augment.presets import PRESETS
from core.backbones import BACKBONES, SMALL_CNN, by_rank
from core.datasets.catalogue import CLOTHING, DRAWN
from core.runs import bodies
from core.runs.config import RunConfig, config

STARTER = bodies.key_of(shelf.STARTER)


def backbone_for(dataset: str, gpu: bool, ready: Collection[str]) -> str:
    """The key of the proposed backbone: the best one in `ready`, the keys of those that need no download.

    The drawn garments get the small network from scratch, which learns them quickly and never needs a download. Photos
    get the starter's network if the only others in `ready` learn from scratch: it knows clothes. Only the photos that
    it has learned from itself would flatter it.
    """
    if dataset == DRAWN:
        return SMALL_CNN.key
    best = next((record for record in by_rank(gpu) if record.key in ready), SMALL_CNN)
    if not best.pretrained and STARTER in ready and dataset != CLOTHING:
        return STARTER
    return best.key


def proposal(dataset: str, backbone_key: str, gpu: bool) -> RunConfig:
    """A run that suits this dataset, this backbone and a machine with or without a GPU. Raises SettingsError."""
    body = bodies.of(backbone_key)
    drawn = dataset == DRAWN
    light = next(preset.recipe for preset in PRESETS if preset.key == "light")
    return config(
        dataset=dataset,
        backbone=backbone_key,
        image_size=body.proposed_size(gpu),
        learning_rate=0.001 if body.pretrained else 0.003,
        schedule="constant" if body.pretrained else "cosine",
        epochs=60 if drawn else 30,
        recipe=recipe.to_json(light) if drawn else [],
    )


def ready_backbones() -> list[str]:
    """The keys of the backbones whose weights are on this machine or that need none, and the starter's if it ships."""
    ready = [record.key for record in BACKBONES.values() if record.is_ready(record.default_size)]
    return [*ready, STARTER] if bodies.find(STARTER) else ready
