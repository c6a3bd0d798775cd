"""The uploaders accept exactly the files that can be read."""

from core.photos import formats
from pages.photos.picker import UPLOAD_TYPES


def test_files_with_every_suffix_of_every_format_can_be_uploaded() -> None:
    endings = [ending.removeprefix(".") for format_ in formats.FORMATS for ending in format_.endings]
    assert sorted(UPLOAD_TYPES) == sorted(endings)
