"""A dataset opened on Data: its sections, the check, the queue of findings and the decisions."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import adding, catalogue, review
from core.errors import IncompleteError
from core.reviewing import check, findings
from core.reviewing.findings import Finding, Findings, Kind
from tests.conftest import TINY_CLASSES, drawing, encoded
from tests.pages.conftest import key_of, page, room

BAD, TWIN = "train/bars/00.png", "test/disc/again.png"


@pytest.fixture
def wardrobe(tiny_dataset: Path, tmp_path: Path) -> str:
    """A checked dataset with a photo that can't be read, one of a doubtful class, and a copy in another split."""
    folder = Path(shutil.copytree(tiny_dataset, tmp_path / "photos"))
    (folder / BAD).write_bytes(b"no photo")
    shutil.copy(folder / "train" / "disc" / "00.png", folder / TWIN)
    adding.add_folder("My Wardrobe", folder)
    findings.write(
        "my-wardrobe",
        Findings(
            date="2026-01-01T12:00:00+00:00",
            photos=37,
            findings=(
                Finding(kind=Kind.UNREADABLE, photos=(BAD,), reason="It is not a photo.", remedy="leave out"),
                Finding(
                    kind=Kind.COPY_ACROSS_SPLITS,
                    photos=(TWIN, "train/disc/00.png"),
                    reason="They are the same photo in different splits: scores on it mean nothing.",
                    remedy="split",
                    to="train",
                ),
                Finding(
                    kind=Kind.LABEL,
                    photos=("train/frame/01.png",),
                    reason="It looks more like 'disc'.",
                    remedy="class",
                    to="disc",
                ),
                Finding(kind=Kind.FEW, reason="The class 'bars' has only 5 training photos: add more of it."),
            ),
        ),
    )
    return "my-wardrobe"


def grid(app: AppTest) -> dict[str, Any]:
    """What the photo grid was drawn with."""
    drawn = [json.loads(each.proto.json or each.proto.mixed.json or "{}") for each in app.get("bidi_component")]
    (shown,) = [data for data in drawn if "tiles" in data]
    return dict(shown)


def act(app: AppTest, name: str, number: int, action: str, *photos: str) -> AppTest:
    """Let an act arrive from the browser: an action with this name, or that begins with it and names a finding."""
    if app.get("bidi_component"):
        named = [each["key"] for each in grid(app)["actions"] if each["key"].startswith(f"{action} ")]
        action = named[0] if named else action
    sent = {"instance": "i", "number": number, "action": action, "photos": list(photos)}
    app.session_state[f"queue-grid-{name}"] = {"acts": [sent]}
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.success, *app.error, *app.warning)
    return "\n".join(element.value for element in shown).replace("\\", "")


def choose(app: AppTest, label: str, kind: Kind) -> AppTest:
    next(box for box in app.selectbox if box.label == label).set_value(kind).run()
    assert not app.exception
    return app


def test_a_dataset_is_opened_and_left(wardrobe: str) -> None:
    app = page("data")
    app.button(key=f"open-{wardrobe}").click().run()
    assert [element.value for element in app.subheader] == ["My Wardrobe"]
    assert "37 photos in 3 classes: 18 training, 9 validation, 10 test" in texts(app)
    app.button(key="data-close").click().run()
    assert "Health" in [element.value for element in app.subheader]
    assert not app.exception


@pytest.mark.parametrize("section", ["Overview", "Photos", "Findings", "Map", "Manage"])
def test_every_section_before_and_after_a_check(tiny: str, section: str) -> None:
    assert not room("tiny", section).exception
    check.check("tiny")
    app = room("tiny", section)
    assert not app.exception
    assert "Checked 36 photos" in texts(app)


def test_the_drawn_garments_can_be_opened() -> None:
    app = room(catalogue.DRAWN)
    assert "drawings in 10 classes" in texts(app)


def test_a_suggestion_is_carried_out_and_undone(wardrobe: str) -> None:
    app = room(wardrobe, "Findings")
    assert grid(app)["tiles"][0]["name"] == BAD
    act(app, wardrobe, 1, "suggested", BAD)
    assert review.of(wardrobe).changes()[BAD].left_out
    assert "36 photos in 3 classes" in texts(room(wardrobe))
    act(app, wardrobe, 2, "undo")
    assert not review.of(wardrobe).standing
    act(app, wardrobe, 2, "undo")  # the same act again
    assert len(review.of(wardrobe).decisions) == 1


def test_a_doubtful_class_is_corrected_kept_or_set_to_another(wardrobe: str) -> None:
    photo = "train/frame/01.png"
    for number, (action, label) in enumerate([("suggested", "disc"), ("class bars", "bars"), ("keep", "")], 1):
        app = choose(room(wardrobe, "Findings"), "Findings", Kind.LABEL)
        assert "→ disc" in [text for text, _ in grid(app)["tiles"][0]["badges"]]
        act(app, wardrobe, number, action, photo)
        assert review.of(wardrobe).changes()[photo].label == label
        (decision,) = review.of(wardrobe).standing
        assert decision.reason == "label"
        review.undo(wardrobe)


def test_all_photos_of_a_finding_are_decided_at_once(wardrobe: str) -> None:
    app = choose(room(wardrobe, "Findings"), "Findings", Kind.COPY_ACROSS_SPLITS)
    assert [tile["name"] for tile in grid(app)["tiles"]] == [TWIN, "train/disc/00.png"]
    act(app, wardrobe, 1, "suggested")
    assert len(catalogue.load(wardrobe).splits["train"]) == 19
    review.undo(wardrobe)
    app = choose(room(wardrobe, "Findings"), "Findings", Kind.COPY_ACROSS_SPLITS)
    act(app, wardrobe, 2, "keep all")
    assert {(d.photo, d.action) for d in review.of(wardrobe).standing} == {(TWIN, "keep")}


def test_suggestions_for_several_photos_are_undone_at_once(wardrobe: str) -> None:
    result = findings.read(wardrobe)
    photos = ["train/frame/01.png", "train/frame/02.png"]
    doubts = [
        Finding(kind=Kind.LABEL, photos=(photo,), reason="It looks wrong.", remedy="class", to=label)
        for photo, label in zip(photos, ("disc", "bars"), strict=True)
    ]
    findings.write(wardrobe, result.model_copy(update={"findings": tuple(doubts)}))
    app = act(room(wardrobe, "Findings"), wardrobe, 1, "suggested", *photos)
    assert [review.of(wardrobe).changes()[photo].label for photo in photos] == ["disc", "bars"]
    app.button(key=f"undo-{wardrobe}-1").click().run()
    assert not app.exception
    assert not review.of(wardrobe).standing


def test_findings_about_classes_are_sentences(wardrobe: str) -> None:
    app = choose(room(wardrobe, "Findings"), "Findings", Kind.FEW)
    assert "'bars' has only 5 training photos" in texts(app)


def test_everything_decided_says_so(wardrobe: str) -> None:
    result = findings.read(wardrobe)
    findings.write(wardrobe, result.model_copy(update={"findings": result.findings[:1]}))
    review.decide(wardrobe, [BAD], "leave out", reason="unreadable")
    app = room(wardrobe, "Findings")
    assert "Everything is decided." in texts(app)
    app.button(key=f"undo-{wardrobe}-1").click().run()
    assert not app.exception
    assert not review.of(wardrobe).standing


def test_a_review_that_leaves_nothing_to_learn_from_can_be_undone(wardrobe: str) -> None:
    photos = [f"train/{label}/{number:02d}.png" for label in ("bars", "disc") for number in range(6)]
    review.decide(wardrobe, photos, "leave out")
    app = room(wardrobe)
    assert "at least two classes" in texts(app)
    app.button(key=f"undo-{wardrobe}").click().run()
    assert "37 photos in 3 classes" in texts(app)


def test_a_failed_check_says_why_and_nothing_is_lost(wardrobe: str) -> None:
    check._work(wardrobe)._write(check.Status(words="failed", error="The disk is full."))
    app = room(wardrobe)
    assert "The disk is full." in texts(app)
    assert "Checked 37 photos" in texts(app)


def test_a_check_is_started_once(wardrobe: str, no_worker: list[str]) -> None:
    app = room(wardrobe)
    app.button(key=f"check-{wardrobe}").click().run()
    assert no_worker == ["core.reviewing.check"]
    assert not app.exception
    assert app.button(key=f"check-{wardrobe}").disabled


def test_a_dataset_that_is_removed_while_it_is_open(wardrobe: str) -> None:
    app = room(wardrobe)
    shutil.rmtree(catalogue.own_folder(wardrobe))
    app.run()
    assert not app.exception
    assert "Health" in [element.value for element in app.subheader]


def test_photos_that_vanish_while_they_are_looked_at(wardrobe: str) -> None:
    app = room(wardrobe, "Photos")
    shutil.rmtree(catalogue.load(wardrobe).folder)
    app.run()
    assert not app.exception


# Loose photos


@pytest.fixture
def loose(tmp_path: Path) -> str:
    """A folder of photos without classes."""
    folder = tmp_path / "loose"
    folder.mkdir()
    for number in range(24):
        (folder / f"{chr(97 + number)}{7 * number}.png").write_bytes(
            encoded(drawing(TINY_CLASSES[number % 2], 37 * number, 64), "PNG")
        )
    with pytest.raises(IncompleteError, match="24 photos of 'Loose' must be sorted into classes"):
        adding.add_folder("Loose", folder)
    return "loose"


def sort(app: AppTest, number: int, action: str, *photos: str) -> AppTest:
    sent = {"instance": "i", "number": number, "action": action, "photos": list(photos)}
    app.session_state["wall-grid-sort-loose"] = {"acts": [sent]}
    app.run()
    assert not app.exception
    return app


def test_loose_photos_are_sorted_split_and_learned_from(loose: str) -> None:
    app = room(loose)
    assert "must be sorted into classes" in texts(app)
    assert "Add a class first" in texts(app)
    for label in ("bars", "disc"):
        app.text_input(key=key_of(app, "data-sort-class")).set_value(label).run()
        app.button(key="sort-add-loose").click().run()
    names = [tile["name"] for tile in grid(app)["tiles"]]
    assert len(names) == 24
    sort(app, 1, "class bars", *names[0::2])
    sort(app, 2, "class disc", *names[1::2][:-1])
    assert [tile["name"] for tile in grid(app)["tiles"]] == [names[-1]]
    sort(app, 3, "class disc", names[-1])
    assert "All photos are in classes." in texts(app)
    app.button(key="sort-split-loose").click().run()
    assert not app.exception
    dataset = catalogue.load(loose)
    assert dataset.classes == ("bars", "disc")
    assert sum(map(len, dataset.splits.values())) == 24
    assert len(dataset.splits["validation"]) >= 2


def test_a_loose_photo_beside_classes_can_be_sorted(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_dataset / "train", tmp_path / "photos"))
    shutil.copy(folder / "bars" / "00.png", folder / "new.png")
    (folder / "new.png").write_bytes(encoded(drawing("bars", 999, 64), "PNG"))
    adding.add_folder("mine", folder)
    app = room("mine", "Sort")
    assert "in no class yet" in texts(app)
    app.session_state["wall-grid-sort-mine"] = {
        "acts": [{"instance": "i", "number": 1, "action": "class bars", "photos": ["new.png"]}]
    }
    app.run()
    assert not app.exception
    assert (folder / "new.png") in catalogue.load("mine").splits["train"].paths
