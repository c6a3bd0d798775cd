"""What the form proposes: settings that work on this machine without waiting long."""

from collections.abc import Collection
from typing import Any

from core.backbones import BACKBONES, Backbone

ON_CPU = ("mobilenet_v2", "xception", "small_cnn")  # the first that needs no download
ON_GPU = ("xception", "mobilenet_v2", "small_cnn")
SIZES_ON_GPU = {"xception": 299, "mobilenet_v2": 224, "small_cnn": 96}  # px: the course's last, Keras' own, ours
SIZES_ON_CPU = {"xception": 150, "mobilenet_v2": 150, "small_cnn": 96}  # px: 150 is the course's first, for quick tries


def backbone_for(drawn: bool, gpu: bool, ready: Collection[str]) -> str:
    """The key of a backbone: from scratch for the drawn garments, which it soon knows, else pretrained where `ready`.

    `ready` are the keys of those that need no download; the small network from scratch always is.
    """
    if drawn:
        return "small_cnn"
    return next((key for key in (ON_GPU if gpu else ON_CPU) if key in ready), "small_cnn")


def settings_for(backbone: Backbone, drawn: bool, gpu: bool) -> dict[str, Any]:
    """Settings that suit this backbone, the drawn garments or photos, and a machine with a GPU or without."""
    sizes = SIZES_ON_GPU if gpu else SIZES_ON_CPU
    return {
        "image_size": sizes.get(backbone.key, backbone.default_size),
        "learning_rate": 0.001 if backbone.pretrained else 0.003,
        "schedule": "constant" if backbone.pretrained else "cosine",
        "epochs": 60 if drawn else 30,
        "batch_size": 32,
        "preset": "light" if drawn else "none",
    }


def ready_backbones() -> list[str]:
    """The keys of the backbones whose weights are on this machine, or that need none."""
    return [one.key for one in BACKBONES.values() if one.is_ready(one.default_size)]
