"""Datasets removed, renamed, copied and split anew; their photos stay as they are."""

import io
import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, growing, managing, review, splitting
from core.errors import DatasetError
from tests.conftest import TINY_COUNTS, drawing, encoded, zipped

WHOLE = tuple(3 * count for count in TINY_COUNTS.values())


def sizes(name: str) -> tuple[int, ...]:
    return tuple(len(split) for split in catalogue.load(name).splits.values())


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_title_leaves_the_name_for_runs_and_links(tiny_dataset: Path) -> None:
    adding.add_folder("My Shop", tiny_dataset)
    managing.rename("my shop", "  Größe & Farbe ")
    assert catalogue.title("my-shop") == "Größe & Farbe"
    assert catalogue.names() == ["my-shop", catalogue.DRAWN]
    assert catalogue.load("größe & farbe").name == catalogue.load("my-shop").name == "my-shop"
    managing.rename("my-shop", "GRÖSSE & FARBE")  # the same title in other capitals
    managing.rename("my-shop", "my-shop")
    assert catalogue.title("my-shop") == "my-shop"


def test_a_title_that_is_taken_or_makes_no_sense_changes_nothing(tiny_dataset: Path) -> None:
    for title in ("One", "Two"):
        adding.add_folder(title, tiny_dataset)
    for title, said in (
        ("two", "already"),
        ("one", ""),
        (catalogue.DRAWN, "already"),
        ("", "must have"),
        ("a\nb", "must have"),
    ):
        if said:
            with pytest.raises(DatasetError, match=said):
                managing.rename("one", title)
    assert [catalogue.title(name) for name in catalogue.names()][:2] == ["One", "Two"]
    with pytest.raises(DatasetError, match="can't be renamed"):
        managing.rename(catalogue.DRAWN, "Mine")
    with pytest.raises(DatasetError, match="There is no dataset"):
        managing.rename("../one", "x")
    managing.rename("one", "Uno")
    with pytest.raises(DatasetError, match="There is a dataset 'one' already, with the title 'Uno'"):
        adding.add_folder("one", tiny_dataset)


def test_a_copy_of_a_folder_has_its_own_split_and_review(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset / "train", tmp_path / "clothes")
    before = everything(folder)
    adding.add_folder("One", folder)
    review.decide("one", ["disc/00.png"], "leave out")
    copy = managing.copy("one", "Two")
    assert copy
    assert (copy.name, copy.title, copy.folder) == ("two", "Two", folder)
    assert copy.splits == catalogue.load("one").splits
    review.decide("two", ["disc/01.png"], "leave out")
    assert sum(sizes("one")) == sum(sizes("two")) + 1 == 17
    managing.remove("one")
    assert sum(sizes("two")) == 16
    assert everything(folder) == before


@pytest.mark.parametrize("linked", [True, False])
def test_a_copy_of_a_zip_takes_no_room_where_the_disk_can_link(
    home: Path, tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    adding.add_zip("One", io.BytesIO(zipped(tiny_dataset)))

    def no_links(*_: object) -> None:
        raise OSError(38, "not here")

    if not linked:
        monkeypatch.setattr(os, "link", no_links)
    done: list[tuple[int, int]] = []
    managing.copy("One", "Two", lambda *counts: done.append(counts))
    assert done[-1] == (36, 36)
    one, two = (home / "datasets" / name / "photos" for name in ("one", "two"))
    assert everything(one) == everything(two)
    photo = next(one.rglob("*.png"))
    assert photo.samefile(two / photo.relative_to(one)) == linked
    growing.add_photos("two", "disc", [("new.png", encoded(drawing("disc", 900), "PNG"))])
    assert len(everything(two)) == len(everything(one)) + 1
    managing.remove("one")
    assert sum(sizes("two")) == 37


def test_a_copy_that_fails_leaves_nothing(home: Path, tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adding.add_zip("One", io.BytesIO(zipped(tiny_dataset)))
    before = everything(home)

    def no_links(*_: object) -> None:
        raise OSError(38, "not here")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(managing.cache, "free", lambda: 1000)
    with pytest.raises(DatasetError, match="too little room for a copy"):
        managing.copy("One", "Two")
    with pytest.raises(DatasetError, match="already"):
        managing.copy("One", "one")
    after = {path: data for path, data in everything(home).items() if not path.startswith("locks/")}
    assert after == before


def test_the_drawn_garments_and_an_unfinished_dataset_can_be_copied(
    home: Path, tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        catalogue.drawn, "draw", lambda folder: shutil.copytree(tiny_dataset, folder, dirs_exist_ok=True)
    )
    copy = managing.copy(catalogue.DRAWN, "Mine")
    assert copy
    assert copy.folder == home / "datasets" / "mine" / "photos"
    managing.remove(catalogue.DRAWN)
    assert sizes("mine") == WHOLE
    toys = growing.create("Toys")
    growing.add_photos(toys, "disc", [("1.png", encoded(drawing("disc", 900), "PNG"))])
    assert managing.copy(toys, "More toys") is None
    assert growing.counts("more-toys") == {"disc": 1}


def test_a_split_dataset_is_split_anew_and_its_own_split_restored(tiny_dataset: Path) -> None:
    adding.add_folder("mine", tiny_dataset)
    before = catalogue.load("mine")
    assert not managing.can_restore_split("mine")
    splits = managing.split_anew("mine", (60, 20, 20), seed=3)
    assert len(splits.splits) == 36
    assert splits.sessions > 30
    assert sizes("mine") == pytest.approx((22, 7, 7), abs=2)
    assert catalogue.load("mine") != before
    assert managing.split_anew("mine", (60, 20, 20), seed=3).splits == splits.splits
    assert managing.split_anew("mine", (60, 20, 20), seed=4).splits != splits.splits
    assert managing.can_restore_split("mine")
    managing.restore_split("mine")
    assert catalogue.load("mine") == before
    assert not managing.can_restore_split("mine")
    kept = list(before.own_folder.glob("splits-*.json"))
    assert sorted(json.loads(path.read_text())["seed"] for path in kept) == [3, 3, 4]


def test_a_dataset_whose_folders_are_not_split_has_no_split_to_restore(tiny_dataset: Path) -> None:
    adding.add_folder("mine", tiny_dataset / "train")
    before = catalogue.load("mine")
    assert not managing.can_restore_split("mine")
    with pytest.raises(DatasetError, match="no split to go back to"):
        managing.restore_split("mine")
    assert catalogue.load("mine") == before


def test_a_split_that_fails_changes_nothing(tiny_dataset: Path) -> None:
    adding.add_folder("mine", tiny_dataset)
    before = everything(catalogue.own_folder("mine"))

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(DatasetError, match="three numbers"):
        managing.split_anew("mine", (100, 0, 0))
    with pytest.raises(InterruptedError):
        managing.split_anew("mine", progress=stop)
    assert everything(catalogue.own_folder("mine")) == before
    managing.split_anew("mine")  # the lock was given back


def test_a_damaged_split_is_replaced_by_a_new_one(tiny_dataset: Path) -> None:
    adding.add_folder("mine", tiny_dataset / "train")
    path = catalogue.own_folder("mine") / splitting.FILE
    path.write_text("{")
    with pytest.raises(DatasetError, match="Split the dataset again"):
        catalogue.load("mine")
    managing.split_anew("mine")
    assert sum(sizes("mine")) == 18


def test_two_people_who_change_a_dataset_at_once_wait_for_each_other(
    tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adding.add_folder("mine", tiny_dataset)
    together = threading.Barrier(3)

    def split(seed: int) -> dict[str, str]:
        together.wait(timeout=10)
        return dict(managing.split_anew("mine", seed=seed).splits)

    with ThreadPoolExecutor(3) as people:
        made = list(people.map(split, range(3)))
    stored = splitting.read(catalogue.own_folder("mine"))
    assert stored
    assert stored.splits in made
    assert len(list(catalogue.own_folder("mine").glob("splits-*.json"))) == 2
    monkeypatch.setattr(managing.changing, "LOCK_SECONDS", 0.1)
    with managing.changing.alone("mine"), pytest.raises(DatasetError, match="Somebody else is changing 'mine'"):
        managing.split_anew("mine")
