"""JPEGs without their end: whole ones are read, cut ones are refused."""

import io

import numpy as np
import pytest
from PIL import Image

from core import photos
from core.errors import PhotoError
from core.photos import jpeg
from tests.conftest import encoded, picture

END = b"\xff\xd9"
KINDS: dict[str, dict[str, object]] = {
    "usual": {},
    "without subsampling": {"subsampling": 0, "quality": 95},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "with restart markers": {"restart_marker_rows": 1},
    "poor": {"quality": 10},
}


def jpeg_of(kind: str, mode: str = "RGB", height: int = 90, width: int = 70) -> bytes:
    pixels = Image.fromarray(picture(height, width)).convert(mode)
    return encoded(pixels, "JPEG", **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 300], ids=["nothing", "zeros"])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read(kind: str, mode: str, tail: bytes) -> None:
    whole = jpeg_of(kind, mode)
    assert whole.endswith(END)
    assert np.array_equal(photos.decode(whole[:-2] + tail), photos.decode(whole))


def test_so_it_is_at_reduced_size() -> None:
    whole = jpeg_of("usual", height=700, width=900)
    assert np.array_equal(photos.decode(whole[:-2], at_least=100), photos.decode(whole, at_least=100))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("tail", [b"", b"\0" * 300], ids=["nothing", "zeros"])
def test_a_cut_jpeg_is_refused(kind: str, share: float, tail: bytes) -> None:
    whole = jpeg_of(kind, height=200, width=300)
    begin = whole.index(b"\xff\xda")
    with pytest.raises(PhotoError, match="damaged"):
        photos.decode(whole[: begin + int(share * (len(whole) - begin))] + tail)


def test_a_progressive_jpeg_that_ends_between_two_layers_is_refused() -> None:
    """It shows a whole picture, but a blurred one."""
    whole = jpeg_of("progressive")
    assert jpeg.has_all_layers(whole)
    starts = [at for at in range(len(whole)) if whole[at : at + 2] == b"\xff\xda"]
    assert len(starts) > 3
    for start in starts[1:]:
        end = max(at for at in range(start) if whole[at : at + 2] in (b"\xff\xc4", b"\xff\xda") and at < start)
        cut = whole[: whole.rindex(b"\xff\xc4", 0, start)] if whole[end : end + 2] == b"\xff\xc4" else whole[:start]
        assert not jpeg.has_all_layers(cut)
        with pytest.raises(PhotoError, match="damaged"):
            photos.decode(cut)


def test_what_follows_the_end_marker_is_ignored() -> None:
    whole = jpeg_of("usual")
    for tail in (b"\0" * 100, b"\r\n", io.BytesIO(whole).read()):
        assert np.array_equal(photos.decode(whole + tail), photos.decode(whole))
