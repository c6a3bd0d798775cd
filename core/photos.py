"""Photos: bytes in, upright RGB pixels out, and the one resize that training, preview and prediction share."""

import hashlib
import io
import warnings
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import PhotoError

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # the cap below is ours: checked before decoding, and told in a sentence
warnings.filterwarnings("ignore", module="PIL")  # its remarks on odd metadata are nothing to a person with a photo

Pixels = NDArray[np.uint8]
"""uint8, (height, width, 3), RGB, upright."""

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP")  # none that runs a program; MPO opens as JPEG
MOST_BYTES = 100 * 2**20
MOST_PIXELS = 120_000_000  # the largest phone sensors have 108 megapixels; decoded that is 360 MB


def key(data: bytes) -> str:
    """The photo's name in draws, caches, fingerprints and duplicate checks: a hash of its bytes, 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def key_number(photo_key: str) -> int:
    """The key's first 64 bits, which is what the random draws are derived from."""
    return int(photo_key[:16], 16)


def decode(data: bytes, at_least: int | None = None) -> Pixels:
    """The upright RGB pixels of a photo file.

    EXIF orientation is applied, transparency is laid over white, 16 bits become 8; of an animation the first frame is
    taken, of a HEIC with several photos the one that stands for it. With `at_least` (pixels) a JPEG may be decoded at
    a half, a quarter or an eighth of its size, as long as neither side gets shorter than that; this makes a
    12-megapixel photo several times faster.

    Returns uint8 (height, width, 3). Raises PhotoError with a sentence for anything that is no usable photo.
    """
    if not data:
        raise PhotoError("The file is empty. Choose the photo again, or another one.")
    if len(data) > MOST_BYTES:
        raise too_many_bytes(len(data))
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return _upright(image, at_least)
    except UnidentifiedImageError:
        raise PhotoError(
            "This is not a photo, or of a kind that can't be read. JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF and BMP can."
        ) from None
    except PhotoError:
        raise
    except Exception as error:  # decoders raise whatever they like on damaged files: OSError, ValueError, SyntaxError …
        raise PhotoError("The photo is damaged and can't be read to its end. Copy or send it once more.") from error


def _upright(image: Image.Image, at_least: int | None) -> Pixels:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels(width, height)
    if at_least is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, (at_least, at_least))
    image.load()
    orientation = 1 if image.format == "HEIF" else _orientation(image)  # HEIF's decoder has turned the pixels already
    rgb = _rgb(image)
    if orientation in range(2, 9):
        turned = Image.fromarray(rgb)
        turned.getexif()[0x0112] = orientation
        rgb = np.asarray(ImageOps.exif_transpose(turned))
    return np.ascontiguousarray(rgb)


def _orientation(image: Image.Image) -> object:
    """What EXIF says; broken EXIF doesn't break the photo."""
    try:
        return image.getexif().get(0x0112)
    except Exception:  # Pillow's parser raises whatever it likes on it
        return None


def _rgb(image: Image.Image) -> Pixels:
    """uint8 (height, width, 3) of an image in any of Pillow's modes."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode.startswith(("I", "F")):  # 16-bit and floating-point greys
        grey = np.asarray(image).astype(np.float64)
        most = np.nanmax(grey, initial=0.0)
        scale = 255.0 if image.mode == "F" and most <= 1 else 1.0 if most <= 255 else 255 / 65535
        grey8 = np.clip(np.rint(np.nan_to_num(grey) * scale), 0, 255).astype(np.uint8)
        return np.repeat(grey8[:, :, None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = Image.new("RGBA", image.size, "white")
        over.alpha_composite(image.convert("RGBA"))
        return np.asarray(over.convert("RGB"))
    return np.asarray(image.convert("RGB"))


def too_many_bytes(count: int) -> PhotoError:
    """The error for a file of `count` bytes, to be raised."""
    return PhotoError(
        f"The file has {count / 2**20:.0f} MB; photos up to {MOST_BYTES // 2**20} MB can be read. "
        "Save it smaller and try again."
    )


def _too_many_pixels(width: int, height: int) -> PhotoError:
    return PhotoError(
        f"The photo has {width} × {height} pixels; up to {MOST_PIXELS // 1_000_000} megapixels can be read. "
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
