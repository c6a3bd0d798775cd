"""What Augment has for showing: the divider, the projector view, one draw on several photos, loops, and the receipt."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import photos, workspace
from core.augment import preview, receipt, recipe
from core.datasets import catalogue
from core.files import records
from core.photos.photo import Photo
from core.runs.folder import look_all, read_status
from pages.augmenting import downloads, pictures
from pages.frame import markdown
from tests.conftest import Pixels
from tests.fabricated import saved_model
from tests.pages.augmenting import captions, choose, open_link
from tests.pages.conftest import click, finished_run, key_of, page, session_value

ROTATION = (recipe.step("rotation"),)


def sent(app: AppTest, part: str) -> dict[str, Any]:
    """What the component whose data have this part gets."""
    data = [json.loads(each.proto.json or each.proto.mixed.json or "{}") for each in app.get("bidi_component")]
    (found,) = (each for each in data if part in each)
    return dict(found)


def pixels(picture: str) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))


def first_photo() -> bytes:
    return catalogue.load("tiny").splits["train"].paths[0].read_bytes()


# The divider


def test_the_divider_shows_the_photo_before_and_after(tiny: str) -> None:
    app = page("augment")
    square = photos.square(first_photo(), pictures.SIZE)
    data = sent(app, "before")
    assert np.array_equal(pixels(data["before"]), square)
    end = preview.strip(square, "rotation", {}, 7)[-1]
    assert np.array_equal(pixels(data["after"]), end.pixels)
    assert data["caption"] == "Rotation 15° ↺"
    app.selectbox(key=key_of(app, "augment-after-transform")).set_value("View 3").run()
    third = preview.draws(square, photos.key_number(photos.key(first_photo())), ROTATION, 0, 3)[2]
    assert np.array_equal(pixels(sent(app, "before")["after"]), third.pixels)
    assert sent(app, "before")["caption"] == f"View 3: {third.caption}"


def test_without_a_change_there_is_only_the_photo(tiny: str) -> None:
    app = choose(page("augment"), "border")
    assert captions(app) == [""]
    assert app.button(key="augment-present").disabled
    assert not app.get("download_button")


# The projector view


def test_the_projector_view_has_an_address(tiny: str) -> None:
    app = page("augment")
    assert sent(app, "isOpen") == {"isOpen": False}
    click(app, "augment-present")
    data = sent(app, "isOpen")
    assert app.query_params["show"] == "projector"
    assert data["isOpen"]
    assert [draw["label"] for draw in data["draws"]] == [f"View {view}" for view in range(1, 13)]
    assert [step["label"] for step in data["steps"]] == ["Original", "Rotation"]
    del app.query_params["show"]  # the browser's Back
    app.run()
    assert sent(app, "isOpen") == {"isOpen": False}
    assert "show" not in app.query_params
    assert sent(open_link(show="projector"), "isOpen")["isOpen"]


@pytest.mark.parametrize("query", [{"show": "nonsense"}, {"show": "projector", "recipe": "[]", "view": "The recipe"}])
def test_there_is_nothing_to_project(tiny: str, query: dict[str, str]) -> None:
    assert sent(open_link(**query), "isOpen") == {"isOpen": False}


def test_the_steps_are_those_of_the_draw_that_the_browser_asks_for(tiny: str) -> None:
    app = page("augment")
    app.session_state["recipe"] = ("rotation", "brightness")
    app.session_state["augment-view"] = "The recipe"
    click(app, "augment-present")
    number = photos.key_number(photos.key(first_photo()))
    square = photos.square(first_photo(), pictures.SIZE)
    steps = (*ROTATION, recipe.step("brightness"))
    expected = preview.steps(square, number, steps, 0, 0)[:-1]
    assert [pixels(step["picture"]).tolist() for step in sent(app, "isOpen")["steps"]] == [
        each.pixels.tolist() for each in expected
    ]


# One draw on several photos


def several(app: AppTest) -> AppTest:
    app.session_state["augment-several"] = True
    app.run()
    assert not app.exception
    return app


def test_several_photos_get_one_draw_or_their_own(tiny: str) -> None:
    app = several(page("augment"))
    shown = captions(app)[19:]
    assert len(shown) == 6
    assert [caption.split(" · ")[0] for caption in shown] == [f"bars {number}" for number in range(1, 7)]
    assert len({caption.split(" · ")[1] for caption in shown}) == 1
    assert any("Training does not do this" in text.value for text in app.markdown)
    app.segmented_control(key=key_of(app, "augment-several-values")).set_value("As in training").run()
    assert len({caption.split(" · ")[1] for caption in captions(app)[19:]}) > 3
    assert any("This is what training sees" in text.value for text in app.markdown)


def test_the_photos_may_be_of_several_classes_or_none(tiny: str) -> None:
    app = several(page("augment"))
    app.multiselect(key=key_of(app, "augment-several-classes-tiny")).set_value(["disc", "frame"]).run()
    names = [caption.split(" · ")[0] for caption in captions(app)[19:]]
    assert names == ["disc 1", "frame 1", "disc 2", "frame 2", "disc 3", "frame 3"]
    app.number_input(key=key_of(app, "augment-several-from")).set_value(6).run()
    assert [caption.split(" · ")[0] for caption in captions(app)[19:]][:4] == ["disc 6", "frame 6", "disc 1", "frame 1"]
    app.multiselect(key=key_of(app, "augment-several-classes-tiny")).set_value([]).run()
    assert not app.exception
    assert any("Choose photos" in info.value for info in app.info)


# Loops


@pytest.mark.parametrize(("ending", "frames", "most"), [("gif", 12, 1_500_000), ("webp", 12, 400_000), ("png", 1, 3e6)])
def test_the_draws_can_be_downloaded(tiny: str, ending: str, frames: int, most: float) -> None:
    app = page("augment")
    assert [button.proto.label for button in app.get("download_button")] == ["GIF", "WebP", "PNG"]
    content = downloads.file(ending, Photo(first_photo(), "a.png"), ROTATION, 0)
    assert len(content) < most
    with Image.open(io.BytesIO(content)) as file:
        assert getattr(file, "n_frames", 1) == frames


# The receipt


def opened_receipt(app: AppTest) -> list[str]:
    app.session_state["augment-receipt"] = True
    app.run()
    assert not app.exception
    return [text.value for text in app.markdown]


def test_the_preview_says_who_has_its_receipt(tiny: str) -> None:
    mine = receipt.of(ROTATION, 0)
    app = page("augment")
    assert "No run has this receipt yet." in opened_receipt(app)
    assert mine in [code.value for code in app.code]
    run_id = finished_run(tiny, name="seen *before*", recipe=recipe.to_json(ROTATION))
    folder = workspace.runs() / run_id
    records.write(folder / "status.json", read_status(folder).model_copy(update={"receipt": mine}))
    saved_model("colours", receipt=mine)
    texts = opened_receipt(page("augment"))
    assert any(text.startswith("Same receipt: 1 run (seen") and "*before*" not in text for text in texts), texts
    assert "Same receipt: 1 saved model (colours)." in texts
    empty = click(page("augment"), "recipe-remove-rotation")
    assert not session_value(empty, "augment-receipt")


def test_a_run_says_whether_it_saw_the_preview(tiny: str) -> None:
    run_id = finished_run(tiny, recipe=recipe.to_json(ROTATION), image_size=150)
    folder = workspace.runs() / run_id
    old = [caption.value for caption in page("train").caption]
    assert not any("eceipt" in text for text in old), "a run of an earlier version has none"
    mine = receipt.of(ROTATION, 0)
    records.write(folder / "status.json", read_status(folder).model_copy(update={"receipt": mine}))
    app = page("train")
    assert look_all()[0].status.receipt == mine
    expected = f"Same receipt as the preview on Augment: {mine}. Training saw what the preview shows, resized to 150 px"
    assert any(markdown.plain(expected) in caption.value for caption in app.caption)
    app.switch_page("pages/augment.py").run()
    app.number_input(key=key_of(app, "augment-seed")).set_value(9).run()
    app.switch_page("pages/train.py").run()
    expected = f"Receipt {mine}. The preview on Augment has {receipt.of(ROTATION, 9)} now"
    assert any(markdown.plain(expected) in caption.value for caption in app.caption)


def test_the_card_of_a_model_names_its_receipt(tiny: str) -> None:
    settings = {"dataset": tiny, "recipe": recipe.to_json(ROTATION), "image_size": 299}
    mine = receipt.of(ROTATION, 0)
    saved_model("seen", receipt=mine, config=settings)
    saved_model("other", receipt="ABCD-EFGH", config=settings)
    saved_model("unreadable", receipt=mine, config={"dataset": tiny, "of": "a later version"})
    saved_model("old", config=settings)
    expected = {
        "seen": f"Same receipt as the preview on Augment: {mine}. Training saw what the preview shows.",
        "other": f"Receipt ABCD-EFGH. The same recipe and seed give {mine} today",
        "unreadable": f"Receipt {mine}.",
    }

    def script(name: str) -> None:
        import streamlit as st

        from core.answering import shelf
        from pages.runs import card_lines

        model = shelf.model(name)
        st.text("\n".join(card_lines.of(model, *card_lines.score_of(model))))

    for name in ("seen", "other", "unreadable", "old"):
        app = AppTest.from_function(script, args=(name,), default_timeout=30).run()
        assert not app.exception
        text = app.text[0].value
        assert ("eceipt" in text) == (name in expected), name
        assert markdown.plain(expected.get(name, "")) in text, name
