"""Embedded colour profiles: what a photo's numbers mean, turned into sRGB, which is what all networks have learned."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MOST_BYTES = 4 << 20  # the largest profiles of printing presses have 3 MB
UNSEEN = 2  # levels; profiles of sRGB itself differ by so much in their rounding
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # a profile's colour space, and Pillow's mode of such a picture


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image of mode L, RGB or CMYK as sRGB, mode RGB.

    A profile that is damaged, huge or of another kind of picture is ignored, as browsers do. That of sRGB, which most
    photos bear, costs nothing.
    """
    convert = _transform(profile) if profile and len(profile) <= MOST_BYTES else None
    if convert is not None and image.mode == "L" and convert.input_mode == "RGB":
        image = image.convert("RGB")  # a grey photo that was saved with the profile of coloured ones
    if convert is None or convert.input_mode != image.mode:
        return image.convert("RGB")
    return convert.apply(image)


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """An image of mode LAB as mode RGB, which Pillow does not convert by itself."""
    return _lab().apply(image)


@lru_cache
def _lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(maxsize=8)  # the photos of one camera share theirs
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """What turns pictures with that profile into sRGB; None where nothing has to be done, or nothing can be."""
    try:
        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODES[known.profile.xcolor_space.strip()]
        convert = ImageCms.buildTransform(known, ImageCms.createProfile("sRGB"), mode, "RGB")
        changed = np.asarray(convert.apply(_chart(mode))).astype(int)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return None
    if mode != "CMYK" and np.abs(changed - np.asarray(_chart(mode).convert("RGB"))).max() <= UNSEEN:
        return None
    return convert


@lru_cache
def _chart(mode: str) -> Image.Image:
    """All combinations of nine levels in each channel; all levels of grey."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    channels = len(mode)
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(*[levels] * channels, indexing="ij"), -1)
    return Image.frombytes(mode, (9, 9 ** (channels - 1)), grid.tobytes())
