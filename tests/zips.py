"""Zips made in memory: honest ones, ones with changed headers, and one whose directory lies."""

import io
import struct
import zipfile
from dataclasses import replace
from typing import Any

from core.files.zips import Zip


def zip_of(*entries: str | zipfile.ZipInfo, content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip whose entries all have the same content."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for entry in entries:
            archive.writestr(entry, content, method)
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
