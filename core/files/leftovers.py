"""What killed processes left half-written in the workspace. The cache looks after its own (`core.files.cache`)."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import workspace
from core.files import atomic, locks

OLD = 3600.0  # s after which a half-written folder that nobody holds is deleted by itself
STILL = 60.0  # s without a change after which it is deleted when a person cleans up
NESTED = 3  # folders below the workspace's own in which the program writes


@dataclass(frozen=True)
class Leftover:
    """A half-written file or folder."""

    path: Path
    bytes: int
    changed: float  # s since 1970


def find(age: float = STILL) -> list[Leftover]:
    """Half-written files and folders that nobody has changed for `age` seconds and nobody holds."""
    return [leftover for leftover in _temporaries() if _is_abandoned(leftover, age)]


def sweep(age: float = OLD) -> int:
    """Delete them; returns the bytes freed."""
    freed = 0
    for leftover in find(age):
        with contextlib.suppress(OSError), locks.unused(leftover.path) as is_unused:
            if is_unused:
                if leftover.path.is_dir():
                    shutil.rmtree(leftover.path)
                else:
                    leftover.path.unlink()
                freed += leftover.bytes
    return freed


def _is_abandoned(leftover: Leftover, age: float) -> bool:
    if not locks.CAN_HOLD_FOLDERS:
        age = max(age, OLD)  # nobody can say that it is in use
    if time.time() - leftover.changed < age:
        return False
    with contextlib.suppress(OSError), locks.unused(leftover.path) as is_unused:
        return is_unused
    return False


def _temporaries() -> Iterator[Leftover]:
    own = (
        workspace.datasets(), workspace.models(), workspace.runs(), workspace.searches(), workspace.evaluations(),
        workspace.recipes(), workspace.locks(), workspace.scratch(),
    )  # fmt: skip
    for folder in own:
        yield from _within(folder, NESTED)
    yield from _within(workspace.exports(), NESTED + 1)  # the curves of a run lie one folder deeper
    yield from _within(workspace.cache(), 1)  # single files; its folders look after their own


def _within(folder: Path, levels: int) -> Iterator[Leftover]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        if atomic.is_temporary(entry.name, entry.is_dir(follow_symlinks=False)):
            with contextlib.suppress(OSError):  # renamed or deleted meanwhile
                stats = [path.lstat(), *(file.lstat() for file in path.rglob("*"))]
                size = sum(stat.st_size for stat in stats if stat.st_nlink == 1)
                yield Leftover(path, size, max(stat.st_mtime for stat in stats))
        elif levels > 1 and entry.is_dir(follow_symlinks=False) and entry.name != "photos":
            yield from _within(path, levels - 1)
