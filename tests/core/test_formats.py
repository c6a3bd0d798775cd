"""One record for each format of photos: what is read, offered and said all comes from it."""

from dataclasses import replace

import pytest

from core import photos
from core.errors import PhotoError
from core.photos import formats
from tests.conftest import encoded, picture


def test_each_format_is_read_and_named_in_every_list() -> None:
    with pytest.raises(PhotoError, match="not a photo") as refused:
        photos.decode(b"text")
    for each in formats.FORMATS:
        assert photos.decode(encoded(picture(20, 30), each.pillow)).shape == (20, 30, 3)
        assert each.name in str(refused.value)
        assert each.name in photos.limits()
        for ending in each.endings:
            assert ending in formats.endings()
    assert formats.names() == "JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF or BMP"


def test_a_name_belongs_to_one_format() -> None:
    other = replace(formats.JPEG, name="Other")
    with pytest.raises(ValueError, match=r"\.jpg must belong to one format, got JPEG and Other"):
        formats.registered((ending, each) for each in (formats.JPEG, other) for ending in each.endings)
