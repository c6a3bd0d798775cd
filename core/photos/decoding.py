"""Photo files into upright RGB pixels in sRGB."""

import io
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
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
from core.photos import formats, heic, jpeg, modes, profiles, wide
from core.photos.memory import MemoryBudget

Image.MAX_IMAGE_PIXELS = None  # replaced by the limits of each format, which are checked before decoding
# Large pictures lie in blocks; the system gets blocks of this size back as soon as they are freed
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]
warnings.filterwarnings("ignore", module="PIL")  # about odd metadata, which no photographer can do anything about

Pixels = NDArray[np.uint8]
"""uint8, (height, width, 3), RGB, upright."""
Strips = Callable[[int, int], Image.Image]
"""The rows of a picture, from a first one to the one before a last."""
LevelsOf = Callable[[Iterable[Image.Image]], modes.Levels | None]
TIFF_MARKS = (b"II*\0", b"MM\0*")
START_OF_IMAGE = b"\xff\xd8"
MOST_LAYERS = 100  # of a progressive JPEG: ten are usual, and each takes a pass over the whole picture
START_OF_SCAN = b"\xff\xda"  # the marker that begins a layer
END_OF_IMAGE = b"\xff\xd9"
ZEROS = b"\0" * 16  # the rest of a block on a disk
ANYTHING = bytes(range(1, 65))  # decodes to pixels, if a picture lacks some
MOST_READS = 150_000  # of a file while it is decoded: 3,000 are many, a PNG of 100 MB in chunks of 8 KB needs 36,333
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
        return _decoded(data, at_least)
    except UnidentifiedImageError:
        if data.startswith(TIFF_MARKS):
            raise PhotoError(
                "This kind of TIFF can't be read: its colours are fractions, or have an unusual number of bits. Save "
                "it as PNG, or as TIFF with 8 or 16 bits per colour."
            ) from None
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


def _decoded(data: bytes, at_least: int | None) -> Pixels:
    is_jpeg = data.startswith(START_OF_IMAGE)
    if is_jpeg and data.endswith(ZEROS) and not data.rstrip(b"\0").endswith(END_OF_IMAGE):
        return _jpeg_without_end(data, at_least)  # the zeros would pass for pixels
    try:
        return _opened(data, at_least)
    except OSError:
        if not is_jpeg:
            raise
        return _jpeg_without_end(data, at_least)


def _jpeg_without_end(data: bytes, at_least: int | None) -> Pixels:
    """A JPEG that lacks its end marker and nothing else. Then it doesn't matter what stands before the marker."""
    data = data.rstrip(b"\0") + b"\0\0"  # a photo's own data may end in one or two
    whole, same = (_opened(data + end, at_least) for end in (END_OF_IMAGE, ANYTHING + END_OF_IMAGE))
    if not jpeg.has_all_layers(data) or not np.array_equal(whole, same):
        raise OSError("the data of the picture are cut")
    return whole


def _opened(data: bytes, at_least: int | None) -> Pixels:
    names = [each.pillow for each in formats.FORMATS]
    if data[4:8] == b"ftyp":  # how HEIC and AVIF begin; only then is the HEIC decoder loaded
        from pillow_heif import register_heif_opener

        register_heif_opener()
    else:
        names.remove("HEIF")
    # the reservation of memory ends after the decoder's picture is gone
    with ExitStack() as reservation, Image.open(_CountingFile(data), formats=names) as image:
        return _upright(image, data, at_least, reservation)


def _upright(image: Image.Image, data: bytes, at_least: int | None, reservation: ExitStack) -> Pixels:
    photo_format = formats.BY_PILLOW_NAME[image.format or ""]
    is_jpeg = image.format in (formats.JPEG.pillow, *formats.JPEG.pillow_variants)
    is_progressive = is_jpeg and jpeg.is_progressive(data)
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
    is_wide = wide.is_needed(image, data)
    bytes_per_pixel = photo_format.bytes_per_pixel + (wide.EXTRA_BYTES if is_wide else 0)
    needed = pixels * bytes_per_pixel + 7 * image.width * image.height // factor**2
    reservation.enter_context(MEMORY.reserved(needed))
    if image.format == "HEIF":
        photo = heic.opened(data, image.tell())
        orientation = heic.orientation(data, photo)
        rgb = _converted(photo.size, _strips_of_heic(photo), factor, _profile(photo.info))
    elif is_wide:
        picture = wide.rgb(image, data)
        orientation = None if image.format == "TIFF" else _orientation(image)  # OpenCV turns TIFFs itself
        rgb = _converted(picture.size, _strips(picture), factor, _profile(image.info))
    else:
        image.load()
        orientation = _orientation(image)  # only now: TIFF's decoder turns the picture and notes that it did
        modes.repair_transparency(image, data)
        levels_of = partial(modes.levels_of, image, data)
        rgb = _converted(image.size, _strips(image), factor, _profile(image.info), levels_of)
    if orientation in range(2, 9):
        turned = Image.fromarray(rgb)
        turned.getexif()[0x0112] = orientation
        rgb = np.asarray(ImageOps.exif_transpose(turned))
    return np.ascontiguousarray(rgb)


def _strips_of_heic(photo: Any) -> Strips:
    rows = np.asarray(photo)
    return lambda top, bottom: Image.frombytes(photo.mode, (photo.size[0], bottom - top), rows[top:bottom].tobytes())


def _strips(image: Image.Image) -> Strips:
    return lambda top, bottom: image if bottom - top == image.height else image.crop((0, top, image.width, bottom))


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
    size: tuple[int, int], strip: Strips, factor: int, profile: bytes | None, levels_of: LevelsOf = lambda strips: None
) -> Pixels:
    """An image in any of Pillow's modes as uint8 (height, width, 3), reduced by `factor`.

    Working in strips keeps everything but the decoder's own picture small in memory.
    """
    width, height = size
    rows = max(1, STRIP // (width * factor)) * factor
    spans = [(top, min(top + rows, height)) for top in range(0, height, rows)]
    levels = levels_of(strip(*span) for span in spans)
    rgb = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    for top, bottom in spans:
        part = modes.plain(strip(top, bottom), levels)
        if factor > 1:
            part = part.reduce(factor)
        rgb[top // factor : -(-bottom // factor)] = np.asarray(profiles.to_srgb(part, profile))
    return rgb
