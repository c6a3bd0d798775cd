"""What the uploaders take is what can be read."""

from core.photos import formats
from pages.photos.picker import UPLOAD_TYPES


def test_every_ending_of_every_format_can_be_uploaded() -> None:
    endings = [ending.removeprefix(".") for each in formats.FORMATS for ending in each.endings]
    assert sorted(UPLOAD_TYPES) == sorted(endings)
