"""What people decide about photos: the last word counts, everything can be undone, and nothing is lost or moved."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, review
from core.datasets.arranging import Change
from core.errors import DatasetError
from core.shell.main import main

PHOTO = "train/disc/00.png"


@pytest.fixture
def photos(tiny_dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_dataset, tmp_path / "clothes"))


@pytest.fixture
def mine(photos: Path) -> catalogue.Dataset:
    return adding.add_folder("mine", photos)


def sizes(dataset: catalogue.Dataset | None = None) -> tuple[int, ...]:
    dataset = dataset or catalogue.load("mine")
    return tuple(len(split) for split in dataset.splits.values())


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_photos_are_left_out_moved_to_a_class_and_to_a_split(mine: catalogue.Dataset, photos: Path) -> None:
    before = everything(photos)
    review.decide("mine", ["train/disc/00.png", "train/disc/01.png"], "leave out", reason="blurred")
    review.decide("mine", ["train/disc/02.png"], "class", "frame")
    review.decide("mine", ["test/bars/09.png"], "split", "train")
    after = catalogue.load("mine")
    assert sizes(after) == (17, 9, 8)
    label = dict(zip(after.splits["train"].paths, after.splits["train"].labels, strict=True))
    assert after.classes[label[photos / "train/disc/02.png"]] == "frame"
    assert after.classes[label[photos / "test/bars/09.png"]] == "bars"
    assert sizes(catalogue.load("mine", reviewed=False)) == (18, 9, 9)
    assert everything(photos) == before


def test_the_last_word_counts_for_each_photo(mine: catalogue.Dataset) -> None:
    review.decide("mine", [PHOTO], "leave out")
    review.decide("mine", [PHOTO], "class", "bars")
    assert review.read(mine.own_folder).changes() == {PHOTO: Change(left_out=True, label="bars")}
    review.decide("mine", [PHOTO], "class", "frame")
    review.decide("mine", [PHOTO], "keep")
    assert review.read(mine.own_folder).changes() == {PHOTO: Change(label="frame")}
    review.decide("mine", [PHOTO], "split", "test")
    assert review.read(mine.own_folder).changes() == {PHOTO: Change(label="frame", split="test")}


def test_steps_are_undone_at_once_and_in_any_order(mine: catalogue.Dataset) -> None:
    first = review.decide("mine", [PHOTO, "train/bars/00.png"], "leave out")
    second = review.decide("mine", ["train/bars/01.png"], "leave out")
    third = review.decide("mine", ["train/bars/02.png"], "leave out")
    assert (first, second, third) == (1, 2, 3)
    assert sizes() == (14, 9, 9)
    assert len(review.undo("mine", first)) == 2
    assert sizes() == (16, 9, 9)
    assert [decision.photo for decision in review.undo("mine")] == ["train/bars/02.png"]
    assert [decision.photo for decision in review.undo("mine")] == ["train/bars/01.png"]
    assert review.undo("mine") == ()
    assert review.undo("mine", 77) == ()
    assert sizes() == (18, 9, 9)
    assert len(review.read(mine.own_folder).decisions) == 4  # with the dates of their undoing
    assert all(decision.undone for decision in review.read(mine.own_folder).decisions)
    assert review.decide("mine", [PHOTO], "keep") == 4  # a number is never given twice


def test_settled_findings_are_those_with_a_standing_decision(mine: catalogue.Dataset) -> None:
    review.decide("mine", [PHOTO], "keep", reason="dark")
    review.decide("mine", [PHOTO], "keep", reason="tiny")
    review.undo("mine")
    assert review.read(mine.own_folder).settled() == {(PHOTO, "dark")}


def test_two_people_who_decide_at_once_lose_nothing(mine: catalogue.Dataset) -> None:
    together = threading.Barrier(4)

    def decide(person: int) -> list[int]:
        together.wait(timeout=10)
        return [review.decide("mine", [f"train/disc/{person}-{n}.png"], "leave out") for n in range(15)]

    with ThreadPoolExecutor(4) as people:
        steps = [step for of_person in people.map(decide, range(4)) for step in of_person]
    decisions = review.read(mine.own_folder).decisions
    assert sorted(steps) == [decision.step for decision in decisions] == list(range(1, 61))
    assert len({decision.photo for decision in decisions}) == 60


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"decisions": [{"step": "x"}]}', b"\xff"])
def test_a_damaged_file_is_a_sentence_and_is_not_overwritten(mine: catalogue.Dataset, content: bytes) -> None:
    path = mine.own_folder / review.FILE
    path.write_bytes(content)
    for action in (
        lambda: catalogue.load("mine"),
        lambda: review.decide("mine", [PHOTO], "keep"),
        lambda: review.undo("mine"),
    ):
        with pytest.raises(DatasetError, match=r"review\.json is damaged: .*Rename the file"):
            action()
    assert path.read_bytes() == content
    assert sizes(catalogue.load("mine", reviewed=False)) == (18, 9, 9)
    path.unlink()
    assert review.decide("mine", [PHOTO], "keep") == 1  # the lock was given back


def test_a_review_that_leaves_nothing_to_learn_from_can_be_undone(mine: catalogue.Dataset, photos: Path) -> None:
    names = [path.relative_to(photos).as_posix() for path in photos.glob("validation/*/*")]
    step = review.decide("mine", names, "leave out")
    with pytest.raises(DatasetError, match=r"validation split .* has no photos"):
        catalogue.load("mine")
    assert main(["data", "list"]) == 0
    review.undo("mine", step)
    assert sizes() == (18, 9, 9)


def test_a_class_that_only_a_review_knows(mine: catalogue.Dataset) -> None:
    review.decide("mine", ["validation/disc/06.png"], "class", "ring")
    with pytest.raises(DatasetError, match="validation split has the class 'ring', which the train split lacks"):
        catalogue.load("mine")
    review.decide("mine", [PHOTO], "class", " ring ")
    assert catalogue.load("mine").classes == ("bars", "disc", "frame", "ring")


def test_photos_that_are_gone_do_no_harm(mine: catalogue.Dataset, photos: Path) -> None:
    review.decide("mine", [PHOTO, "train/disc/01.png"], "split", "test")
    (photos / PHOTO).unlink()
    review.decide("mine", ["train/nothing/x.png"], "class", "disc")
    assert sizes() == (16, 9, 10)


@pytest.mark.parametrize(
    ("action", "to"), [("split", "training"), ("split", ""), ("class", ""), ("class", " "), ("class", "x" * 101),
                       ("class", "a\nb")],
)  # fmt: skip
def test_decisions_that_make_no_sense_are_refused(mine: catalogue.Dataset, action: str, to: str) -> None:
    with pytest.raises(DatasetError, match="must"):
        review.decide("mine", [PHOTO], action, to)  # type: ignore[arg-type]
    assert not (mine.own_folder / review.FILE).exists()


def test_a_dataset_that_was_removed_meanwhile_does_not_come_back(home: Path) -> None:
    for action in (lambda: review.decide("gone", [PHOTO], "keep"), lambda: review.undo("gone")):
        with pytest.raises(DatasetError, match="There is no dataset 'gone' any more"):
            action()
    assert not (home / "datasets").exists()


def test_somebody_who_takes_too_long_is_waited_for_and_then_said(
    mine: catalogue.Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(review, "LOCK_SECONDS", 0.1)
    review.decide("mine", [PHOTO], "keep")
    with FileLock(home / "locks" / "review-mine.lock"), pytest.raises(DatasetError, match="Somebody else"):
        review.decide("mine", [PHOTO], "leave out")
    assert len(json.loads((mine.own_folder / review.FILE).read_text())["decisions"]) == 1


def test_decisions_of_one_act_are_undone_at_once(mine: catalogue.Dataset) -> None:
    photos = [f"train/{label}/00.png" for label in ("bars", "disc", "frame")]
    wishes = [
        review.Wish(photos[0], "class", "disc", "label"),
        review.Wish(photos[1], "split", "test", "backdrop"),
        review.Wish(photos[2], "leave out", reason="blurred"),
    ]
    step = review.record("mine", wishes)
    assert {decision.step for decision in review.of("mine").standing} == {step}
    assert review.of("mine").settled() == {(wish.photo, wish.reason) for wish in wishes}
    assert [decision.photo for decision in review.undo("mine")] == photos
    assert not review.of("mine").standing


def test_of_decisions_that_can_not_all_be_made_none_is(mine: catalogue.Dataset) -> None:
    wishes = [review.Wish(PHOTO, "keep"), review.Wish(PHOTO, "split", "nowhere")]
    with pytest.raises(DatasetError, match="must be train, validation or test"):
        review.record("mine", wishes)
    assert not review.of("mine").decisions
