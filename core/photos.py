"""Photos: bytes in, upright RGB pixels out, and the one resize that training, preview and prediction share."""

import hashlib
import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core import colours
from core.errors import PhotoError
from core.room import Room

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # the caps below are ours: checked before decoding, and told in a sentence
# Pieces of a large picture: of this size the system has them back at once.
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]
warnings.filterwarnings("ignore", module="PIL")  # its remarks on odd metadata are nothing to a person with a photo

Pixels = NDArray[np.uint8]
"""uint8, (height, width, 3), RGB, upright."""


@dataclass(frozen=True)
class Limit:
    """How large a photo of one format may be.

    Measured with the worst kind of file (16 bits, transparent, turned, in one piece): it is read within 2 s of two
    cores (HEIC: 5) and takes 430 MB, so that a process with a network in it stays below 600 MB.
    """

    name: str  # as people call the format
    megapixels: int
    weight: int  # bytes of memory per pixel while decoding, of the worst kind


LIMITS = {  # by Pillow's name of the format; there is none that runs a program
    "JPEG": Limit("JPEG", 120, 1),  # decoded at an eighth of its size; the largest phone sensors have 108 megapixels
    "MPO": Limit("JPEG", 120, 1),
    "PNG": Limit("PNG", 50, 6),
    "WEBP": Limit("WebP", 25, 17),
    "AVIF": Limit("AVIF", 32, 12),
    "HEIF": Limit("HEIC", 50, 8),
    "GIF": Limit("GIF", 50, 6),
    "TIFF": Limit("TIFF", 25, 17),
    "BMP": Limit("BMP", 50, 6),
}
LAYERED = Limit("progressive JPEG", 50, 8)  # kept whole in memory until the last layer, whatever size is wished for
FORMATS = tuple(name for name in LIMITS if name != "MPO")  # which opens as JPEG
MOST_BYTES = 100 * 2**20
MOST_LAYERS = 100  # of a progressive JPEG; they come in ten, and each goes over the whole picture
MOST_READS = 500_000  # by which a decoder takes a file; honest ones need a thousandth
MOST_LEFT = 32_000_000  # pixels after decoding at reduced size: only ribbons have more
STRIP = 2_000_000  # pixels that are converted at a time
WHOLE = 4_000_000  # pixels up to which nothing is reduced while decoding, but JPEG
ROOM = Room(430 * 2**20)  # for decoders: large photos are decoded one after the other, small ones side by side


def limits() -> str:
    """The caps in words: "JPEG up to 120; PNG, HEIC … up to 50; … megapixels; up to 100 MB each."."""
    by_size: dict[int, list[str]] = {}
    for limit in dict.fromkeys([*LIMITS.values(), LAYERED]):
        by_size.setdefault(limit.megapixels, []).append(limit.name)
    sizes = [f"{', '.join(by_size[size])} up to {size}" for size in sorted(by_size, reverse=True)]
    return f"{'; '.join(sizes)} megapixels; up to {MOST_BYTES // 2**20} MB each."


def key(data: bytes) -> str:
    """The photo's name in draws, caches, fingerprints and duplicate checks: a hash of its bytes, 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def key_number(photo_key: str) -> int:
    """The key's first 64 bits, which is what the random draws are derived from."""
    return int(photo_key[:16], 16)


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
    if len(data) > MOST_BYTES:
        raise too_many_bytes(len(data))
    try:
        with ExitStack() as room:  # left when the decoder's picture is gone
            return _decoded(data, at_least, room)
    except UnidentifiedImageError:
        raise PhotoError(
            "This is not a photo, or of a kind that can't be read. JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF and BMP can."
        ) from None
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
    with Image.open(_Counted(data), formats=FORMATS) as image:
        return _upright(image, data, at_least, room)


def _upright(image: Image.Image, data: bytes, at_least: int | None, room: ExitStack) -> Pixels:
    limit = LAYERED if image.format in ("JPEG", "MPO") and _is_layered(data) else LIMITS[image.format or ""]
    pixels = image.width * image.height
    if pixels > limit.megapixels * 1_000_000:
        raise _too_many_pixels(image.width, image.height, limit)
    if limit is LAYERED and data.count(b"\xff\xda") > MOST_LAYERS:
        raise PhotoError("The photo consists of more layers than a photo does. Save it anew and try again.")
    if at_least is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, (at_least, at_least))
    factor = 1
    if at_least is not None and image.width * image.height > WHOLE:
        factor = max(1, min(image.size) // at_least)
        if image.width * image.height > MOST_LEFT * factor**2:
            raise PhotoError(
                f"The photo is a ribbon of {image.width} × {image.height} pixels, too long for its width. Cut out the "
                "part that matters."
            )
    room.enter_context(ROOM.taken(pixels * limit.weight + 7 * image.width * image.height // factor**2))
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


def _is_layered(data: bytes) -> bool:
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
        rgb[top // factor : -(-bottom // factor)] = np.asarray(colours.to_srgb(part, profile))
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
        return colours.lab_to_srgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def _brightest(image: Image.Image) -> float:
    levels = np.asarray(image)
    return float(np.max(levels, where=np.isfinite(levels), initial=0))


def _white(brightest: float, mode: str) -> float:
    """The level that means white: files don't say whether 16 bits are all used."""
    if mode == "F" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else 65535.0


def too_many_bytes(count: int) -> PhotoError:
    """The error for a file of `count` bytes, to be raised."""
    return PhotoError(
        f"The file has {count / 2**20:.0f} MB; photos up to {MOST_BYTES // 2**20} MB can be read. "
        "Save it smaller and try again."
    )


def _too_many_pixels(width: int, height: int, limit: Limit) -> PhotoError:
    return PhotoError(
        f"The photo has {width} × {height} pixels; as {limit.name} up to {limit.megapixels} megapixels can be read. "
        "Save it smaller and try again."
    )


def resize(pixels: Pixels, size: int) -> Pixels:
    """`pixels` squashed to a square of `size` × `size`: area averaging where a side shrinks, linear where it grows.

    The course's generators squash too (`target_size` ignores the aspect ratio), so models see what they were shown.
    """
    height, width = pixels.shape[:2]
    if (height, width) == (size, size):
        return pixels
    shrinks, narrows = size <= height, size <= width
    if shrinks == narrows:
        return _resized(pixels, size, size, shrinks)
    return _resized(_resized(pixels, height, size, narrows), size, size, shrinks)


def _resized(pixels: Pixels, height: int, width: int, smaller: bool) -> Pixels:
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), dtype=np.uint8)


def square(data: bytes, size: int) -> Pixels:
    """A photo file as the networks see it: uint8 (size, size, 3). Raises PhotoError.

    Everything that shows, learns or answers goes through here, so that all see the same pixels.
    """
    return resize(decode(data, at_least=2 * size), size)


def read_file(path: Path) -> bytes:
    """The bytes of a photo file; PhotoError with a sentence where it can't be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)  # not by the size that the system tells: a device has none, or no end
    except FileNotFoundError:
        raise PhotoError(f"There is no file {path}. Check the name and the folder.") from None
    except IsADirectoryError:
        raise PhotoError(f"{path} is a folder; name the photos in it.") from None
    except OSError as error:
        raise PhotoError(f"{path} can't be opened ({error.strerror}).") from error
    except ValueError:
        raise PhotoError("There can't be a file of that name. Check the name and the folder.") from None
    if len(data) > MOST_BYTES:
        raise PhotoError(f"{path.name} has more than {MOST_BYTES // 2**20} MB; save it smaller and try again.")
    return data


def thumbnail(pixels: Pixels, longest: int) -> bytes:
    """`pixels` as a small JPEG of the same shape, its longest side `longest` px or less."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale < 1:
        pixels = _resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)), smaller=True)
    done, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, 85))
    if not done:
        raise PhotoError("The picture could not be written as JPEG.")
    return file.tobytes()


def png(pixels: Pixels) -> bytes:
    """`pixels` as PNG, made for speed.

    Of the lossless ways measured on real photos of 299 px this is the fastest that isn't twice as large: 2.5 ms and
    121 kB, against 5.2 ms and 113 kB with OpenCV's default filters, 7.1 ms and 78 kB as WebP, 3.2 ms and 269 kB
    uncompressed. (A JPEG of quality 95 would take 0.4 ms and 30 kB.)
    """
    options = (
        cv2.IMWRITE_PNG_COMPRESSION, 1,
        cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
        cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
    )  # fmt: skip
    done, file = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise PhotoError("The picture could not be written as PNG.")
    return file.tobytes()
