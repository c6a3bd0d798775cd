"""Which photo files can be read: formats, file endings, and how large each may be."""

from dataclasses import dataclass

from core.errors import PhotoError


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
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".avif", ".heic", ".heif", ".hif", ".gif", ".tif", ".tiff", ".bmp"}
)
MOST_BYTES = 100 * 2**20


def limits() -> str:
    """The caps in words: "JPEG up to 120; PNG, HEIC … up to 50; … megapixels; up to 100 MB each."."""
    by_size: dict[int, list[str]] = {}
    for limit in dict.fromkeys([*LIMITS.values(), LAYERED]):
        by_size.setdefault(limit.megapixels, []).append(limit.name)
    sizes = [f"{', '.join(by_size[size])} up to {size}" for size in sorted(by_size, reverse=True)]
    return f"{'; '.join(sizes)} megapixels; up to {MOST_BYTES // 2**20} MB each."


def too_many_bytes(count: int) -> PhotoError:
    """The error for a file of `count` bytes, to be raised."""
    return PhotoError(
        f"The file has {count / 2**20:.0f} MB; photos up to {MOST_BYTES // 2**20} MB can be read. "
        "Save it smaller and try again."
    )


def too_many_pixels(width: int, height: int, limit: Limit) -> PhotoError:
    """The error for a photo of so many pixels, to be raised."""
    return PhotoError(
        f"The photo has {width} × {height} pixels; as {limit.name} up to {limit.megapixels} megapixels can be read. "
        "Save it smaller and try again."
    )
