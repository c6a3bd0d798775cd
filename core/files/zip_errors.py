"""What can be wrong with a zip, in sentences that hold whatever the zip is for."""

import struct
from typing import BinaryIO

from core.files.names import printable_name

OTHER_FORMATS = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"<": "a web page",
    b"\xff\xd8\xff": "a JPEG file",
    b"\x89PNG": "a PNG file",
}

AGAIN = "Copy, download or zip it again."
SPLIT = "Split it into smaller zips, or unpack it yourself and use the folder."


class ZipError(Exception):
    """A zip, or a file in it, that can't be used."""

    def __init__(self, fault: str, remedy: str) -> None:
        """`fault` continues a sentence that begins with the file's name, without a full stop; `remedy` is another."""
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy

    def sentences(self, subject: str, remedy: str = "") -> str:
        """What is wrong with `subject`, and what to do."""
        return f"{subject} {self.fault}. {remedy or self.remedy}"


class NotAZipError(ZipError):
    """A file of another kind."""


def unreadable(file: BinaryIO, error: Exception) -> ZipError:
    """The error for a file that zipfile refuses to open with `error`, by what the file really is."""
    try:
        file.seek(0)
        start = file.read(64)
    except OSError:
        return ZipError(f"can't be read ({reason(error)})", AGAIN)
    if start.startswith(b"PK"):
        return ZipError(f"is a zip that was cut short or damaged ({reason(error)})", AGAIN)
    if not start:
        return NotAZipError("must be a zip, got an empty file", "Choose another file.")
    kinds = (kind for signature, kind in OTHER_FORMATS.items() if start.lstrip().startswith(signature))
    kind = next(kinds, "something else, whatever its name says")
    return NotAZipError(f"must be a zip, got {kind}", "Zip the files.")


def reason(error: Exception) -> str:
    """What zipfile says, as one line; in other words where Python itself complains about numbers and letters."""
    if isinstance(error, UnicodeError):
        return "the name of a file is not readable"
    if isinstance(error, (struct.error, OverflowError, ValueError)):
        return "its numbers make no sense"
    return printable_name(str(error)) or "it ends too early"
