"""Pictures in any of Pillow's modes (palette, transparent, 16 bits, LAB …) in one that a colour profile applies to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.photos import profiles

PHOTOMETRIC, MAXIMUM, SAMPLE_FORMAT = 262, 281, 339  # TIFF's tags
SIGNED = 2  # a sample format
FEW = 0.01  # share of a picture's pixels


@dataclass(frozen=True)
class Levels:
    """What the numbers of a grey picture with more than 8 bits mean, where the mode alone doesn't say."""

    white: float  # the level that means white
    inverted: bool = False  # TIFF's WhiteIsZero: 0 means white, and `white` means black
    unsigned: bool = False  # 32 bits that Pillow takes for signed numbers
    transparent: int | None = None  # the level that means transparent

    def applied(self, image: Image.Image) -> Image.Image:
        """`image` in mode L, with transparent pixels in white."""
        numbers = _numbers(image, self.unsigned)
        grey = np.nan_to_num(numbers.astype(np.float32)) * np.float32(255 / self.white)
        if self.inverted:
            grey = 255 - grey
        if self.transparent is not None:
            grey[numbers == self.transparent] = 255
        return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8))


def plain(image: Image.Image, levels: Levels | None) -> Image.Image:
    """`image` in mode L, RGB or CMYK, with transparency laid over white. `levels` as `levels_of` returns them."""
    if levels is not None:
        return levels.applied(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        background = Image.new("RGBA", image.size, "white")
        background.alpha_composite(image.convert("RGBA"))
        return background.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "LAB":
        return profiles.lab_to_srgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def repair_transparency(image: Image.Image, data: bytes) -> None:
    """Bring the transparent level of a grey PNG with 2 or 4 bits to the scale that Pillow gives its pixels."""
    depth = data[24] if image.format == "PNG" else 8
    if image.mode == "L" and depth in (2, 4) and isinstance(level := image.info.get("transparency"), int):
        image.info["transparency"] = level * 255 // (2**depth - 1)


def levels_of(image: Image.Image, data: bytes, strips: Iterable[Image.Image]) -> Levels | None:
    """The levels of an image, given its file and its rows in strips; None where the mode settles them."""
    if image.mode[0] not in "IF":
        return None
    tags: Any = image.tag_v2 if image.format == "TIFF" else {}  # type: ignore[attr-defined]
    unsigned = image.mode == "I" and bool(tags) and tags.get(SAMPLE_FORMAT, (1,))[0] != SIGNED
    parts = [_Part.of(_numbers(strip, unsigned)) for strip in strips]
    most = max(part.most for part in parts)
    if image.mode == "F":
        white = _white_of_fractions(most, parts)
    else:
        white = _white_of_whole_numbers(most, unsigned, _stated_maximum(tags, data if image.format == "PNG" else b""))
    transparent = image.info.get("transparency")
    return Levels(white, tags.get(PHOTOMETRIC) == 0, unsigned, transparent if isinstance(transparent, int) else None)


@dataclass(frozen=True)
class _Part:
    """What counts of a strip: its brightest number, and how many numbers lie above 1 and between 0 and 1."""

    most: float
    count: int
    above: int
    between: int

    @classmethod
    def of(cls, numbers: NDArray[Any]) -> "_Part":
        finite = np.isfinite(numbers)
        above = int(np.count_nonzero(finite & (numbers > 1)))
        between = int(np.count_nonzero((numbers > 0) & (numbers < 1)))
        return cls(float(np.max(numbers, where=finite, initial=0)), numbers.size, above, between)


def _white_of_fractions(most: float, parts: list[_Part]) -> float:
    """1 where the numbers are fractions, though a few may pass 1: sharpening and highlights do that."""
    count = sum(part.count for part in parts)
    few_above = sum(part.above for part in parts) <= FEW * count
    fractions = sum(part.between for part in parts) > FEW * count
    if most <= 1 or (most <= 2 and fractions) or (few_above and fractions):
        return 1.0
    return 255.0 if most <= 255 else 65535.0


def _white_of_whole_numbers(most: float, unsigned: bool, stated: int | None) -> float:
    """What the file states, unless a number is brighter; else the least of the usual whites that fits."""
    if stated is not None and most <= stated:
        return float(stated)
    whites = (2**8 - 1, 2**16 - 1, 2**32 - 1 if unsigned else 2**31 - 1)
    return float(next(white for white in whites if most <= white))


def _stated_maximum(tags: Any, png: bytes) -> int | None:
    """TIFF's MaxSampleValue, or the largest number of the bits that count in a PNG (sBIT)."""
    if maximum := tags.get(MAXIMUM, (0,))[0]:
        return int(maximum)
    at = png.find(b"sBIT", 0, 8192)
    return 2 ** png[at + 4] - 1 if 0 < at < len(png) - 4 and 0 < png[at + 4] <= 16 else None


def _numbers(image: Image.Image, unsigned: bool) -> NDArray[Any]:
    numbers = np.asarray(image)
    return numbers.view(np.uint32) if unsigned else numbers
