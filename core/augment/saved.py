"""Recipes that people saved by name: a JSON file each under `recipes/` of the workspace."""

import re

from core import atomic, workspace
from core.augment import recipe
from core.augment.recipe import Recipe
from core.errors import SettingsError

LONGEST = 60


def names() -> list[str]:
    """The saved recipes' names, sorted."""
    read = (atomic.read_json(path) for path in workspace.recipes().glob("*.json"))
    return sorted(record["name"] for record in read if isinstance(record, dict) and isinstance(record.get("name"), str))


def save(name: str, steps: Recipe) -> None:
    """Keep a recipe; one of the same name is replaced. Raises SettingsError for a name that is none."""
    wished = name.strip()
    if not _slug(wished) or len(wished) > LONGEST:
        raise SettingsError(
            f"{name!r} can't be a recipe's name; use 1 to {LONGEST} characters, a letter or digit among them."
        )
    workspace.recipes().mkdir(parents=True, exist_ok=True)
    atomic.write_json(workspace.recipes() / f"{_slug(wished)}.json", {"name": wished, "recipe": recipe.to_json(steps)})


def load(name: str) -> Recipe:
    """The recipe of that name. Raises SettingsError when there is none, or none that can be used."""
    record = atomic.read_json(workspace.recipes() / f"{_slug(name)}.json")
    if not isinstance(record, dict) or "recipe" not in record:
        raise SettingsError(f"There is no saved recipe {name!r}; there are: {', '.join(names()) or 'none yet'}.")
    return recipe.from_json(record["recipe"])


def delete(name: str) -> None:
    """Forget a saved recipe."""
    (workspace.recipes() / f"{_slug(name)}.json").unlink(missing_ok=True)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-_")
