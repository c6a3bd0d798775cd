"""The folder that a new saved model gets: a name made of its title, and never that of another model."""

import re
from collections.abc import Callable
from pathlib import Path

from core import workspace
from core.answering import shelf
from core.files.names import is_reserved

LONGEST = 48  # characters


def free_name(title: str, is_own: Callable[[Path], bool] = lambda folder: False) -> str:
    """A name for a model with that title; a number tells it from others. Folders that are `is_own` may be replaced."""
    stem = re.sub(r"[^a-z0-9_]+", "-", title.lower()).strip("-")[:LONGEST] or "model"
    name, count = stem, 1
    while not _is_free(name, is_own):
        count += 1
        name = f"{stem}-{count}"
    return name


def _is_free(name: str, is_own: Callable[[Path], bool]) -> bool:
    if name == shelf.STARTER or is_reserved(name):
        return False
    folder = workspace.models() / name
    return not folder.exists() or is_own(folder)
