"""Zips made in memory: honest ones, ones with changed headers, and one whose directory lies."""

import io
import struct
import zipfile
from dataclasses import replace
from typing import Any

from core.files.zips import Zip
from core.photos import formats


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
