"""Corrections of a model's answers: photos in a dataset of their own, each in the class that a person said."""

from pathlib import Path

import pytest

from core import photos
from core.answering import shelf
from core.answering.shelf import Model
from core.datasets import catalogue, managing, review
from core.errors import AppError, DatasetError
from core.files import atomic, records
from core.teaching import corrections
from core.teaching.corrections import Corrections, Photo
from core.teaching.kinds import NONE
from tests.conftest import encoded
from tests.fabricated import flat, saved_model
from tests.full_disk import limit_disk

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def model(home: Path) -> Model:
    return shelf.read(saved_model("colours"))


def photo(red: int, green: int, blue: int, label: str, answer: str = "red", name: str = "a.png") -> Photo:
    return name, encoded(flat(red, green, blue), "PNG"), label, answer


def classes(model: Model) -> dict[str, str]:
    """The class of each correction, by its file name."""
    return {row.name: row.kind for row in corrections.of(model)}


def answers(model: Model) -> dict[str, str]:
    """What the model had answered, by the photo's name in the dataset."""
    folder = catalogue.own_folder(corrections.dataset_of(model))
    stored = records.read(folder / corrections.FILE, Corrections)
    assert stored
    return {correction.photo: correction.answer for correction in stored.photos}


def test_corrections_lie_in_an_ordinary_dataset(model: Model) -> None:
    assert (corrections.dataset_of(model), len(corrections.of(model)), corrections.by_class(model)) == ("", 0, {})
    added = corrections.add(model, [photo(90, 80, 0, "green"), photo(90, 0, 80, "blue", name="b.png")])
    assert added.dataset == corrections.dataset_of(model) == "corrections-of-colours"
    assert catalogue.title(added.dataset) == "Corrections of colours"
    assert added.names == ("green/a.png", "blue/b.png")
    assert classes(model) == {"green/a.png": "green", "blue/b.png": "blue"}
    assert answers(model) == {"green/a.png": "red", "blue/b.png": "red"}


def test_a_second_correction_of_a_photo_moves_it(model: Model) -> None:
    corrections.add(model, [photo(90, 80, 0, "green")])
    again = corrections.add(model, [photo(90, 80, 0, "blue", answer="green", name="other name.png")])
    assert again.names == ("green/a.png",)
    assert classes(model) == {"green/a.png": "blue"}
    assert answers(model) == {"green/a.png": "green"}
    corrections.add(model, [photo(90, 80, 0, "green")])
    assert classes(model) == {"green/a.png": "green"}


def test_of_two_corrections_at_once_the_last_counts(model: Model) -> None:
    corrections.add(model, [photo(90, 80, 0, "green"), photo(90, 80, 0, "blue", name="twin.png")])
    assert list(classes(model).values()) == ["blue"]


def test_a_correction_that_was_taken_back_can_be_made_again(model: Model) -> None:
    added = corrections.add(model, [photo(90, 80, 0, "green"), photo(90, 0, 80, "blue")])
    corrections.arrange({added.dataset: {added.names[0]: None}})
    assert list(classes(model).values()) == ["blue"]
    corrections.add(model, [photo(90, 80, 0, "blue")])
    assert sorted(classes(model).values()) == ["blue", "blue"]
    corrections.arrange({added.dataset: {}})
    assert len(corrections.of(model)) == 2


def test_of_an_arrangement_that_fails_nothing_stays(model: Model) -> None:
    added = corrections.add(model, [photo(90, 80, 0, "green")])
    with pytest.raises(DatasetError):
        corrections.arrange({added.dataset: {added.names[0]: "blue"}, "gone": {"a.png": None}})
    assert classes(model) == {"green/a.png": "green"}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  GREEN ", "green"),
        ("None of These", NONE),
        ("summer  dress", "summer dress"),
        ("<b>bold</b>", "＜b＞bold＜／b＞"),
        ("🧥", "🧥"),
    ],
)
def test_a_class_is_what_a_person_means(model: Model, text: str, label: str) -> None:
    assert corrections.typed(model, text) == label
    corrections.add(model, [photo(90, 80, 0, text)])
    assert corrections.by_class(model) == {label: 1}


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 101])
def test_other_classes_are_refused_and_nothing_is_made(model: Model, home: Path, text: str) -> None:
    for attempt in (corrections.typed, lambda model, text: corrections.add(model, [photo(90, 80, 0, text)])):
        with pytest.raises(DatasetError, match="A class must have a name of 1 to 100 printable characters"):
            attempt(model, text)
    assert not (home / "datasets").exists()


def test_new_classes_that_differ_in_capitals_are_one(model: Model) -> None:
    corrections.add(model, [photo(90, 80, 0, "Coat"), photo(90, 0, 80, "coat")])
    corrections.add(model, [photo(90, 80, 80, "COAT")])
    assert corrections.by_class(model) == {"Coat": 3}


def test_what_can_not_be_read_is_refused_in_a_sentence(model: Model) -> None:
    added = corrections.add(model, [("broken.jpg", b"\xff\xd8\xff no photo", "red", "blue"), photo(90, 80, 0, "green")])
    assert added.names == ("", "green/a.png")
    assert len(added.refused) == 1
    assert added.refused[0].startswith("broken.jpg was not added.")


def test_500_photos_at_once(model: Model) -> None:
    many = [
        photo(number % 250, number // 250, 30, ("green", "blue")[number % 2], name=f"{number}.png")
        for number in range(500)
    ]
    assert len(corrections.add(model, many).names) == 500
    assert corrections.by_class(model) == {"green": 250, "blue": 250}


def test_another_model_of_the_same_name_has_none(model: Model) -> None:
    corrections.add(model, [photo(90, 80, 0, "green")])
    shelf.delete("colours")
    other = shelf.read(saved_model("colours", created="2025-07-01T12:00:00+00:00"))
    assert len(corrections.of(other)) == 0
    corrections.add(other, [photo(90, 80, 0, "green")])
    assert catalogue.title(corrections.dataset_of(other)) == "Corrections of colours 2"


def test_a_removed_dataset_is_begun_again(model: Model) -> None:
    managing.remove(corrections.add(model, [photo(90, 80, 0, "green")]).dataset)
    assert len(corrections.of(model)) == 0
    corrections.add(model, [photo(90, 80, 0, "blue")])
    assert corrections.by_class(model) == {"blue": 1}


def test_decisions_on_data_count(model: Model) -> None:
    added = corrections.add(model, [photo(90, 80, 0, "green")])
    review.decide(added.dataset, added.names, "class", "blue")
    assert corrections.by_class(model) == {"blue": 1}


def test_photos_that_somebody_added_on_data_are_not_added_twice(model: Model) -> None:
    from core.datasets import growing

    dataset = corrections.add(model, [photo(90, 80, 0, "green")]).dataset
    growing.add_photos(dataset, "blue", [("x.png", encoded(flat(90, 0, 80), "PNG"))])
    added = corrections.add(model, [photo(90, 0, 80, "blue")])
    assert added.names == ("blue/x.png",)
    assert len(corrections.of(model)) == 2


def test_a_full_disk_keeps_what_was_there(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    corrections.add(model, [photo(90, 80, 0, "green")])
    with monkeypatch.context() as patch:
        limit_disk(patch, room=0)
        with pytest.raises((AppError, OSError)):
            corrections.add(model, [photo(90, 0, 80, "blue")])
    assert classes(model) == {"green/a.png": "green"}
    corrections.add(model, [photo(90, 0, 80, "blue")])
    assert len(corrections.of(model)) == 2


def test_a_damaged_record_is_no_correction_of_anything(model: Model) -> None:
    name = corrections.add(model, [photo(90, 80, 0, "green")]).dataset
    atomic.write(catalogue.own_folder(name) / corrections.FILE, lambda file: file.write(b"{"))
    assert corrections.dataset_of(model) == ""
    corrections.add(model, [photo(90, 80, 0, "green")])
    assert corrections.dataset_of(model) != name


def test_the_photos_of_a_correction_are_the_bytes_that_were_given(model: Model) -> None:
    given = photo(90, 80, 0, "green")
    corrections.add(model, [given])
    (row,) = corrections.of(model)
    assert photos.read_file(row.path) == given[1]
