"""One walk for datasets and predictions: which files below a folder are photos, and which are passed over, and why."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.files import regular
from core.files.names import is_leftover, printable_name
from core.files.zips import Entry, Zip
from core.photos import formats

NO_PHOTO = "not photos"
CLOSED = "not readable for this program"
NO_FILE = "neither files nor folders"
MADE_UP = "made up by the system"
MOST_LINKS = 2
TOO_MANY_LINKS = f"behind more than {MOST_LINKS} links"
SHOWN = 3  # names for each reason
PassedOver = dict[str, list[str]]
"""The names of files that are passed over, by reason."""


@dataclass(frozen=True)
class Found:
    """A file below a folder: a photo, or one that is passed over for a reason."""

    path: Path
    reason: str = ""  # empty for a photo


@dataclass(frozen=True)
class _Folder:
    """A folder to be walked."""

    path: Path
    around: frozenset[tuple[int, int]] = frozenset()  # device and number of the folders that it lies in
    links: int = 0  # on the way to it


def files(folder: Path) -> Iterator[Found]:
    """All files below `folder` in the order of their names, each folder's own files before its sub-folders.

    Hidden ones and leftovers are left out. Links to folders are followed, but neither back to where they lie nor more
    than MOST_LINKS of them on the way to a file: folders full of links to each other would have no end. What the system
    makes up, such as /proc, is passed over. Raises OSError if `folder` itself can't be read.
    """
    made_up = _made_up_devices()
    waiting = [_Folder(folder)]
    while waiting:
        here = waiting.pop()
        try:
            identity, entries = _identity(here.path), _entries(here.path)
        except OSError:
            if here.path is folder:
                raise
            yield Found(here.path, CLOSED)
            continue
        if identity in here.around:
            continue
        if identity[0] in made_up:
            yield Found(here.path, MADE_UP)
        elif here.links > MOST_LINKS:
            yield Found(here.path, TOO_MANY_LINKS)
        else:
            around = here.around | {identity}
            inner = []
            for entry in entries:
                if _is_folder(entry):
                    inner.append(_Folder(Path(entry.path), around, here.links + entry.is_symlink()))
                else:
                    yield Found(Path(entry.path), _reason(entry, entry.name))
            waiting += reversed(inner)


def of_file(path: Path) -> Found:
    """What a single file is."""
    return Found(path, _reason(path, path.name))


def is_photo(opened: Zip, entry: Entry) -> bool:
    """Whether a file in a zip is a photo; see `formats.is_photo`."""
    return formats.is_photo(entry.path, lambda: opened.start(entry, formats.START))


def sentences(passed_over: Mapping[str, Iterable[str]]) -> list[str]:
    """A sentence for each reason, with the number of files or folders and the first names."""
    lines = []
    for reason, given in passed_over.items():
        names = list(given)
        if not names:
            continue
        shown = ", ".join(printable_name(name) for name in names[:SHOWN])
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        lines.append(f"{len(names):,} passed over, {reason}: {shown}{more}.")
    return lines


def _made_up_devices() -> set[int]:
    """Where Linux shows what is no file: each process has the whole disk in its folder."""
    if not sys.platform.startswith("linux"):
        return set()
    return {_identity(place)[0] for place in (Path("/proc"), Path("/sys")) if place.is_mount()}


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not is_leftover(entry.name)), key=lambda entry: entry.name)


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()  # mostly without asking the disk again
    except OSError:  # a link that leads to itself
        return False


def _reason(file: os.DirEntry[str] | Path, name: str) -> str:
    try:
        if not file.is_file():
            return NO_FILE
        return "" if formats.is_photo(name, lambda: regular.start(Path(file), formats.START)) else NO_PHOTO
    except OSError:  # also of a link that leads to itself
        return CLOSED
