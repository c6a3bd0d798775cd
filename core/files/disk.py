"""What the workspace takes of the disk, by kind."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import workspace
from core.files import cache


@dataclass(frozen=True)
class Usage:
    """What one kind of things takes."""

    kind: str
    bytes: int
    files: int
    used: float | None  # s since 1970, when something of it was used or written last; None where there is nothing

    @property
    def is_cache(self) -> bool:
        """Whether deleting it loses nothing but time."""
        return self.kind in cache.KINDS


def usage() -> list[Usage]:
    """All kinds, people's own things first.

    A file with several names (saved models link the cached backbone) counts once, where deleting it would lose most.
    """
    seen: set[tuple[int, int]] = set()
    own = [
        _of(folder.name, folder, seen)
        for folder in (workspace.datasets(), workspace.models(), workspace.runs(), workspace.recipes())
    ]
    return own + [_of(kind, workspace.cache() / kind, seen) for kind in cache.KINDS]


def _of(kind: str, folder: Path, seen: set[tuple[int, int]]) -> Usage:
    size, files, used = 0, 0, 0.0
    for found in _stats(folder):
        if found.st_nlink > 1:
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
        size, files, used = size + found.st_size, files + 1, max(used, found.st_mtime)
    return Usage(kind, size, files, used or None)


def _stats(folder: Path) -> Iterator[os.stat_result]:
    """Of all files in a folder and the folders in it; what vanishes meanwhile is left out."""
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield Path(place, name).lstat()
            except OSError:
                continue
