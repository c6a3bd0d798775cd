"""Where everything that the program writes lies: one folder, `$FITTING_ROOM_HOME` or `workspace/` beside app.py."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent  # the folder of app.py
SHIPPED_MODELS = PROJECT / "models" / "saved"


def home() -> Path:
    """The workspace folder; read anew at each call, so that a test or a second server can have its own."""
    return Path(os.environ.get("FITTING_ROOM_HOME") or PROJECT / "workspace").expanduser().resolve()


def datasets() -> Path:
    return home() / "datasets"


def cache() -> Path:
    """Pixels, features and converted backbones: deleting it loses no result."""
    return home() / "cache"


def runs() -> Path:
    return home() / "runs"


def models() -> Path:
    """The models that people trained here (those that ship with the project are in SHIPPED_MODELS)."""
    return home() / "models"


def recipes() -> Path:
    """The augmentation recipes that people saved by name."""
    return home() / "recipes"


def locks() -> Path:
    return home() / "locks"
