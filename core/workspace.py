"""The one folder for everything that the program writes: `$FITTING_ROOM_HOME`, or `workspace/` next to app.py."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent  # the folder of app.py
SHIPPED_MODELS = PROJECT / "models" / "saved"


def home() -> Path:
    """The workspace folder. Read on every call, so that a test or a second server can have its own."""
    return Path(os.environ.get("FITTING_ROOM_HOME") or PROJECT / "workspace").expanduser().resolve()


def datasets() -> Path:
    """The datasets, one folder for each."""
    return home() / "datasets"


def cache() -> Path:
    """Pixels, features, thumbnails and converted backbones. You can delete them without losing a result."""
    return home() / "cache"


def runs() -> Path:
    """The runs, one folder for each."""
    return home() / "runs"


def searches() -> Path:
    """The searches, one folder for each; their trials are runs."""
    return home() / "searches"


def models() -> Path:
    """The models that were trained here; SHIPPED_MODELS has those that ship with the project."""
    return home() / "models"


def evaluations() -> Path:
    """The evaluations of saved models, one folder for each."""
    return home() / "evaluations"


def recipes() -> Path:
    """The augmentation recipes that were saved by name."""
    return home() / "recipes"


def exports() -> Path:
    """What pages have written for other programs, one folder for each program."""
    return home() / "exports"


def scratch() -> Path:
    """Folders for files in the making, emptied by whoever made them."""
    return home() / "cache" / "scratch"


def locks() -> Path:
    """The locks and logs of background processes."""
    return home() / "locks"
