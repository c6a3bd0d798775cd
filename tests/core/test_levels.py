"""Pictures of unusual depth look as in other programs: TIFF and PNG written here byte by byte, for every variant."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core import photos
from core.errors import PhotoError
from tests.conftest import picture
from tests.core.test_photos import TURNS

Pixels = NDArray[np.uint8]
GREY = picture(40, 60)[..., 0]
COLOUR = picture(40, 60)
SHORT, LONG = 3, 4  # TIFF's kinds of numbers
UNKNOWN = {  # to Pillow, by whether the file is big-endian
    False: {"32 bits, white is zero"},
    True: {"16 bits, white is zero", "14 of 16 bits, white is zero", "32 bits", "32 bits, white is zero"},
}


def tiff(numbers: NDArray[Any], planar: bool = False, big: bool = False, **more: int) -> bytes:
    """An uncompressed TIFF of (height, width) or (height, width, 3); `more` are tags by name."""
    order = ">" if big else "<"
    samples = 1 if numbers.ndim == 2 else numbers.shape[2]
    stored = numbers.astype(numbers.dtype.newbyteorder(order))
    planes = [stored[..., i].tobytes() for i in range(samples)] if planar else [stored.tobytes()]
    kind = {"u": 1, "i": 2, "f": 3}[numbers.dtype.kind]
    tags: dict[int, tuple[int, list[int]]] = {
        256: (LONG, [numbers.shape[1]]),
        257: (LONG, [numbers.shape[0]]),
        258: (SHORT, [8 * numbers.dtype.itemsize] * samples),
        259: (SHORT, [1]),
        262: (SHORT, [more.get("photometric", 2 if samples == 3 else 1)]),
        273: (LONG, [0] * len(planes)),
        274: (SHORT, [more.get("orientation", 1)]),
        277: (SHORT, [samples]),
        278: (LONG, [numbers.shape[0]]),
        279: (LONG, [len(plane) for plane in planes]),
        284: (SHORT, [2 if planar else 1]),
        339: (SHORT, [kind] * samples),
    }
    if "maximum" in more:
        tags[281] = (SHORT, [more["maximum"]] * samples)
    extra = 8 + 2 + 12 * len(tags) + 4
    blocks = {tag: values for tag, (kind, values) in tags.items() if (2 if kind == SHORT else 4) * len(values) > 4}
    sizes = {tag: (2 if tags[tag][0] == SHORT else 4) * len(values) for tag, values in blocks.items()}
    begin = extra + sum(sizes.values())
    tags[273] = (LONG, [begin + sum(len(plane) for plane in planes[:i]) for i in range(len(planes))])
    head = (b"MM" if big else b"II") + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", len(tags))
    entries, tail = b"", b""
    for tag, (number, values) in sorted(tags.items()):
        packed = struct.pack(order + ("H" if number == SHORT else "I") * len(values), *values)
        if len(packed) > 4:
            at, tail = extra + len(tail), tail + packed
            packed = struct.pack(order + "I", at)
        entries += struct.pack(order + "HHI", tag, number, len(values)) + packed.ljust(4, b"\0")
    return head + entries + b"\0" * 4 + tail + b"".join(planes)


def png(numbers: NDArray[Any], depth: int, **chunks: bytes) -> bytes:
    """A PNG of (height, width) or (height, width, 3), with the chunks given by name before its pixels."""
    height, width = numbers.shape[:2]
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in numbers]
    elif depth == 8:
        rows = [row.astype(np.uint8).tobytes() for row in numbers]
    else:
        bits = np.unpackbits(numbers.astype(np.uint8)[..., None], axis=-1)[..., -depth:].reshape(height, -1)
        rows = [row.tobytes() for row in np.packbits(bits, axis=-1)]

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 0 if numbers.ndim == 2 else 2, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows))
    between = b"".join(chunk(name.encode(), data) for name, data in chunks.items())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def is_grey(data: bytes, expected: NDArray[Any], within: float = 1) -> bool:
    return is_colour(data, np.stack([expected] * 3, -1), within)


def is_colour(data: bytes, expected: NDArray[Any], within: float = 1) -> bool:
    came = photos.decode(data).astype(float)
    return came.shape == expected.shape and bool(np.abs(came - expected).max() <= within)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
def test_grey_tiffs_of_every_depth(subtests: pytest.Subtests, big: bool) -> None:
    wide = GREY.astype(np.uint16) * 257
    cases = {
        "8 bits": tiff(GREY, big=big),
        "8 bits, white is zero": tiff(255 - GREY, big=big, photometric=0),
        "16 bits": tiff(wide, big=big),
        "16 bits, white is zero": tiff(65535 - wide, big=big, photometric=0),
        "32 bits": tiff(GREY.astype(np.uint32) * 16843009, big=big),
        "32 bits, white is zero": tiff(4294967295 - GREY.astype(np.uint32) * 16843009, big=big, photometric=0),
        "12 of 16 bits": tiff((wide >> 4).astype(np.uint16), big=big, maximum=4095),
        "10 of 16 bits": tiff((wide >> 6).astype(np.uint16), big=big, maximum=1023),
        "14 of 16 bits, white is zero": tiff(
            (16383 - (wide >> 2)).astype(np.uint16), big=big, maximum=16383, photometric=0
        ),
        "fractions": tiff((GREY / 255).astype(np.float32), big=big),
    }
    for name, data in cases.items():
        with subtests.test(name):
            if name in UNKNOWN[big]:
                with pytest.raises(PhotoError, match="This kind of TIFF can't be read"):
                    photos.decode(data)
            else:
                assert is_grey(data, GREY)


@pytest.mark.parametrize("above", [1.0001, 1.02, 1.7, 30.0])
def test_fractions_that_pass_1_are_cut(above: float) -> None:
    numbers = (GREY / 255).astype(np.float32)
    numbers[3, 4:9] = above
    expected = GREY.copy()
    expected[3, 4:9] = 255
    assert is_grey(tiff(numbers), expected)


@pytest.mark.parametrize("white", [255, 65535])
def test_floating_point_numbers_on_the_scale_of_8_or_16_bits(white: int) -> None:
    assert is_grey(tiff((GREY / 255 * white).astype(np.float32)), GREY)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
def test_colour_tiffs_with_16_bits(subtests: pytest.Subtests, big: bool) -> None:
    wide = COLOUR.astype(np.uint16) * 257
    for planar in (False, True):
        with subtests.test(planar=planar):
            assert is_colour(tiff(wide, planar=planar, big=big), COLOUR)
    with subtests.test("12 of 16 bits"):
        assert is_colour(tiff((wide >> 4).astype(np.uint16), big=big, maximum=4095), COLOUR)
    for orientation, turn in TURNS.items():
        with subtests.test("turned", orientation=orientation):
            turned = np.ascontiguousarray(turn(wide))
            assert is_colour(tiff(turned, planar=True, big=big, orientation=orientation), COLOUR)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_grey_that_means_transparent_becomes_white(depth: int) -> None:
    most = 2**depth - 1
    levels = (GREY.astype(int) * most + 127) // 255
    for transparent in sorted({0, most // 3, most}):
        expected = np.rint(levels * 255 / most)
        expected[levels == transparent] = 255
        assert is_grey(png(levels, depth, tRNS=struct.pack(">H", transparent)), expected)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_that_means_transparent_becomes_white(depth: int) -> None:
    levels = COLOUR.astype(int) * (257 if depth == 16 else 1)
    levels[5:9, 5:9] = levels[0, 0]
    levels[20, 20] = levels[0, 0] + 1  # differs in its last bit only
    expected = COLOUR.copy()
    expected[5:9, 5:9] = expected[20, 20] = COLOUR[0, 0]
    expected[(levels == levels[0, 0]).all(-1)] = 255
    assert is_colour(png(levels, depth, tRNS=struct.pack(">3H", *levels[0, 0])), expected, within=2)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_png_that_states_its_bits(bits: int) -> None:
    low = GREY.astype(int) * (2**bits - 1) // 255
    assert is_grey(png(low, 16, sBIT=bytes([bits])), GREY)
    assert is_grey(png(low << (16 - bits), 16, sBIT=bytes([bits])), GREY)  # as the PNG specification wants it


def test_what_can_t_be_read_gets_a_sentence_that_helps(subtests: pytest.Subtests) -> None:
    for numbers in (COLOUR.astype(np.float32) / 255, GREY.astype(np.float64) / 255, GREY.astype(np.float16) / 255):
        with subtests.test(str(numbers.dtype)), pytest.raises(PhotoError, match="This kind of TIFF can't be read"):
            photos.decode(tiff(numbers))
