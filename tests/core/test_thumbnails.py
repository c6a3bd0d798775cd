"""Thumbnails: upright, in their own proportions, kept in one file that may be cleaned, cut or damaged at any time."""

import io
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import photos
from core.datasets import thumbnails
from core.datasets.thumbnails import Thumbnail
from core.files import cache, disk, locks
from tests.conftest import encoded, picture

COUNT = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight photos, each of another colour."""
    for number in range(COUNT):
        write(tmp_path / f"{number}.jpg", number)
    return tmp_path


def write(path: Path, number: int, height: int = 300, width: int = 400) -> None:
    path.write_bytes(encoded(np.full((height, width, 3), 30 * number, np.uint8), "JPEG"))


def paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jpg"))


def image(thumbnail: Thumbnail | None) -> Image.Image:
    assert thumbnail is not None
    return Image.open(io.BytesIO(thumbnail.picture))


def level(thumbnail: Thumbnail | None) -> int:
    """The number that the photo was made of."""
    return round(float(np.asarray(image(thumbnail)).mean()) / 30)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the files that were decoded."""
    sizes: list[int] = []
    decode = photos.decode

    def counted(data: bytes, at_least: int | None = None) -> photos.Pixels:
        sizes.append(len(data))
        return decode(data, at_least)

    monkeypatch.setattr(photos, "decode", counted)
    return sizes


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(300, 400, (160, 120)), (900, 300, (53, 160)), (40, 30, (30, 40)), (160, 160, (160, 160)), (2, 2000, (160, 1))],
)
def test_proportions_stay(tmp_path: Path, height: int, width: int, expected: tuple[int, int]) -> None:
    write(tmp_path / "a.jpg", 3, height, width)
    assert image(thumbnails.load(tmp_path, paths(tmp_path))[0]).size == expected


def test_they_are_upright(tmp_path: Path) -> None:
    turned = Image.fromarray(picture(300, 400))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a.jpg").write_bytes(encoded(turned, "JPEG", exif=exif.tobytes()))
    assert image(thumbnails.load(tmp_path, paths(tmp_path))[0]).size == (120, 160)


def test_they_are_made_once(folder: Path, decoded: list[int]) -> None:
    first = thumbnails.load(folder, paths(folder))
    assert [level(each) for each in first] == list(range(COUNT))
    assert len(decoded) == COUNT
    assert thumbnails.load(folder, paths(folder)) == first
    assert thumbnails.load(folder, paths(folder)[::-1]) == first[::-1]
    assert len(decoded) == COUNT
    assert len(list(thumbnails.path_of(folder).parent.iterdir())) == 1


def test_another_process_reads_them(folder: Path, decoded: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    first = thumbnails.load(folder, paths(folder))
    monkeypatch.setattr(thumbnails, "_indexes", type(thumbnails._indexes)())
    assert thumbnails.load(folder, paths(folder)) == first
    assert len(decoded) == COUNT


def test_a_changed_photo_gets_a_new_one(folder: Path, decoded: list[int]) -> None:
    thumbnails.load(folder, paths(folder))
    write(folder / "2.jpg", 7)
    os.utime(folder / "2.jpg", (1, 1))
    assert [level(each) for each in thumbnails.load(folder, paths(folder))] == [0, 1, 7, 3, 4, 5, 6, 7]
    assert len(decoded) == COUNT + 1


def test_photos_that_change_places(folder: Path) -> None:
    thumbnails.load(folder, paths(folder))
    (folder / "1.jpg").rename(folder / "x")
    (folder / "2.jpg").rename(folder / "1.jpg")
    (folder / "x").rename(folder / "2.jpg")
    assert [level(each) for each in thumbnails.load(folder, paths(folder))][:4] == [0, 2, 1, 3]


def test_photos_that_cannot_be_read(folder: Path, decoded: list[int]) -> None:
    (folder / "1.jpg").write_bytes(b"\xff\xd8 no photo")
    (folder / "2.jpg").unlink()
    every = [*paths(folder), folder / "2.jpg"]
    for _ in range(2):
        made = thumbnails.load(folder, every)
        assert [bool(each and each.picture) for each in made] == [True, False, *[True] * 5, False]
        assert made[1] is not None
        assert "not a photo" in made[1].reason
        assert made[-1] is not None
        assert "no file" in made[-1].reason
    assert len(decoded) == COUNT - 1  # the reason is remembered
    write(folder / "2.jpg", 2)
    assert level(thumbnails.load(folder, every)[-1]) == 2


def test_too_little_memory_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("core.photos.decoding._decoded", lambda *_: (_ for _ in ()).throw(MemoryError))
        assert all(each and "memory" in each.reason for each in thumbnails.load(folder, paths(folder)))
    assert [level(each) for each in thumbnails.load(folder, paths(folder))] == list(range(COUNT))


def test_a_time_limit(folder: Path) -> None:
    rounds = 0
    while None in (made := thumbnails.load(folder, paths(folder), seconds=-1)):
        rounds += 1
        assert sum(each is not None for each in made) == rounds  # one more each time
    assert rounds == COUNT - 1
    assert [level(each) for each in made] == list(range(COUNT))


@pytest.mark.parametrize("length", [0, 1, 23, 24, 25, 500, 1500])
def test_a_file_that_breaks_off(folder: Path, length: int, decoded: list[int]) -> None:
    first = thumbnails.load(folder, paths(folder))
    file = thumbnails.path_of(folder)
    os.truncate(file, length)
    assert thumbnails.load(folder, paths(folder)) == first
    before = len(decoded)
    assert thumbnails.load(folder, paths(folder)) == first
    assert len(decoded) == before  # the file is whole again


def test_every_damaged_byte_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        write(tmp_path / f"{number}.jpg", number, 8, 8)
    first = thumbnails.load(tmp_path, paths(tmp_path))
    file = thumbnails.path_of(tmp_path)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        monkeypatch.setattr(thumbnails, "_indexes", type(thumbnails._indexes)())
        assert thumbnails.load(tmp_path, paths(tmp_path)) == first


def test_cleaning_costs_only_time(folder: Path) -> None:
    first = thumbnails.load(folder, paths(folder))
    used = {usage.kind: usage for usage in disk.usage()}["thumbnails"]
    assert (used.files, used.bytes > 0, used.is_cache) == (1, True, True)
    assert disk.clean().bytes >= used.bytes
    assert not thumbnails.path_of(folder).exists()
    assert thumbnails.load(folder, paths(folder)) == first


def test_they_respect_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder / "other"
    other.mkdir()
    write(other / "a.jpg", 1)
    thumbnails.load(other, paths(other))
    os.utime(thumbnails.path_of(other), (1, 1))
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", str(1500 / cache.GB))
    assert [level(each) for each in thumbnails.load(folder, paths(folder))] == list(range(COUNT))
    assert not thumbnails.path_of(other).exists()


def test_a_disk_that_takes_nothing(folder: Path, home: Path) -> None:
    home.joinpath("cache").mkdir()
    home.joinpath("cache", "thumbnails").write_text("a file where the folder belongs")
    assert [level(each) for each in thumbnails.load(folder, paths(folder))] == list(range(COUNT))


def test_a_file_in_use_is_not_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thumbnails.load(folder, paths(folder)[:1])
    file = thumbnails.path_of(folder)
    before = file.read_bytes()
    monkeypatch.setattr(thumbnails, "PAUSE", 0)
    with locks.in_use(file):
        assert [level(each) for each in thumbnails.load(folder, paths(folder))] == list(range(COUNT))
        assert file.read_bytes() == before
    thumbnails.load(folder, paths(folder))
    assert len(file.read_bytes()) > len(before)


def test_several_people_at_once(folder: Path, decoded: list[int]) -> None:
    results: list[list[int]] = []

    def look() -> None:
        for _ in range(3):
            results.append([level(each) for each in thumbnails.load(folder, paths(folder))])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [list(range(COUNT))] * 12
    before = len(decoded)
    thumbnails.load(folder, paths(folder))
    assert len(decoded) == before


def test_a_look_marks_the_file_as_used(folder: Path) -> None:
    thumbnails.load(folder, paths(folder))
    file = thumbnails.path_of(folder)
    os.utime(file, (1, 1))
    thumbnails.load(folder, paths(folder))
    assert time.time() - file.stat().st_mtime < 60
