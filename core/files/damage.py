"""Runs, models, datasets and the like that can't be used: each is listed with its reason, and none stops the others."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core import workspace
from core.errors import AppError
from core.files import read_only
from core.files.locks import is_held

T = TypeVar("T")


@dataclass(frozen=True)
class Damaged:
    """A folder or file of the workspace that can't be used."""

    kind: str  # "run", "model", "dataset", "recipe" or "evaluation"
    path: Path
    reason: str  # a sentence

    @property
    def name(self) -> str:
        return self.path.name


def sorted_out(kind: str, paths: Iterable[Path], read: Callable[[Path], T]) -> tuple[list[T], list[Damaged]]:
    """What `read` makes of the paths, and those for which it raises an AppError. Vanished ones are left out."""
    sound: list[T] = []
    damaged: list[Damaged] = []
    for path in paths:
        try:
            sound.append(read(path))
        except AppError as error:
            if path.exists() or path.is_symlink():  # not just deleted
                damaged.append(Damaged(kind, path, str(error)))
    return sound, damaged


def delete(damaged: Damaged) -> None:
    """Delete a damaged folder or file of the workspace for good. Raises AppError while it is in use."""
    read_only.check()
    path = damaged.path
    if workspace.home() not in path.parents:
        raise AppError(f"{path} is outside the workspace and was not deleted.")
    if is_held(path / "worker.lock"):
        raise AppError(f"The {damaged.kind} {damaged.name} is in use. Stop it first.")
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return  # somebody else was quicker
    except OSError as error:
        raise AppError(f"{path} can't be deleted ({error.strerror}). Check its permissions.") from None
