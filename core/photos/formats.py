"""Which photo files can be read: one record for each format, with its names, file endings and limits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from core import words
from core.errors import PhotoError

MOST_BYTES = 100_000_000  # of a file: a 100-megapixel camera's JPEG has 60 MB


@dataclass(frozen=True)
class Format:
    """A format that can be read, and how large its photos may be. To add a format, add a record to FORMATS.

    The limits were measured with the worst kind of file (16 bits, transparent, turned, in one piece): it is read within
    2 s of two cores (HEIC: 5) and takes 430 MB, so that a process with a network in it stays below 600 MB.
    """

    name: str  # as people call it
    pillow: str  # Pillow's name for it; none of these formats can run a program
    endings: tuple[str, ...]  # of file names, in small letters
    megapixels: int
    bytes_per_pixel: int  # of memory while decoding, for the worst kind of file
    pillow_variants: tuple[str, ...] = ()  # other names that Pillow gives to files that open as this format


JPEG = Format(
    name="JPEG",
    pillow="JPEG",
    endings=(".jpg", ".jpeg", ".jfif", ".jpe", ".mpo"),
    megapixels=120,  # the largest phone sensors have 108
    bytes_per_pixel=1,  # because it is decoded at an eighth of its size
    pillow_variants=("MPO",),
)
FORMATS = (
    JPEG,
    Format("PNG", "PNG", (".png", ".apng"), megapixels=50, bytes_per_pixel=6),
    Format("WebP", "WEBP", (".webp",), megapixels=25, bytes_per_pixel=17),
    Format("AVIF", "AVIF", (".avif",), megapixels=32, bytes_per_pixel=12),
    Format("HEIC", "HEIF", (".heic", ".heif", ".hif"), megapixels=50, bytes_per_pixel=8),
    Format("GIF", "GIF", (".gif",), megapixels=50, bytes_per_pixel=6),
    Format("TIFF", "TIFF", (".tif", ".tiff"), megapixels=25, bytes_per_pixel=17),
    Format("BMP", "BMP", (".bmp", ".dib"), megapixels=50, bytes_per_pixel=6),
)
# Kept whole in memory until its last layer, whatever size is needed
PROGRESSIVE_JPEG = replace(JPEG, name="progressive JPEG", megapixels=50, bytes_per_pixel=8)


def registered(names: Iterable[tuple[str, Format]]) -> dict[str, Format]:
    """The formats by name. Refuses a name that two formats share, at import."""
    formats: dict[str, Format] = {}
    for name, photo_format in names:
        if name in formats:
            raise ValueError(f"{name} must belong to one format, got {formats[name].name} and {photo_format.name}")
        formats[name] = photo_format
    return formats


BY_PILLOW_NAME = registered((name, each) for each in FORMATS for name in (each.pillow, *each.pillow_variants))
SUFFIXES = tuple(sorted(registered((ending, each) for each in FORMATS for ending in each.endings)))
"""What the name of a photo file ends in, in small letters."""


START = 32  # bytes of a file that tell its format
STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def is_photo(name: str, start: Callable[[], bytes]) -> bool:
    """Whether a file is a photo by the end of its name or, whatever its name is, by its content.

    `start` returns the file's first START bytes. It is only called for a name that doesn't tell, since that costs time.
    """
    return name.lower().rstrip(" .").endswith(SUFFIXES) or begins_like_photo(start())


def begins_like_photo(start: bytes) -> bool:
    """Whether the first START bytes of a file are those of a format that can be read."""
    if start.startswith(STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return True
    if start[:2] == b"BM":  # two letters that a text may begin with too
        return start[6:10] == bytes(4) and 0 < int.from_bytes(start[14:18], "little") <= 124
    return start[4:8] == b"ftyp" and any(start[at : at + 4] in BRANDS for at in range(8, START, 4))


def names() -> str:
    """The formats as people call them: "JPEG, PNG … or BMP"."""
    *others, last = (each.name for each in FORMATS)
    return f"{', '.join(others)} or {last}"


def endings() -> str:
    """The file endings, as a list in words: ".avif, .bmp …"."""
    return ", ".join(SUFFIXES)


def limits() -> str:
    """The limits in words: "JPEG up to 120; PNG, HEIC … up to 50; … megapixels; up to 100 MB each."."""
    by_size: dict[int, list[str]] = {}
    for each in (*FORMATS, PROGRESSIVE_JPEG):
        by_size.setdefault(each.megapixels, []).append(each.name)
    sizes = [f"{', '.join(by_size[size])} up to {size}" for size in sorted(by_size, reverse=True)]
    return f"{'; '.join(sizes)} megapixels; up to {words.size(MOST_BYTES)} each."


def too_many_bytes(count: int) -> PhotoError:
    """The error for a file of `count` bytes, to be raised."""
    return PhotoError(
        f"The photo must have at most {words.size(MOST_BYTES)}, got {words.size(count)}. Save it smaller and try again."
    )


def too_many_pixels(width: int, height: int, photo_format: Format) -> PhotoError:
    """The error for a photo of so many pixels, to be raised."""
    return PhotoError(
        f"The photo must have at most {photo_format.megapixels} megapixels as {photo_format.name}, got {width} × "
        f"{height} pixels. Save it smaller and try again."
    )
