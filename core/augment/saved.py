"""Recipes saved by name: one JSON file each in `recipes/` of the workspace."""

import hashlib
import re
from pathlib import Path
from typing import Any

from core import workspace
from core.augment import recipe
from core.augment.recipe import Recipe
from core.errors import SettingsError
from core.files import atomic

LONGEST = 60


def names() -> list[str]:
    """The saved recipes' names, sorted."""
    return sorted(_files())


def save(name: str, steps: Recipe) -> None:
    """Save a recipe, replacing any of the same name. Raises SettingsError for an invalid name."""
    title = name.strip()
    if not _slug(title) or len(title) > LONGEST:
        raise SettingsError(
            f"A recipe's name must have 1 to {LONGEST} characters with a letter or digit, got {name!r}. Change it."
        )
    workspace.recipes().mkdir(parents=True, exist_ok=True)
    file = _files().get(title)
    atomic.write_json(file[0] if file else _new_path(title), {"name": title, "recipe": recipe.to_json(steps)})


def load(name: str) -> Recipe:
    """The recipe with this name. Raises SettingsError if it is missing or can't be used."""
    file = _files().get(name.strip())
    if file is None:
        raise SettingsError(f"There is no saved recipe {name!r}. Saved recipes: {', '.join(names()) or 'none'}.")
    return recipe.from_json(file[1].get("recipe"))


def delete(name: str) -> None:
    """Delete a saved recipe, if there is one."""
    file = _files().get(name.strip())
    if file:
        file[0].unlink(missing_ok=True)


def _files() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Path and content by name; unreadable files are skipped."""
    records = ((path, atomic.read_json(path)) for path in sorted(workspace.recipes().glob("*.json")))
    return {
        record["name"]: (path, record)
        for path, record in records
        if isinstance(record, dict) and isinstance(record.get("name"), str)
    }


def _new_path(name: str) -> Path:
    """A path for the name. The hash keeps names with the same slug apart."""
    suffix = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return workspace.recipes() / f"{_slug(name)}-{suffix}.json"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-_")
