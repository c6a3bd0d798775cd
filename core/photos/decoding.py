"""Photo files into upright RGB pixels in sRGB."""

import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import (  # noqa: F401 (imported here, or Pillow would load all of its forty plugins to find these four)
    AvifImagePlugin,
    Image,
    ImageOps,
    MpoImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from core.errors import PhotoError
from core.photos import formats, modes, profiles
from core.photos.memory import MemoryBudget

Image.MAX_IMAGE_PIXELS = None  # replaced by the limits of each format, which are checked before decoding
# Large pictures lie in blocks; the system gets blocks of this size back as soon as they are freed
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]
warnings.filterwarnings("ignore", module="PIL")  # about odd metadata, which no photographer can do anything about

Pixels = NDArray[np.uint8]
"""uint8, (height, width, 3), RGB, upright."""
MOST_LAYERS = 100  # of a progressive JPEG: ten are usual, and each takes a pass over the whole picture
START_OF_SCAN = b"\xff\xda"  # the marker that begins a layer
MOST_READS = 500_000  # of a file while it is decoded: a thousandth of it is usual
MOST_LEFT = 32_000_000  # pixels after decoding at reduced size: only very long, narrow photos have more
STRIP = 2_000_000  # pixels converted at a time
WHOLE = 4_000_000  # pixels up to which only JPEGs are decoded at reduced size
MEMORY = MemoryBudget(430 << 20)  # of decoders: large photos are decoded one by one, small ones side by side


def decode(data: bytes, at_least: int | None = None) -> Pixels:
    """The pixels of a photo file: uint8 (height, width, 3), RGB in sRGB, upright.

    EXIF orientation is applied, embedded profiles are converted, transparency is laid over white and 16 bits become 8.
    An animation gives its first frame, a HEIC with several photos its primary one. With `at_least` (pixels), a large
    photo may be reduced by a whole factor as long as neither side gets shorter than that; this decodes a 12-megapixel
    JPEG several times faster, and saves other formats a second copy in memory. Raises PhotoError.
    """
    if not data:
        raise PhotoError("The file is empty. Choose another photo.")
    if len(data) > formats.MOST_BYTES:
        raise formats.too_many_bytes(len(data))
    try:
        with ExitStack() as reservation:  # of memory; it ends after the decoder's picture is gone
            return _decoded(data, at_least, reservation)
    except UnidentifiedImageError:
        raise PhotoError(f"This is not a photo that can be read. It must be {formats.names()}.") from None
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoError("There is not enough memory for this photo. Save it smaller and try again.") from None
    except Exception as error:  # decoders raise anything on damaged files: OSError, ValueError, SyntaxError …
        raise PhotoError("The photo is damaged and can't be read to its end. Copy or send it again.") from error


class _CountingFile(io.BytesIO):
    """A file that counts its reads: decoders read segments one by one, and a file may consist of millions of them."""

    reads = 0

    def read(self, count: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > MOST_READS:
            raise PhotoError("The file has far too many segments for a photo. Re-save it and try again.")
        return super().read(count)


def _decoded(data: bytes, at_least: int | None, reservation: ExitStack) -> Pixels:
    names = [each.pillow for each in formats.FORMATS]
    if data[4:8] == b"ftyp":  # how HEIC and AVIF begin; only then is the HEIC decoder loaded
        from pillow_heif import register_heif_opener

        register_heif_opener()
    else:
        names.remove("HEIF")
    with Image.open(_CountingFile(data), formats=names) as image:
        return _upright(image, data, at_least, reservation)


def _upright(image: Image.Image, data: bytes, at_least: int | None, reservation: ExitStack) -> Pixels:
    photo_format = formats.BY_PILLOW_NAME[image.format or ""]
    is_jpeg = image.format in (formats.JPEG.pillow, *formats.JPEG.pillow_variants)
    is_progressive = is_jpeg and _is_progressive(data)
    if is_progressive:
        photo_format = formats.PROGRESSIVE_JPEG
    pixels = image.width * image.height
    if pixels > photo_format.megapixels * 1_000_000:
        raise formats.too_many_pixels(image.width, image.height, photo_format)
    if is_progressive and data.count(START_OF_SCAN) > MOST_LAYERS:
        layers = data.count(START_OF_SCAN)
        raise PhotoError(
            f"A progressive JPEG must have at most {MOST_LAYERS} layers, got {layers:,}. Re-save it and try again."
        )
    if at_least is not None and is_jpeg:
        image.draft(None, (at_least, at_least))
    factor = 1
    if at_least is not None and image.width * image.height > WHOLE:
        factor = max(1, min(image.size) // at_least)
        if image.width * image.height > MOST_LEFT * factor**2:
            raise PhotoError(
                f"The photo is too long for its width, got {image.width} × {image.height} pixels. Crop it to the part "
                "that matters."
            )
    needed = pixels * photo_format.bytes_per_pixel + 7 * image.width * image.height // factor**2
    reservation.enter_context(MEMORY.reserved(needed))
    if image.format == "HEIF":
        return _heic(data, image.tell(), factor)
    image.load()
    orientation = _orientation(image)  # only now: TIFF's decoder turns the picture and notes that it did
    rgb = _converted(image.size, lambda top, bottom: _strip(image, top, bottom), factor, _profile(image.info))
    if orientation in range(2, 9):
        turned = Image.fromarray(rgb)
        turned.getexif()[0x0112] = orientation
        rgb = np.asarray(ImageOps.exif_transpose(turned))
    return np.ascontiguousarray(rgb)


def _is_progressive(data: bytes) -> bool:
    """Whether a JPEG stays in memory as a whole while it is decoded: it is progressive, or has one colour per layer."""
    at, components = 2, 0
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 9:
        marker = data[at + 1]
        if marker < 0xC0 or 0xD0 <= marker <= 0xD9 or marker == 0xFF:  # padding, or a marker without content
            at += 1
            continue
        if marker == 0xDA:  # the first layer
            return data[at + 4] < components
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker > 0xC1:
                return True
            components = data[at + 9]
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return True


def _heic(data: bytes, index: int, factor: int) -> Pixels:
    """A photo of a HEIC file, without Pillow, which would hold it three times. The decoder turns it upright."""
    import pillow_heif

    photo = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)[index]
    rows = np.asarray(photo)

    def strip(top: int, bottom: int) -> Image.Image:
        return Image.frombytes(photo.mode, (photo.size[0], bottom - top), rows[top:bottom].tobytes())

    return _converted(photo.size, strip, factor, _profile(photo.info))


def _strip(image: Image.Image, top: int, bottom: int) -> Image.Image:
    return image if bottom - top == image.height else image.crop((0, top, image.width, bottom))


def _profile(info: Mapping[Any, Any]) -> bytes | None:
    profile = info.get("icc_profile")
    return profile if isinstance(profile, bytes) else None


def _orientation(image: Image.Image) -> object:
    """EXIF's orientation; None where EXIF is missing or broken, which doesn't break the photo."""
    try:
        return image.getexif().get(0x0112)
    except Exception:  # Pillow's parser raises anything on broken EXIF
        return None


def _converted(
    size: tuple[int, int], strip: Callable[[int, int], Image.Image], factor: int, profile: bytes | None
) -> Pixels:
    """An image in any of Pillow's modes as uint8 (height, width, 3), reduced by `factor`.

    `strip` returns the rows from a first one to the one before a last. Working in strips keeps everything but the
    decoder's own picture small in memory.
    """
    width, height = size
    rows = max(1, STRIP // (width * factor)) * factor
    spans = [(top, min(top + rows, height)) for top in range(0, height, rows)]
    white = modes.white_level(strip(*spans[0]).mode, (strip(*span) for span in spans))
    rgb = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    for top, bottom in spans:
        part = modes.plain(strip(top, bottom), white)
        if factor > 1:
            part = part.reduce(factor)
        rgb[top // factor : -(-bottom // factor)] = np.asarray(profiles.to_srgb(part, profile))
    return rgb
