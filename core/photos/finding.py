"""One walk for datasets and predictions: which files below a folder are photos, and which are passed over, and why."""

import os
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
SHOWN = 3  # names for each reason
PassedOver = dict[str, list[str]]
"""The names of files that are passed over, by reason."""


@dataclass(frozen=True)
class Found:
    """A file below a folder: a photo, or one that is passed over for a reason."""

    path: Path
    reason: str = ""  # empty for a photo


def files(folder: Path) -> Iterator[Found]:
    """All files below `folder` in the order of their names, each folder's own files before its sub-folders.

    Hidden ones and leftovers are left out, and links to folders are followed once. Raises OSError if `folder` itself
    can't be read.
    """
    yield from _files(folder, {_identity(folder)})


def _files(folder: Path, walked: set[tuple[int, int]]) -> Iterator[Found]:
    with os.scandir(folder) as entries:
        visible = sorted((entry for entry in entries if not is_leftover(entry.name)), key=lambda entry: entry.name)
    folders = []
    for entry in visible:
        if _is_folder(entry):
            folders.append(Path(entry.path))
        else:
            yield Found(Path(entry.path), _reason(entry))
    for inner in folders:
        try:
            identity = _identity(inner)
            if identity not in walked:  # a link may lead back to where it lies
                yield from _files(inner, walked | {identity})
        except OSError:
            yield Found(inner, CLOSED)


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


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()  # mostly without asking the disk again
    except OSError:  # a link that leads to itself
        return False


def _reason(entry: os.DirEntry[str]) -> str:
    try:
        if not entry.is_file():
            return NO_FILE
        return "" if formats.is_photo(entry.name, lambda: regular.start(Path(entry.path), formats.START)) else NO_PHOTO
    except OSError:  # also of a link that leads to itself
        return CLOSED
