"""What a photo's file says of its making: its full size, and when and with which camera it was taken."""

import io
from dataclasses import dataclass
from datetime import datetime
from math import nan
from typing import Any

from PIL import Image

TAKEN, EXIF, MODEL = 0x9003, 0x8769, 0x0110  # tags of EXIF 2.32
LONGEST_MODEL = 60  # characters


@dataclass(frozen=True)
class Capture:
    """The making of a photo, as its file tells it."""

    width: int  # px, as stored; the photo may have to be turned
    height: int
    taken: float = nan  # s since 1970, by the camera's clock; NaN if unknown
    camera: str = ""


def read(data: bytes) -> Capture:
    """The making of a photo that `photos.decode` accepts."""
    with Image.open(io.BytesIO(data)) as image:
        try:
            exif = image.getexif()
            moment = exif.get_ifd(EXIF).get(TAKEN)  # not DateTime: a program that saves many photos sets it
            camera = exif.get(MODEL)
        except Exception:  # Pillow's parser raises anything on broken EXIF
            moment = camera = None
        return Capture(image.width, image.height, _seconds(moment), str(camera or "").strip("\0 ")[:LONGEST_MODEL])


def _seconds(moment: Any) -> float:
    try:
        return datetime.strptime(str(moment).strip("\0 "), "%Y:%m:%d %H:%M:%S").timestamp()
    except (ValueError, OverflowError, OSError):
        return nan
