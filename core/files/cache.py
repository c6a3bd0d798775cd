"""The cache's room: a limit, what was used last, and a clean-up that takes nothing from a process that uses it.

Whoever maps a file holds a shared lock on it (`hold`), which ends with the mapping or with the process; the clean-up
deletes only what it can lock alone. On Windows, which refuses to delete what is open, no lock is needed. When a thing
was used last is its files' time of change, set anew by each reader.
"""

import contextlib
import errno
import math
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core import workspace
from core.errors import SettingsError
from core.files.locks import is_held

if sys.platform != "win32":
    import fcntl

KINDS = ("pixels", "features", "backbones", "downloads")
GB = 10**9
MOST_GB = 20  # without a wish: this much, or a tenth of the disk where that is less
SPARE = 64_000_000  # bytes that are left free on the disk for what is small and must be written: statuses, backups
FULL = (errno.ENOSPC, errno.EDQUOT)  # what a full disk says
HALF_WRITTEN = 3600.0  # s after which a temporary file is taken for a killed process's
WRITTEN_NOW = 60.0  # s in which it is left alone though nobody holds it, when a person asks for room
DOWNLOADING = "download.lock"  # under workspace.locks(), held while a download is going on


@dataclass(frozen=True)
class Entry:
    """One thing in the cache that is used and deleted as a whole: a file, or the folder of a pack."""

    kind: str  # one of KINDS
    path: Path
    bytes: int  # that deleting it frees: a file that a saved model links frees nothing
    used: float  # s since 1970


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up did."""

    bytes: int  # freed
    kept: int  # things that are in use and were left alone


def limit() -> float:
    """The most bytes that the cache should take: `$FITTING_ROOM_CACHE_GB`, else 20 GB or a tenth of the disk, whichever
    is less. What is in use may take more. Raises SettingsError for a wish that is no number."""
    wish = os.environ.get("FITTING_ROOM_CACHE_GB", "").strip()
    if not wish:
        return min(MOST_GB * GB, shutil.disk_usage(_existing(workspace.cache())).total / 10)
    try:
        size = float(wish)
    except ValueError:
        size = math.nan
    if not size >= 0:
        raise SettingsError(f"FITTING_ROOM_CACHE_GB is {wish!r}; expected is a number of gigabytes, such as 20.")
    return size * GB


def entries() -> list[Entry]:
    """All that the cache holds, half-written things aside, the least recently used first."""
    found = []
    for kind in KINDS:
        for path in _children(workspace.cache() / kind):
            if path.name.startswith(".") or (kind == "downloads" and path.suffix != ".zip"):
                continue
            with contextlib.suppress(OSError):  # deleted since it was listed
                seen = [file.stat() for file in _files(path)]
                size = sum(one.st_size for one in seen if one.st_nlink == 1)
                found.append(Entry(kind, path, size, max((one.st_mtime for one in seen), default=0.0)))
    return sorted(found, key=lambda entry: entry.used)


def hold(file: BinaryIO) -> None:
    """Mark an open file as used, now and for as long as it or an array mapped from it is open."""
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
    """Called before `need` bytes are written: delete what was used least recently as far as the limit or the disk asks.

    Where even an empty cache would not make the disk large enough, nothing is deleted for its sake.
    """
    sweep()
    known = entries()
    taken = sum(entry.bytes for entry in known)
    short = need + SPARE - free()
    _delete_oldest(known, max(taken + need - limit(), short if short <= taken else 0))


def give_up(wanted: int) -> int:
    """Delete what was used least recently until so many bytes are free, for a disk that said it is full."""
    return _delete_oldest(entries(), wanted)


def free() -> int:
    """The free bytes of the disk that the cache lies on."""
    return shutil.disk_usage(_existing(workspace.cache())).free


def clean() -> Cleaned:
    """Delete all that nobody uses. No result is lost, only the time to compute it anew."""
    swept = sweep(WRITTEN_NOW)
    freed = _delete_oldest(entries(), math.inf)
    return Cleaned(swept + freed, sum(entry.bytes > 0 for entry in entries()))


def sweep(age: float = HALF_WRITTEN) -> int:
    """Delete what killed processes left half-written, once it is so many seconds old; returns the bytes freed."""
    freed = 0
    for kind in KINDS:
        if kind == "downloads" and is_held(workspace.locks() / DOWNLOADING):
            continue
        for path in _children(workspace.cache() / kind):
            with contextlib.suppress(OSError):
                if not path.name.startswith("."):
                    continue
                seen = [path.stat(), *(file.stat() for file in _files(path))]
                oldest = HALF_WRITTEN if kind == "backbones" or sys.platform == "win32" else age  # those hold no lock
                if time.time() - max(one.st_mtime for one in seen) > oldest and _delete(path):
                    freed += sum(one.st_size for one in seen[1:])
    return freed


def _delete_oldest(known: list[Entry], wanted: float) -> int:
    """Delete unused entries in their order until so many bytes are freed; returns how many were."""
    if wanted <= 0:
        return 0
    freed = 0
    downloading = is_held(workspace.locks() / DOWNLOADING)
    for entry in known:
        if freed >= wanted:
            break
        busy = entry.kind == "downloads" and downloading
        if entry.bytes and not busy and _delete(entry.path):
            freed += entry.bytes
    return freed


def _delete(path: Path) -> bool:
    """Delete a file or folder that nobody holds; False where somebody does, or where it can't be deleted."""
    try:
        with contextlib.ExitStack() as stack:
            if not all(stack.enter_context(_alone(file)) for file in _files(path)):
                return False
            if not path.is_dir():
                path.unlink()
                return True
            # at one blow: a reader finds the whole folder or none
            gone = path.with_name(f".{path.name.lstrip('.')[:200]}.{secrets.token_hex(4)}")
            path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return True
    except OSError:
        return False


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether nobody holds the file; nobody can begin to meanwhile."""
    if sys.platform == "win32":
        yield True  # what is open can't be deleted there
    else:
        with path.open("rb") as file:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True


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
