"""Datasets written as folders and zips: as reviewed, byte for byte, with safe names, whole or not at all."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, exporting, folders, managing, review
from core.errors import DatasetError
from core.files import names
from tests.conftest import TINY_CLASSES, drawing, encoded

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def mine(tiny_dataset: Path, tmp_path: Path) -> catalogue.Dataset:
    return adding.add_folder("mine", shutil.copytree(tiny_dataset, tmp_path / "clothes"))


class StoppedError(Exception):
    """What a page raises when it is left."""


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def test_folders_and_zip_hold_the_same_photos_and_can_be_added_again(mine: catalogue.Dataset, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    folder = exporting.export("mine", tmp_path / "out" / "folder", lambda *counts: done.append(counts))
    archive = exporting.export("mine", tmp_path / "out" / "mine.ZIP")
    assert done[-1] == (36, 36)
    assert everything(folder) == unzipped(archive) == everything(mine.folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["folder", "mine.ZIP"]
    again = adding.add_folder("again", folder)
    assert again.classes == TINY_CLASSES
    assert [len(split) for split in again.splits.values()] == [18, 9, 9]
    assert [len(split) for split in adding.add_zip("zipped", archive).splits.values()] == [18, 9, 9]


def test_the_review_and_a_new_split_are_in_the_export(mine: catalogue.Dataset, tmp_path: Path) -> None:
    review.decide("mine", ["train/disc/00.png"], "leave out")
    review.decide("mine", ["train/disc/01.png"], "class", "frame")
    review.decide("mine", ["train/disc/02.png"], "split", "test")
    found = everything(exporting.export("mine", tmp_path / "out"))
    assert len(found) == 35
    moved = [name for name, data in found.items() if data == (mine.folder / "train/disc/01.png").read_bytes()]
    assert [name.split("/")[:2] for name in moved] == [["train", "frame"]]
    assert {"train/frame/01.png", "train/frame/01 (2).png"} <= found.keys()
    assert found["test/disc/02.png"] == (mine.folder / "train/disc/02.png").read_bytes()
    managing.split_anew("mine", (50, 25, 25))
    counts = dict.fromkeys(folders.SPLITS, 0)
    for name in everything(exporting.export("mine", tmp_path / "again")):
        counts[name.split("/")[0]] += 1
    assert list(counts.values()) == [len(split) for split in catalogue.load("mine").splits.values()]


def test_names_are_distinct_on_every_system(tmp_path: Path) -> None:
    folder = tmp_path / "clothes"
    labels = ("Größe: 40?", "con", "a" * 250)
    number = 0
    for split in ("train", "validation"):
        for label in labels:
            for name in ("A.png", "a.png", "2024/a.png", "what?.png", "x. .png"):
                place = folder / split / label / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(encoded(drawing("disc", number), "PNG"))
                number += 1
    adding.add_folder("odd", folder)
    found = everything(exporting.export("odd", tmp_path / "out"))
    assert sorted(found.values()) == sorted(everything(folder).values())
    for name in found:
        assert all(part == names.safe_name(part) for part in name.split("/")), name
    assert len({name.casefold() for name in found}) == len(found)
    assert adding.add_folder("again", tmp_path / "out").splits["train"].labels == (0,) * 5 + (1,) * 5 + (2,) * 5


def test_a_review_s_class_can_not_leave_the_folder(mine: catalogue.Dataset, tmp_path: Path) -> None:
    for number, label in enumerate(("../../evil", "..", "a/b", "C:\\x")):
        review.decide("mine", [f"train/disc/{number:02d}.png"], "class", label)
    target = tmp_path / "out" / "deep" / "folder"
    found = everything(exporting.export("mine", target))
    assert len(found) == 36
    assert all(len(name.split("/")) == 3 for name in found)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["deep"]
    for name in unzipped(exporting.export("mine", tmp_path / "x.zip")):
        assert len(name.split("/")) == 3
        assert ".." not in name.split("/")


def test_nothing_is_overwritten(mine: catalogue.Dataset, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    (tmp_path / "mine.zip").write_text("precious")
    for target in (tmp_path / "full", tmp_path / "mine.zip"):
        with pytest.raises(DatasetError, match="exists already"):
            exporting.export("mine", target)
    assert (tmp_path / "full" / "mine.txt").read_text() == (tmp_path / "mine.zip").read_text() == "precious"
    (tmp_path / "empty").mkdir()
    assert len(everything(exporting.export("mine", tmp_path / "empty"))) == 36
    for target in (mine.folder, mine.folder / "train" / "new"):
        with pytest.raises(DatasetError, match="lies in the dataset's own folder"):
            exporting.export("mine", target)
    assert len(everything(mine.folder)) == 36


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_whatever_goes_wrong_nothing_is_left(
    mine: catalogue.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = tmp_path / "target"
    place.mkdir()

    def stop(done: int, total: int) -> None:
        if done:
            raise StoppedError

    with pytest.raises(StoppedError):
        exporting.export("mine", place / name, stop)
    assert list(place.iterdir()) == []
    read = exporting.photos.read_file

    def failing(path: Path) -> bytes:
        if path.name == "05.png":
            raise OSError(28, "No space left on device", str(place / name))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(exporting.photos, "read_file", failing)
        with pytest.raises(DatasetError, match="The disk is full"):
            exporting.export("mine", place / name)
    assert list(place.iterdir()) == []
    with monkeypatch.context() as patch:
        patch.setattr(exporting.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 1000))
        with pytest.raises(DatasetError, match="too little room"):
            exporting.export("mine", place / name)
    gone = catalogue.load("mine")
    (mine.folder / "train/disc/03.png").unlink()
    monkeypatch.setattr(exporting.catalogue, "load", lambda name: gone)
    with pytest.raises(DatasetError, match=r"was not exported: There is no file .*03\.png"):
        exporting.export("mine", place / name)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_place_that_can_not_be_written_to_is_a_sentence(mine: catalogue.Dataset, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file" / name, Path("a\0b") / name, tmp_path / ("x" * 300) / name):
        with pytest.raises(DatasetError) as refused:
            exporting.export("mine", target)
        assert str(refused.value).endswith(".")
        assert "\n" not in str(refused.value)
    if not AS_ROOT:
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(DatasetError, match="may not use"):
            exporting.export("mine", tmp_path / "closed" / name)


def test_a_read_only_disk_is_a_sentence(
    mine: catalogue.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path, *_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(DatasetError, match="The disk is read-only"):
        exporting.export("mine", tmp_path / "out")


def test_a_zip_can_be_written_to_memory(mine: catalogue.Dataset) -> None:
    file = io.BytesIO()
    exporting.write_zip(mine, file)
    assert len(zipfile.ZipFile(file).namelist()) == 36
    assert exporting.bytes_of(mine) < len(file.getvalue()) < exporting.bytes_of(mine) + 36 * 500
