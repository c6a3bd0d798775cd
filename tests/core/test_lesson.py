"""Lessons: their kinds and photos, and what a model learns from them."""

import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.answering import classifier, litert, shelf, trial
from core.datasets import adding, catalogue, growing, managing, other_things, review
from core.errors import DatasetError, IncompleteError, ModelError
from core.files import records
from core.photos import square_of as photo_square
from core.reviewing import effects, features, subject
from core.teaching import draft, gathering, judging, keeping, lesson, material, quality, teacher
from core.teaching.kinds import NONE
from tests.conftest import TINY_CLASSES, draw_classes, drawing, encoded


def photos(label: str, numbers: range, start: int = 500) -> list[growing.Photo]:
    """Photos before a different backdrop each, under names without numbers in a row."""
    return [(f"{chr(97 + n % 26)}{n * 3}.png", encoded(drawing(label, start + n, 96), "PNG")) for n in numbers]


@pytest.fixture
def taught(home: Path) -> str:
    """A lesson of three kinds with six photos each."""
    name = lesson.start(list(TINY_CLASSES))
    for label in TINY_CLASSES:
        gathering.add_photos(name, label, photos(label, range(6)))
    return name


def test_a_lesson_starts_with_kinds_as_they_were_typed(home: Path) -> None:
    name = lesson.start([" Summer  dress ", "winter coat", "SUMMER DRESS", "🧢"])
    assert lesson.of(name).kinds == ("Summer dress", "winter coat", "🧢")
    assert catalogue.title(name) == "Summer dress, winter coat, 🧢"
    assert catalogue.title(lesson.start(["Summer dress", "winter coat", "🧢"])) == "Summer dress, winter coat, 🧢 2"
    assert set(lesson.names()) == set(catalogue.names()) - {catalogue.DRAWN}


@pytest.mark.parametrize("kind", ["", "  ", "a" * 101, "a\nb\x00"])
def test_a_kind_without_a_usable_name_makes_no_lesson(home: Path, kind: str) -> None:
    with pytest.raises(DatasetError, match="A class must have a name"):
        lesson.start(["hat", kind])
    assert lesson.names() == []


def test_kinds_are_added_renamed_and_removed_and_their_photos_with_them(taught: str) -> None:
    assert lesson.add_kind(taught, "<b>scarf</b>") == "＜b＞scarf＜／b＞"
    with pytest.raises(DatasetError, match="There is a kind 'disc' already"):
        lesson.add_kind(taught, "DISC")
    assert lesson.rename_kind(taught, "disc", "plate") == "plate"
    with pytest.raises(DatasetError, match="There is a kind 'bars' already"):
        lesson.rename_kind(taught, "plate", "Bars")
    lesson.remove_kind(taught, "frame")
    counts = {kind: len(rows) for kind, rows in lesson.by_kind(taught).items()}
    assert counts == {"bars": 6, "plate": 6, "＜b＞scarf＜／b＞": 0}
    review.undo(taught)
    assert len(lesson.by_kind(taught)["frame"]) == 6


def test_two_tabs_that_add_kinds_at_once_lose_none(home: Path) -> None:
    name = lesson.create("Many")
    threads = [threading.Thread(target=lesson.add_kind, args=(name, f"kind {n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(lesson.of(name).kinds) == {f"kind {n}" for n in range(8)}


def test_a_photo_that_was_removed_comes_back_when_it_is_added_again(taught: str) -> None:
    row = lesson.by_kind(taught)["disc"][0]
    review.decide(taught, [row.name], "leave out")
    assert len(lesson.by_kind(taught)["disc"]) == 5
    growth = gathering.add_photos(taught, "disc", [("again.png", row.path.read_bytes())])
    assert (growth.names, growth.copies, growth.back) == ((), 1, 1)
    assert len(lesson.by_kind(taught)["disc"]) == 6


def test_a_photo_that_was_moved_to_a_kind_is_known_there(taught: str) -> None:
    row = lesson.by_kind(taught)["disc"][0]
    gathering.label_photos(taught, [row.name], "bars")
    growth = gathering.add_photos(taught, "bars", [("again.png", row.path.read_bytes())])
    assert (growth.copies, growth.back) == (1, 0)
    assert len(lesson.by_kind(taught)["bars"]) == 7


def test_an_unsorted_photo_that_is_added_to_a_kind_is_sorted(taught: str) -> None:
    waits, sorted_before, left_out = photos("disc", range(60, 63))
    names = gathering.add_unsorted(taught, [waits, sorted_before, left_out]).names
    gathering.label_photos(taught, [names[1]], "disc")
    review.decide(taught, [names[2]], "leave out")
    growth = gathering.add_photos(taught, "disc", [waits, sorted_before, left_out])
    assert (growth.names, growth.copies, growth.back) == ((), 3, 2)
    assert lesson.waiting(taught) == []
    assert {row.name for row in lesson.by_kind(taught)["disc"]} >= set(names)
    review.undo(taught)
    assert [row.name for row in lesson.waiting(taught)] == [names[0]]


def test_an_unsorted_photo_that_was_left_out_comes_back_where_it_was(taught: str) -> None:
    waits, of_disc = photos("disc", range(60, 62))
    (name,) = gathering.add_unsorted(taught, [waits]).names
    (of_kind,) = gathering.add_photos(taught, "disc", [of_disc]).names
    review.decide(taught, [name, of_kind], "leave out")
    growth = gathering.add_unsorted(taught, [waits, of_disc])
    assert (growth.names, growth.copies, growth.back) == ((), 2, 2)
    assert [row.name for row in lesson.waiting(taught)] == [name]
    assert of_kind in {row.name for row in lesson.by_kind(taught)["disc"]}
    assert gathering.add_unsorted(taught, [waits, of_disc]).back == 0


def test_a_lesson_is_learned_with_a_score_of_heads_that_have_not_seen_the_session(taught: str) -> None:
    outcome = teacher.learn(taught)
    model = draft.model(taught, outcome)
    assert model is not None
    assert model.labels == TINY_CLASSES
    assert model.card.scores.validation.count == 18
    assert model.card.scores.validation.correct >= 16
    assert model.card.taught is not None
    assert teacher.is_current(taught, draft.read(taught))
    answer = classifier.load(model).answer(encoded(drawing("disc", 900, 96), "PNG"))
    assert answer.label == "disc"
    assert [point.photos for point in outcome.curve] == [1, 2, 3, 5, 6]
    assert model.name not in [saved.name for saved in shelf.models()]


def test_each_change_makes_the_outcome_out_of_date(taught: str) -> None:
    teacher.learn(taught)
    assert teacher.is_current(taught, draft.read(taught))
    (name,) = gathering.add_photos(taught, "disc", photos("disc", range(20, 21))).names
    assert not teacher.is_current(taught, draft.read(taught))
    teacher.learn(taught)
    review.decide(taught, [name], "leave out")
    assert not teacher.is_current(taught, draft.read(taught))
    teacher.learn(taught)
    lesson.add_kind(taught, "scarf")
    assert not teacher.is_current(taught, draft.read(taught))


def test_kinds_with_too_few_photos_wait_until_they_have_three(home: Path) -> None:
    name = lesson.start(["disc", "bars"])
    gathering.add_photos(name, "disc", photos("disc", range(5)))
    gathering.add_photos(name, "bars", photos("bars", range(2)))
    assert teacher.learn(name).draft == ""
    assert quality.missing({"disc": 5, "bars": 2}).endswith("Missing: 1 photo of bars.")
    gathering.add_photos(name, "bars", photos("bars", range(2, 3)))
    assert draft.model(name, teacher.learn(name)) is not None


def test_photos_that_show_nothing_of_interest_are_no_answer_and_sharpen_the_doubt(taught: str) -> None:
    pictures = [encoded(picture, "PNG") for _, picture in other_things.pictures(1)]
    before = draft.model(taught, teacher.learn(taught))
    lesson.add_none(taught)
    gathering.add_photos(taught, NONE, [(f"{chr(97 + n)}{n * 3}.png", data) for n, data in enumerate(pictures[:8])])
    after = draft.model(taught, teacher.learn(taught))
    assert before is not None
    assert after is not None
    assert NONE not in after.labels
    similar = [classifier.load(model).answer(pictures[0]).similarity for model in (before, after)]
    assert similar[1] < similar[0]


def test_a_photo_in_two_kinds_is_asked_about(taught: str) -> None:
    row = lesson.by_kind(taught)["disc"][0]
    gathering.add_photos(taught, "bars", [("same.png", row.path.read_bytes())])
    (twins,) = teacher.learn(taught).twins
    assert set(twins) == {row.name, "bars/same.png"}
    review.decide(taught, ["bars/same.png"], "leave out")
    assert teacher.learn(taught).twins == ()


def test_an_unreadable_photo_is_told_and_not_learned(taught: str) -> None:
    folder = catalogue.own_folder(taught) / catalogue.PHOTOS / "disc"
    (folder / "broken.png").write_bytes(encoded(drawing("disc", 1, 96), "PNG")[:200])
    outcome = teacher.learn(taught)
    assert outcome.unreadable == 1
    assert len(outcome.photos) == 18


def test_unsorted_photos_are_suggested_with_an_answer_and_labelled(taught: str) -> None:
    growth = gathering.add_unsorted(taught, photos("disc", range(40, 46)) + photos("bars", range(40, 46)))
    assert len(growth.names) == 12
    again = gathering.add_unsorted(taught, photos("disc", range(40, 46)))
    assert (again.names, again.copies) == ((), 6)
    outcome = teacher.learn(taught)
    assert (outcome.waiting, len(outcome.suggestions)) == (12, 10)
    assert {each.photo for each in outcome.suggestions} <= set(growth.names)
    right = {each.photo: each.answer for each in outcome.suggestions[:4]}
    gathering.label_each(taught, right)
    assert len(lesson.waiting(taught)) == 8
    assert sum(len(rows) for rows in lesson.by_kind(taught).values()) == 22
    review.undo(taught)
    assert len(lesson.waiting(taught)) == 12


def test_photos_come_from_a_class_of_another_dataset(taught: str, tmp_path: Path) -> None:
    adding.add_folder("other", draw_classes(tmp_path / "other"))
    growth = gathering.add_from(taught, "disc", "other", "disc", 5)
    assert len(growth.names) == 5
    with pytest.raises(DatasetError, match="'other' has no class 'hat'"):
        gathering.add_from(taught, "disc", "other", "hat", 5)


def test_a_model_is_saved_once_for_each_state_and_stays_when_the_lesson_goes(taught: str) -> None:
    with pytest.raises(ModelError, match="nothing to save yet"):
        keeping.save(taught)
    teacher.learn(taught)
    first = keeping.save(taught, "My Toys")
    assert first.name == "my-toys"
    assert keeping.save(taught, "My Toys").name == "my-toys"
    gathering.add_photos(taught, "disc", photos("disc", range(50, 53)))
    teacher.learn(taught)
    second = keeping.save(taught, "My Toys")
    assert [model.name for model in keeping.versions(taught)] == [second.name, first.name] == ["my-toys-2", "my-toys"]
    managing.remove(taught)
    answer = classifier.load(shelf.model("my-toys")).answer(encoded(drawing("bars", 901, 96), "PNG"))
    assert answer.label == "bars"


def test_a_model_whose_base_is_gone_learns_on_the_starter_and_says_so(taught: str) -> None:
    lesson.set_base(taught, "my-model")
    outcome = teacher.learn(taught)
    assert outcome.base == shelf.STARTER
    assert "'my-model' that this lesson was built on is gone" in outcome.notice


def test_a_saved_model_can_be_the_base(taught: str) -> None:
    teacher.learn(taught)
    saved = keeping.save(taught, "base")
    lesson.set_base(taught, saved.name)
    gathering.add_photos(taught, "disc", photos("disc", range(50, 53)))
    outcome = teacher.learn(taught)
    assert (outcome.base, outcome.notice) == ("base", "")
    second = keeping.save(taught, "second")
    shelf.delete("base")
    assert classifier.load(second).answer(encoded(drawing("disc", 902, 96), "PNG")).label == "disc"


def test_a_dataset_that_can_grow_becomes_a_lesson_and_a_folder_does_not(home: Path, tmp_path: Path) -> None:
    name = growing.create("Mine")
    growing.add_photos(name, "disc", photos("disc", range(3)))
    lesson.open_on(name)
    assert lesson.of(name).kinds == ("disc",)
    adding.add_folder("other", draw_classes(tmp_path / "other"))
    with pytest.raises(DatasetError, match="lie in a folder of yours"):
        lesson.open_on("other")


def test_a_lesson_is_an_ordinary_dataset(taught: str) -> None:
    dataset = catalogue.load(taught)
    assert dataset.classes == TINY_CLASSES
    assert sum(len(split) for split in dataset.splits.values()) == 18
    empty = lesson.start(["a", "b"])
    with pytest.raises(IncompleteError, match="needs at least two classes"):
        catalogue.load(empty)


def test_the_process_ends_when_the_lesson_is_removed_and_learns_until_then(taught: str) -> None:
    seen: list[str] = []

    def report(share: float, words: str) -> None:
        seen.append(words)
        if not words:  # it has learned everything
            managing.remove(taught)

    teacher.attend(taught, report, idle=30)
    assert "Learning" in seen


def test_material_is_in_one_order(taught: str) -> None:
    found = material.of(taught, features.starter())
    assert len(found) == len(found.names) == len(found.keys) == len(found.labels) == len(found.vectors) == 18
    assert [found.kinds[label] for label in found.labels] == [name.partition("/")[0] for name in found.names]
    assert np.isfinite(found.vectors).all()


def test_a_score_on_photos_that_were_learned_says_that_it_flatters(taught: str) -> None:
    teacher.learn(taught)
    saved = keeping.save(taught)
    assert "learned from all photos of the lesson" in trial.change(saved, catalogue.load(taught), "test")
    assert effects.of(subject.of(catalogue.load(taught)), ()) == ()


def test_mirror_images_are_those_of_the_photos(taught: str) -> None:
    through = features.starter()
    found = material.of(taught, through)
    paths = {row.name: row.path for row in lesson.rows(taught)}
    square = photo_square(paths[found.names[3]], through.size)
    assert square is not None
    (vectors,) = litert.Backbone(through.path).vectors(square[None, :, ::-1])
    assert np.allclose(found.mirrored[3], vectors[0], atol=5e-3)
    assert not np.allclose(found.mirrored[3], found.vectors[3], atol=5e-3)


def test_a_kind_in_other_capitals_keeps_its_photos(home: Path) -> None:
    name = lesson.start(["Bag", "disc"])
    gathering.add_photos(name, "Bag", photos("bars", range(3)))
    lesson.rename_kind(name, "Bag", "bag")
    gathering.add_photos(name, "bag", photos("bars", range(10, 13)))
    gathering.add_photos(name, "disc", photos("disc", range(3)))
    lesson.remove_kind(name, "disc")
    lesson.add_kind(name, "Disc")
    gathering.add_photos(name, "Disc", photos("disc", range(20, 23)))
    assert {kind: len(rows) for kind, rows in lesson.by_kind(name).items()} == {"bag": 6, "Disc": 3}
    found = material.of(name, features.starter())
    assert found.kinds == ("bag", "Disc")
    assert len(found) == 9
    assert catalogue.load(name).classes == ("Disc", "bag")


@pytest.mark.parametrize("text", ["None Of These", "NONE of these"])
def test_none_of_these_is_never_an_ordinary_kind(home: Path, text: str) -> None:
    assert lesson.of(lesson.start(["hat", text])).kinds == ("hat", NONE)
    name = lesson.start(["hat"])
    assert lesson.add_kind(name, text) == NONE
    other = lesson.start(["hat"])
    assert lesson.rename_kind(other, "hat", text) == NONE


def test_a_new_lesson_of_the_same_name_has_none_of_the_old_versions(taught: str) -> None:
    teacher.learn(taught)
    keeping.save(taught)
    managing.remove(taught)
    again = lesson.start(list(TINY_CLASSES))
    assert again == taught
    stored = catalogue.own_folder(again) / lesson.FILE
    later = records.read(stored, lesson.Lesson)
    assert later is not None
    records.write(stored, later.model_copy(update={"created": "2999-01-01T00:00:00+00:00"}))
    assert keeping.versions(again) == []


def test_the_photos_of_a_young_lesson_are_taken_as_a_zip(home: Path) -> None:
    name = lesson.start(["disc"])
    gathering.add_photos(name, "disc", photos("disc", range(3)))
    file = io.BytesIO()
    gathering.write_zip(name, file)
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == ["disc/a0.png", "disc/b3.png", "disc/c6.png"]


def test_a_lesson_that_is_removed_while_it_is_learned_stays_away(taught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(photos: material.Material) -> judging.Judgement:
        managing.remove(taught)
        return judge(photos)

    judge = judging.judge
    monkeypatch.setattr(judging, "judge", judged)
    teacher.attend(taught, lambda share, words: None, idle=30)
    assert not catalogue.own_folder(taught).exists()


def test_a_file_that_stays_away_ends_the_process_with_an_error(taught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError("gone")

    monkeypatch.setattr(material, "of", missing)
    monkeypatch.setattr(teacher, "RARE_POLL", 0.0)
    with pytest.raises(FileNotFoundError):
        teacher.attend(taught, lambda share, words: None, idle=30)


@pytest.mark.parametrize(
    ("counts", "labels", "unreadable", "sentence"),
    [
        ({"a": 5, "b": 5}, ("a", "b"), 0, "It has learned all photos."),
        ({"a": 5, "b": 5, "c": 1}, ("a", "b"), 0, "It has learned 2 kinds. c needs 2 more photos before"),
        ({"a": 5, "b": 5, "c": 3}, ("a", "b"), 1, "c needs more photos that can be read before it is learned. 1 photo"),
    ],
)
def test_what_has_been_learned_is_said_for_each_kind(
    counts: dict[str, int], labels: tuple[str, ...], unreadable: int, sentence: str
) -> None:
    assert sentence in quality.progress(counts, labels, unreadable)


def test_500_photos_against_3_are_told(home: Path) -> None:
    assert "500 photos of a and only 3 of b" in quality.unevenness({"a": 500, "b": 3})
    assert quality.unevenness({"a": 20, "b": 3}) == ""
