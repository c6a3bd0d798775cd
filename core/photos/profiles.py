"""Embedded colour profiles: what a photo's numbers mean, converted to sRGB, which all networks were trained on."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MOST_BYTES = 4_000_000  # the largest profiles, of printing presses, have 3 MB
INVISIBLE = 2  # levels by which profiles of sRGB itself differ, due to rounding
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # a profile's colour space → Pillow's mode


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image of mode L, RGB or CMYK as an sRGB image of mode RGB.

    A profile that is damaged, huge or meant for another kind of picture is ignored, as in browsers. The profile of
    sRGB itself, which most photos have, costs nothing.
    """
    convert = _transform(profile) if profile and len(profile) <= MOST_BYTES else None
    if convert is not None and image.mode == "L" and convert.input_mode == "RGB":
        image = image.convert("RGB")  # a grey photo that was saved with a colour profile
    if convert is None or convert.input_mode != image.mode:
        return image.convert("RGB")
    return convert.apply(image)


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """An image of mode LAB as one of mode RGB, a conversion that Pillow lacks."""
    return _lab().apply(image)


@lru_cache
def _lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(maxsize=8)  # photos of the same camera share their profile
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """The conversion of pictures with that profile to sRGB; None when they need none or the profile is unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODES[source.profile.xcolor_space.strip()]
        convert = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        converted = np.asarray(convert.apply(_chart(mode))).astype(int)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return None
    if mode != "CMYK" and np.abs(converted - np.asarray(_chart(mode).convert("RGB"))).max() <= INVISIBLE:
        return None
    return convert


@lru_cache
def _chart(mode: str) -> Image.Image:
    """A picture with all combinations of nine levels in each channel, or with all levels of grey."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    channels = len(mode)
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(*[levels] * channels, indexing="ij"), -1)
    return Image.frombytes(mode, (9, 9 ** (channels - 1)), grid.tobytes())
