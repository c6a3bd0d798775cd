"""Zips that people really have, and zips that mean harm."""

import io
import os
import stat
import unicodedata
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from core.datasets import folders, unpacking
from core.errors import AmbiguousNamesError, DatasetError
from core.files import zips
from core.photos import formats
from tests import zips as zips_for_tests
from tests.full_disk import limit_disk
from tests.zips import UnderstatingZip, zip_of

PHOTO = b"\xff\xd8\xff photo"
GITHUB = "clothing-dataset-small-master/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "unpacked"
    made.mkdir()
    return made


def zipped(*names: str | zipfile.ZipInfo, content: bytes = PHOTO, method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    return io.BytesIO(zip_of(*names, content=content, method=method, others=b"no photo"))


def entry(name: str, kind: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = (kind | 0o777) << 16
    return made


def patched(file: io.BytesIO, signature: bytes, offset: int, value: int) -> io.BytesIO:
    """`file` with the 16-bit number at `offset` after each `signature` (local or central header) replaced."""
    return io.BytesIO(zips_for_tests.patched(file.getvalue(), signature, offset, "<H", value))


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def refusal(archive: Path | io.BytesIO, folder: Path) -> str:
    """The sentence with which `archive` is refused; nothing may be left in the folder or beside it."""
    beside = sorted(folder.parent.rglob("*"))
    with pytest.raises(DatasetError) as refused:
        unpacking.unpack(archive, folder)
    assert sorted(folder.parent.rglob("*")) == beside
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["shirt/1.jpg", "hat/1.jpg"], ["hat/1.jpg", "shirt/1.jpg"]),
        (["photos/shirt/1.jpg", "photos/hat/1.jpg"], ["hat/1.jpg", "shirt/1.jpg"]),
        (["a/b/c/shirt/1.jpg", "a/b/c/hat/1.jpg"], ["hat/1.jpg", "shirt/1.jpg"]),
        (["a/b/shirt/1.jpg", "a/b/shirt/2.jpg"], ["shirt/1.jpg", "shirt/2.jpg"]),
        (["a/shirt/1.jpg", "a/shirt/old/2.jpg"], ["shirt/1.jpg", "shirt/old/2.jpg"]),
        (["a/1.jpg", "a/hat/2.jpg"], ["a/1.jpg", "a/hat/2.jpg"]),
        (["1.jpg", "hat/2.jpg"], ["1.jpg", "hat/2.jpg"]),
        (["train/hat/1.jpg", "test/hat/2.jpg"], ["test/hat/2.jpg", "train/hat/1.jpg"]),
        (["train/hat/1.jpg", "train/hat/2.jpg"], ["train/hat/1.jpg", "train/hat/2.jpg"]),
        (["a/b/train/hat/1.jpg"], ["train/hat/1.jpg"]),
        (["a/Train/hat/1.jpg", "a/Test/hat/1.jpg"], ["Test/hat/1.jpg", "Train/hat/1.jpg"]),
        (["a/train/hat/1.jpg", "a/cover.jpg"], ["cover.jpg", "train/hat/1.jpg"]),
        (["a/train/hat/1.jpg", "a/docs/1.jpg"], ["docs/1.jpg", "train/hat/1.jpg"]),
        (["test/train/hat/1.jpg", "test/validation/hat/1.jpg"], ["train/hat/1.jpg", "validation/hat/1.jpg"]),
        (["train/hat/1.jpg", "train/test/1.jpg"], ["train/hat/1.jpg", "train/test/1.jpg"]),
    ],
)
def test_wrapping_folders_are_stripped(folder: Path, names: list[str], expected: list[str]) -> None:
    unpacking.unpack(zipped(*names), folder)
    assert written(folder) == expected
    assert (folder / expected[0]).read_bytes() == PHOTO


def test_github_layout(folder: Path) -> None:
    names = [f"{GITHUB}{split}/{label}/1.jpg" for split in folders.SPLITS for label in ("hat", "t-shirt")]
    junk = [GITHUB, f"{GITHUB}README.md", f"{GITHUB}.github/logo.png", f"{GITHUB}train/", f"{GITHUB}convert.py"]
    unpacking.unpack(zipped(*junk, *names), folder)
    assert written(folder) == sorted(name.removeprefix(GITHUB) for name in names)


def test_junk_is_skipped(folder: Path) -> None:
    junk = [
        "__MACOSX/shirt/._1.jpg",
        "__MACOSX/shirt/1.jpg",
        "shirt/._1.jpg",
        "shirt/.hidden.jpg",
        ".cache/1.jpg",
        "shirt/Thumbs.db",
        "shirt/photo.jpg.exe",
        "shirt/jpg",
        "folder.jpg/",
    ]
    passed_over = unpacking.unpack(zipped(*junk, "shirt/1.jpg", "./hat//2.jpg"), folder)
    assert written(folder) == ["hat/2.jpg", "shirt/1.jpg"]
    assert passed_over == {"not photos": ("shirt/photo.jpg.exe", "shirt/jpg")}


@pytest.mark.parametrize("name", ["1", "1.jpg_large", "1.JPE", "photo (2).jpg~", "1.bin"])
def test_a_photo_is_known_by_its_content(folder: Path, name: str) -> None:
    archive = io.BytesIO(zip_of(f"shirt/{name}", "hat/2.jpg", content=PHOTO))
    assert unpacking.unpack(archive, folder) == {}
    assert written(folder) == sorted((f"shirt/{name}", "hat/2.jpg"))


def test_every_photo_suffix_in_any_case(folder: Path) -> None:
    names = [f"shirt/1{suffix}" for suffix in formats.SUFFIXES] + ["shirt/2.JPG", "shirt/3.Heic"]
    unpacking.unpack(zipped(*names), folder)
    assert written(folder) == sorted(names)


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "shirt/../../x.jpg", "..\\x.jpg", "/x.jpg", "//server/x.jpg", "\\x.jpg", "C:/x.jpg", "c:\\x.jpg"],
)
def test_paths_that_lead_outside_refuse_the_zip(folder: Path, name: str) -> None:
    assert "outside" in refusal(zipped("shirt/1.jpg", name), folder)


def test_a_path_that_leads_outside_refuses_the_zip_even_if_no_photo(folder: Path) -> None:
    assert "../.bashrc" in refusal(zipped("shirt/1.jpg", "../.bashrc"), folder)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK])
def test_links_and_devices_are_skipped(folder: Path, kind: int) -> None:
    unpacking.unpack(zipped("shirt/1.jpg", entry("shirt/2.jpg", kind), entry("shirt/3.jpg", stat.S_IFREG)), folder)
    assert written(folder) == ["shirt/1.jpg", "shirt/3.jpg"]


def test_a_linked_folder_is_not_written_through(folder: Path) -> None:
    archive = zipped(entry("shirt", stat.S_IFLNK), "shirt/x.jpg", content=os.fsencode(folder.parent))
    unpacking.unpack(archive, folder)
    assert written(folder.parent) == ["unpacked/shirt/x.jpg"]


def test_encrypted(folder: Path) -> None:
    locked = patched(patched(zipped("shirt/1.jpg"), b"PK\x01\x02", 8, 1), b"PK\x03\x04", 6, 1)
    assert "password" in refusal(locked, folder)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_in_one_piece_are_refused(folder: Path, method: int) -> None:
    assert "unusual method" in refusal(zipped("shirt/1.jpg", method=method), folder)


def test_bomb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "RATIO_FREE_BYTES", 10_000)
    monkeypatch.setattr(zips, "CHUNK", 10_000)
    names = [f"shirt/{number}.bmp" for number in range(3)]
    bomb = zipped(*names, content=bytes(1_000_000), method=zipfile.ZIP_DEFLATED)
    assert "must unpack to at most" in refusal(bomb, folder)
    monkeypatch.setattr(zips, "MOST_RATIO", 2_000)
    unpacking.unpack(bomb, folder)
    assert len(written(folder)) == 3


def test_bomb_that_understates_its_size(folder: Path) -> None:
    bomb = zipped("shirt/1.bmp", content=bytes(100_000), method=zipfile.ZIP_DEFLATED)
    refusal(patched(patched(bomb, b"PK\x01\x02", 24, 10), b"PK\x01\x02", 26, 0), folder)


@pytest.mark.parametrize(
    ("module", "cap", "value", "said"),
    [
        (unpacking, "MOST_FILES", 2, "must hold at most 2 photos, got 3"),
        (zips, "MOST_BYTES", 20, "must unpack to at most 20 bytes, got 27 bytes"),
        (formats, "MOST_BYTES", 5, "shirt/1.jpg in The file must have at most 5 bytes, got 9 bytes"),
    ],
)
def test_caps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, cap: str, value: int, said: str
) -> None:
    archive = zipped("shirt/1.jpg", "shirt/2.jpg", "hat/1.jpg", "hat/notes.txt")
    monkeypatch.setattr(module, cap, value)
    assert said in refusal(archive, folder)


@pytest.mark.parametrize("module", [zips, formats])
def test_caps_count_what_is_unpacked(folder: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 5)
    monkeypatch.setattr(unpacking, "Zip", UnderstatingZip)
    assert "at most 5 bytes" in refusal(zipped("shirt/1.jpg"), folder)


def test_very_deep_folders(folder: Path) -> None:
    assert "deep" in refusal(zipped("a/" * 1500 + "1.jpg"), folder)


def test_full_disk_is_seen_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "SPARE_BYTES", 1 << 60)
    assert "disk" in refusal(zipped("shirt/1.jpg"), folder)


def test_disk_that_fills_up_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_disk(monkeypatch, 0)
    assert "disk" in refusal(zipped("shirt/1.jpg"), folder)


@pytest.mark.parametrize("end", [-1, -30, 40, 4])
def test_cut_short(folder: Path, tmp_path: Path, end: int) -> None:
    path = tmp_path / "clothes.zip"
    path.write_bytes(zipped("shirt/1.jpg", "hat/1.jpg").getvalue()[:end])
    assert refusal(path, folder).startswith("clothes.zip is a zip that was cut short")


def test_a_damaged_photo_refuses_the_zip(folder: Path) -> None:
    data = zipped("shirt/1.jpg", "shirt/2.jpg").getvalue()
    second = data.rindex(PHOTO)
    assert "damaged" in refusal(io.BytesIO(data[:second] + b"x" * len(PHOTO) + data[second + len(PHOTO) :]), folder)


@pytest.mark.parametrize("seed", range(60))
def test_scrambled_bytes_never_end_in_a_traceback(folder: Path, seed: int) -> None:
    data = bytearray(zipped("shirt/1.jpg", "hat/é.jpg", content=PHOTO * 9, method=zipfile.ZIP_DEFLATED).getvalue())
    for step in range(4):
        data[(seed * 7919 + step * 104729) % len(data)] = (seed * 31 + step * 17) % 256
    try:
        unpacking.unpack(io.BytesIO(bytes(data)), folder)
    except DatasetError:
        assert written(folder) == []


@pytest.mark.parametrize(
    ("content", "came"),
    [
        (b"just some text", "must be a zip, got something else"),
        (b"", "must be a zip, got an empty file"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
        (PHOTO, "a JPEG file"),
    ],
)
def test_not_a_zip(folder: Path, tmp_path: Path, content: bytes, came: str) -> None:
    path = tmp_path / "clothes.zip"
    path.write_bytes(content)
    sentence = refusal(path, folder)
    assert sentence.startswith("clothes.zip ")
    assert came in sentence
    assert refusal(io.BytesIO(content), folder).startswith("The file ")


def test_no_such_file(folder: Path, tmp_path: Path) -> None:
    assert "clothes.zip" in refusal(tmp_path / "clothes.zip", folder)


@pytest.mark.parametrize("names", [[], ["notes.txt", "shirt/"], ["__MACOSX/shirt/1.jpg"]])
def test_no_photos(folder: Path, names: list[str]) -> None:
    assert "no photos" in refusal(zipped(*names), folder)


def test_emoji_and_other_scripts(folder: Path) -> None:
    names = ["платье/1.jpg", "👕/👩‍🎨 2.jpg", "Tシャツ/写真.jpg"]
    unpacking.unpack(zipped(*names), folder)
    assert written(folder) == sorted(names)


def test_utf8_names_without_the_flag(folder: Path) -> None:
    """As macOS writes them."""
    names = ["a👕a/1.jpg", "b/2.jpg"]
    file = patched(patched(zipped(*names), b"PK\x01\x02", 8, 0), b"PK\x03\x04", 6, 0)
    unpacking.unpack(file, folder)
    assert written(folder) == names


def test_code_page_437_names(folder: Path) -> None:
    data = zipped("cafx/1.jpg", "b/1.jpg").getvalue().replace(b"cafx", b"caf\x82")
    unpacking.unpack(io.BytesIO(data), folder)
    assert written(folder) == ["b/1.jpg", "café/1.jpg"]


def test_accents_written_apart_are_one_class(folder: Path) -> None:
    apart = unicodedata.normalize("NFD", "café")
    unpacking.unpack(zipped(f"train/{apart}/1.jpg", "test/café/1.jpg"), folder)
    assert written(folder) == ["test/café/1.jpg", "train/café/1.jpg"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a?b*.jpg", "a？b＊.jpg"),
        ('<"x">|.jpg', "＜＂x＂＞｜.jpg"),
        ("tab\tand\nline.jpg", "tab_and_line.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("c:x.jpg", "c：x.jpg"),
        (" spaces .jpg ", "spaces .jpg"),
        ("-rf.jpg", "-rf.jpg"),
    ],
)
def test_odd_characters(folder: Path, name: str, safe: str) -> None:
    unpacking.unpack(zipped(f"shirt/{name}", "hat. /1.jpg"), folder)
    assert written(folder) == sorted([f"shirt/{safe}", "hat/1.jpg"])


@pytest.mark.parametrize("signs", [":?", "<>", '"*', "|:"])
def test_classes_that_differ_only_in_signs_stay_apart(folder: Path, signs: str) -> None:
    one, other = (f"T-Shirt{sign} S" for sign in signs)
    unpacking.unpack(zipped(f"{one}/1.jpg", f"{other}/1.jpg"), folder)
    assert len({path.name for path in folder.iterdir()}) == 2
    assert len(written(folder)) == 2


@pytest.mark.parametrize("letter", ["x", "é", "👕"])
def test_long_names_are_shortened_and_stay_apart(folder: Path, letter: str) -> None:
    long = letter * 300
    unpacking.unpack(zipped(f"shirt/{long}1.jpg", f"shirt/{long}2.jpg", f"{long}/1.jpg", f"{long}/2.jpg"), folder)
    names = [path.name for path in folder.rglob("*")]
    assert len(names) == 6  # two folders, four photos
    assert all(200 < len(name.encode()) <= 255 or len(name) < 6 for name in names)
    assert all(name.endswith(".jpg") for name in map(os.path.basename, written(folder)))


def test_an_entry_given_twice_is_the_last(folder: Path) -> None:
    file = zipped("shirt/1.jpg")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("shirt/1.jpg", b"newer")
    unpacking.unpack(file, folder)
    assert written(folder) == ["shirt/1.jpg"]
    assert (folder / "shirt/1.jpg").read_bytes() == b"newer"


def test_names_that_would_meet_are_numbered(folder: Path) -> None:
    unpacking.unpack(zipped("a/1.jpg", "a/1.JPG", "a/\1.jpg", "a/\2.jpg", "a/\3.jpg", "b.jpg/1.jpg", "b.jpg"), folder)
    assert written(folder) == sorted(
        ["a/1.jpg", "a/1 (2).JPG", "a/_.jpg", "a/_ (2).jpg", "a/_ (3).jpg", "b.jpg/1.jpg", "b (2).jpg"]
    )


def test_progress_rises_to_one(folder: Path) -> None:
    seen: list[float] = []
    unpacking.unpack(zipped(*(f"shirt/{number}.jpg" for number in range(500))), folder, seen.append)
    assert seen == sorted(set(seen))
    assert seen[-1] == 1
    assert 50 < len(seen) <= 101


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interruption_passes_and_leaves_nothing(folder: Path, interruption: type[BaseException]) -> None:
    def stop(done: float) -> None:
        if done > 0.5:
            raise interruption

    with pytest.raises(interruption):
        unpacking.unpack(zipped("shirt/1.jpg", "shirt/2.jpg"), folder, stop)
    assert list(folder.iterdir()) == []


def test_a_folder_in_use_is_left_alone(folder: Path) -> None:
    (folder / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(ValueError, match="not empty"):
        unpacking.unpack(zipped("shirt/1.jpg"), folder)
    assert written(folder) == ["mine.jpg"]


def test_from_a_path_and_from_an_upload(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "clothes.zip"
    path.write_bytes(zipped("shirt/1.jpg").getvalue())
    unpacking.unpack(path, folder)
    assert written(folder) == ["shirt/1.jpg"]
    other = tmp_path / "other"
    other.mkdir()
    with path.open("rb") as file:  # its name is the whole path
        unpacking.unpack(file, other)
    assert written(other) == ["shirt/1.jpg"]


def test_a_sentence_names_an_upload_by_its_own_name(folder: Path) -> None:
    upload = io.BytesIO(b"no zip")
    upload.name = "C:\\photos\\clothes.zip"
    assert refusal(upload, folder).startswith("clothes.zip must be")


@pytest.mark.parametrize("name", ["", ".", "./.", "\0"])
def test_an_entry_without_a_name_is_passed_over(folder: Path, name: str) -> None:
    nameless = zipfile.ZipInfo("placeholder")
    nameless.filename = name
    unpacking.unpack(zipped("train/a/1.png", nameless, "train/b/1.png"), folder)
    assert written(folder) == ["train/a/1.png", "train/b/1.png"]


def test_the_choices_of_names_are_short(folder: Path) -> None:
    archive = zips_for_tests.old_zip(("ä" * 120, "ö" * 120), "cp850")
    with pytest.raises(AmbiguousNamesError) as error:
        unpacking.unpack(archive, folder)
    assert len(str(error.value)) < 600
