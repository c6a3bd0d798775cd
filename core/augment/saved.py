"""Recipes saved by name: one JSON file each in `recipes/` of the workspace."""

import hashlib
import re
from pathlib import Path
from typing import ClassVar

from pydantic import JsonValue

from core import words, workspace
from core.augment import recipe
from core.augment.recipe import Recipe
from core.errors import SettingsError
from core.files import damage, records
from core.files.damage import Damaged
from core.files.records import Record

LONGEST = 60


class SavedRecipe(Record):
    """A file in `recipes/`."""

    ERROR: ClassVar = SettingsError
    REMEDY: ClassVar = "Delete the file, or mend it."

    name: str
    recipe: tuple[dict[str, JsonValue], ...]  # as `core.augment.recipe.from_json` takes it


def names() -> list[str]:
    """The saved recipes' names, sorted."""
    return sorted(_files())


def damaged() -> list[Damaged]:
    """The files that can't be used as recipes."""
    return _sorted_out()[1]


def save(name: str, steps: Recipe) -> None:
    """Save a recipe, replacing any of the same name.

    Raises SettingsError for an invalid name, and for a file of that name that a newer version wrote.
    """
    title = name.strip()
    if not _slug(title) or len(title) > LONGEST:
        raise SettingsError(
            f"A recipe's name must have 1 to {LONGEST} characters with a letter or digit, "
            f"got {words.quoted(name)}. Change it."
        )
    workspace.recipes().mkdir(parents=True, exist_ok=True)
    file = _files().get(title)
    path = file[0] if file else _new_path(title)
    records.read_to_change(path, SavedRecipe)
    records.write(path, SavedRecipe(name=title, recipe=tuple(recipe.to_json(steps))))


def load(name: str) -> Recipe:
    """The recipe with this name. Raises SettingsError if it is missing or can't be used."""
    file = _files().get(name.strip())
    if file is None:
        raise SettingsError(
            f"There is no saved recipe {words.quoted(name)}. Saved recipes: {words.listed(names()) or 'none'}."
        )
    return recipe.from_json(file[1].recipe)


def delete(name: str) -> None:
    """Delete a saved recipe, if there is one."""
    file = _files().get(name.strip())
    if file:
        file[0].unlink(missing_ok=True)


def _files() -> dict[str, tuple[Path, SavedRecipe]]:
    """Path and content by name."""
    return {content.name: (path, content) for path, content in _sorted_out()[0]}


def _sorted_out() -> tuple[list[tuple[Path, SavedRecipe]], list[Damaged]]:
    try:
        paths = sorted(workspace.recipes().glob("*.json"))
    except OSError:
        paths = []
    return damage.sorted_out("recipe", paths, _read)


def _read(path: Path) -> tuple[Path, SavedRecipe]:
    content = records.read(path, SavedRecipe)
    if content is None:
        raise SettingsError(f"{path} is missing.")
    try:
        recipe.from_json(content.recipe)
    except SettingsError as error:
        raise SettingsError(f"{path} can't be used. {error}") from None
    return path, content


def _new_path(name: str) -> Path:
    """A path for the name. The hash keeps names with the same slug apart."""
    suffix = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return workspace.recipes() / f"{_slug(name)}-{suffix}.json"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-_")
