"""What is wrong with a dataset, said in sentences."""

import shutil
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, checks
from core.datasets.catalogue import Dataset
from tests.conftest import draw_dataset, drawing, encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset that nothing is wrong with: at least ten photos of each class for training."""
    made = draw_dataset(tmp_path / "photos")
    for label in ("bars", "disc", "frame"):
        for number in range(100, 104):
            (made / "train" / label / f"{number}.png").write_bytes(encoded(drawing(label, number, 12), "PNG"))
    return made


def remarks(folder: Path) -> list[str]:
    adding.add_folder("mine", folder)
    found = checks.check(catalogue.load("mine"))
    for words in found:
        assert words.endswith(".")
        assert "\n" not in words
        assert str(folder) not in words
    return found


def test_nothing_is_wrong(folder: Path) -> None:
    assert remarks(folder) == []


def test_the_same_photo_in_different_splits(folder: Path) -> None:
    shutil.copy(folder / "train" / "disc" / "00.png", folder / "test" / "disc" / "again.png")
    (words,) = remarks(folder)
    assert words.startswith("train/disc/00.png and test/disc/again.png are the same photo in different splits")


def test_the_same_photo_in_three_splits_is_told_once(folder: Path) -> None:
    shutil.copy(folder / "train" / "disc" / "00.png", folder / "test" / "disc" / "again.png")
    shutil.copy(folder / "train" / "disc" / "00.png", folder / "validation" / "disc" / "again.png")
    assert len(remarks(folder)) == 1


def test_the_same_photo_of_another_class_in_another_split(folder: Path) -> None:
    shutil.copy(folder / "train" / "disc" / "00.png", folder / "test" / "bars" / "again.png")
    (words,) = remarks(folder)
    assert "different splits" in words


def test_the_same_photo_in_different_classes(folder: Path) -> None:
    shutil.copy(folder / "train" / "disc" / "00.png", folder / "train" / "bars" / "again.png")
    (words,) = remarks(folder)
    assert words == (
        "train/bars/again.png and train/disc/00.png are the same photo in different classes: one of them is wrong."
    )


@pytest.mark.parametrize(
    ("copies", "words"), [(1, "1 photo is a copy of others"), (3, "3 photos are copies of others")]
)
def test_copies_within_a_class_are_named(folder: Path, copies: int, words: str) -> None:
    for number in range(copies):
        shutil.copy(folder / "train" / "disc" / "00.png", folder / "train" / "disc" / f"again{number}.png")
    (found,) = remarks(folder)
    assert words in found
    assert "train/disc/00.png and train/disc/again0.png" in found


def test_files_that_are_passed_over_are_counted_and_named(folder: Path) -> None:
    for place in ("train/disc/notes.txt", "train/disc/deeper/list.pdf", "train/beside.png", "validation/bars/a.mov"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(b"something else")
    (folder / "extra").mkdir()
    assert remarks(folder) == [
        "1 passed over, neither train, validation nor test: extra.",
        "3 passed over, not photos: train/disc/notes.txt, train/disc/deeper/list.pdf, validation/bars/a.mov.",
        "1 passed over, not in a class's folder: train/beside.png.",
    ]


def test_broken_photos(folder: Path) -> None:
    (folder / "train" / "disc" / "00.png").write_bytes(b"no photo")
    whole = (folder / "validation" / "bars" / "06.png").read_bytes()
    (folder / "validation" / "bars" / "06.png").write_bytes(whole[: len(whole) // 2])
    found = remarks(folder)
    assert len(found) == 2
    assert found[0].startswith("train/disc/00.png can't be read: This is not a photo")
    assert found[1].startswith("validation/bars/06.png can't be read: The photo is damaged")


def test_two_broken_photos_alike_are_no_duplicates(folder: Path) -> None:
    for split in ("train", "test"):
        (folder / split / "disc" / "broken.png").write_bytes(b"no photo")
    assert [("can't be read" in words) for words in remarks(folder)] == [True, True]


def test_rare_classes(tiny_dataset: Path) -> None:
    assert remarks(tiny_dataset) == [
        f"The class {label!r} has only 6 training photos; it will hardly be learned."
        for label in ("bars", "disc", "frame")
    ]


@pytest.mark.parametrize(("count", "is_told"), [(99, False), (100, True)])
def test_imbalance(folder: Path, count: int, is_told: bool) -> None:
    for number in range(200, 200 + count - 10):
        (folder / "train" / "disc" / f"{number}.png").write_bytes(encoded(drawing("disc", number, 8), "PNG"))
    told = [words for words in remarks(folder) if "class weights" in words]
    assert told == (
        ["There are 100 training photos of 'disc' but 10 of 'bars': consider class weights."] if is_told else []
    )


def test_no_test_split(folder: Path) -> None:
    shutil.rmtree(folder / "test")
    (words,) = remarks(folder)
    assert words.startswith("There is no test split")


def test_progress_counts_every_photo(tiny_dataset: Path) -> None:
    seen: list[tuple[int, int]] = []
    dataset: Dataset = adding.add_folder("mine", tiny_dataset)
    checks.check(dataset, lambda done, total: seen.append((done, total)))
    assert seen == [(done, 36) for done in range(36)]


def test_progress_can_stop_the_check(tiny_dataset: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.check(adding.add_folder("mine", tiny_dataset), stop)
