"""What a zip's entries are taken for, the same whether its photos are answered or unpacked into a dataset."""

import io
import stat
import struct
import zipfile
from functools import partial
from pathlib import Path

import pytest

from core.datasets import unpacking
from core.errors import AppError
from core.files import names, zips
from core.files.zip_errors import ZipError
from core.photos import album
from tests import zips as zips_for_tests

PHOTO = b"a photo"
zip_of = partial(zips_for_tests.zip_of, content=PHOTO)


def both(data: bytes, folder: Path) -> tuple[object, object]:
    """The number of photos that album and unpacking take of a zip, or the first sentence of the refusal."""

    def counted(folder: Path) -> int:
        folder.mkdir()
        unpacking.unpack(io.BytesIO(data), folder)
        return sum(path.is_file() for path in folder.rglob("*"))

    came: list[object] = []
    for count in (lambda: [len(photo.read()) for photo in album.in_zip("The file", data)], lambda: counted(folder)):
        try:
            photos = count()
            came.append(photos if isinstance(photos, int) else len(photos))
        except AppError as error:
            came.append(str(error).partition(". ")[0])
    return came[0], came[1]


def linked(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_junk_is_the_same_for_both(tmp_path: Path) -> None:
    junk = [
        "__MACOSX/1.jpg",
        "a/__MACOSX/1.jpg",
        ".1.jpg",
        "a/._1.jpg",
        ".git/1.jpg",
        "a.jpg/",
        "notes.txt",
        ".../1.jpg",
    ]
    for number, name in enumerate([*junk, linked("link.jpg")]):
        assert both(zip_of("hat/1.jpg", name), tmp_path / str(number)) == (1, 1), name
    for number, name in enumerate(["a/1.jpg", "a\\1.jpg", "./1.jpg", " .jpg/2.jpg", "a/ .jpg", "a/1.jpg ", "a/1.JPG."]):
        assert both(zip_of("hat/1.jpg", name), tmp_path / f"good {number}") == (2, 2), name


@pytest.mark.parametrize("content", [b"", b"text", b"<html>", b"Rar!", zip_of("1.jpg")[:-5], b"PK\x03\x04"])
def test_what_is_no_zip_is_refused_in_the_same_words(tmp_path: Path, content: bytes) -> None:
    album_says, unpacking_says = both(content, tmp_path / "out")
    assert album_says == unpacking_says
    assert str(album_says).startswith("The file ")


def test_bombs_are_refused_in_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zip_of("a/1.bmp", "a/2.bmp", content=bytes(1_000_000), method=zipfile.ZIP_DEFLATED)
    assert both(bomb, tmp_path / "small") == (2, 2)
    monkeypatch.setattr(zips, "RATIO_FREE_BYTES", 1_900_000)
    assert both(bomb, tmp_path / "bomb") == ("The file must unpack to at most 1.9 MB, got 2.0 MB",) * 2


@pytest.mark.parametrize(
    ("flag", "method", "said"),
    [(0x1, 8, "locked"), (0x40, 8, "locked"), (0x2000, 8, "locked"), (0, 12, "method 12"), (0, 14, "method 14")],
)
def test_entries_that_neither_reads(tmp_path: Path, flag: int, method: int, said: str) -> None:
    data = bytearray(zip_of("a/1.jpg", method=method))
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 8, flag)
    for words in both(bytes(data), tmp_path / "out"):
        assert said in str(words)


def test_the_file_is_closed_with_the_zip(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(zip_of("1.jpg"))
    opened = zips.Zip(path, 1000)
    (entry,) = opened.entries
    assert b"".join(opened.chunks(entry, 7)) == PHOTO
    opened.close()
    with pytest.raises(ZipError, match="is damaged"):
        list(opened.chunks(entry, 7))
    with pytest.raises(FileNotFoundError):
        zips.Zip(tmp_path / "nothing.zip", 1000)


def test_a_zip_in_memory_stays_open() -> None:
    file = io.BytesIO(zip_of("1.jpg"))
    zips.Zip(file, 1000).close()
    assert not file.closed


@pytest.mark.parametrize(
    ("name", "safe"), [(" .jpg", "_.jpg"), (" .hidden", "_.hidden"), ("nul", "_nul"), ("...", "_"), ("", "_")]
)
def test_a_safe_name_is_neither_hidden_nor_a_device(name: str, safe: str) -> None:
    assert names.safe_name(name) == safe
