"""Malicious and damaged files: each must give a sentence or an answer, quickly and in flat memory."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.conftest import encoded, picture
from tests.profiles import DISPLAY_P3, matrix_profile

ANSWER, SENTENCE, EITHER = "answer", "sentence", "either"
FORMS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "HEIF": "heic", "GIF": "gif", "TIFF": "tif",
         "BMP": "bmp"}  # fmt: skip
LONG = "n" * 300 + ".jpg"

Nasty = dict[str, tuple[str, bytes]]
"""A file's name → the expected outcome (ANSWER, SENTENCE or EITHER), and its bytes."""


def files() -> Nasty:
    """Photos and files that pretend to be photos, with names that every file system accepts."""
    return {**_cut(), **_pretending(), **_bombs(), **_metadata()}


def zips() -> Nasty:
    """Zips; the outcome is that of each of their photos, or of the zip if it is refused."""
    photo = encoded(picture(30, 40), "JPEG")
    inner = _zip({"photo.jpg": photo})
    for depth in range(30):
        inner = _zip({f"{depth}.zip": inner})
    flat = _zip({f"{number}.bmp": bytes(10 << 20) for number in range(7)}, zipfile.ZIP_DEFLATED)
    locked = _zip({"photo.jpg": photo})
    at = locked.index(b"PK\x01\x02")
    return {
        "deep-nested.zip": (SENTENCE, inner),
        "bomb.zip": (SENTENCE, flat),
        "understated bomb.zip": (SENTENCE, _understated(bytes(5 << 20))),
        "shared bytes.zip": (SENTENCE, _overlapping(photo, 60_000)),
        "million names.zip": (SENTENCE, _overlapping(b"", 200_000)),
        "locked.zip": (SENTENCE, locked[: at + 8] + b"\1" + locked[at + 9 :]),
        "cut short.zip": (SENTENCE, _zip({"photo.jpg": photo})[:-9]),
        "empty.zip": (SENTENCE, _zip({})),
        "no photos.zip": (SENTENCE, _zip({"notes.txt": b"notes"})),
        "text.zip": (SENTENCE, b"just some text"),
        "names.zip": (
            ANSWER,
            _zip(
                dict.fromkeys(
                    ["../up.jpg", "../../../etc/up.jpg", "/root.jpg", "C:\\windows\\x.jpg", "..\\back.jpg", "🧥/👗.jpg",
                     LONG, "a\x1b[31mred.jpg", "con.jpg", "a\nb.jpg", "x" * 60_000 + ".jpg", "~/.jpg.jpg", "-rf.jpg"],
                    photo,
                )
            ),
        ),
        "duplicates.zip": (ANSWER, _twice("photo.jpg", photo)),
        "nul.zip": (ANSWER, _zip({"a.jpg_evil.exe": photo}).replace(b"a.jpg_evil", b"a.jpg\0evil")),
        "mixed.zip": (EITHER, _zip({"good.jpg": photo, "broken.jpg": photo[:200], "in.zip": inner, "text.png": b"a"})),
    }  # fmt: skip


def names() -> dict[str, bytes]:
    """Good photos with names that are hard to show; not every file system accepts all of them."""
    photo = encoded(picture(30, 40), "JPEG")
    hard = ["👗 👩‍🎨.jpg", "n" * 240 + ".jpg", "a\x1b[31mred.jpg", "a\nb.jpg", "a\u202egpj.jpg", "-json.jpg", " .jpg"]
    return dict.fromkeys(hard, photo)


def heavy() -> dict[str, Callable[[], tuple[str, bytes]]]:
    """Photos near the size limit, and bombs that are large themselves; made on demand."""
    return {
        "48 megapixels.jpg": lambda: (ANSWER, _flat(8000, 6000, "JPEG", quality=30)),
        "48 megapixels progressive.jpg": lambda: (ANSWER, _flat(8000, 6000, "JPEG", quality=30, progressive=True)),
        "49 megapixels.png": lambda: (ANSWER, _flat(7000, 7000, "PNG", compress_level=1)),
        "24 megapixels.webp": lambda: (ANSWER, _flat(6000, 4000, "WEBP", quality=20, method=0)),
        "30 megapixels.avif": lambda: (ANSWER, _flat(6000, 5000, "AVIF", quality=30, speed=10)),
        "49 megapixels.gif": lambda: (ANSWER, encoded(Image.new("P", (7000, 7000), 7), "GIF")),
        "24 megapixels, 16 bits, turned.tif": lambda: (ANSWER, _tiff(6000, 4000)),
        "layers.jpg": lambda: (SENTENCE, _layers(4000, 3000, 5000)),
        "12 megapixels.heic": lambda: (
            ANSWER,
            _flat(4000, 3000, "HEIF", quality=30, enc_params={"preset": "ultrafast"}),
        ),
    }


def _cut() -> Nasty:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    cut = {}
    for form, suffix in FORMS.items():
        data = encoded(noise, form)
        for percent in (1, 10, 50, 90, 99):
            cut[f"cut at {percent} percent.{suffix}"] = (EITHER, data[: len(data) * percent // 100])
        cut[f"zeros in the middle.{suffix}"] = (EITHER, data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    return cut


def _pretending() -> Nasty:
    photo = encoded(picture(30, 40), "JPEG")
    script = encoded(picture(30, 40), "GIF")
    return {
        "nothing.jpg": (SENTENCE, b""),
        "one byte.jpg": (SENTENCE, b"\xff"),
        "zeros.png": (SENTENCE, bytes(100_000)),
        "text.jpg": (SENTENCE, "Dear photo, I am text. 👗".encode()),
        "page.jpg": (SENTENCE, b"<!DOCTYPE html><script>alert(1)</script>"),
        "vector.png": (SENTENCE, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "postscript.jpg": (SENTENCE, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run"),
        "png named.jpg": (ANSWER, encoded(picture(30, 40), "PNG")),
        "jpeg and zip.jpg": (ANSWER, photo + _zip({"../evil.sh": b"rm -rf /"})),
        "gif and script.gif": (ANSWER, script + b"=1;alert(1)//"),
        "gif with a script for a size.gif": (EITHER, script[:6] + b"/*" + script[8:] + b"*/=1;alert(1)"),
        "script before.jpg": (SENTENCE, b"#!/bin/sh\nexit\n" + photo),
    }


def _bombs() -> Nasty:
    header = b"\x89PNG\r\n\x1a\n"
    zeros = zlib.compress(bytes(20_000_000))
    png = encoded(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), "PNG")
    webp = encoded(picture(8, 8), "WEBP", lossless=True)
    large = zlib.compress(bytes(50_000_000), 1)
    baseline, progressive = (encoded(picture(16, 16), "JPEG", progressive=layered) for layered in (False, True))
    bmp = (54, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0)
    tags = (2, 256, 4, 1, 2**31, 257, 4, 1, 2**31, 0)
    gif = b"GIF89a" + b"\xff" * 4 + b"\x80" + bytes(8) + b"," + bytes(4) + b"\1\0\1\0\0\2\2D\1\0;"
    return {
        "50000 wide.png": (SENTENCE, header + _chunk(b"IHDR", _ihdr(50_000, 50_000, 2)) + _chunk(b"IDAT", zeros)),
        "2147483647 wide.png": (SENTENCE, header + _chunk(b"IHDR", _ihdr(2**31 - 1, 2**31 - 1, 2)) + zeros),
        "palette bomb.png": (
            SENTENCE,
            header + _chunk(b"IHDR", _ihdr(20_000, 20_000, 3)) + _chunk(b"PLTE", bytes(768)) + _chunk(b"IDAT", zeros),
        ),
        "palette as large as may be.png": (EITHER, header + _chunk(b"IHDR", _ihdr(7000, 7000, 3))
         + _chunk(b"PLTE", bytes(768)) + _chunk(b"IDAT", zeros) + _chunk(b"IEND", b"")),
        "no size.png": (SENTENCE, header + _chunk(b"IHDR", _ihdr(0, 0, 2)) + _chunk(b"IDAT", zeros)),
        "ribbon.png": (SENTENCE, header + _chunk(b"IHDR", _ihdr(1, 49_000_000, 0)) + _chunk(b"IDAT", zeros)),
        "profile bomb.png": (EITHER, png[:33] + _chunk(b"iCCP", b"icc\0\0" + large) + png[33:]),
        "text bomb.png": (EITHER, png[:33] + _chunk(b"zTXt", b"a\0\0" + large) + png[33:]),
        "many texts.png": (EITHER, png[:33] + _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) * 90 + png[33:]),
        "tiny chunks.png": (SENTENCE, png[:33] + _chunk(b"teSt", b"") * 1_000_000 + png[33:]),
        "65535 wide.gif": (SENTENCE, gif),
        "16383 wide.webp": (SENTENCE, webp[:21] + struct.pack("<I", 0x0FFFFFFF) + webp[25:]),
        "65535 wide.jpg": (SENTENCE, _resized(baseline, 65_500, 65_500)),
        "65500 wide progressive.jpg": (SENTENCE, _resized(progressive, 65_500, 2_000)),
        "huge.bmp": (SENTENCE, b"BM" + struct.pack("<IHHIIiiHHIIiiII", *bmp)),
        "run-length.bmp": (EITHER, _run_length(4000, 4000)),
        "huge.tif": (SENTENCE, b"II*\0\x08\0\0\0" + struct.pack("<HHHIIHHIII", *tags)),
    }  # fmt: skip


def _metadata() -> Nasty:
    pixels = picture(30, 40)
    far = b"Exif\0\0II*\0" + struct.pack("<I", 2**31) + bytes(50)
    many = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(1000)
    circle = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)
    long = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x0112, 3, 2**31, 0, 0)
    profile = matrix_profile(DISPLAY_P3, None)
    body = bytes(500_000)
    tags = b"".join(struct.pack("<HHII", 300 + number, 1, len(body), 8 + 2 + 12 * 3000 + 4) for number in range(3000))
    tiff = encoded(pixels, "TIFF")
    return {
        "exif that points nowhere.jpg": (ANSWER, encoded(pixels, "JPEG", exif=far)),
        "exif with 65535 entries.jpg": (ANSWER, encoded(pixels, "JPEG", exif=many)),
        "exif in a circle.jpg": (ANSWER, encoded(pixels, "JPEG", exif=circle)),
        "endless orientation.jpg": (ANSWER, encoded(pixels, "JPEG", exif=long)),
        "broken exif.webp": (ANSWER, encoded(pixels, "WEBP", exif=many)),
        "broken profile.jpg": (ANSWER, encoded(pixels, "JPEG", icc_profile=profile[:150] + bytes(200))),
        "huge profile.jpg": (ANSWER, encoded(pixels, "JPEG", icc_profile=profile + bytes(6_000_000))),
        "absurd tags.tif": (SENTENCE, b"II*\0\x08\0\0\0" + struct.pack("<H", 3000) + tags + bytes(4) + body),
        "scattered.tif": (EITHER, tiff[:8] + struct.pack("<H", 65_535) + tiff[10:]),
    }


def _flat(width: int, height: int, form: str, **options: object) -> bytes:
    """A photo of this size that is not plain."""
    tile = np.kron(picture(50, 50), np.ones((20, 20, 1), np.uint8))
    pixels = np.tile(tile, (height // 1000 + 1, width // 1000 + 1, 1))[:height, :width]
    return encoded(np.ascontiguousarray(pixels), form, **options)


def _tiff(width: int, height: int) -> bytes:
    """16 bits in four channels, in one piece and rotated: this takes the most memory."""
    packed = zlib.compress(bytes(width * height * 8), 1)
    tags = {
        256: width,
        257: height,
        258: 146,
        259: 8,
        262: 2,
        273: 154,
        274: 6,
        277: 4,
        278: height,
        279: len(packed),
        338: 2,
    }
    entries = b""
    for tag, value in tags.items():
        entries += struct.pack("<HHII", tag, 3 if tag in (258, 338) else 4, 4 if tag == 258 else 1, value)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)
    assert len(head) == 146
    return head + struct.pack("<4H", 16, 16, 16, 16) + packed


def _layers(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG with `count` extra scans."""
    data = encoded(np.full((height, width, 3), 90, np.uint8), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]


def _resized(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG that claims this size."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def _run_length(width: int, height: int) -> bytes:
    """An eight-bit BMP in runs of one pixel, which a decoder reads one by one."""
    runs = b"\1\5" * (width * height // 4)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078) + header + bytes(1024) + runs


def _ihdr(width: int, height: int, colour: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _zip(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def _twice(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for _ in range(3):
            archive.writestr(name, content)
    return file.getvalue()


def _understated(content: bytes) -> bytes:
    """A zip whose photo claims to have ten bytes."""
    data = bytearray(_zip({"photo.bmp": content}, zipfile.ZIP_DEFLATED))
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 10)
    return bytes(data)


def _overlapping(content: bytes, count: int) -> bytes:
    """A zip with `count` names for the same bytes."""
    data = _zip({"photo.jpg": content})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entries = data[start:end] * count
    number = min(count, 0xFFFE)
    return data[:start] + entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(entries), start, 0)
