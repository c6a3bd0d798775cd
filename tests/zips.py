"""Zips made in memory: honest ones, ones with changed headers, and one whose directory lies."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from typing import Any

from core.files.zips import Zip
from core.photos import formats
from tests.conftest import encoded, picture


def zip_of(
    *entries: str | zipfile.ZipInfo, content: bytes, method: int = zipfile.ZIP_STORED, others: bytes | None = None
) -> bytes:
    """A zip whose entries all have the same content, or those that don't end like a photo that of `others`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for entry in entries:
            name = entry if isinstance(entry, str) else entry.filename
            is_photo = others is None or name.lower().rstrip(" .").endswith(formats.SUFFIXES)
            archive.writestr(entry, content if is_photo or others is None else others, method)
    return file.getvalue()


def patched(data: bytes, signature: bytes, offset: int, form: str, value: int) -> bytes:
    """`data` with the number at `offset` after each `signature` (local or central header) replaced."""
    changed = bytearray(data)
    start = changed.find(signature)
    assert start >= 0
    while start >= 0:
        struct.pack_into(form, changed, start + offset, value)
        start = changed.find(signature, start + 1)
    return bytes(changed)


class UnderstatingZip(Zip):
    """A zip whose directory says that each of its files has one byte."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.entries = [replace(entry, size=1) for entry in self.entries]


class OldName(zipfile.ZipInfo):
    """An entry whose name is written as an old program does: bytes of a code page, without the UTF-8 flag."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (Python's own)
        return self.orig_filename.encode("cp437"), self.flag_bits


def old_zip(words: tuple[str, ...], code_page: str, extra: bool = False) -> io.BytesIO:
    """A dataset as an old program zips it, with a class for each word; with `extra` as WinZip does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (f"{split}/{word}/1.png" for split in ("train", "validation") for word in words):
            raw = name.encode(code_page)
            info = OldName(raw.decode("cp437"))
            if extra:
                field = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + name.encode()
                info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(info, encoded(picture(12, 12), "PNG"))
    buffer.seek(0)
    return buffer
