"""Zips of photos from anybody, unpacked so that neither the zip nor its names can do harm."""

import errno
import hashlib
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.errors import DatasetError
from core.photos.formats import SUFFIXES

SPLITS = frozenset({"train", "validation", "test"})

MOST_FILES = 200_000  # beyond it folders get slow on every system; the course's dataset has 3,781
MOST_BYTES = 8 << 30  # 200,000 photos of 40 KB; more belongs in a folder on disk, not in a zip
MOST_PHOTO_BYTES = 100 << 20  # a 100-megapixel camera's JPEG has 60 MB
MOST_LEVELS = 32  # deeper paths outgrow what systems and recursion allow
MOST_RATIO = 100  # photos are compressed already: honest zips stay below 2, zip bombs start near 1,000 ...
RATIO_FREE_BYTES = 64 << 20  # ... but a few flat drawings as BMP shrink as much as a bomb and harm nobody
SPARE_BYTES = 256 << 20  # a disk filled to the last byte breaks the programs beside us

LONGEST_NAME = 255  # bytes in UTF-8: the limit of ext4, APFS and NTFS alike, or stricter
CHUNK = 1 << 20

ENCRYPTED = 0x1 | 0x40 | 0x2000  # the zip flags for a password, strong encryption and a hidden directory
UTF8 = 0x800
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError, ValueError)
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
ODD = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')  # Windows' list, control and half letters
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices on Windows, in any folder
OTHER_FORMATS = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"<": "a web page",
    b"\xff\xd8\xff": "a single photo",
    b"\x89PNG": "a single photo",
}

Parts = tuple[str, ...]  # a path inside the zip, folder by folder


def unpack(archive: Path | BinaryIO, folder: Path, progress: Callable[[float], None] | None = None) -> None:
    """Unpack the photos of a zip into `folder`, which must exist and be empty.

    Folders are kept, without the wrapping ones that all photos share above `train`/`validation`/`test` or, where
    there are no splits, above the class folders. Whatever isn't a photo is skipped. `progress` gets 0 to 1.
    Raises DatasetError, with `folder` empty again, for a zip that is unsafe, locked, damaged, too large or
    without photos.
    """
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty")
    name = _name(archive)
    try:
        with _disk_explained(name), _opened(archive, name) as zipped:
            photos = _photos(zipped, name)
            _check_sizes(photos, folder, name)
            _write(zipped, photos, folder, _Meter(name, _size(archive), _declared(photos), progress))
    except BaseException:
        _clear(folder)
        raise


class _Meter:
    """Counts what is really unpacked (a zip's own figures may lie), refuses bombs and reports progress."""

    def __init__(self, name: str, packed: int, declared: int, progress: Callable[[float], None] | None) -> None:
        self.name = name
        self.most = min(MOST_BYTES, max(RATIO_FREE_BYTES, MOST_RATIO * packed))
        self.declared = max(declared, 1)
        self.progress = progress
        self.unpacked = 0
        self.reported = -1.0

    def add(self, count: int) -> None:
        self.unpacked += count
        if self.unpacked > self.most:
            raise _too_large(self.name, f"unpacks to more than {amount(self.most)}")
        self.report(self.unpacked / self.declared)

    def report(self, done: float) -> None:
        """Pass on whole percents only: a page redraws at every call."""
        if self.progress and done >= min(self.reported + 0.01, 1) and self.reported < 1:
            self.reported = min(done, 1.0)
            self.progress(self.reported)


@contextmanager
def _disk_explained(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            raise _disk_full(name) from error
        raise DatasetError(
            f"{name} could not be unpacked ({error.strerror or error}): check that the file can be read, "
            "or unpack it yourself and add the folder."
        ) from error


@contextmanager
def _damage_explained(name: str) -> Iterator[None]:
    """Around zipfile's own reading alone: a ValueError from anywhere else is a bug, not a damaged zip."""
    try:
        yield
    except DAMAGE as error:
        raise DatasetError(
            f"{name} is a damaged zip ({shown(str(error)) or 'it ends too early'}), so nothing was added: "
            "copy, download or zip it again and retry."
        ) from error


@contextmanager
def _opened(archive: Path | BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    with _damage_explained(name):
        try:
            zipped = zipfile.ZipFile(archive)
        except zipfile.BadZipFile as error:
            raise DatasetError(_not_a_zip(_start(archive), name)) from error
    with zipped:
        yield zipped


def _chunks(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    with _damage_explained(name), zipped.open(entry) as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _not_a_zip(start: bytes, name: str) -> str:
    if start.startswith(b"PK"):
        return f"{name} is a zip that was cut short or damaged: copy, download or zip it again and retry."
    if not start:
        return f"{name} is empty, expected a zip with a folder of photos for each class: choose another file."
    kinds = (kind for signature, kind in OTHER_FORMATS.items() if start.lstrip().startswith(signature))
    came = next(kinds, "no zip, whatever its name says")
    return f"{name} is {came}, expected a zip with a folder of photos for each class: make a zip of the folders."


def _photos(zipped: zipfile.ZipFile, name: str) -> dict[Parts, zipfile.ZipInfo]:
    """Where each photo goes, below the destination; an entry given twice counts as zip programs do, the last."""
    found = {}
    for entry in zipped.infolist():
        parts = _parts(entry, name)
        if parts and is_regular(entry) and PurePosixPath(_safe(parts[-1])).suffix.lower() in SUFFIXES:
            _check_readable(entry, name)
            if len(parts) > MOST_LEVELS:
                raise DatasetError(
                    f"{name} has folders {len(parts) - 1} deep, expected a folder of photos for each class: "
                    "make a new zip from the class folders."
                )
            found[parts] = entry
    if not found:
        raise DatasetError(
            f"{name} holds no photos ({len(zipped.infolist())} other files), expected a folder of photos for each "
            "class: zip the folder that holds the class folders."
        )
    if len(found) > MOST_FILES:
        raise _too_large(name, f"holds {len(found):,} photos, more than {MOST_FILES:,}")
    return dict(zip(_distinct([tuple(map(_safe, parts)) for parts in found]), found.values(), strict=True))


def _parts(entry: zipfile.ZipInfo, name: str) -> Parts | None:
    """The entry's path, or None for what nobody means to add; raises DatasetError for a path that leads outside."""
    path = decoded(entry).replace("\\", "/")  # some Windows programs write it, against the standard
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or (parts and re.fullmatch("[A-Za-z]:", parts[0])):
        raise DatasetError(
            f"{name} wants to write outside its own folder ({shown(path)}), so nothing was unpacked: "
            "make a new zip from the photos' folder."
        )
    if path.endswith("/") or any(part == "__MACOSX" or part.strip().startswith(".") for part in parts):
        return None
    return tuple(parts)


def decoded(entry: zipfile.ZipInfo) -> str:
    """The entry's name; macOS writes UTF-8 without saying so, which zipfile reads as code page 437."""
    if entry.flag_bits & UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def is_regular(entry: zipfile.ZipInfo) -> bool:
    """False for symlinks and devices; zips made on Windows carry no file type at all."""
    return stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)


def _check_readable(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise DatasetError(f"{name} is locked with a password: unpack it yourself and zip it again without one.")
    # zipfile unpacks bzip2 and LZMA in one piece, however large: a few KB could take all the memory.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DatasetError(
            f"{name} is packed with an unusual method (number {entry.compress_type}), expected Deflate: "
            "unpack it yourself and zip it again, or add the folder."
        )


def _safe(part: str) -> str:
    """A file or folder name that every system accepts, the same for the same name.

    NFC because macOS writes accents apart: one class must have one name in every split.
    """
    named = ODD.sub("_", unicodedata.normalize("NFC", part)).strip(" ").rstrip(". ") or "_"
    if RESERVED.fullmatch(named):
        named = f"_{named}"
    return _shortened(named)


def _shortened(named: str, ending: str = "") -> str:
    """`named` with `ending` before its suffix, in at most LONGEST_NAME bytes; a hash keeps long names apart."""
    stem, suffix = PurePosixPath(named).stem, PurePosixPath(named).suffix
    if len(suffix) > 5:  # "Dr. Martens, size 40" has no suffix
        stem, suffix = named, ""
    if len(f"{stem}{ending}{suffix}".encode()) > LONGEST_NAME:
        ending = f"~{hashlib.sha256(named.encode()).hexdigest()[:8]}{ending}"
        room = LONGEST_NAME - len(f"{ending}{suffix}".encode())
        stem = stem.encode()[:room].decode(errors="ignore")
    return f"{stem}{ending}{suffix}"


def _distinct(paths: Sequence[Parts]) -> list[Parts]:
    """`paths` without their wrapping folders, numbered where two would be one file (`A.jpg` and `a.JPG` on macOS)."""
    wrapping = _wrapping([path[:-1] for path in paths])
    taken = {_key(path[:depth]) for path in paths for depth in range(wrapping + 1, len(path))}  # the folders
    counts: dict[Parts, int] = {}
    distinct = []
    for path in paths:
        first, number = _key(path), 0
        numbered = path
        while _key(numbered) in taken:
            number = counts[first] = counts.get(first, 1) + 1
            numbered = (*path[:-1], _shortened(path[-1], f" ({number})"))
        taken.add(_key(numbered))
        distinct.append(numbered[wrapping:])
    return distinct


def _key(path: Parts) -> Parts:
    return tuple(part.casefold() for part in path)


def _wrapping(folders: Sequence[Parts]) -> int:
    """How many leading folders wrap everything: those above the splits, or else all but the class folder."""
    shared = _shared(folders)
    splits = [len({_at(folder, depth) for folder in folders} & SPLITS) for depth in range(shared + 1)]
    if any(splits):
        return splits.index(max(splits))
    return max(0, min(shared, min(map(len, folders)) - 1))


def _shared(folders: Sequence[Parts]) -> int:
    first, last = min(folders), max(folders)
    return next(
        (depth for depth, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(map(len, folders))
    )


def _at(folder: Parts, depth: int) -> str:
    return folder[depth].casefold() if depth < len(folder) else ""


def _check_sizes(photos: dict[Parts, zipfile.ZipInfo], folder: Path, name: str) -> None:
    """Refuse early what the zip itself says is too much; what it really holds is counted while unpacking."""
    declared = _declared(photos)
    if declared > MOST_BYTES:
        raise _too_large(name, f"unpacks to {amount(declared)}, more than {amount(MOST_BYTES)}")
    for path, entry in photos.items():
        if entry.file_size > MOST_PHOTO_BYTES:
            raise _large_photo(name, path)
    if declared + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise _disk_full(name, declared)


def _declared(photos: dict[Parts, zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in photos.values())


def _write(zipped: zipfile.ZipFile, photos: dict[Parts, zipfile.ZipInfo], folder: Path, meter: _Meter) -> None:
    for path, entry in photos.items():
        destination = folder.joinpath(*path)
        destination.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with destination.open("xb") as file:
            for chunk in _chunks(zipped, entry, meter.name):
                written += len(chunk)
                if written > MOST_PHOTO_BYTES:
                    raise _large_photo(meter.name, path)
                meter.add(len(chunk))
                file.write(chunk)
    meter.report(1.0)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _too_large(name: str, what: str) -> DatasetError:
    return DatasetError(f"{name} {what}: split it into smaller zips, or unpack it yourself and add the folder.")


def _large_photo(name: str, path: Parts) -> DatasetError:
    return DatasetError(
        f"{name} holds {shown('/'.join(path))} with more than {amount(MOST_PHOTO_BYTES)}, the most for one photo: "
        "take it out or save it smaller, and zip again."
    )


def _disk_full(name: str, needed: int | None = None) -> DatasetError:
    size = f" ({amount(needed + SPARE_BYTES)} needed)" if needed is not None else ""
    return DatasetError(f"The disk has too little room to unpack {name}{size}: free some space and try again.")


def amount(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"


def shown(path: str) -> str:
    """A path from the zip as one short line."""
    line = "".join(letter if letter.isprintable() else "?" for letter in path)
    return line if len(line) <= 80 else f"{line[:40]}…{line[-35:]}"


def _name(archive: Path | BinaryIO) -> str:
    """What to call the archive: an upload bears its name, bytes in memory don't."""
    given = archive.name if isinstance(archive, Path) else getattr(archive, "name", None)
    last = given.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(given, str) else ""
    return shown(last) or "The file"


def _size(archive: Path | BinaryIO) -> int:
    return archive.stat().st_size if isinstance(archive, Path) else archive.seek(0, 2)


def _start(archive: Path | BinaryIO) -> bytes:
    if isinstance(archive, Path):
        with archive.open("rb") as file:
            return file.read(64)
    archive.seek(0)
    return archive.read(64)
