"""Zips from anywhere, read in bounded memory: the one place that decides what in them is junk, locked or a bomb.

Callers choose the entries that they want and turn a ZipError into an error of their own.
"""

import contextlib
import gc
import os
import stat
import struct
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core import words
from core.files import code_pages, regular
from core.files.code_pages import Reading
from core.files.names import Parts, is_leftover
from core.files.zip_errors import AGAIN, SPLIT, ZipError, reason, unreadable

MOST_BYTES = 8_000_000_000  # unpacked; more belongs in a folder on disk
MOST_RATIO = 100  # photos are compressed already: honest zips stay below 2, zip bombs start near 1,000 ...
RATIO_FREE_BYTES = 64_000_000  # ... but a few flat drawings as BMP shrink as much as a bomb and harm nobody
CHUNK = 1 << 20  # bytes unpacked at a time

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # of a zip with files, and of an empty one
LOCKED = 0x1 | 0x40 | 0x2000  # flags for a password, strong encryption and an encrypted directory
UTF8 = 0x800  # flag for a name in UTF-8
UNICODE_PATH = 0x7075  # extra field with the name in UTF-8
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError, ValueError, OSError
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file or folder in a zip, as the zip's directory describes it."""

    path: str  # with / between the folders; any text at all, so neither safe to write to nor to print
    size: int  # bytes when unpacked
    info: zipfile.ZipInfo

    @cached_property  # asked seven times of each of 200,000 entries
    def parts(self) -> Parts:
        """The path, folder by folder."""
        return tuple(part for part in self.path.split("/") if part not in ("", "."))

    @property
    def suffix(self) -> str:
        """How the name ends, such as ".jpg"; without the spaces and dots behind it, which Windows drops."""
        return PurePosixPath(self.parts[-1].rstrip(" .")).suffix.lower() if self.parts else ""

    @property
    def leads_outside(self) -> bool:
        """Whether the path leaves the folder that a zip is unpacked into."""
        return self.path.startswith("/") or ".." in self.parts or any(map(is_drive, self.parts[:1]))

    @property
    def is_junk(self) -> bool:
        """Whether it is a folder, link or device, hidden, without a name, or left by a system or program."""
        kind = stat.S_IFMT(self.info.external_attr >> 16)  # 0 in zips made on Windows
        is_file = bool(self.parts) and not self.path.endswith("/") and kind in (0, stat.S_IFREG)
        return not is_file or any(map(is_leftover, self.parts))

    @property
    def is_locked(self) -> bool:
        """Whether it takes a password to unpack."""
        return bool(self.info.flag_bits & LOCKED)


class Zip:
    """A zip that is open for reading. The file is closed when the object is closed or garbage-collected."""

    def __init__(self, source: Path | BinaryIO, most_directory: int, code_page: str = "") -> None:
        """Read the directory, which may take `most_directory` bytes.

        Names without the UTF-8 flag are read in `code_page`, or in the one that makes words of them. Raises ZipError,
        and OSError for a path.
        """
        file = regular.opened(source) if isinstance(source, Path) else source
        self.close = weakref.finalize(self, file.close if isinstance(source, Path) else lambda: None)
        with _without_garbage_collection():  # it takes half of the time for 200,000 entries, and finds nothing
            try:
                self.size = file.seek(0, os.SEEK_END)
                self._zip = zipfile.ZipFile(_Bounded(file, most_directory))
            except DAMAGE as error:
                fault = unreadable(file, error)
                self.close()
                raise fault from error
            except BaseException:
                self.close()
                raise
            infos = self._zip.infolist()
            names, self.readings = decoded_names(infos, code_page)
            self.entries = [
                Entry(path.replace("\\", "/"), info.file_size, info)  # some Windows programs write \
                for path, info in zip(names, infos, strict=True)
            ]

    def check_size(self, unpacked: int) -> None:
        """Raise ZipError when `unpacked` bytes are more than an honest zip of this size holds."""
        most = min(MOST_BYTES, max(RATIO_FREE_BYTES, MOST_RATIO * self.size))
        if unpacked > most:
            raise ZipError(f"must unpack to at most {words.size(most)}, got {words.size(unpacked)}", SPLIT)

    def start(self, entry: Entry, count: int) -> bytes:
        """The first bytes of a file; b"" if it can't be read."""
        try:
            check_readable(entry)
            with self._zip.open(entry.info) as file:
                return file.read(count)
        except (ZipError, *DAMAGE):
            return b""

    def chunks(self, entry: Entry, most: int) -> Iterator[bytes]:
        """The bytes of a file, piece by piece.

        Raises ZipError when it needs a password, has more than `most` bytes, is damaged or compressed in a way that
        can't be read in bounded memory.
        """
        check_readable(entry)
        check_entry_size(entry.size, most)
        unpacked = 0
        try:
            with self._zip.open(entry.info) as file:
                while chunk := file.read(CHUNK):
                    unpacked += len(chunk)
                    check_entry_size(unpacked, most)  # the directory may lie
                    yield chunk
        except DAMAGE as error:
            raise ZipError(f"is damaged ({reason(error)})", AGAIN) from error


def check_entry_size(size: int, most: int) -> None:
    """Raise ZipError for a file of more than `most` bytes."""
    if size > most:
        raise ZipError(
            f"must have at most {words.size(most)}, got {words.size(size)}", "Make it smaller and zip it again."
        )


def check_readable(entry: Entry) -> None:
    """Raise ZipError for an entry that needs a password, or memory that depends on nothing but the zip's goodwill."""
    if entry.is_locked:
        raise ZipError("is locked with a password", "Unpack the zip and make a new one without a password.")
    # zipfile unpacks bzip2 and LZMA in one piece, however large: a few kB could take all the memory
    if entry.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ZipError(
            f"must be compressed with Deflate, got the unusual method {entry.info.compress_type}",
            "Unpack the zip and make a new one with the usual settings.",
        )


def decoded_names(infos: Sequence[zipfile.ZipInfo], code_page: str = "") -> tuple[list[str], list[Reading]]:
    """The entries' names as text, and the ways to read those whose code page nobody has stated, best first.

    macOS writes UTF-8 without saying so, old Windows programs write the code page of their country.
    """
    names = {i: name for i, info in enumerate(infos) if (name := _stated_name(info)) is not None}
    raw = {i: info.orig_filename.encode("cp437") for i, info in enumerate(infos) if i not in names}
    readings: list[Reading] = []
    text: Iterable[str] = ()
    if code_page:
        text = code_pages.read(list(raw.values()), code_page)
    elif raw:
        readings = code_pages.readings(list(raw.values()))
        text = readings[0].names if readings else code_pages.read(list(raw.values()), "cp437")
    names.update(zip(raw, text, strict=True))
    return [names[i].split("\0")[0] for i in range(len(infos))], readings


def _stated_name(info: zipfile.ZipInfo) -> str | None:
    """The name if its letters are certain: ASCII, UTF-8 by its flag, or in Info-ZIP's extra field (APPNOTE 4.6.9)."""
    if info.flag_bits & UTF8 or info.orig_filename.isascii():
        return info.orig_filename
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and content[:1] == b"\x01":
            (checksum,) = struct.unpack("<L", content[1:5].ljust(4, b"\0"))
            if checksum == zlib.crc32(info.orig_filename.encode("cp437")):  # else another program renamed the file
                with contextlib.suppress(UnicodeDecodeError):
                    return content[5:].decode("utf-8")
    return None


def is_zip(name: str, start: bytes) -> bool:
    """Whether to open a file as a zip: it begins like one (four bytes are enough) or is named like one."""
    return start[:4] in SIGNATURES or name.lower().endswith(".zip")


def is_drive(part: str) -> bool:
    """Whether a part of a path is a drive letter of Windows."""
    return len(part) == 2 and part[1] == ":" and part[0].isascii() and part[0].isalpha()


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Bounded:
    """A file for zipfile, which reads a zip's whole directory at once: a million entries would fill the memory."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1) -> bytes:
        if count > self._most:
            raise ZipError("lists too many files", SPLIT)
        return self._file.read(count)
