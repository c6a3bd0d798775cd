"""Photo files as people have them: turned, transparent, animated, broken, too large; and the one resize."""

import io
import itertools
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core import photos
from core.errors import PhotoError
from core.photos import decoding, formats
from core.photos.memory import MemoryBudget
from tests.conftest import Pixels, encoded, picture

TURNS: dict[int, Callable[[Pixels], Pixels]] = {  # what a camera stores for each EXIF orientation of an upright photo
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


def oriented(upright: Pixels, orientation: int, form: str, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(np.ascontiguousarray(TURNS[orientation](upright)), form, exif=exif, **options)


def difference(one: Pixels, other: Pixels) -> float:
    """The mean absolute difference in levels; the shapes must be the same."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(float) - other).mean())


def refusal(data: bytes) -> str:
    """The sentence with which `data` is refused."""
    with pytest.raises(PhotoError) as refused:
        photos.decode(data)
    return sentence(refused.value)


def sentence(error: PhotoError) -> str:
    words = str(error)
    assert words.endswith(".")
    assert words[0].isupper()
    assert "\n" not in words
    for jargon in ("Traceback", "Exception", "Error", "0x", "<", "BytesIO", "None"):
        assert jargon not in words, words
    return words


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, body: bytes = b"", interlaced: int = 0) -> bytes:
    """A PNG that says it is as large as that."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def test_every_exif_orientation_comes_out_upright(subtests: pytest.Subtests) -> None:
    for orientation in TURNS:
        with subtests.test(orientation=orientation):
            upright = picture(24, 37)
            for form in ("PNG", "TIFF"):  # lossless: the same pixels
                assert np.array_equal(photos.decode(oriented(upright, orientation, form)), upright), form
            for form in ("JPEG", "MPO", "WEBP", "AVIF"):
                came = photos.decode(oriented(upright, orientation, form, quality=95))
                assert difference(came, upright) < 3, form


def test_heic_as_phones_write_it_comes_out_upright(subtests: pytest.Subtests) -> None:
    """The turn stands in it twice: as a property of the picture, which counts, and in EXIF, which must not."""
    for orientation in TURNS:
        with subtests.test(orientation=orientation):
            upright = picture(24, 37)
            exif = Image.Exif()
            exif[0x0112] = orientation
            stored = pillow_heif.from_pillow(Image.fromarray(np.ascontiguousarray(TURNS[orientation](upright))))
            stored.info["exif"] = exif.tobytes()
            file = io.BytesIO()
            stored.save(file, quality=95)
            assert (b"irot" in file.getvalue() or b"imir" in file.getvalue()) == (orientation != 1)
            assert difference(photos.decode(file.getvalue()), upright) < 3


def test_a_heic_turned_by_exif_alone_comes_out_upright(subtests: pytest.Subtests) -> None:
    """As some programs write it: no property of the picture says so."""
    exif = Image.Exif()
    exif[0x0112] = 1
    for orientation, turn in TURNS.items():
        with subtests.test(orientation=orientation):
            upright = picture(24, 37)
            stored = pillow_heif.from_pillow(Image.fromarray(np.ascontiguousarray(turn(upright))))
            stored.info["exif"] = exif.tobytes()
            file = io.BytesIO()
            stored.save(file, quality=95)
            entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00"  # of EXIF: orientation, one short number
            assert file.getvalue().count(entry + b"\x01") == 1
            data = file.getvalue().replace(entry + b"\x01", entry + bytes([orientation]))
            assert b"irot" not in data
            assert b"imir" not in data
            assert difference(photos.decode(data), upright) < 3


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(photos.decode(encoded(picture(8, 9), "PNG", exif=exif)), picture(8, 9))


BROKEN_EXIF = [
    b"Exif\0\0garbage",
    b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12",  # says it has 65,535 entries
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0",  # an orientation that is text
]


def test_broken_exif_does_not_break_the_photo(subtests: pytest.Subtests) -> None:
    for form, exif in itertools.product(["JPEG", "PNG", "WEBP"], BROKEN_EXIF):
        with subtests.test(form=form, exif=exif):
            assert difference(photos.decode(encoded(picture(16, 20), form, exif=exif, quality=95)), picture(16, 20)) < 3


def test_orientation_and_reduced_decoding_together() -> None:
    upright = picture(400, 240)
    came = photos.decode(oriented(upright, 6, "JPEG", quality=95), at_least=50)
    assert came.shape[0] > came.shape[1] == 60
    assert difference(photos.resize(came, 40), photos.resize(upright, 40)) < 2


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_give_the_same_pixels(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    came = photos.decode(encoded(picture(31, 17), form, **options))
    assert np.array_equal(came, picture(31, 17))
    assert came.dtype == np.uint8
    assert came.flags.c_contiguous


@pytest.mark.parametrize("form", ["JPEG", "MPO", "WEBP", "AVIF", "HEIF"])
def test_lossy_formats_come_close(form: str) -> None:
    assert difference(photos.decode(encoded(picture(64, 48), form, quality=95)), picture(64, 48)) < 3


def test_gif() -> None:
    assert difference(photos.decode(encoded(picture(64, 48), "GIF")), picture(64, 48)) < 16  # 256 colours


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_transparency_is_laid_over_white(form: str) -> None:
    pixels = np.zeros((6, 9, 4), np.uint8)
    pixels[:, :3] = (200, 100, 0, 255)
    pixels[:, 3:6] = (200, 100, 0, 128)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    came = photos.decode(encoded(Image.fromarray(pixels), form, **options)).astype(int)
    assert (came[:, :3] == (200, 100, 0)).all()
    assert (np.abs(came[:, 3:6] - (227, 177, 127)) <= 1).all()
    assert (came[:, 6:] == 255).all()


def test_grey_with_transparency() -> None:
    pixels = np.array([[[50, 255], [50, 0], [50, 128]]], np.uint8)
    came = photos.decode(encoded(Image.fromarray(pixels, "LA"), "PNG")).astype(int)
    assert np.abs(came[0] - [[50] * 3, [255] * 3, [152] * 3]).max() <= 1


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_with_a_transparent_colour(form: str) -> None:
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 10, 20, 30, 200, 0, 0])
    image.putpixel((0, 0), 2)
    came = photos.decode(encoded(image, form, transparency=1))
    assert (came[0, 0] == (200, 0, 0)).all()
    assert (came[1:] == 255).all()


def test_palette_with_alpha_for_each_colour() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 100, 0, 0])
    image.putpixel((1, 0), 1)
    came = photos.decode(encoded(image, "PNG", transparency=bytes([255, 128]))).astype(int)
    assert np.abs(came[0] - [[0, 0, 0], [177, 127, 127]]).max() <= 1


def test_rgb_and_grey_with_one_colour_meaning_transparent() -> None:
    image = Image.new("RGB", (2, 1), (10, 20, 30))
    image.putpixel((1, 0), (1, 2, 3))
    came = photos.decode(encoded(image, "PNG", transparency=(10, 20, 30)))
    assert came.tolist() == [[[255] * 3, [1, 2, 3]]]
    grey = Image.new("L", (2, 1), 10)
    grey.putpixel((1, 0), 77)
    assert photos.decode(encoded(grey, "PNG", transparency=10)).tolist() == [[[255] * 3, [77] * 3]]


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk(form: str) -> None:
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red
    came = photos.decode(encoded(image, form))
    assert np.abs(came.astype(int) - (255, 0, 0)).max() <= 6


def test_cmyk_as_adobe_writes_it_turned_round() -> None:
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert b"Adobe" in data  # the test's own file is what it should be
    assert np.abs(photos.decode(data, at_least=8).astype(int) - (255, 0, 0)).max() <= 6


def test_jpeg_in_its_kinds(subtests: pytest.Subtests) -> None:
    for options, mode in itertools.product(
        [{"progressive": True}, {"subsampling": 0}, {"optimize": True}], ["RGB", "L"]
    ):
        with subtests.test(options=options, mode=mode):
            image = Image.fromarray(picture(200, 300)).convert(mode)
            data = encoded(image, "JPEG", quality=95, **options)
            for at_least in (None, 40):
                came = photos.resize(photos.decode(data, at_least), 30)
                assert difference(came, photos.resize(np.asarray(image.convert("RGB")), 30)) < 1.5


def test_interlaced_png() -> None:
    """Adam7: the picture in seven passes, each with rows of its own. Pillow reads it and writes none."""
    pixels = picture(19, 21)
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in pixels[top::down, left::right]
    )
    data = png_header(21, 19, zlib.compress(rows), interlaced=1)
    assert np.array_equal(photos.decode(data), pixels)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
def test_tiff_however_packed(compression: str) -> None:
    assert np.array_equal(photos.decode(encoded(picture(40, 30), "TIFF", compression=compression)), picture(40, 30))


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_in_colour_and_both_byte_orders(order: str) -> None:
    pixels = picture(7, 9)
    data = tiff(order, 9, 7, (pixels.astype(np.uint16) * 257).astype(f"{order}u2").tobytes(), bits=16, channels=3)
    assert np.array_equal(photos.decode(data), pixels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_grey_tiff_in_both_byte_orders(order: str) -> None:
    levels = np.array([[0, 257 * 64, 65535]], f"{order}u2")
    came = photos.decode(tiff(order, 3, 1, levels.tobytes(), bits=16, channels=1))
    assert came[0, :, 0].tolist() == [0, 64, 255]


def tiff(order: str, width: int, height: int, body: bytes, bits: int, channels: int) -> bytes:
    """A plain TIFF of whole numbers, which Pillow does not write with 16 bits in colour."""
    content = 8 + 2 + 12 * 9 + 4 + 2 * channels
    tags = {256: width, 257: height, 258: content - 2 * channels if channels > 1 else bits, 259: 1,
            262: 2 if channels == 3 else 1, 273: content, 277: channels, 278: height, 279: len(body)}  # fmt: skip
    file = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags))
    for tag, value in tags.items():
        count = channels if tag == 258 else 1
        short = tag == 258 and channels == 1
        file += struct.pack(f"{order}HHIH2x" if short else f"{order}HHII", tag, 3 if tag == 258 else 4, count, value)
    return file + bytes(4) + struct.pack(f"{order}{channels}H", *[bits] * channels) + body


def test_grey() -> None:
    grey = picture(9, 8)[:, :, 0]
    assert np.array_equal(photos.decode(encoded(Image.fromarray(grey), "PNG")), np.repeat(grey[:, :, None], 3, 2))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_range(form: str) -> None:
    levels = np.array([[0, 257 * 64, 257 * 128 + 100, 65535]], np.uint16)
    came = photos.decode(encoded(Image.fromarray(levels), form))
    assert came.tolist() == [[[level] * 3 for level in (0, 64, 128, 255)]]


def test_eight_bit_levels_in_a_sixteen_bit_file_are_not_shown_black() -> None:
    levels = np.array([[0, 100, 200, 255]], np.uint16)
    assert photos.decode(encoded(Image.fromarray(levels), "PNG"))[0, :, 1].tolist() == [0, 100, 200, 255]


def test_sixteen_bit_colour() -> None:
    _, data = cv2.imencode(".png", picture(9, 7)[:, :, ::-1].astype(np.uint16) * 257)
    assert np.array_equal(photos.decode(data.tobytes()), picture(9, 7))


def test_floating_point_grey() -> None:
    levels = np.array([[0, 0.25, 1, np.nan]], np.float32)
    assert photos.decode(encoded(Image.fromarray(levels), "TIFF"))[0, :, 0].tolist() == [0, 64, 255, 0]


def test_one_bit() -> None:
    bits = np.eye(8, dtype=bool)
    came = photos.decode(encoded(Image.fromarray(bits), "PNG"))
    assert np.array_equal(came, np.repeat(bits[:, :, None] * np.uint8(255), 3, 2))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], **options)
    with Image.open(io.BytesIO(data)) as image:
        assert image.n_frames == 3  # the test's own file is what it should be
    assert (photos.decode(data) == (255, 0, 0)).all()


def test_of_a_heic_with_several_photos_the_one_that_stands_for_it() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "lime", "blue")]
    for primary in range(3):
        data = encoded(frames[0], "HEIF", save_all=True, append_images=frames[1:], primary_index=primary)
        assert photos.decode(data)[32, 32].argmax() == primary


def test_thin_pictures(subtests: pytest.Subtests) -> None:
    for (height, width), form in itertools.product([(1, 1), (1, 3000), (3000, 1), (2, 1)], ["JPEG", "PNG"]):
        with subtests.test(height=height, width=width, form=form):
            data = encoded(np.full((height, width, 3), 90, np.uint8), form)
            assert photos.decode(data).shape == (height, width, 3)
            assert photos.decode(data, at_least=64).shape == (height, width, 3)
            square = photos.square(data, 32)
            assert square.shape == (32, 32, 3)
            assert np.abs(square.astype(int) - 90).max() <= 1


NO_PHOTOS = [
    (b"", "empty"),
    (b"just some text", "not a photo"),
    (b"<!DOCTYPE html><title>no photo</title>", "not a photo"),
    (b"%PDF-1.7\n", "not a photo"),
    (b"\x00" * 5000, "not a photo"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a photo"),  # Pillow would start Ghostscript
    (b"\xff\xd8\xff", "photo"),
    (b"\x89PNG\r\n\x1a\n", "photo"),
    (b"BM", "photo"),
    (b"GIF89a", "photo"),
]


def test_what_is_no_photo(subtests: pytest.Subtests) -> None:
    for data, said in NO_PHOTOS:
        with subtests.test(data=data):
            assert said in refusal(data)


def test_a_file_cut_short_is_refused_with_a_sentence(subtests: pytest.Subtests) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)  # it compresses badly, so the end counts
    forms = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP"]
    for form, share in itertools.product(forms, [0.02, 0.3, 0.6, 0.95]):
        with subtests.test(form=form, share=share):
            data = encoded(noise, form)
            refusal(data[: int(len(data) * share)])


def test_scrambled_bytes_never_end_in_a_traceback(subtests: pytest.Subtests) -> None:
    for form in ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP"]:
        with subtests.test(form=form):
            data = encoded(picture(32, 32), form)
            rng = np.random.default_rng(1)
            refused = 0
            for _ in range(30):
                bytes_ = np.frombuffer(data, np.uint8).copy()
                where = rng.integers(0, len(bytes_), 6)
                bytes_[where] = rng.integers(0, 256, 6)
                try:
                    came = photos.decode(bytes_.tobytes(), at_least=16)
                except PhotoError as error:
                    sentence(error)
                    refused += 1
                else:
                    assert came.dtype == np.uint8
                    assert came.ndim == 3
            assert refused or form in ("BMP", "JPEG", "TIFF", "GIF")  # a level changed in them is still a picture


def test_a_photo_that_is_something_else_too_is_read_as_the_photo() -> None:
    """A polyglot: what follows the picture is ignored, what comes before it makes it no photo."""
    data = encoded(picture(16, 16), "PNG")
    assert np.array_equal(photos.decode(data + b"<script>alert(1)</script>PK\x03\x04"), picture(16, 16))
    refusal(b"<script>alert(1)</script>" + data)


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (20_000, 8_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_seen_before_decoding(width: int, height: int) -> None:
    data = png_header(width, height, zlib.compress(bytes(10_000_000)))
    tracemalloc.start()
    began = time.thread_time()
    try:
        words = refusal(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "pixels" in words
    assert "at most 50 megapixels as PNG" in words
    assert time.thread_time() - began < 0.5
    assert most < 2**20


def test_the_cap_counts_pixels_whatever_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {form: replace(limit, megapixels=0.0006) for form, limit in formats.BY_PILLOW_NAME.items()}
    monkeypatch.setattr(formats, "BY_PILLOW_NAME", few)
    assert photos.decode(encoded(picture(20, 30), "PNG")).shape == (20, 30, 3)
    for form in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"):
        assert "601 × 1 pixels" in refusal(encoded(picture(1, 601), form))
        assert "31 × 20 pixels" in refusal(encoded(picture(20, 31), form))
    for form in ("HEIF", "AVIF"):
        assert "40 × 20 pixels" in refusal(encoded(picture(20, 40), form))


def test_a_large_photo_of_any_format_is_converted_in_strips(
    subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the strips and the reduction on or off, the network sees the same."""
    for form, mode in itertools.product(["PNG", "TIFF", "BMP", "WEBP", "GIF", "HEIF"], ["RGB", "L", "RGBA", "I;16"]):
        if mode == "I;16" and form not in ("PNG", "TIFF"):
            continue  # the format has no 16 bits in Pillow
        with subtests.test(form=form, mode=mode):
            image = Image.fromarray(picture(301, 407))
            if mode == "I;16":
                image = Image.fromarray(picture(301, 407)[:, :, 1].astype(np.uint16) * 257)
            elif mode == "RGBA":
                image.putalpha(Image.fromarray(picture(301, 407)[:, :, 0]))
            elif mode == "L":
                image = image.convert("L")
            data = encoded(image, form, **({"lossless": True} if form == "WEBP" else {}))
            whole = photos.decode(data)
            assert whole.shape == (301, 407, 3)
            with monkeypatch.context() as patch:
                patch.setattr(decoding, "STRIP", 5_000)
                assert np.array_equal(photos.decode(data), whole)
                patch.setattr(decoding, "WHOLE", 10_000)
                small = photos.decode(data, at_least=70)
            assert small.shape == (76, 102, 3)
            assert difference(photos.resize(small, 35), photos.resize(whole, 35)) < 1


def test_of_large_photos_one_is_decoded_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, held = MemoryBudget(1000), []

    class Watched(MemoryBudget):
        def reserved(self, count: int):  # type: ignore[no-untyped-def]
            held.append(count)
            return budget.reserved(count)

    monkeypatch.setattr(decoding, "MEMORY", Watched(1000))
    photos.decode(encoded(picture(20, 30), "WEBP"))
    assert held == [600 * (formats.BY_PILLOW_NAME["WEBP"].bytes_per_pixel + 7)]


def test_ribbons_that_stay_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "WHOLE", 1000)
    monkeypatch.setattr(decoding, "MOST_LEFT", 5000)
    assert photos.square(encoded(picture(200, 300), "PNG"), 10).shape == (10, 10, 3)
    data = encoded(picture(20, 300), "PNG")
    with pytest.raises(PhotoError, match="too long for its width, got 300 × 20 pixels") as refused:
        photos.square(data, 10)
    sentence(refused.value)


def test_a_progressive_jpeg_has_a_cap_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "PROGRESSIVE_JPEG", replace(formats.PROGRESSIVE_JPEG, megapixels=0.0006))
    pixels = picture(30, 40)
    for mode in ("RGB", "L", "CMYK"):
        image = Image.fromarray(pixels).convert(mode)
        assert photos.decode(encoded(image, "JPEG", exif=b"Exif\0\0" + bytes(300))).shape == (30, 40, 3)
        assert "as progressive JPEG" in refusal(encoded(image, "JPEG", progressive=True))
    plane = encoded(Image.fromarray(pixels), "JPEG")
    first = plane.index(b"\xff\xda")
    assert plane[first + 4] == 3
    alone = plane[:first] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + plane[first + 14 :]  # a colour after the other
    assert "as progressive JPEG" in refusal(alone)


def test_a_jpeg_of_thousands_of_layers_is_refused() -> None:
    data = encoded(picture(30, 40), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert "at most 100 layers" in refusal(data[:-2] + data[last:-2] * 200 + data[-2:])


@pytest.mark.parametrize(
    ("form", "at", "piece"),
    [("JPEG", 2, b"\xff\xe9\0\2"), ("PNG", 33, png_chunk(b"teSt", b"")), ("GIF", 781, b"!\xfe\1a\0")],
)
def test_a_file_of_countless_tiny_pieces_is_refused(form: str, at: int, piece: bytes) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), form)
    assert photos.decode(data[:at] + piece * 1000 + data[at:]).shape == (32, 32, 3)
    began = time.thread_time()
    assert "far too many segments" in refusal(data[:at] + piece * (20_000_000 // len(piece)) + data[at:])
    assert time.thread_time() - began < 2


def test_the_limits_in_words() -> None:
    words = photos.limits()
    assert words.startswith("JPEG up to 120; PNG, HEIC, GIF, BMP, progressive JPEG up to 50; ")
    assert words.endswith("megapixels; up to 100 MB each.")
    for limit in formats.BY_PILLOW_NAME.values():
        assert limit.name in words
        assert limit.megapixels * 1e6 * limit.bytes_per_pixel <= decoding.MEMORY.size


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = encoded(picture(64, 64), "BMP")
    monkeypatch.setattr(formats, "MOST_BYTES", len(data))
    assert photos.decode(data).shape == (64, 64, 3)
    path = tmp_path / "large.bmp"
    path.write_bytes(data + b"x")
    assert "at most 12 kB, got 12 kB" in refusal(data + b"x")
    with pytest.raises(PhotoError, match=r"large\.bmp must have at most 12 kB, got more"):
        photos.read_file(path)


@pytest.mark.parametrize("at_least", [40, 100, 299, 600])
def test_a_jpeg_decoded_smaller_is_close_to_the_whole(at_least: int) -> None:
    data = encoded(picture(900, 1205), "JPEG", quality=92)
    small = photos.decode(data, at_least=at_least)
    assert min(small.shape[:2]) >= at_least
    assert small.shape[0] < 900 or at_least == 600
    assert difference(photos.resize(small, 40), photos.resize(photos.decode(data), 40)) < 1


def test_a_small_jpeg_is_decoded_whole() -> None:
    data = encoded(picture(50, 60), "JPEG")
    assert photos.decode(data, at_least=50).shape == photos.decode(data, at_least=500).shape == (50, 60, 3)


def test_a_real_photo_decoded_smaller_is_close_to_the_whole(shared: Path) -> None:
    for path in sorted((shared / "clothing-dataset-small" / "test" / "dress").glob("*.jpg"))[:4]:
        data = path.read_bytes()
        assert difference(photos.square(data, 48), photos.resize(photos.decode(data), 48)) < 2, path.name


def test_resize_at_the_same_size_is_the_same_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (33, 33, 3), np.uint8)
    assert np.array_equal(photos.resize(pixels, 33), pixels)


def test_resize_shrinks_by_averaging() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    means = pixels.reshape(16, 4, 16, 6, 3).mean(axis=(1, 3))
    assert np.abs(photos.resize(pixels, 16) - means).max() <= 1


def test_resize_grows_linearly() -> None:
    pixels = picture(10, 12)
    assert np.array_equal(photos.resize(pixels, 40), cv2.resize(pixels, (40, 40), interpolation=cv2.INTER_LINEAR))


@pytest.mark.parametrize("flip", [False, True])
def test_resize_of_one_side_up_and_one_down(flip: bool) -> None:
    """Each side by its own rule: averaging along the side that shrinks, linear along the one that grows."""
    stripes = np.zeros((8, 128, 3), np.uint8)
    stripes[:, ::4] = 200  # one column of four: a linear look-up would not see it
    stripes[4:] += 40
    came = photos.resize(stripes.transpose(1, 0, 2) if flip else stripes, 32)
    came = came.transpose(1, 0, 2) if flip else came
    assert (came[:14] == 50).all()
    assert (came[18:] == 90).all()
    assert came[14:18, 0, 0].tolist() == [55, 65, 75, 85]


def test_square_is_square(subtests: pytest.Subtests) -> None:
    for shape in [(40, 40), (40, 20), (20, 40), (32, 50), (50, 32), (1, 1), (1, 100)]:
        with subtests.test(shape=shape):
            square = photos.square(encoded(picture(*shape), "PNG"), 32)
            assert square.shape == (32, 32, 3)
            assert square.dtype == np.uint8


def test_a_resized_picture_is_not_shifted() -> None:
    """Up or down, the middle stays the middle: a half-pixel shift would show as a difference of its mirror image."""
    for height, width in ((50, 70), (20, 24), (50, 20)):
        pixels = picture(height, width)
        mirrored = photos.resize(np.ascontiguousarray(pixels[::-1, ::-1]), 32)[::-1, ::-1]
        assert np.abs(photos.resize(pixels, 32).astype(int) - mirrored).max() <= 1


def test_the_key_depends_on_the_bytes_alone() -> None:
    assert photos.key(b"photo") == "42bc7252ed9d80afd43e4573d5391af1"
    assert photos.key(b"photo") == photos.key(bytes(bytearray(b"photo")))
    assert photos.key(b"photo") != photos.key(b"photo ")
    assert len({photos.key(bytes([level])) for level in range(256)}) == 256


def test_the_keys_number_is_its_first_64_bits() -> None:
    key = photos.key(b"photo")
    assert photos.key_number(key) == int(key, 16) >> 64
    assert photos.key_number("f" * 32) == 2**64 - 1


def test_read_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"bytes")
    assert photos.read_file(path) == b"bytes"
    with pytest.raises(PhotoError, match=r"There is no file .*nothing\.jpg") as missing:
        photos.read_file(tmp_path / "nothing.jpg")
    sentence(missing.value)
    with pytest.raises(PhotoError, match="must be a photo, got a folder") as folder:
        photos.read_file(tmp_path)
    assert str(folder.value).endswith(".")
    with pytest.raises(PhotoError, match="can't be opened") as inside:
        photos.read_file(path / "photo.jpg")
    assert str(inside.value).endswith(".")


def test_png_gives_the_pixels_back() -> None:
    assert np.array_equal(photos.decode(photos.png(picture(13, 21))), picture(13, 21))
