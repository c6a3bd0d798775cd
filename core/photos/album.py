"""Photos from wherever people have them: files, folders and zips, one at a time. Nothing is ever written."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from core.errors import PhotoError
from core.files import regular, zips
from core.files.names import path_text, printable_name
from core.files.zip_errors import SPLIT, ZipError
from core.files.zips import Entry, Zip
from core.photos import finding, formats
from core.photos.files import read_file
from core.photos.finding import PassedOver

NO_NAME = "a file without a name"
MOST_PHOTOS = 10_000  # in a zip; folders on disk may hold any number
MOST_DIRECTORY = 4_000_000  # bytes of a zip's directory: 20,000 files


@dataclass(frozen=True)
class PhotoSource:
    """A photo that can be read when its turn comes."""

    name: str  # "IMG_1.jpg", "holiday/IMG_1.jpg", "photos.zip/beach/IMG_1.jpg": for people, never a path to write to
    read: Callable[[], bytes]  # returns the file's bytes; raises PhotoError; may be called again


@dataclass(frozen=True)
class Batch:
    """Photos that came in one piece: a single photo, or a zip of many."""

    photos: tuple[PhotoSource, ...]
    size: int  # bytes


def on_disk(paths: Iterable[Path], passed_over: PassedOver | None = None) -> Iterator[PhotoSource]:
    """The photos at `paths`, one after the other: files, whole folders, and the photos in zips.

    Folders are walked as `finding.files` does. Files in folders and zips that are no photos are added to `passed_over`.
    Whatever can't be used becomes a source whose `read` raises PhotoError, so that its sentence stands in its place.
    """
    passed_over = {} if passed_over is None else passed_over
    for path in paths:
        if regular.is_folder(path):
            yield from _in_folder(path, passed_over)
        elif zips.is_zip(path.name, _start(path)):
            yield from _in_zip_on_disk(path, passed_over)
        else:
            yield PhotoSource(printable_name(path_text(path)), partial(read_file, path))


def in_zip(name: str, file: BinaryIO | bytes, passed_over: PassedOver | None = None) -> list[PhotoSource]:
    """The photos of a zip in memory, in the zip's order; each is unpacked when it is read.

    Files that are no photos are added to `passed_over`. A photo that can't be read (one with a password, a zip in the
    zip) raises PhotoError when it is read. A zip that is damaged, locked, without photos, or that would unpack to far
    more than it should, raises PhotoError now.
    """
    try:
        source = io.BytesIO(file) if isinstance(file, bytes) else file
        return _photos(printable_name(name), source, {} if passed_over is None else passed_over)
    except ZipError as error:
        raise PhotoError(error.sentences(printable_name(name))) from None


def _photos(name: str, source: Path | BinaryIO, passed_over: PassedOver) -> list[PhotoSource]:
    opened = Zip(source, MOST_DIRECTORY)
    photos, inner, others = [], [], []
    for entry in opened.entries:
        if entry.is_junk:
            continue
        if finding.is_photo(opened, entry):
            photos.append(entry)
        elif entry.suffix == ".zip":
            inner.append(_path(entry))
        else:
            others.append(f"{name}/{_path(entry)}")
    if others:
        passed_over.setdefault(finding.NO_PHOTO, []).extend(others)
    if not photos and not inner:
        raise PhotoError(f"{name} holds no photos. They must be {formats.names()}.")
    if len(photos) > MOST_PHOTOS:
        raise PhotoError(f"{name} must hold at most {MOST_PHOTOS:,} photos, got {len(photos):,}. {SPLIT}")
    opened.check_size(sum(entry.size for entry in photos))
    if photos and all(entry.is_locked for entry in photos):
        zips.check_readable(photos[0])
    sources = [
        PhotoSource(printable_name(f"{name}/{_path(entry)}"), partial(_content, opened, entry)) for entry in photos
    ]
    if inner:
        more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
        sentence = (
            f"{name} holds zips ({printable_name(inner[0])}{more}), which are not opened. Unpack it and add them."
        )
        sources.append(PhotoSource(printable_name(f"{name}/{inner[0]}"), partial(_refuse, sentence)))
    return sources


def _content(opened: Zip, entry: Entry) -> bytes:
    """The bytes of a photo in a zip. Raises PhotoError."""
    data = io.BytesIO()
    try:
        for chunk in opened.chunks(entry, formats.MOST_BYTES):
            data.write(chunk)
    except ZipError as error:
        raise PhotoError(error.sentences("The photo")) from None
    return data.getvalue()


def _in_zip_on_disk(path: Path, passed_over: PassedOver) -> Iterator[PhotoSource]:
    """The photos of a zip on disk; the file stays open as long as one of them may be read."""
    name = printable_name(path_text(path))
    try:
        yield from _photos(name, path, passed_over)
    except OSError as error:
        sentence = f"{name} can't be opened ({error.strerror}). Check the file and its permissions."
        yield PhotoSource(name, partial(_refuse, sentence))
    except ZipError as error:
        yield PhotoSource(name, partial(_refuse, error.sentences(name)))
    except PhotoError as error:
        yield PhotoSource(name, partial(_refuse, str(error)))


def _in_folder(folder: Path, passed_over: PassedOver) -> Iterator[PhotoSource]:
    name, is_empty = printable_name(path_text(folder)), True
    try:
        for found in finding.files(folder):
            if found.reason:
                passed_over.setdefault(found.reason, []).append(path_text(found.path))
            else:
                is_empty = False
                yield PhotoSource(printable_name(path_text(found.path)), partial(read_file, found.path))
        sentence = f"The folder {name} holds no photos. They must be {formats.names()}."
    except OSError as error:
        sentence = f"The folder {name} can't be read ({error.strerror}). Check its permissions."
    if is_empty:
        yield PhotoSource(name, partial(_refuse, sentence))


def _start(path: Path) -> bytes:
    """The first bytes of a file; b"" when it can't be read, which is explained when it is read as a photo."""
    try:
        return regular.start(path, 4)
    except OSError:
        return b""


def _path(entry: Entry) -> str:
    """The entry's path without drive letters and steps upwards, which would only confuse in a name."""
    return "/".join(part for part in entry.parts if part.strip(". ") and not zips.is_drive(part)) or NO_NAME


def _refuse(sentence: str) -> bytes:
    raise PhotoError(sentence)
