"""Small pictures of a dataset's photos, kept in the cache.

All thumbnails of a dataset lie in one file, to which new ones are appended: 30,000 files of 5 kB would slow down every
look at the cache, and could only be deleted one by one. (SQLite would do too, but its locks and the cache's exclude
each other: a process that closes a database file anywhere gives up its locks on it everywhere.) Each entry has a
checksum. An entry that is damaged counts as missing, and is made and appended again; a file that breaks off is cut
where it is whole. So nothing here has to be repaired by hand, and a clean-up may delete the file at any time.
"""

import contextlib
import hashlib
import io
import os
import struct
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from core import machine, photos, workspace
from core.errors import PhotoError
from core.files import cache, locks, regular

LONGEST = 160  # px, of the longer side
VERSION = 1  # increase it when the same photo gives another thumbnail
KIND = "thumbnails"  # the folder in the cache
HEADER = struct.Struct("<4s16sII")  # mark, key, length and checksum
MARK = b"TH01"
PICTURE, REASON = b"P", b"R"  # the first byte of an entry: a JPEG follows, or why there is none
MOST_BYTES = 1_000_000  # of an entry; 5 kB are usual
MOST_INDEXED = 4  # datasets whose index stays in memory, about 8 MB each for 30,000 photos
ATTEMPTS, PAUSE = 20, 0.01  # to wait for another process that appends, s

Key = bytes


@dataclass(frozen=True)
class Thumbnail:
    """A photo's small picture, upright and in its own proportions."""

    picture: bytes  # a JPEG with at most LONGEST px on its longer side; empty if there is none
    reason: str = ""  # why the photo can't be read


@dataclass
class _Index:
    """Where the entries of a file lie, as far as it has been read."""

    identity: tuple[int, int] = (0, 0)  # of the file
    end: int = 0  # bytes read
    places: dict[Key, tuple[int, int]] = field(default_factory=dict)  # key → first byte of the entry, length


_indexes: OrderedDict[Path, _Index] = OrderedDict()  # the least recently used first
_lock = threading.Lock()  # of the indexes and the files


def load(folder: Path, paths: Sequence[Path], seconds: float | None = None) -> list[Thumbnail | None]:
    """The thumbnails of photos below a dataset's folder, made where the cache lacks them.

    After `seconds`, no more are begun: those that are missing are None, and come with the next call. At least one is
    made. Without `seconds`, all of them are.
    """
    file = path_of(folder)
    keys = [_key(path) for path in paths]
    found = _read(file, [key for key in keys if key])
    until = None if seconds is None else time.monotonic() + seconds
    missing = {path: key for path, key in zip(paths, keys, strict=True) if key not in found}
    made = dict(zip(missing, _made(list(missing), until), strict=True))
    _append(file, {missing[path]: entry for path, entry in made.items() if entry and entry.lasts})
    new = {path: entry.thumbnail for path, entry in made.items() if entry}
    return [found.get(key) or new.get(path) for path, key in zip(paths, keys, strict=True)]


def path_of(folder: Path) -> Path:
    """The file with the thumbnails of a dataset's folder."""
    digest = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    return workspace.cache() / KIND / f"{digest}-{LONGEST}-{VERSION}.thumbnails"


def cropped(picture: bytes, side: int) -> bytes:
    """The middle of a thumbnail as a square JPEG of 2 × `side` px, for screens that show `side` px finely."""
    with Image.open(io.BytesIO(picture)) as image:
        square = ImageOps.fit(image.convert("RGB"), (2 * side, 2 * side))
    file = io.BytesIO()
    square.save(file, "JPEG", quality=85)
    return file.getvalue()


@dataclass(frozen=True)
class _Entry:
    """A thumbnail just made."""

    thumbnail: Thumbnail
    lasts: bool = True  # whether it would be the same next time


def _key(path: Path) -> Key:
    """A name for the photo's present content, from its file's size, time and inode; empty if there is no such file.

    The inode tells two files apart that have changed places: unpacked drawings often have the same size and time.
    """
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return b""
    text = os.fsencode(path) + struct.pack("<qqQ", stat.st_size, stat.st_mtime_ns, stat.st_ino & (2**64 - 1))
    return hashlib.blake2b(text, digest_size=16).digest()


def _made(paths: list[Path], until: float | None) -> Iterator[_Entry | None]:
    """Thumbnails in the order of `paths`, made side by side; None for those not begun in time."""
    if not paths:
        return iter(())
    with ThreadPoolExecutor(machine.cores()) as threads:
        begun = [threads.submit(_make, path, until if number else None) for number, path in enumerate(paths)]
        return iter([each.result() for each in begun])


def _make(path: Path, until: float | None) -> _Entry | None:
    if until is not None and time.monotonic() > until:
        return None
    try:
        data = photos.read_file(path)
    except PhotoError as error:
        return _Entry(Thumbnail(b"", str(error)), lasts=False)
    try:
        return _Entry(Thumbnail(photos.thumbnail(photos.decode(data, at_least=LONGEST), LONGEST)))
    except PhotoError as error:
        return _Entry(Thumbnail(b"", str(error)), lasts=not isinstance(error.__context__, MemoryError))


# The file


def _read(path: Path, keys: Sequence[Key]) -> dict[Key, Thumbnail]:
    """The thumbnails that the file has whole."""
    found: dict[Key, Thumbnail] = {}
    with contextlib.suppress(OSError), regular.opened(path) as file, _lock:
        index = _index(path, file)
        for key in keys:
            if key in index.places:
                start, length = index.places[key]
                file.seek(start - HEADER.size)
                content = file.read(HEADER.size + length)
                if thumbnail := _thumbnail(key, content):
                    found[key] = thumbnail
                else:
                    del index.places[key]
        cache.touch(path)
    return found


def _thumbnail(key: Key, content: bytes) -> Thumbnail | None:
    """The thumbnail in an entry; None if it is damaged."""
    if len(content) <= HEADER.size:
        return None
    mark, written, length, checksum = HEADER.unpack_from(content)
    payload = content[HEADER.size :]
    if (mark, written, length) != (MARK, key, len(payload)) or zlib.crc32(payload, zlib.crc32(key)) != checksum:
        return None
    kind, rest = payload[:1], payload[1:]
    return Thumbnail(rest) if kind == PICTURE else Thumbnail(b"", rest.decode("utf-8", "replace"))


def _index(path: Path, file: BinaryIO) -> _Index:
    """The index of an open file, continued to its end, or to where it breaks off."""
    stat = os.fstat(file.fileno())
    identity = (stat.st_dev, stat.st_ino)
    index = _indexes.setdefault(path, _Index())
    _indexes.move_to_end(path)
    while len(_indexes) > MOST_INDEXED:
        _indexes.popitem(last=False)
    if index.identity != identity or index.end > stat.st_size:  # made anew since, or cut
        index.identity, index.end = identity, 0
        index.places.clear()
    while index.end + HEADER.size < stat.st_size:
        file.seek(index.end)
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            break
        mark, key, length, _ = HEADER.unpack(header)
        start = index.end + HEADER.size
        if mark != MARK or not 0 < length <= MOST_BYTES or start + length > stat.st_size:
            break
        index.places[key] = (start, length)
        index.end = start + length
    return index


def _append(path: Path, entries: dict[Key, _Entry]) -> None:
    """Add entries to the file. If the disk has no room, or another process is writing, they are made again later."""
    if not entries:
        return
    content = b"".join(_encoded(key, entry.thumbnail) for key, entry in entries.items())
    cache.make_room(len(content))
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        for _ in range(ATTEMPTS):
            with locks.unused(path) as is_unused:
                if is_unused:
                    return _append_unshared(path, content)
            time.sleep(PAUSE)


def _append_unshared(path: Path, content: bytes) -> None:
    with _lock, path.open("r+b") as file:
        end = _index(path, file).end
        file.truncate(end)  # what breaks off here was left by a killed process or a full disk
        file.seek(end)
        try:
            file.write(content)
            file.flush()
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(end)
            raise


def _encoded(key: Key, thumbnail: Thumbnail) -> bytes:
    payload = PICTURE + thumbnail.picture if thumbnail.picture else REASON + thumbnail.reason.encode("utf-8", "replace")
    return HEADER.pack(MARK, key, len(payload), zlib.crc32(payload, zlib.crc32(key))) + payload
