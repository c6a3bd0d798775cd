"""Photos from wherever people have them: files, folders and zips, one at a time. Nothing is ever written."""

import io
import os
import re
import stat
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.errors import PhotoError
from core.photos import archives, formats
from core.photos.files import read_file

ENDINGS = tuple(sorted(formats.SUFFIXES))
"""What a file in a folder or zip must end in to be taken for a photo."""

MOST_PHOTOS = 10_000  # in a zip; folders on disk may hold any number
MOST_UNPACKED = 8 << 30  # bytes in all the photos of a zip, as a thousand photos of a large camera have
MOST_LIST = 4 << 20  # bytes of a zip's list of files: 20,000 lines; a million would fill the memory
LONGEST_NAME = 240  # letters shown

JOINER = "\u200d"  # makes one emoji of several
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # of a zip with files, and of one without


@dataclass(frozen=True)
class Given:
    """A photo that somebody gave, not read yet."""

    name: str  # "IMG_1.jpg", "holiday/IMG_1.jpg", "photos.zip/beach/IMG_1.jpg": to be shown, never a path to write to
    read: Callable[[], bytes]  # the bytes; raises PhotoError with a sentence; may be called again


@dataclass(frozen=True)
class Batch:
    """Photos that came in one piece: a single photo, or a zip of many."""

    photos: tuple[Given, ...]
    size: int  # bytes


def on_disk(paths: Iterable[Path]) -> Iterator[Given]:
    """The photos at `paths`, one after the other: files, whole folders, and the photos of zips.

    Folders are walked in the order of their names, without hidden files and what doesn't end like a photo. Whatever
    can't be used comes as one that can't be read, so that its sentence stands in its place.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        elif is_zip(path.name, _start(path)):
            yield from _in_zip(path)
        else:
            yield Given(_printable(str(path)), partial(read_file, path))


def unpacked(name: str, file: BinaryIO | bytes) -> list[Given]:
    """The photos of a zip that is held in memory, in the zip's order; each is unpacked when it is read.

    What can't be read of it alone (a photo with a password, a zip inside) is one that raises when read. Raises
    PhotoError for a zip that is damaged, locked, without photos, or would unpack to far more than it should.
    """
    return _photos(shown(name), _Stream(io.BytesIO(file) if isinstance(file, bytes) else file))


def is_zip(name: str, data: bytes | BinaryIO) -> bool:
    """Whether a file is to be opened as a zip: by how it begins, or by its name."""
    if isinstance(data, bytes):
        start = data[:4]
    else:
        data.seek(0)
        start = data.read(4)
        data.seek(0)
    return start in SIGNATURES or name.lower().endswith(".zip")


def shown(name: str) -> str:
    """A name as one line of printable letters, shortened in its middle where it is endless."""
    line, half = _printable(name), LONGEST_NAME // 2
    return line if len(line) <= LONGEST_NAME else f"{line[:half]}…{line[1 - half :]}"


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() or letter == JOINER else "?" for letter in name)


class _Stream:
    """A file for zipfile, which reads a zip's list of files in one piece; that piece gets a limit here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1) -> bytes:
        if count > MOST_LIST:
            raise zipfile.BadZipFile("its list of files is too long")
        return self._file.read(count)


def _photos(name: str, stream: _Stream) -> list[Given]:
    try:
        size = stream.seek(0, os.SEEK_END)
        zipped = zipfile.ZipFile(stream)
        entries = [entry for entry in zipped.infolist() if not _is_junk(entry)]
    except (*archives.DAMAGE, OSError) as error:
        raise PhotoError(f"{name} is no zip, or a damaged one ({_why(error)}). Copy or zip it once more.") from None
    found = [entry for entry in entries if _ending(entry) in ENDINGS]
    inner = [_path(entry) for entry in entries if _ending(entry) == ".zip"]
    _check(name, found, inner, size)
    given = [Given(shown(f"{name}/{_path(entry)}"), partial(_content, zipped, entry)) for entry in found]
    if inner:
        more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
        sentence = (
            f"{name} holds zips inside ({shown(inner[0])}{more}), which are not opened. Unpack it and give them singly."
        )
        given.append(Given(shown(f"{name}/{inner[0]}"), partial(_refuse, sentence)))
    return given


def _check(name: str, found: list[zipfile.ZipInfo], inner: list[str], size: int) -> None:
    """Refuse a zip as a whole by what it says of itself; what it really holds is counted when it is read."""
    if not found and not inner:
        raise PhotoError(f"{name} holds no photos. Those in it must end in {', '.join(ENDINGS)}.")
    if len(found) > MOST_PHOTOS:
        raise PhotoError(f"{name} holds {len(found):,} photos; a zip may hold {MOST_PHOTOS:,}. Split it into several.")
    declared = sum(entry.file_size for entry in found)
    if declared > min(MOST_UNPACKED, max(archives.RATIO_FREE_BYTES, archives.MOST_RATIO * size)):
        raise PhotoError(
            f"{name} has {archives.amount(size)} and says that it unpacks to {archives.amount(declared)}, which no zip "
            "of photos does. Unpack it yourself and give the photos."
        )
    if found and all(entry.flag_bits & archives.ENCRYPTED for entry in found):
        raise PhotoError(f"{name} is locked with a password. Unpack it yourself and give the photos.")


def _content(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of a photo in a zip. Raises PhotoError."""
    if entry.flag_bits & archives.ENCRYPTED:
        raise PhotoError("The photo is locked with a password. Unpack the zip yourself and give the photo.")
    # zipfile unpacks bzip2 and LZMA in one piece, however large: a few KB could take all the memory
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PhotoError("The photo is packed in an unusual way; zips with Deflate can be read. Zip it once more.")
    if entry.file_size > formats.MOST_BYTES:
        raise formats.too_many_bytes(entry.file_size)
    data = io.BytesIO()
    try:
        with zipped.open(entry) as packed:
            while chunk := packed.read(archives.CHUNK):
                data.write(chunk)
                if data.tell() > formats.MOST_BYTES:  # whatever the zip says
                    raise formats.too_many_bytes(data.tell())
    except (*archives.DAMAGE, OSError, RuntimeError) as error:
        raise PhotoError(f"The photo is damaged in the zip ({_why(error)}). Copy or zip it once more.") from None
    return data.getvalue()


def _in_zip(path: Path) -> Iterator[Given]:
    """The photos of a zip on disk; the file stays open as long as one of them may be read."""
    name = shown(str(path))
    try:
        file = path.open("rb")
        stream = _Stream(file)
        weakref.finalize(stream, file.close)
        yield from _photos(name, stream)
    except OSError as error:
        yield Given(name, partial(_refuse, f"{name} can't be opened ({error.strerror})."))
    except PhotoError as error:
        yield Given(name, partial(_refuse, str(error)))


def _in_folder(folder: Path) -> Iterator[Given]:
    found = False
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(where, name)
            if not name.startswith(".") and path.suffix.lower() in ENDINGS and path.is_file():  # no pipes or devices
                found = True
                yield Given(_printable(str(path)), partial(read_file, path))
    if not found:
        sentence = f"The folder {shown(str(folder))} holds no photos. Those in it must end in {', '.join(ENDINGS)}."
        yield Given(shown(str(folder)), partial(_refuse, sentence))


def _start(path: Path) -> bytes:
    """How a file begins; nothing where it is none, which is then said when it is read as a photo."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(4)
    except (OSError, ValueError):
        return b""


def _is_junk(entry: zipfile.ZipInfo) -> bool:
    """Folders, links, hidden files, and what macOS puts beside each photo."""
    parts = archives.decoded(entry).replace("\\", "/").split("/")
    hidden = any(part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in parts)
    return entry.is_dir() or hidden or not archives.is_regular(entry)


def _path(entry: zipfile.ZipInfo) -> str:
    """The entry's path without what could lead anywhere: drive letters, the root, and steps upwards."""
    parts = archives.decoded(entry).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part.strip(". ") and not re.fullmatch("[A-Za-z]:", part)) or "photo"


def _ending(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(_path(entry).rstrip(" .")).suffix.lower()


def _why(error: Exception) -> str:
    return archives.shown(str(error)) or "it ends too early"


def _refuse(sentence: str) -> bytes:
    raise PhotoError(sentence)
