"""HEIC files: decoded without Pillow, which would hold a photo three times, and turned upright once.

A HEIC may say twice that it must be turned: as a property of the picture (`irot`, `imir`), which its decoder applies,
and in EXIF. ISO 23008-12 lets only the property count. Some programs write EXIF alone, and then that counts.
"""

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image

PROPERTIES = (b"meta", b"iprp", b"ipco")  # where the properties of a file's pictures are, box within box
TURNS = (b"irot", b"imir")
ORIENTATION = 0x0112


def opened(data: bytes, index: int) -> Any:
    """The photo with that index in a HEIC file, a pillow_heif.HeifImage."""
    import pillow_heif

    return pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)[index]


def orientation(data: bytes, photo: Any) -> object:
    """EXIF's orientation, if it is the only thing that says how to turn the decoded photo; else None."""
    if any(kind in TURNS for kind, _ in _properties(data)):
        return None
    try:
        exif = Image.Exif()
        exif.load(photo.info.get("exif") or b"")
        return exif.get(ORIENTATION)
    except Exception:  # Pillow's parser raises anything on broken EXIF, which doesn't break the photo
        return None


def _properties(data: bytes) -> list[tuple[bytes, bytes]]:
    content = data
    for wanted in PROPERTIES:
        content = next((inner for kind, inner in _boxes(content) if kind == wanted), b"")
        if wanted == b"meta":
            content = content[4:]  # version and flags
    return list(_boxes(content))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box (ISO 14496-12: size, kind, content)."""
    at = 0
    while at + 8 <= len(data):
        size, kind, start = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(data) - at  # to the end of the file
        if size < start:
            return
        yield kind, data[at + start : at + size]
        at += size
