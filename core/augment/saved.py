"""Recipes that people saved by name: a JSON file each under `recipes/` of the workspace."""

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
    return sorted(_records())


def save(name: str, steps: Recipe) -> None:
    """Keep a recipe; one of the same name is replaced. Raises SettingsError for a name that is none."""
    wished = name.strip()
    if not _slug(wished) or len(wished) > LONGEST:
        raise SettingsError(
            f"{name!r} can't be a recipe's name; use 1 to {LONGEST} characters, a letter or digit among them."
        )
    workspace.recipes().mkdir(parents=True, exist_ok=True)
    known = _records().get(wished)
    atomic.write_json(known[0] if known else _new_path(wished), {"name": wished, "recipe": recipe.to_json(steps)})


def load(name: str) -> Recipe:
    """The recipe of that name. Raises SettingsError when there is none, or none that can be used."""
    known = _records().get(name.strip())
    if known is None:
        raise SettingsError(f"There is no saved recipe {name!r}; there are: {', '.join(names()) or 'none yet'}.")
    return recipe.from_json(known[1].get("recipe"))


def delete(name: str) -> None:
    """Forget a saved recipe."""
    known = _records().get(name.strip())
    if known:
        known[0].unlink(missing_ok=True)


def _records() -> dict[str, tuple[Path, dict[str, Any]]]:
    """File and content by name; what can't be read is passed over."""
    read = ((path, atomic.read_json(path)) for path in sorted(workspace.recipes().glob("*.json")))
    return {
        record["name"]: (path, record)
        for path, record in read
        if isinstance(record, dict) and isinstance(record.get("name"), str)
    }


def _new_path(name: str) -> Path:
    """A file for a name; names that look alike when made plain have different ones."""
    mark = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return workspace.recipes() / f"{_slug(name)}-{mark}.json"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-_")
