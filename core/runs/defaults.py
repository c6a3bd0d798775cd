"""The form's proposal: settings that work on this machine without a long wait."""

from collections.abc import Collection

from core.augment import recipe
from core.augment.presets import PRESETS
from core.backbones import BACKBONES, SMALL_CNN, backbone, by_rank
from core.datasets.catalogue import DRAWN
from core.runs.config import RunConfig, config


def backbone_for(dataset: str, gpu: bool, ready: Collection[str]) -> str:
    """The key of the proposed backbone: the best one in `ready`, the keys of those that need no download.

    The drawn garments get the small network from scratch, which learns them quickly and never needs a download.
    """
    if dataset == DRAWN:
        return SMALL_CNN.key
    return next((record.key for record in by_rank(gpu) if record.key in ready), SMALL_CNN.key)


def proposal(dataset: str, backbone_key: str, gpu: bool) -> RunConfig:
    """A run that suits this dataset, this backbone and a machine with or without a GPU. Raises SettingsError."""
    body = backbone(backbone_key)
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
    """The keys of the backbones whose weights are on this machine or that need none."""
    return [record.key for record in BACKBONES.values() if record.is_ready(record.default_size)]
