"""Putting answers right on Predict: by click, by key, for many photos, kept or only on the page, and learned from."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.answering import shelf
from core.datasets import managing
from core.files import records
from core.files.background import Status
from core.teaching import corrections, learning
from core.teaching.kinds import NONE
from pages.predicting import putting_right
from tests.fabricated import saved_model
from tests.full_disk import limit_disk
from tests.pages.conftest import click, key_of
from tests.pages.predicting import BLUE, GREEN, GREY, ORANGE, PINK, RED, answered, captions, cards, texts

PHOTOS = {"a_png": RED, "b_png": GREY, "c_png": ORANGE, "d_png": BLUE, "e_jpg": b"text"}


def grid(app: AppTest) -> dict[str, Any]:
    """What the grid was drawn with."""
    sent = [json.loads(each.proto.json or each.proto.mixed.json or "{}") for each in app.get("bidi_component")]
    (data,) = [data for data in sent if "tiles" in data]
    return dict(data)


def tiles(app: AppTest) -> dict[str, dict[str, Any]]:
    """The tiles of the grid, by their caption."""
    return {tile["caption"]: tile for tile in grid(app)["tiles"]}


def badges(app: AppTest, name: str) -> list[str]:
    return [text for text, _ in tiles(app)[name]["badges"]]


def putting(**files: bytes) -> AppTest:
    """Predict with answers to these photos, in the grid."""
    app = answered(**files)
    app.toggle(key=key_of(app, "predict-put-right")).set_value(True).run()
    assert not app.exception
    return app


class Keys:
    """Acts of a person on the grid, numbered."""

    def __init__(self, app: AppTest) -> None:
        self.app, self.acts = app, list[dict[str, Any]]()

    def press(self, action: str, *names: str) -> AppTest:
        ids = [tiles(self.app)[name]["name"] for name in names]
        self.acts.append({"instance": "i", "number": len(self.acts) + 1, "action": action, "photos": ids})
        self.app.session_state[putting_right.KEY] = {"acts": list(self.acts)}
        self.app.run()
        assert not self.app.exception
        return self.app


def by_class() -> dict[str, int]:
    model = shelf.active()
    assert model is not None
    return corrections.by_class(model)


def menu(app: AppTest, what: str) -> str:
    """The key of an element of the small menu: its "class", "kind", "button" or "undo"."""
    elements = [*app.selectbox, *app.text_input, *app.button]
    (key,) = [each.key for each in elements if (each.key or "").startswith(f"predict-right-{what}-")]
    return str(key)


def learn(app: AppTest) -> AppTest:
    """Learn in this process, and draw the page again."""
    learning.learn("colours")
    app.run()
    assert not app.exception
    return app


def rows(app: AppTest) -> list[str]:
    (state,) = [app.session_state["predict-corrections"]]
    return [said.label for said in state.answers.values()]


def test_the_grid_shows_the_answers_and_a_key_for_each_class() -> None:
    app = putting(**PHOTOS)
    assert list(tiles(app)) == ["a.png", "b.png", "c.png", "d.png"]
    assert badges(app, "a.png") == ["red over 99%"]
    actions = grid(app)["actions"]
    assert [(each["label"], each["shortcut"]) for each in actions[:3]] == [("red", "1"), ("green", "2"), ("blue", "3")]
    keys = [each["shortcut"] for each in actions]
    assert len(set(keys)) == len(keys)
    assert [each["shortcut"] for each in actions if each["undo"]] == ["u"]


def test_many_photos_are_put_right_at_once_and_undone_at_once() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png", "c.png")
    assert badges(app, "b.png") == ["green", "not red"]
    assert badges(app, "c.png") == ["green", "not red"]
    assert badges(app, "a.png") == ["red over 99%"]
    app = keys.press("undo")
    assert badges(app, "b.png")[0].startswith("red")
    assert rows(app) == []


def test_photos_stay_where_they_are_while_they_are_put_right() -> None:
    app = putting(**PHOTOS)
    app.selectbox(key=key_of(app, "predict-order")).set_value("least sure").run()
    before = list(tiles(app))
    assert list(tiles(Keys(app).press("class blue", before[0]))) == before


def test_an_answer_can_be_called_right() -> None:
    app = Keys(putting(**PHOTOS)).press("right", "a.png", "d.png")
    assert badges(app, "a.png") == ["red: right"]
    assert badges(app, "d.png") == ["blue: right"]


def test_none_of_these_and_a_new_kind() -> None:
    app = putting(**PHOTOS)
    app.text_input(key=key_of(app, "predict-new-kind")).set_value("  Hoodie ").run()
    keys = Keys(app)
    keys.press("nothing", "b.png")
    app = keys.press("new", "c.png")
    assert badges(app, "b.png") == [NONE, "not red"]
    assert badges(app, "c.png") == ["Hoodie", "not red"]
    actions = grid(app)["actions"]
    assert ("Hoodie", "4") in [(each["label"], each["shortcut"]) for each in actions]
    app.text_input(key=key_of(app, "predict-new-kind")).set_value("HOODIE").run()
    assert badges(keys.press("new", "d.png"), "d.png") == ["Hoodie", "not blue"]


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "A new kind must have a name"), ("a\x07b", "1 to 100 printable characters")]
)
def test_a_kind_without_a_good_name_is_a_sentence(text: str, sentence: str) -> None:
    app = putting(**PHOTOS)
    app.text_input(key=key_of(app, "predict-new-kind")).set_value(text).run()
    app = Keys(app).press("new", "c.png")
    assert sentence in app.toast[0].value
    assert rows(app) == []


@pytest.mark.parametrize("kind", ["<script>alert(1)</script>", "**bold** [x](y)", "🧥", "Rock & Roll"])
def test_odd_names_are_text(kind: str) -> None:
    app = putting(**PHOTOS)
    app.text_input(key=key_of(app, "predict-new-kind")).set_value(kind).run()
    app = Keys(app).press("new", "c.png")
    assert len(rows(app)) == 1
    app.toggle(key=key_of(app, "predict-put-right")).set_value(False).run()
    assert not app.exception
    click(app, "predict-keep-yes")
    assert list(by_class()) == rows(app)


@pytest.mark.parametrize("action", ["class ", "class \x00", "nonsense", "class ../x"])
def test_nonsense_from_the_browser_changes_no_file(action: str, home: Path) -> None:
    app = Keys(putting(**PHOTOS)).press(action, "c.png")
    assert not app.exception
    assert not (home / "datasets").exists()


def test_without_a_yes_nothing_is_kept(home: Path) -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png")
    assert "Keep corrected photos on this machine" in texts(app)
    click(app, "predict-keep-no")
    keys.press("class green", "c.png")
    assert "2 answers checked, on this page only." in captions(app)
    assert "Keep corrected photos" not in texts(app)
    assert not (home / "datasets").exists()


def test_with_a_yes_all_are_kept_and_moved_and_taken_back() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png", "c.png")
    click(app, "predict-keep-yes")
    assert by_class() == {"green": 2}
    assert "2 answers checked; 2 photos kept on this machine." in captions(app)
    keys.press("class blue", "c.png")
    assert by_class() == {"green": 1, "blue": 1}
    keys.press("nothing", "a.png")
    assert by_class()[NONE] == 1
    keys.press("undo")
    assert by_class() == {"green": 1, "blue": 1}
    keys.press("undo")
    assert by_class() == {"green": 2}
    assert badges(app, "c.png") == ["green", "not red"]


def test_to_stop_keeping_keeps_what_is_kept() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png")
    click(app, "predict-keep-yes")
    click(app, "predict-keep-stop")
    keys.press("class green", "c.png")
    assert by_class() == {"green": 1}
    click(app, "predict-keep-yes")
    assert by_class() == {"green": 2}


def test_what_was_taken_back_in_the_menu_comes_back_on_the_disk_too() -> None:
    app = putting(**PHOTOS)
    keys = Keys(app)
    keys.press("class green", "b.png")
    click(app, "predict-keep-yes")
    keys.press("class blue", "b.png")
    assert (rows(app), by_class()) == (["blue"], {"blue": 1})
    keys.press("open", "b.png")
    click(app, menu(app, "undo"))
    assert (rows(app), by_class()) == ([], {})
    for said, on_disk in ((["blue"], {"blue": 1}), (["green"], {"green": 1}), ([], {})):
        keys.press("undo")
        assert (rows(app), by_class()) == (said, on_disk)


def test_a_disk_that_fails_leaves_page_and_disk_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png", "c.png")
    click(app, "predict-keep-yes")
    keys.press("class blue", "b.png", "c.png")
    with monkeypatch.context() as patch:
        limit_disk(patch, room=0)
        keys.press("undo")
        assert (rows(app), by_class()) == (["blue", "blue"], {"blue": 2})
        keys.press("class green", "b.png")
        assert (rows(app), by_class()) == (["blue", "blue"], {"blue": 2})
        keys.press("open", "b.png")
        click(app, menu(app, "undo"))
        assert (rows(app), by_class()) == (["blue", "blue"], {"blue": 2})
    keys.press("undo")
    assert (rows(app), by_class()) == (["green", "green"], {"green": 2})


def test_undo_goes_on_after_the_dataset_was_removed() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png")
    click(app, "predict-keep-yes")
    managing.remove(corrections.dataset_of(shelf.model("colours")))
    keys.press("undo")
    assert rows(app) == []


def test_confirmed_answers_are_not_called_put_right() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("right", "a.png", "d.png")
    app.toggle(key=key_of(app, "predict-put-right")).set_value(False).run()
    assert "Confirmed" in texts(app)
    assert "Put right, not" not in texts(app)
    click(app, "predict-keep-no")
    assert "2 answers checked, on this page only." in captions(app)
    click(app, next(button.key or "" for button in app.button if (button.key or "").startswith("open-")))
    assert "You confirmed this answer." in captions(app)


def test_starting_over_forgets_the_page_s_corrections_only() -> None:
    app = Keys(putting(**PHOTOS)).press("class green", "b.png")
    click(app, "predict-keep-yes")
    click(app, "predict-clear")
    assert rows(app) == []
    assert by_class() == {"green": 1}


def test_undo_does_not_reach_behind_starting_over() -> None:
    keys = Keys(putting(**PHOTOS))
    app = keys.press("class green", "b.png")
    click(app, "predict-keep-yes")
    click(app, "predict-clear")
    app.file_uploader(key="predict-photos-1").upload("a.png", RED).upload("b.png", GREY)
    app.run()
    keys.press("undo")
    assert by_class() == {"green": 1}


def test_the_gallery_and_the_counts_say_what_was_put_right() -> None:
    app = Keys(putting(**PHOTOS)).press("class green", "b.png")
    app.toggle(key=key_of(app, "predict-put-right")).set_value(False).run()
    assert "A green" in cards(app)
    assert "**5 photos**: 4 confident" in texts(app) or "confident" in texts(app)
    assert any("Put right, not red" in text for text in [*texts(app).splitlines()])


def test_a_single_answer_has_a_menu() -> None:
    app = answered(a_png=PINK)
    app.selectbox(key=menu(app, "class")).set_value("green").run()
    click(app, menu(app, "button"))
    assert app.subheader[0].value == "A green"
    assert any("The model had said: a red." in caption for caption in captions(app))
    click(app, menu(app, "undo"))
    assert rows(app) == []


def test_the_menu_takes_a_new_kind_and_nothing() -> None:
    app = answered(a_png=PINK)
    app.selectbox(key=menu(app, "class")).set_value("a new kind …").run()
    app.text_input(key=menu(app, "kind")).set_value("Hoodie").run()
    click(app, menu(app, "button"))
    assert app.subheader[0].value == "A Hoodie" or app.subheader[0].value == "A hoodie"
    click(app, menu(app, "undo"))
    app.selectbox(key=menu(app, "class")).set_value("none of these").run()
    click(app, menu(app, "button"))
    assert app.subheader[0].value == "None of these"


# Learning


def kept(count: int = 6) -> AppTest:
    """Predict with photos that are put right and kept."""
    files = {f"p{number}_png": photo for number, photo in enumerate((GREY, ORANGE, PINK, RED, GREEN, BLUE)[:count])}
    app = Keys(putting(**files)).press("class blue", *(name.replace("_", ".") for name in files))
    return click(app, "predict-keep-yes")


def test_a_click_learns_in_a_process_of_its_own(no_worker: list[str]) -> None:
    app = kept()
    dataset = corrections.dataset_of(shelf.model("colours"))
    button = app.button(key=f"predict-learn-{dataset}")
    assert button.label == "Learn from 6 corrections"
    button.click().run()
    assert no_worker == ["core.teaching.learning"]
    assert not app.exception
    app.run()  # a reload in the middle
    assert not [each for each in app.button if each.key == f"predict-learn-{dataset}"]


def test_a_failure_is_a_sentence_and_nothing_is_lost() -> None:
    app = kept()
    dataset = corrections.dataset_of(shelf.model("colours"))
    records.write(learning._work(dataset).file, Status(words="failed", error="The disk is full."))
    app.run()
    assert [error.value for error in app.error] == ["The disk is full."]
    click(app, "predict-learning-hide")
    assert not app.error
    assert by_class() == {"blue": 6}


def test_a_better_version_is_used_and_left_again() -> None:
    app = learn(kept())
    assert "What colours-corrected learned" in texts(app)
    assert any("6 corrections" in caption for caption in captions(app))
    click(app, "predict-version-colours-corrected")
    assert shelf.pinned() == "colours-corrected"
    assert "Back to this version" in [button.label for button in app.button]
    click(app, "predict-version-colours")
    assert shelf.pinned() == "colours"


def test_the_model_is_deleted_meanwhile() -> None:
    app = kept()
    dataset = corrections.dataset_of(shelf.model("colours"))
    saved_model("other")
    shelf.delete("colours")
    app.button(key=f"predict-learn-{dataset}").click().run()
    assert not app.exception
    assert any("no saved model 'colours'" in toast.value for toast in app.toast)


def test_the_corrections_are_removed_meanwhile() -> None:
    app = kept()
    managing.remove(corrections.dataset_of(shelf.model("colours")))
    app.run()
    assert not app.exception
    assert not [button for button in app.button if (button.key or "").startswith("predict-learn-")]


def test_a_new_kind_with_few_photos_is_said_to_wait() -> None:
    app = putting(**PHOTOS)
    app.text_input(key=key_of(app, "predict-new-kind")).set_value("Hoodie").run()
    Keys(app).press("new", "c.png")
    click(app, "predict-keep-yes")
    assert any("it needs 3 photos before the model learns it, got 1" in caption for caption in captions(app))


def test_nothing_is_shown_of_learning_before_there_is_something() -> None:
    app = answered(**PHOTOS)
    assert "Learning from corrections" not in [element.value for element in app.subheader]
