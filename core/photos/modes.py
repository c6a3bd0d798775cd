"""Pictures in any of Pillow's modes (palette, transparent, 16 bits, LAB …) in one that a colour profile applies to."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from core.photos import profiles


def plain(image: Image.Image, white: float | None) -> Image.Image:
    """`image` in mode L, RGB or CMYK, with transparency laid over white.

    `white` is the level that means white, for 16-bit and floating-point greys (see `white_level`); else None.
    """
    if white is not None:
        grey = np.nan_to_num(np.asarray(image).astype(np.float32))
        return Image.fromarray(np.clip(np.rint(grey * (255 / white)), 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        background = Image.new("RGBA", image.size, "white")
        background.alpha_composite(image.convert("RGBA"))
        return background.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "LAB":
        return profiles.lab_to_srgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def white_level(mode: str, strips: Iterable[Image.Image]) -> float | None:
    """The level that means white in the strips of a picture of that mode; None where the mode itself settles it.

    Files with 16 bits don't say whether all of them are used, so it takes the brightest level.
    """
    if mode[0] not in "IF":
        return None
    brightest = max(_brightest(strip) for strip in strips)
    if mode == "F" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else 65535.0


def _brightest(image: Image.Image) -> float:
    levels = np.asarray(image)
    return float(np.max(levels, where=np.isfinite(levels), initial=0))
