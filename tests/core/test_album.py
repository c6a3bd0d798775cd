"""Photos given as files, folders and zips: which are taken, under which names, and what a bad zip costs."""

import io
import os
import stat
import struct
import zipfile
from functools import partial
from pathlib import Path

import pytest

from core.errors import PhotoError
from core.files import names as file_names
from core.files import zips
from core.photos import album, finding, formats
from tests import zips as zips_for_tests
from tests.conftest import encoded, picture
from tests.zips import UnderstatingZip, patched

PHOTO = encoded(picture(8, 9), "PNG")
zip_of = partial(zips_for_tests.zip_of, content=PHOTO, others=b"no photo")


def names(given: list[album.PhotoSource]) -> list[str]:
    return [one.name for one in given]


def why(one: album.PhotoSource) -> str:
    """The sentence with which a photo can't be read."""
    with pytest.raises(PhotoError) as refused:
        one.read()
    return sentence(str(refused.value))


def refusal(data: bytes) -> str:
    """The sentence with which a zip is refused."""
    with pytest.raises(PhotoError) as refused:
        album.in_zip("photos.zip", data)
    return sentence(str(refused.value))


def sentence(words: str) -> str:
    assert words.endswith(".")
    assert "\n" not in words
    return words


# On disk


def test_files_folders_and_zips_come_in_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    for name in ("b.JPG", "a.png", "beach/2.heic", "beach/1.webp", "notes.txt", ".hidden.jpg", ".cache/3.jpg", "z.zip"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (tmp_path / "more.zip").write_bytes(zip_of("x/1.png", "2.png"))
    (tmp_path / "odd.name").write_bytes(b"odd")
    came = list(album.on_disk([tmp_path / "odd.name", folder, tmp_path / "more.zip"]))
    wanted = ["odd.name", "holiday/a.png", "holiday/b.JPG", "holiday/beach/1.webp", "holiday/beach/2.heic"]
    assert names(came) == [f"{tmp_path}/{name}" for name in [*wanted, "more.zip/x/1.png", "more.zip/2.png"]]
    assert [one.read() for one in came] == [
        b"odd", b"a.png", b"b.JPG", b"beach/1.webp", b"beach/2.heic", PHOTO, PHOTO
    ]  # fmt: skip
    assert came[-1].read() == came[-1].read() == PHOTO  # again, too


def test_a_folder_is_not_listed_before_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    (tmp_path / "1" / "a.png").write_bytes(PHOTO)
    came = album.on_disk([tmp_path / "1", tmp_path / "2"])
    assert next(came).name.endswith("a.png")
    (tmp_path / "2" / "later.png").write_bytes(PHOTO)
    assert next(came).name.endswith("later.png")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.jpg", None, "There is no file"),
        ("broken.zip", b"no zip at all", "must be a zip"),
        ("empty.zip", zip_of(), "no photos"),
        ("folder", "folder", "holds no photos"),
    ],
)
def test_what_cannot_be_used_costs_its_own_line(tmp_path: Path, name: str, content: object, said: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
        (path / "notes.txt").write_bytes(b"notes")
    (tmp_path / "good.png").write_bytes(PHOTO)
    bad, good = album.on_disk([path, tmp_path / "good.png"])
    assert bad.name == str(path)
    assert said in why(bad)
    assert good.read() == PHOTO


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_and_links_in_a_folder_block_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.jpg").symlink_to(tmp_path / "nothing.jpg")
    (folder / "photo.png").write_bytes(PHOTO)
    assert names(list(album.on_disk([folder]))) == [f"{folder}/photo.png"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    numbers = range(8)  # each path through them, without a bound, is more than a hundred thousand folders
    for number in numbers:
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "photo.png").write_bytes(PHOTO)
        for other in numbers:
            if other != number:
                (tmp_path / f"{number}" / f"to {other}").symlink_to(tmp_path / f"{other}")
    passed_over: finding.PassedOver = {}
    found = names(list(album.on_disk([tmp_path], passed_over)))
    assert len(found) == 8 + 8 * 7 + 8 * 7 * 6
    assert f"{tmp_path}/0/to 1/to 2/photo.png" in found
    assert len(passed_over[finding.TOO_MANY_LINKS]) == 8 * 7 * 6 * 5


def test_folders_in_folders_without_number_are_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1_500):
        deep /= "a"
        deep.mkdir()
    (deep / "photo.png").write_bytes(PHOTO)
    found = names(list(album.on_disk([tmp_path])))
    (deep / "photo.png").unlink()
    os.removedirs(deep)  # shutil.rmtree, by which pytest cleans up, can't delete so many levels
    tmp_path.mkdir(exist_ok=True)
    assert found[0].endswith("a/photo.png")


@pytest.mark.skipif(not Path("/proc/self/root").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("how", ["itself", "by a link"])
def test_what_the_system_makes_up_is_no_folder_of_photos(tmp_path: Path, how: str) -> None:
    folder = Path("/proc") if how == "itself" else tmp_path
    (tmp_path / "all").symlink_to("/proc")
    passed_over: finding.PassedOver = {}
    (one,) = album.on_disk([folder], passed_over)
    assert "holds no photos" in why(one)
    assert list(passed_over) == [finding.MADE_UP]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless file here")
def test_a_file_without_end_is_refused() -> None:
    (one,) = album.on_disk([Path("/dev/zero")])
    assert why(one) == "/dev/zero must be a photo, got a device. Choose a file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_only_files_of_a_bounded_size_are_opened(tmp_path: Path) -> None:
    for name in ("pipe.jpg", "pipe.zip", "pipe"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    (tmp_path / "huge.jpg").touch()
    os.truncate(tmp_path / "huge.jpg", 5_000_000_000)
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    reasons = [why(one) for path in sorted(tmp_path.iterdir()) for one in album.on_disk([path])]
    assert [reason.removeprefix(f"{tmp_path}/") for reason in reasons] == [
        "endless.jpg must be a photo, got a device. Choose a file.",
        "huge.jpg must have at most 100 MB, got more. Save it smaller and try again.",
        "loop.jpg can't be opened (Too many levels of symbolic links). Check the file and its permissions.",
        "pipe must be a photo, got a pipe. Choose a file.",
        "pipe.jpg must be a photo, got a pipe. Choose a file.",
        "pipe.zip can't be opened (it must be a file, got a pipe). Check the file and its permissions.",
    ]


# Zips


def test_the_photos_of_a_zip_come_in_its_order() -> None:
    data = zip_of("b/2.png", "a/1.JPG", "notes.txt", "b/", "photo.jpg.exe", "c.heic")
    for file in (data, io.BytesIO(data)):
        came = album.in_zip("photos.zip", file)
        assert names(came) == ["photos.zip/b/2.png", "photos.zip/a/1.JPG", "photos.zip/c.heic"]
        assert [one.read() for one in came] == [PHOTO] * 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.jpg", "x.jpg"),
        ("a/../x.jpg", "a/x.jpg"),
        ("..\\..\\x.jpg", "x.jpg"),
        ("/etc/x.jpg", "etc/x.jpg"),
        ("C:\\Users\\x.jpg", "Users/x.jpg"),
        ("//server/x.jpg", "server/x.jpg"),
        ("👕/👩‍🎨.jpg", "👕/👩‍🎨.jpg"),
        ("платье/写真.jpg", "платье/写真.jpg"),
        ("a\x1b[31m\nb.jpg", "a?[31m?b.jpg"),
        ("a\u202egpj.jpg", "a?gpj.jpg"),  # would show what follows from right to left
        (" .jpg/x.jpg ", " .jpg/x.jpg "),
    ],
)
def test_names_lead_nowhere_and_are_one_line(name: str, shown: str) -> None:
    (one,) = album.in_zip("photos.zip", zip_of(name))
    assert one.name == f"photos.zip/{shown}"
    assert one.read() == PHOTO


def test_a_name_with_a_nul_ends_there() -> None:
    """As zipfile reads it, and zip programs do."""
    data = zip_of("a.jpg_evil.jpg").replace(b"a.jpg_evil", b"a.jpg\0evil")
    (one,) = album.in_zip("photos.zip", data)
    assert one.name == "photos.zip/a.jpg"


@pytest.mark.parametrize("letter", ["x", "é", "👕"])
def test_endless_names_are_shortened_in_the_middle(letter: str) -> None:
    (one,) = album.in_zip("photos.zip", zip_of(letter * 300 + ".jpg"))
    assert len(one.name) == file_names.MOST_LETTERS
    assert one.name.startswith("photos.zip/" + letter)
    assert one.name.endswith(letter + ".jpg")


def test_what_macos_adds_and_links_are_skipped() -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO(
        zip_of("__MACOSX/a/._1.jpg", "__MACOSX/1.jpg", "a/._1.jpg", ".cache/1.jpg", "folder.jpg/", "a/1.jpg")
    )
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert names(album.in_zip("photos.zip", file)) == ["photos.zip/a/1.jpg"]


def test_duplicates_are_all_there() -> None:
    file = io.BytesIO(zip_of("1.png", "copy.png"))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("1.png", b"newer")
    came = album.in_zip("photos.zip", file)
    assert names(came) == ["photos.zip/1.png", "photos.zip/copy.png", "photos.zip/1.png"]
    assert [one.read() for one in came] == [PHOTO, PHOTO, b"newer"]


def test_zips_inside_are_said_in_one_line() -> None:
    inner = zip_of("deep.png")
    for _ in range(20):
        inner = zip_of("deeper.zip", content=inner)
    file = io.BytesIO(zip_of("1.png"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("a/inner.zip", inner)
        archive.writestr("b.ZIP", inner)
    photo, told = album.in_zip("photos.zip", file)
    assert photo.read() == PHOTO
    assert told.name == "photos.zip/a/inner.zip"
    assert "a/inner.zip and 1 more" in why(told)
    (told,) = album.in_zip("photos.zip", inner)
    assert "deeper.zip" in why(told)


def test_a_password_costs_the_photos_that_have_one() -> None:
    locked = patched(patched(zip_of("1.png", "2.png"), b"PK\x01\x02", 8, "<H", 1), b"PK\x03\x04", 6, "<H", 1)
    assert "password" in refusal(locked)
    data = bytearray(zip_of("1.png", "2.png"))
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 8, 1)
    locked, free = album.in_zip("photos.zip", bytes(data))
    assert "password" in why(locked)
    assert free.read() == PHOTO


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_in_one_piece_are_refused(method: int) -> None:
    (one,) = album.in_zip("photos.zip", zip_of("1.png", method=method))
    assert "unusual method" in why(one)


def test_a_damaged_photo_costs_its_own_line() -> None:
    data = zip_of("1.png", "2.png")
    second = data.rindex(PHOTO)
    one, two = album.in_zip("photos.zip", data[:second] + b"x" * len(PHOTO) + data[second + len(PHOTO) :])
    assert one.read() == PHOTO
    assert "damaged" in why(two)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must be a zip, got an empty file."),
        (b"just some text", "must be a zip, got something else"),
        (zip_of("1.png")[:-1], "is a zip that was cut short or damaged ("),
        (zip_of("1.png")[:-30], "is a zip that was cut short or damaged ("),
        (PHOTO, "must be a zip, got a PNG file."),
    ],
)
def test_no_zip_or_half_a_zip(content: bytes, said: str) -> None:
    assert refusal(content).startswith(f"photos.zip {said}")


def test_a_zip_without_photos_says_what_photos_are() -> None:
    assert "HEIC" in refusal(zip_of("notes.txt", "shirt/", "__MACOSX/1.jpg"))


# Bombs


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    bomb = zip_of("1.bmp", "2.bmp", content=bytes(40 << 20), method=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 200_000
    assert "must unpack to at most 64 MB, got 84 MB" in refusal(bomb)
    small = zip_of("1.bmp", content=bytes(40 << 20), method=zipfile.ZIP_DEFLATED)  # a flat drawing may shrink as much
    assert len(album.in_zip("photos.zip", small)[0].read()) == 40 << 20


def test_files_that_share_their_bytes_are_a_bomb_too() -> None:
    """A list of many files that all lie in the same place, as the largest bombs are made."""
    data = zip_of("1.bmp", content=bytes(10 << 20), method=zipfile.ZIP_DEFLATED)
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entries = data[start:end] * 1000
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(entries), start, 0)
    assert "got 10 GB" in refusal(data[:start] + entries + last)


def test_a_bomb_that_understates_its_size_costs_a_line() -> None:
    bomb = zip_of("1.bmp", content=bytes(100_000), method=zipfile.ZIP_DEFLATED)
    (one,) = album.in_zip("photos.zip", patched(bomb, b"PK\x01\x02", 24, "<L", 10))
    assert "damaged" in why(one)


@pytest.mark.parametrize("opener", [zips.Zip, UnderstatingZip])  # the cap counts what is really read
def test_a_photo_in_a_zip_has_a_cap(monkeypatch: pytest.MonkeyPatch, opener: type[zips.Zip]) -> None:
    monkeypatch.setattr(album, "Zip", opener)
    data = zip_of("1.png")
    (one,) = album.in_zip("photos.zip", data)
    assert one.read() == PHOTO
    monkeypatch.setattr(formats, "MOST_BYTES", len(PHOTO) - 1)
    assert f"The photo must have at most {len(PHOTO) - 1} bytes, got {len(PHOTO)} bytes." in why(one)


def test_too_many_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album, "MOST_PHOTOS", 2)
    assert len(album.in_zip("photos.zip", zip_of("1.png", "2.png", "notes.txt"))) == 2
    assert "must hold at most 2 photos, got 3" in refusal(zip_of("1.png", "2.png", "3.png"))


def test_an_endless_list_of_files_is_not_read() -> None:
    entry = zip_of("1.png")
    start, end = entry.index(b"PK\x01\x02"), entry.index(b"PK\x05\x06")
    entries = entry[start:end] * (album.MOST_DIRECTORY // (end - start) + 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFE, 0xFFFE, len(entries), start, 0)
    assert "too many files" in refusal(entry[:start] + entries + last)


@pytest.mark.parametrize("seed", range(40))
def test_scrambled_bytes_never_end_in_a_traceback(seed: int) -> None:
    data = bytearray(zip_of("a/1.png", "b/é.png", content=PHOTO * 9, method=zipfile.ZIP_DEFLATED))
    for step in range(4):
        data[(seed * 7919 + step * 104729) % len(data)] = (seed * 31 + step * 17) % 256
    try:
        for one in album.in_zip("photos.zip", bytes(data)):
            one.read()
    except PhotoError as error:
        sentence(str(error))


@pytest.mark.parametrize(
    ("name", "data", "zipped"),
    [
        ("photos.zip", b"", True),
        ("PHOTOS.ZIP", PHOTO, True),
        ("photos", zip_of("1.png"), True),
        ("photos.jpg", zip_of(), True),
        ("photo.jpg", b"\xff\xd8\xff" + zip_of("1.png"), False),
        ("photo.jpg", b"", False),
    ],
)
def test_what_is_opened_as_a_zip(name: str, data: bytes, zipped: bool) -> None:
    assert zips.is_zip(name, data) == zipped
    assert zips.is_zip(name, data[:4]) == zipped


def test_the_endings_are_those_of_datasets() -> None:
    for suffix in formats.SUFFIXES:
        assert len(album.in_zip("photos.zip", zip_of(f"1{suffix}", f"2{suffix.upper()}"))) == 2


def nameless(*names: str) -> list[zipfile.ZipInfo]:
    """Entries with such names, which Python itself writes for no file."""
    entries = [zipfile.ZipInfo("placeholder") for _ in names]
    for entry, name in zip(entries, names, strict=True):
        entry.filename = name
    return entries


@pytest.mark.parametrize("name", ["", ".", "/", "./.", "\0", "\0.jpg", "//"])
def test_an_entry_without_a_name_is_passed_over(name: str) -> None:
    data = zip_of(*nameless(name), "photo.jpg", others=PHOTO)
    assert names(album.in_zip("photos.zip", data)) == ["photos.zip/photo.jpg"]
    assert "holds no photos" in refusal(zip_of(*nameless(name), others=PHOTO))


@pytest.mark.parametrize("name", [" ", "C:", " / "])
def test_a_photo_whose_name_says_nothing_has_one_for_people(name: str) -> None:
    (photo,) = album.in_zip("photos.zip", zip_of(*nameless(name), others=PHOTO))
    assert photo.name == "photos.zip/a file without a name"
    assert photo.read() == PHOTO
