"""How much of the disk the workspace takes, by kind."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import workspace
from core.files import cache, leftovers, read_only
from core.files.cache import Cleaned

LEFTOVERS = "leftovers"  # of killed processes


@dataclass(frozen=True)
class Usage:
    """How much one kind of files takes."""

    kind: str
    bytes: int
    files: int
    used: float | None  # s since 1970, when any of it was last used or written; None when there is nothing

    @property
    def is_cache(self) -> bool:
        """Whether deleting it only costs time."""
        return self.kind in (*cache.KINDS, LEFTOVERS)


def usage() -> list[Usage]:
    """The usage of each kind, with people's own work first.

    A file with several names (saved models link to the cached backbone) counts once, under the first kind.
    """
    seen: set[tuple[int, int]] = set()
    half_written = leftovers.find()
    for leftover in half_written:  # these count as their own kind
        seen |= {(stat.st_dev, stat.st_ino) for stat in _stats(leftover.path)}
    folders = (
        workspace.datasets(),
        workspace.models(),
        workspace.runs(),
        workspace.searches(),
        workspace.evaluations(),
        workspace.recipes(),
        workspace.exports(),
    )
    own = [_of(folder.name, folder, seen) for folder in folders]
    caches = [_of(kind, workspace.cache() / kind, seen) for kind in cache.KINDS]
    last = max((leftover.changed for leftover in half_written), default=None)
    size = sum(leftover.bytes for leftover in half_written)
    return [*own, *caches, Usage(LEFTOVERS, size, len(half_written), last)]


def clean() -> Cleaned:
    """Delete caches that are not in use and what killed processes left half-written. No result is lost."""
    read_only.check()
    swept = leftovers.sweep(leftovers.STILL)
    cleaned = cache.clean()
    return Cleaned(swept + cleaned.bytes, cleaned.in_use)


def _of(kind: str, folder: Path, seen: set[tuple[int, int]]) -> Usage:
    size, files, used = 0, 0, 0.0
    for stat in _stats(folder):
        if (stat.st_dev, stat.st_ino) in seen:
            continue
        if stat.st_nlink > 1:
            seen.add((stat.st_dev, stat.st_ino))
        size, files, used = size + stat.st_size, files + 1, max(used, stat.st_mtime)
    return Usage(kind, size, files, used or None)


def _stats(folder: Path) -> Iterator[os.stat_result]:
    """The stats of all files in a folder and its sub-folders (or of a file), without those deleted meanwhile."""
    if folder.is_file():
        yield folder.lstat()
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield Path(place, name).lstat()
            except OSError:
                continue
