"""What a dataset was like when something was learned from it, and the words for what has changed since."""

import shutil
from pathlib import Path

import pytest

from core.datasets import adding, pack, trained_on
from core.datasets.trained_on import TrainedOn
from tests.conftest import draw_dataset, encoded, picture


def state_of(folder: Path, name: str) -> TrainedOn:
    dataset = adding.add_folder(name, folder)
    return trained_on.of({split: pack.load(dataset, split, 16) for split in dataset.splits}, dataset.classes)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return draw_dataset(tmp_path / "photos")


def copied(place: Path, name: str) -> Path:
    return shutil.copytree(place, place.parent / name)


def test_a_copy_is_no_change(place: Path) -> None:
    before, now = state_of(place, "mine"), state_of(copied(place, "copy"), "copy")
    assert before == now
    assert trained_on.changes(before, now) == ""


def test_renamed_files_are_the_same_photos_in_another_order(place: Path) -> None:
    other = copied(place, "other")
    first = sorted((other / "test" / "disc").iterdir())[0]
    first.rename(first.with_name(f"zz-{first.name}"))
    before, now = state_of(place, "mine"), state_of(other, "other")
    assert trained_on.changes(before, now) == ""
    assert now.has_same("test", before)
    assert not now.has_same_order("test", before)
    assert now.has_same_order("train", before)


def _new_class(place: Path) -> None:
    for split in ("train", "validation"):
        (place / split / "apron").mkdir()
        (place / split / "apron" / "1.png").write_bytes(encoded(picture(9, 9, seed=3), "PNG"))


def _renamed_class(place: Path) -> None:
    for split in ("train", "validation", "test"):
        (place / split / "disc").rename(place / split / "wheel")


def _gone_class(place: Path) -> None:
    for split in ("train", "validation", "test"):
        shutil.rmtree(place / split / "disc")


def _other_photo(place: Path) -> None:
    sorted((place / "validation" / "disc").iterdir())[0].write_bytes(encoded(picture(9, 9, seed=8), "PNG"))


def _moved_photo(place: Path) -> None:
    photo = sorted((place / "train" / "disc").iterdir())[0]
    photo.rename(place / "train" / "bars" / f"moved-{photo.name}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_new_class, "the class 'apron' is new, 19 training photos instead of 18, 10 validation photos instead of 9"),
        (_renamed_class, "the class 'wheel' is new, the class 'disc' is gone, other training photos"),
        (_gone_class, "the class 'disc' is gone, 12 training photos instead of 18"),
        (_other_photo, "other validation photos"),
        (_moved_photo, "other training photos"),
    ],
)
def test_each_change_has_its_words(place: Path, change, words: str) -> None:
    other = copied(place, "other")
    change(other)
    said = trained_on.changes(state_of(place, "mine"), state_of(other, "other"))
    assert said.startswith(words)


def test_an_unknown_state_is_no_change() -> None:
    known = TrainedOn.model_validate(
        {"classes": ("a",), "splits": {"train": {"photos": 3, "content": "x", "order": "x"}}}, strict=False
    )
    assert trained_on.changes(TrainedOn(classes=("a",)), known) == ""
    assert not known.has_same("train", TrainedOn(classes=("a",)))
