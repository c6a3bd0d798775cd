"""Datasets that are collected class by class, and datasets from zips that get more photos."""

import io
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import adding, arranging, catalogue, growing, labels, review, splitting
from core.datasets.splitting import SPLITS
from core.errors import DatasetError, IncompleteError
from core.files import atomic, leftovers
from core.shell.main import main
from tests.conftest import TINY_CLASSES, drawing, encoded, zipped


def photos(label: str, numbers: range, start: int = 500) -> list[growing.Photo]:
    """Photos before a different backdrop each, under names without numbers in a row."""
    return [(f"{chr(97 + n % 26)}{n * 3}.png", encoded(drawing(label, start + n), "PNG")) for n in numbers]


def files(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in (home / "datasets").rglob("*") if path.is_file())


def sizes(name: str) -> tuple[int, ...]:
    return tuple(len(split) for split in catalogue.load(name).splits.values())


def test_a_dataset_is_made_by_its_title_and_grows_class_by_class(home: Path) -> None:
    name = growing.create("My Toys")
    assert name == "my-toys"
    assert growing.counts(name) == {}
    assert growing.can_grow(name)
    with pytest.raises(IncompleteError, match=r"'My Toys' needs at least two classes .* got 0 photos in 0 classes"):
        catalogue.load(name)
    growth = growing.add_photos(name, "disc", photos("disc", range(8)))
    assert (growth.label, len(growth.names), growth.refused, growth.copies) == ("disc", 8, (), 0)
    assert growing.counts(name) == {"disc": 8}
    with pytest.raises(IncompleteError, match="got 8 photos in 1 class"):
        catalogue.load(name)
    growing.add_photos("My Toys", "frame", photos("frame", range(8)))
    dataset = catalogue.load("my toys")
    assert dataset.classes == ("disc", "frame")
    assert sum(sizes(name)) == 16
    assert all(sizes(name))
    growing.add_photos(name, "bars", photos("bars", range(8)))
    assert catalogue.load(name).classes == TINY_CLASSES
    stored = splitting.read(catalogue.own_folder(name))
    assert stored
    assert len(stored.splits) == 24


def test_an_unfinished_dataset_is_listed_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    growing.create("My Toys")
    assert catalogue.names() == ["my-toys", catalogue.DRAWN]
    assert catalogue.damaged() == []
    assert main(["data", "list"]) == 0
    assert "needs at least two classes" in capsys.readouterr().out


def test_new_photos_come_near_the_shares_and_old_ones_stay_where_they_are() -> None:
    name = growing.create("Toys")
    for label in ("disc", "frame"):
        growing.add_photos(name, label, photos(label, range(10)))
    before = splitting.read(catalogue.own_folder(name))
    assert before
    for step in range(4):
        for label in ("disc", "frame"):
            growing.add_photos(name, label, photos(label, range(10 + 10 * step, 20 + 10 * step)))
    after = splitting.read(catalogue.own_folder(name))
    assert after
    assert all(after.splits[photo] == split for photo, split in before.splits.items())
    assert after.sessions > 80
    assert before.sessions < 21
    assert sizes(name) == pytest.approx((80, 10, 10), abs=4)


@pytest.mark.parametrize("session", ["", "burst 1"])
def test_a_new_photo_gets_the_split_of_its_session(session: str) -> None:
    name = growing.create("Toys")
    for label in ("disc", "frame"):
        growing.add_photos(name, label, photos(label, range(10)))
    stored = splitting.read(catalogue.own_folder(name))
    assert stored
    judged = next(photo for photo, split in stored.splits.items() if split == "validation")
    label, place = judged.split("/")[0], catalogue.entry(name).folder
    pixels = drawing(label, 500 + int(Path(judged).stem[1:]) // 3)
    again = []
    for number in range(3):
        pixels[18:22, 18:22] = number * 40
        again.append((f"new{number}.png", encoded(pixels, "PNG")))
    growth = growing.add_photos(name, label, again, session)
    after = splitting.read(catalogue.own_folder(name))
    assert after
    assert place == "photos"
    assert {after.splits[photo] for photo in growth.names} == {"validation"}


def test_photos_of_a_session_have_numbers_in_a_row_across_classes() -> None:
    name = growing.create("Toys")
    first = growing.add_photos(name, "disc", photos("disc", range(2)), session="camera: today")
    second = growing.add_photos(name, "frame", [("x", photos("frame", range(1))[0][1])], session="camera: today")
    assert [Path(photo).name for photo in first.names] == ["camera： today-0001.png", "camera： today-0002.png"]
    assert [Path(photo).name for photo in second.names] == ["camera： today-0003.png"]


def test_one_table_and_one_burst_for_each_class_is_enough_to_start_with() -> None:
    name = growing.create("Toys")
    for label in TINY_CLASSES:
        burst = []
        for number in range(10):
            pixels = drawing(label, 3)
            pixels[18:22, 18:22] = number * 20
            burst.append((f"{number}.png", encoded(pixels, "PNG")))
        growing.add_photos(name, label, burst, session=f"camera {label}")
    assert sizes(name) == (24, 3, 3)
    stored = splitting.read(catalogue.own_folder(name))
    assert stored
    assert stored.divided
    judged = catalogue.load(name).splits["validation"]
    assert set(judged.labels) == {0, 1, 2}


def test_names_of_uploads_are_safe_and_distinct(home: Path, subtests: pytest.Subtests) -> None:
    name = growing.create("Toys")
    given = [
        "a.png",
        "A.PNG",
        "../../a.png",
        "C:\\x\\a.png",
        "con.png",
        "",
        ".hidden.png",
        "a" * 400 + ".png",
        "/",
        "Thumbs.db",
    ]
    data = [photo for _, photo in photos("disc", range(len(given)))]
    growth = growing.add_photos(name, "disc", list(zip(given, data, strict=True)))
    assert len(growth.names) == len({photo.casefold() for photo in growth.names}) == len(given)
    assert growth.refused == ()
    assert all(file.startswith("datasets/toys/") for file in files(home))
    assert growing.counts(name) == {"disc": len(given)}


def test_what_is_no_photo_is_refused_and_copies_are_passed_over(home: Path) -> None:
    name = growing.create("Toys")
    good = photos("disc", range(2))
    growth = growing.add_photos(
        name, "disc", [*good, ("notes.txt", b"hello"), ("broken.jpg", b"\xff\xd8\xff"), good[0]]
    )
    assert len(growth.names) == 2
    assert growth.copies == 1
    assert [sentence.split(" was")[0] for sentence in growth.refused] == ["broken.jpg", "notes.txt"] or [
        sentence.split(" was")[0] for sentence in growth.refused
    ] == ["notes.txt", "broken.jpg"]
    assert all(sentence.endswith(".") for sentence in growth.refused)
    assert growing.add_photos(name, "disc", good).copies == 2
    assert len(growing.add_photos(name, "frame", good).names) == 2  # which of the labels is right, a check asks
    nothing = growing.add_photos(name, "sock", [("notes.txt", b"hello")])
    assert nothing.names == ()
    assert growing.add_photos(name, "sock", []).names == ()
    assert not (home / "datasets" / "toys" / "photos" / "sock").exists()


def test_a_photo_that_a_review_left_out_or_moved_is_back_when_it_is_added_again() -> None:
    name = growing.create("Toys")
    good = photos("disc", range(3))
    first, second, third = growing.add_photos(name, "disc", good).names
    growing.add_photos(name, "frame", photos("frame", range(2)))
    review.decide(name, [first], "leave out")
    review.decide(name, [second], "class", "frame")
    growth = growing.add_photos(name, "disc", good)
    assert (growth.names, growth.copies, growth.back, growth.known) == ((), 3, 2, {first, second, third})
    classes = arranging.reviewed(catalogue.contents_of(name), review.of(name).changes()).photos[""]
    assert {label: len(paths) for label, paths in classes.items()} == {"disc": 3, "frame": 2}


def test_a_class_is_known_however_it_is_written() -> None:
    name = growing.create("Toys")
    for number, typed in enumerate(("Toy  train", "toy train", " TOY TRAIN ")):
        assert growing.add_photos(name, typed, photos("disc", range(number, number + 1))).label == "Toy train"
    assert growing.counts(name) == {"Toy train": 3}


@pytest.mark.parametrize(
    "typed", ["train", "a/b", "..", ".x", "con", "Thumbs.db", "Größe 40", "👕", "a: b?", "x" * 100, "-"]
)
def test_any_class_can_be_typed(home: Path, typed: str) -> None:
    name = growing.create("Toys")
    label = growing.add_photos(name, typed, photos("disc", range(1))).label
    assert growing.add_photos(name, typed, photos("frame", range(1))).label == label
    assert growing.counts(name) == {label: 2}
    assert labels.typed(label, ()) == label
    assert {file.split("/")[1] for file in files(home)} == {"toys"}


@pytest.mark.parametrize("typed", ["", " ", "x" * 101, "a\0b", "\ud800"])
def test_classes_that_can_not_be_typed(home: Path, typed: str) -> None:
    name = growing.create("Toys")
    before = files(home)
    with pytest.raises(DatasetError, match="A class must have a name of 1 to 100 printable characters"):
        growing.add_photos(name, typed, photos("disc", range(1)))
    assert files(home) == before


def test_two_people_who_add_photos_at_once_lose_nothing() -> None:
    name = growing.create("Toys")
    together = threading.Barrier(4)

    def add(person: int) -> int:
        together.wait(timeout=10)
        label = ("disc", "frame")[person % 2]
        mine = photos(label, range(12), start=1000 * (person + 1))
        return sum(len(growing.add_photos(name, label, mine[n : n + 3]).names) for n in range(0, 12, 3))

    with ThreadPoolExecutor(4) as people:
        assert list(people.map(add, range(4))) == [12] * 4
    assert growing.counts(name) == {"disc": 24, "frame": 24}
    stored = splitting.read(catalogue.own_folder(name))
    assert stored
    assert len(stored.splits) == 48
    assert sum(sizes(name)) == 48


def test_a_zip_with_splits_gets_new_photos_into_its_folders(home: Path, tiny_dataset: Path) -> None:
    adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset)))
    before = files(home)
    growth = growing.add_photos("mine", "disc", photos("disc", range(26)))
    growth = growing.add_photos("mine", "disc", photos("disc", range(26, 52)))
    assert len(growth.names) == 26
    assert sum(sizes("mine")) == 88
    assert not (home / "datasets" / "mine" / "splits.json").exists()
    assert set(before) < set(files(home))
    added = Counter(photo.split("/")[0] for photo in growth.names)
    assert set(added) == set(SPLITS)
    assert growing.add_photos("mine", "star", photos("disc", range(20, 22))).names
    assert catalogue.load("mine").classes == (*TINY_CLASSES, "star")


def test_a_zip_that_was_split_here_keeps_its_split(tiny_dataset: Path) -> None:
    adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset / "train")))
    before = splitting.read(catalogue.own_folder("mine"))
    growth = growing.add_photos("mine", "disc", photos("disc", range(6)))
    after = splitting.read(catalogue.own_folder("mine"))
    assert before
    assert after
    assert before.splits.items() < after.splits.items()
    assert set(growth.names) == set(after.splits) - set(before.splits)


def test_photos_are_not_added_to_folders_of_other_people(tiny_dataset: Path) -> None:
    adding.add_folder("mine", tiny_dataset)
    before = sorted(tiny_dataset.rglob("*"))
    for name in ("mine", catalogue.DRAWN):
        assert not growing.can_grow(name)
        with pytest.raises(DatasetError, match="Add photos there"):
            growing.add_photos(name, "disc", photos("disc", range(1)))
    assert sorted(tiny_dataset.rglob("*")) == before
    assert not growing.can_grow("nothing")


def test_a_full_disk_adds_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = growing.create("Toys")
    growing.add_photos(name, "disc", photos("disc", range(2)))
    before = files(home)
    with monkeypatch.context() as patch:
        patch.setattr(growing.cache, "free", lambda: 1000)
        with pytest.raises(DatasetError, match="too little room"):
            growing.add_photos(name, "disc", photos("disc", range(2, 4)))
    assert files(home) == before
    write, calls = growing.atomic.write, []

    def full(path: Path, writer: object) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(path))
        write(path, writer)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(growing.atomic, "write", full)
        with pytest.raises(OSError, match="No space left"):
            growing.add_photos(name, "sock", photos("disc", range(2, 6)))
    assert files(home) == before
    assert not (home / "datasets" / "toys" / "photos" / "sock").exists()


def test_a_damaged_split_is_a_sentence_and_adds_nothing(home: Path) -> None:
    name = growing.create("Toys")
    growing.add_photos(name, "disc", photos("disc", range(2)))
    (home / "datasets" / "toys" / "splits.json").write_text("{")
    before = files(home)
    with pytest.raises(DatasetError, match=r"splits\.json is damaged"):
        growing.add_photos(name, "disc", photos("disc", range(2, 4)))
    assert files(home) == before


@pytest.mark.parametrize("letter", ["x", "é", "服", "👗"])
def test_a_name_as_long_as_a_disk_takes_is_kept(letter: str) -> None:
    name = growing.create("My Toys")
    (photo,) = photos("disc", range(1))
    longest = letter * ((255 - len(".png")) // len(letter.encode())) + ".png"
    growth = growing.add_photos(name, "disc", [(longest, photo[1])])
    assert growth.names == (f"disc/{longest}",)


@pytest.mark.parametrize("letter", ["x", "服", "👗"])
def test_a_session_with_a_long_name_numbers_its_photos(letter: str) -> None:
    name = growing.create("My Toys")
    growing.add_photos(name, "disc", photos("disc", range(2)), session=300 * letter)
    growth = growing.add_photos(name, "disc", photos("disc", range(2, 3)), session=300 * letter)
    assert growth.names[0].endswith(f"{letter}-0003.png")


def test_a_clean_up_finds_what_a_killed_process_was_adding(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = growing.create("My Toys")
    before = files(home)
    with monkeypatch.context() as patch:  # nothing is tidied up, as after a kill
        patch.setattr(atomic.shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(OSError, match="Input/output"):
            growing.add_photos(name, "disc", photos("disc", range(1)))
    assert files(home) != before
    leftovers.sweep(0.0)
    assert files(home) == before
