"""Photo files into upright RGB pixels in sRGB."""

import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import PhotoError
from core.photos import formats, profiles
from core.photos.memory import Room

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # the caps below are ours: checked before decoding, and told in a sentence
# Pieces of a large picture: of this size the system has them back at once.
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]
warnings.filterwarnings("ignore", module="PIL")  # its remarks on odd metadata are nothing to a person with a photo

Pixels = NDArray[np.uint8]
"""uint8, (height, width, 3), RGB, upright."""
MOST_LAYERS = 100  # of a progressive JPEG; they come in ten, and each goes over the whole picture
MOST_READS = 500_000  # by which a decoder takes a file; honest ones need a thousandth
MOST_LEFT = 32_000_000  # pixels after decoding at reduced size: only ribbons have more
STRIP = 2_000_000  # pixels that are converted at a time
WHOLE = 4_000_000  # pixels up to which nothing is reduced while decoding, but JPEG
ROOM = Room(430 * 2**20)  # for decoders: large photos are decoded one after the other, small ones side by side


def decode(data: bytes, at_least: int | None = None) -> Pixels:
    """The upright RGB pixels of a photo file, in sRGB.

    EXIF orientation is applied, embedded profiles are converted, transparency is laid over white, 16 bits become 8; of
    an animation the first frame is taken, of a HEIC with several photos the one that stands for it. With `at_least`
    (pixels) a large photo may come smaller by a whole factor, as long as neither side gets shorter than that; this
    makes a 12-megapixel JPEG several times faster, and keeps other formats from taking memory twice.

    Returns uint8 (height, width, 3). Raises PhotoError with a sentence for anything that is no usable photo.
    """
    if not data:
        raise PhotoError("The file is empty. Choose the photo again, or another one.")
    if len(data) > formats.MOST_BYTES:
        raise formats.too_many_bytes(len(data))
    try:
        with ExitStack() as room:  # left when the decoder's picture is gone
            return _decoded(data, at_least, room)
    except UnidentifiedImageError:
        raise PhotoError(f"This is not a photo that can be read. It must be {formats.names()}.") from None
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoError("The photo takes more memory than there is. Save it smaller and try again.") from None
    except Exception as error:  # decoders raise whatever they like on damaged files: OSError, ValueError, SyntaxError …
        raise PhotoError("The photo is damaged and can't be read to its end. Copy or send it once more.") from error


class _Counted(io.BytesIO):
    """A file that ends the patience with millions of tiny pieces, which decoders take one by one."""

    reads = 0

    def read(self, count: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > MOST_READS:
            raise PhotoError("The file consists of more tiny pieces than a photo does. Save it anew and try again.")
        return super().read(count)


def _decoded(data: bytes, at_least: int | None, room: ExitStack) -> Pixels:
    with Image.open(_Counted(data), formats=[each.pillow for each in formats.FORMATS]) as image:
        return _upright(image, data, at_least, room)


def _upright(image: Image.Image, data: bytes, at_least: int | None, room: ExitStack) -> Pixels:
    photo_format = formats.BY_PILLOW_NAME[image.format or ""]
    is_jpeg = image.format in (formats.JPEG.pillow, *formats.JPEG.pillow_variants)
    is_progressive = is_jpeg and _is_progressive(data)
    if is_progressive:
        photo_format = formats.PROGRESSIVE_JPEG
    pixels = image.width * image.height
    if pixels > photo_format.megapixels * 1_000_000:
        raise formats.too_many_pixels(image.width, image.height, photo_format)
    if is_progressive and data.count(b"\xff\xda") > MOST_LAYERS:
        raise PhotoError("The photo consists of more layers than a photo does. Save it anew and try again.")
    if at_least is not None and is_jpeg:
        image.draft(None, (at_least, at_least))
    factor = 1
    if at_least is not None and image.width * image.height > WHOLE:
        factor = max(1, min(image.size) // at_least)
        if image.width * image.height > MOST_LEFT * factor**2:
            raise PhotoError(
                f"The photo is a ribbon of {image.width} × {image.height} pixels, too long for its width. Cut out the "
                "part that matters."
            )
    room.enter_context(ROOM.taken(pixels * photo_format.bytes_per_pixel + 7 * image.width * image.height // factor**2))
    if image.format == "HEIF":
        return _heic(data, image.tell(), factor)
    image.load()
    orientation = _orientation(image)  # not before: TIFF's decoder turns the picture and says so
    rgb = _converted(image.size, lambda top, bottom: _strip(image, top, bottom), factor, _profile(image.info))
    if orientation in range(2, 9):
        turned = Image.fromarray(rgb)
        turned.getexif()[0x0112] = orientation
        rgb = np.asarray(ImageOps.exif_transpose(turned))
    return np.ascontiguousarray(rgb)


def _is_progressive(data: bytes) -> bool:
    """Whether a JPEG has to be kept whole while it is decoded: progressive, or a colour after the other."""
    at, components = 2, 0
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 9:
        marker = data[at + 1]
        if marker < 0xC0 or 0xD0 <= marker <= 0xD9 or marker == 0xFF:  # padding, or one without content
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
    """A photo of a HEIC file, past Pillow, which would hold it three times; the decoder has turned it upright."""
    photo = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)[index]
    rows = np.asarray(photo)

    def strip(top: int, bottom: int) -> Image.Image:
        return Image.frombytes(photo.mode, (photo.size[0], bottom - top), rows[top:bottom].tobytes())

    return _converted(photo.size, strip, factor, _profile(photo.info))


def _strip(image: Image.Image, top: int, bottom: int) -> Image.Image:
    return image if bottom - top == image.height else image.crop((0, top, image.width, bottom))


def _profile(info: Mapping[Any, Any]) -> bytes | None:
    found = info.get("icc_profile")
    return found if isinstance(found, bytes) else None


def _orientation(image: Image.Image) -> object:
    """What EXIF says; broken EXIF doesn't break the photo."""
    try:
        return image.getexif().get(0x0112)
    except Exception:  # Pillow's parser raises whatever it likes on it
        return None


def _converted(
    size: tuple[int, int], strip: Callable[[int, int], Image.Image], factor: int, profile: bytes | None
) -> Pixels:
    """uint8 (height, width, 3) of an image in any of Pillow's modes, smaller by `factor`.

    It comes as strips from a row to another, so that beside the decoder's own picture nothing large is in memory.
    """
    width, height = size
    rows = max(1, STRIP // (width * factor)) * factor
    spans = [(top, min(top + rows, height)) for top in range(0, height, rows)]
    white = None  # the level that is white, where that is not a matter of the mode
    if strip(*spans[0]).mode[0] in "IF":
        white = _white(max(_brightest(strip(*span)) for span in spans), strip(*spans[0]).mode)
    rgb = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    for top, bottom in spans:
        part = _plain(strip(top, bottom), white)
        if factor > 1:
            part = part.reduce(factor)
        rgb[top // factor : -(-bottom // factor)] = np.asarray(profiles.to_srgb(part, profile))
    return rgb


def _plain(image: Image.Image, white: float | None) -> Image.Image:
    """An image of any mode as one of mode L, RGB or CMYK; transparency is laid over white."""
    if white is not None:  # 16-bit and floating-point greys
        grey = np.nan_to_num(np.asarray(image).astype(np.float32))
        return Image.fromarray(np.clip(np.rint(grey * (255 / white)), 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = Image.new("RGBA", image.size, "white")
        over.alpha_composite(image.convert("RGBA"))
        return over.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "LAB":
        return profiles.lab_to_srgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def _brightest(image: Image.Image) -> float:
    levels = np.asarray(image)
    return float(np.max(levels, where=np.isfinite(levels), initial=0))


def _white(brightest: float, mode: str) -> float:
    """The level that means white: files don't say whether 16 bits are all used."""
    if mode == "F" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else 65535.0
