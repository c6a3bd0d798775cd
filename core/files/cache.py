"""The cache's size limit, and a clean-up that never deletes what a process is using.

A process that maps a file holds a shared lock on it (`hold`) until the mapping or the process ends; the clean-up only
deletes files that it can lock exclusively. Windows refuses to delete open files, so no lock is needed there. The time
of last use is the files' modification time, which every reader updates.
"""

import contextlib
import errno
import math
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core import workspace
from core.errors import SettingsError
from core.files import atomic, locks
from core.files.locks import is_held

if sys.platform != "win32":
    import fcntl

KINDS = ("pixels", "features", "measures", "thumbnails", "backbones", "exported", "runtimes", "downloads")
GB = 10**9
MOST_GB = 20  # by default; a tenth of the disk where that is less
SPARE = 64_000_000  # bytes left free on the disk for small files that must be written: statuses, backups
FULL = (errno.ENOSPC, errno.EDQUOT)  # error numbers of a full disk
HALF_WRITTEN = 3600.0  # s after which a temporary file must be a killed process's
WRITTEN_NOW = 60.0  # s for which a person's clean-up leaves temporary files alone, even if nobody holds them
DOWNLOADING = "download.lock"  # under workspace.locks(), held during a download


@dataclass(frozen=True)
class Entry:
    """A part of the cache that is used and deleted as a whole: a file, or the folder of a pack."""

    kind: str  # one of KINDS
    path: Path
    bytes: int  # freed by deleting it: none for a file that a saved model links
    used: float  # s since 1970


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up did."""

    bytes: int  # freed
    in_use: int  # entries that are in use and were not deleted


def limit() -> float:
    """The bytes that the cache should take at most: `$FITTING_ROOM_CACHE_GB`, else 20 GB or a tenth of the disk,
    whichever is less. Files in use may take more. Raises SettingsError when the variable is not a number."""
    setting = os.environ.get("FITTING_ROOM_CACHE_GB", "").strip()
    if not setting:
        return min(MOST_GB * GB, shutil.disk_usage(_existing(workspace.cache())).total / 10)
    try:
        size = float(setting)
    except ValueError:
        size = math.nan
    if not size >= 0:
        raise SettingsError(
            f"FITTING_ROOM_CACHE_GB must be a number of gigabytes such as 20, got {setting!r}. Change or unset it."
        )
    return size * GB


def entries() -> list[Entry]:
    """Everything in the cache except half-written files, the least recently used first."""
    cached = []
    for kind in KINDS:
        for path in _children(workspace.cache() / kind):
            if path.name.startswith(".") or (kind == "downloads" and path.suffix != ".zip"):
                continue
            with contextlib.suppress(OSError):  # deleted since it was listed
                stats = [file.stat() for file in _files(path)]
                size = sum(stat.st_size for stat in stats if stat.st_nlink == 1)
                cached.append(Entry(kind, path, size, max((stat.st_mtime for stat in stats), default=0.0)))
    return sorted(cached, key=lambda entry: entry.used)


def hold(file: BinaryIO) -> None:
    """Mark an open file as in use, for as long as it or an array mapped from it is open."""
    with contextlib.suppress(OSError):  # a read-only disk, or one without locks
        if sys.platform != "win32":
            fcntl.flock(file.fileno(), fcntl.LOCK_SH)  # a mapping keeps the descriptor's twin, and with it the lock
    with contextlib.suppress(OSError):
        os.utime(file.name)


def touch(path: Path) -> None:
    """Mark a file as used now."""
    with contextlib.suppress(OSError):
        os.utime(path)


def make_room(need: int) -> None:
    """Make room for `need` bytes that are about to be written, by the limit and the disk: the least recently used
    entries are deleted.

    If the disk would be too small even with an empty cache, nothing is deleted for its sake.
    """
    sweep()
    cached = entries()
    taken = sum(entry.bytes for entry in cached)
    short = need + SPARE - free()
    _delete_oldest(cached, max(taken + need - limit(), short if short <= taken else 0))


def evict(wanted: int) -> int:
    """Delete the least recently used entries until `wanted` bytes are freed; returns the bytes freed."""
    return _delete_oldest(entries(), wanted)


def free() -> int:
    """The free bytes on the cache's disk."""
    return shutil.disk_usage(_existing(workspace.cache())).free


def clean() -> Cleaned:
    """Delete everything that is not in use. No result is lost, only the time to compute it again."""
    swept = sweep(WRITTEN_NOW)
    freed = _delete_oldest(entries(), math.inf)
    return Cleaned(swept + freed, sum(entry.bytes > 0 for entry in entries()))


def sweep(age: float = HALF_WRITTEN) -> int:
    """Delete half-written files of killed processes that are `age` seconds old; returns the bytes freed."""
    freed = 0
    for kind in KINDS:
        if kind == "downloads" and is_held(workspace.locks() / DOWNLOADING):
            continue
        for path in _children(workspace.cache() / kind):
            with contextlib.suppress(OSError):
                if not path.name.startswith("."):
                    continue
                stats = [path.stat(), *(file.stat() for file in _files(path))]
                oldest = HALF_WRITTEN if kind == "backbones" or sys.platform == "win32" else age  # nobody locks these
                if time.time() - max(stat.st_mtime for stat in stats) > oldest and _delete(path):
                    freed += sum(stat.st_size for stat in stats[1:])
    return freed


def _delete_oldest(cached: list[Entry], wanted: float) -> int:
    """Delete unused entries in their order until `wanted` bytes are freed; returns the bytes freed."""
    if wanted <= 0:
        return 0
    freed = 0
    downloading = is_held(workspace.locks() / DOWNLOADING)
    for entry in cached:
        if freed >= wanted:
            break
        busy = entry.kind == "downloads" and downloading
        if entry.bytes and not busy and _delete(entry.path):
            freed += entry.bytes
    return freed


def _delete(path: Path) -> bool:
    """Delete a file or folder that nobody holds; returns whether it is gone."""
    try:
        with contextlib.ExitStack() as stack:
            if not all(stack.enter_context(locks.unused(file)) for file in _files(path)):
                return False
            if not path.is_dir():
                path.unlink()
                return True
            # renamed first, so that a reader finds the whole folder or none
            gone = atomic.temporary_name(path)
            path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return True
    except OSError:
        return False


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _existing(path: Path) -> Path:
    """The path or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
