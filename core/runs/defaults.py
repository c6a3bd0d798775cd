"""What the form proposes: settings that work on this machine without a long wait."""

from collections.abc import Collection

from core.augment import recipe
from core.augment.presets import PRESETS
from core.backbones import BACKBONES, backbone
from core.datasets.catalogue import DRAWN
from core.runs.config import RunConfig, config

ON_CPU = ("mobilenet_v2", "xception", "small_cnn")  # the first that needs no download
ON_GPU = ("xception", "mobilenet_v2", "small_cnn")
SIZES_ON_CPU = {"xception": 150, "mobilenet_v2": 150}  # px; the course's first, for quick tries
SIZES_ON_GPU = {"xception": 299, "mobilenet_v2": 224}  # px; those that the networks were made for


def backbone_for(dataset: str, gpu: bool, ready: Collection[str]) -> str:
    """The key of a backbone: from scratch for the drawn garments, which it soon knows, else pretrained where `ready`.

    `ready` are the keys of those that need no download; the small network from scratch never needs one.
    """
    if dataset == DRAWN:
        return "small_cnn"
    return next((key for key in (ON_GPU if gpu else ON_CPU) if key in ready), "small_cnn")


def proposed(dataset: str, backbone_key: str, gpu: bool) -> RunConfig:
    """A run that suits this dataset, this backbone and a machine with a GPU or without. Raises SettingsError."""
    body = backbone(backbone_key)
    drawn = dataset == DRAWN
    light = next(preset.recipe for preset in PRESETS if preset.key == "light")
    return config(
        dataset=dataset,
        backbone=backbone_key,
        image_size=(SIZES_ON_GPU if gpu else SIZES_ON_CPU).get(backbone_key, body.default_size),
        learning_rate=0.001 if body.pretrained else 0.003,
        schedule="constant" if body.pretrained else "cosine",
        epochs=60 if drawn else 30,
        recipe=recipe.to_json(light) if drawn else [],
    )


def ready_backbones() -> list[str]:
    """The keys of the backbones whose weights are on this machine, or that need none."""
    return [one.key for one in BACKBONES.values() if one.is_ready(one.default_size)]
