"""Predict in Streamlit's test runner: the answers, the gallery and the dialog."""

import json

import numpy as np
import pytest

from core.answering.head import Head
from core.answering.pieces import Work
from tests.fabricated import saved_model
from tests.pages.conftest import click, key_of, page
from tests.pages.predicting import (
    BLUE,
    CAUTION,
    GREY,
    MIXED,
    ORANGE,
    RATES,
    RED,
    SCORE,
    answered,
    ask,
    captions,
    cards,
    labels,
    many,
    open_card,
    table,
    texts,
)


def test_a_single_photo_is_shown_in_full() -> None:
    app = answered(a_png=RED)
    assert [element.value for element in app.subheader] == ["Almost certainly a red"]
    assert "over 99% sure: about 99 of 100 such answers are right, for photos of its classes." in texts(app)
    assert len(app.get("plotly_chart")) == 1
    assert not cards(app)


def test_a_single_photo_among_broken_files_is_shown_in_full() -> None:
    app = answered(a_png=RED, b_jpg=b"text")
    assert [element.value for element in app.subheader] == ["Almost certainly a red"]
    assert app.error
    assert not cards(app)


def test_only_broken_files_give_a_list_and_no_gallery() -> None:
    app = answered(a_jpg=b"text", b_png=b"")
    assert not cards(app)
    assert not app.subheader
    assert "2 could not be read" in texts(app)


def test_bars_show_the_best_three_answers_and_an_expander_shows_all() -> None:
    labels = [f"kind {i}" for i in range(5)]
    folder = saved_model("five", labels=labels)
    Head((np.eye(3, 5, dtype=np.float32) / 25.5,), (np.zeros(5, np.float32),), "relu").save(folder / "head.npz")
    app = ask(page("predict"), a_png=RED)
    front, everything = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert len(front["data"][0]["y"]) == 3
    assert len(everything["data"][0]["y"]) == 5
    assert any(expander.label == "All 5 answers" for expander in app.expander)


def test_a_doubt_is_a_sentence_with_the_second_answer() -> None:
    app = answered(grey_png=GREY)
    assert app.warning[0].value.startswith("Not sure")
    assert "The second answer is a green." in app.warning[0].value
    assert app.subheader[0].value == "Perhaps a red"


def test_a_photo_unlike_all_classes_gets_no_label() -> None:
    saved_model("picky", thresholds={"probability": 0.5, "similarity": 0.99})
    app = ask(page("predict"), a_png=RED)
    assert app.subheader[0].value == "Probably none of these"
    assert "If it must be one of these: a red." in app.warning[0].value
    assert "**1 photo**: 1 probably not clothing" in texts(app)
    assert "such answers are right" not in texts(app)


def test_the_gallery_is_filtered_by_answer_and_by_doubt() -> None:
    app = answered(**MIXED)
    assert cards(app) == [
        "Almost certainly a red",
        "Perhaps a red",
        "Almost certainly a blue",
        "Almost certainly a red",
    ]
    labels(app).set_value(["blue"]).run()
    assert cards(app) == ["Almost certainly a blue"]
    labels(app).set_value([]).run()
    app.segmented_control(key=key_of(app, "predict-kind")).set_value("Not sure").run()
    assert cards(app) == ["Perhaps a red"]
    app.segmented_control(key=key_of(app, "predict-kind")).set_value("Confident").run()
    assert len(cards(app)) == 3
    app.segmented_control(key=key_of(app, "predict-kind")).set_value("Could not be read").run()
    assert cards(app) == []
    assert not app.exception


def test_the_gallery_is_sorted() -> None:
    app = answered(**MIXED)
    app.selectbox(key=key_of(app, "predict-order")).set_value("name").run()
    names = [caption.split(" · ")[-1] for caption in captions(app) if caption.endswith(".png")]
    assert names == ["a.png", "b.png", "c.png", "d.png"]
    app.selectbox(key=key_of(app, "predict-order")).set_value("least sure").run()
    assert cards(app)[0] == "Perhaps a red"


def test_start_over_shows_all_even_if_the_browser_sends_the_old_filter_again() -> None:
    app = answered(**MIXED)
    app.segmented_control(key=key_of(app, "predict-kind")).set_value("Not sure").run()
    app.selectbox(key=key_of(app, "predict-order")).set_value("name").run()
    app.button(key="predict-clear").click().run(timeout=30)
    app.session_state["predict-kind"], app.session_state["predict-order"] = "Not sure", "name"
    app.file_uploader(key="predict-photos-1").upload("b.png", BLUE).upload("a.png", RED)
    app.run()
    assert cards(app) == ["Almost certainly a blue", "Almost certainly a red"]
    assert app.segmented_control(key=key_of(app, "predict-kind-1")).value == "All"


def test_many_cards_are_on_several_pages() -> None:
    saved_model("colours")
    app = ask(page("predict"), **many(30))
    for _ in range(10):
        app.run()
    assert len(cards(app)) == 24
    assert "Page 1 of 2" in captions(app)
    assert app.button(key="predict-previous-page").disabled
    click(app, "predict-next-page")
    assert app.button(key="predict-next-page").disabled
    assert len(cards(app)) == 6
    app.selectbox(key=key_of(app, "predict-order")).set_value("name").run()
    assert len(cards(app)) == 24  # a new order starts at its first page
    app.selectbox(key=key_of(app, "predict-order")).set_value("given").run()
    assert "Page 1 of 2" in captions(app)


def test_less_caution_doubts_less_at_once_and_changes_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    saved_model("colours", thresholds_at=RATES)
    app = ask(page("predict"), a_png=ORANGE, b_png=RED)
    assert "**2 photos**: 1 confident, 1 unsure" in texts(app)
    assert [row["unsure"] for row in table(app)] == [True, False]
    monkeypatch.setattr(Work, "answer_some", lambda *_: pytest.fail("the network ran again"))
    app.select_slider(key=key_of(app, CAUTION)).set_value(0.01).run()
    assert "**2 photos**: 2 confident" in texts(app)
    assert [row["unsure"] for row in table(app)] == [False, False]
    app.select_slider(key=key_of(app, CAUTION)).set_value(0.2).run()
    assert not app.exception
    assert "1 probably not clothing" in texts(app) or "1 unsure" in texts(app)


def test_sets_name_the_classes_of_which_one_is_right_on_the_cards() -> None:
    saved_model("colours", sets={"0.9": {"shared": 0.05, "by_class": {}}})
    app = ask(page("predict"), a_png=ORANGE, b_png=RED)
    assert not any("One of" in card for card in cards(app))
    app.selectbox(key=key_of(app, "predict-certainty")).set_value(0.9).run()
    assert not app.exception
    orange, red = cards(app)
    assert orange.startswith("One of ")
    assert {"red", "green"} <= set(orange.partition("*")[0].removeprefix("One of ").split(", "))
    assert red.startswith("Almost certainly a red")


def test_a_model_without_sets_offers_none() -> None:
    saved_model("colours")
    app = ask(page("predict"), a_png=ORANGE, b_png=RED)
    assert "predict-certainty" not in [box.key for box in app.selectbox]


def test_a_model_with_one_rate_has_no_caution_to_choose() -> None:
    assert not answered(a_png=RED).select_slider


def test_a_model_without_caution_levels_uses_its_own_thresholds() -> None:
    saved_model("new", validation=0.9, thresholds_at=RATES)
    saved_model("old", validation=0.2)
    app = ask(page("predict"), a_png=GREY, b_png=RED)
    app.select_slider(key=key_of(app, CAUTION)).set_value(0.01).run()
    app.selectbox(key=key_of(app, "predict-model")).set_value("old").run()
    assert not app.exception
    assert "1 confident, 1 unsure" in texts(app)


def test_names_and_labels_on_cards_are_never_read_as_markdown() -> None:
    evil = "![x](http:evil) **b** &sol; $a$ :red[c]"
    saved_model("colours", labels=[evil, "green", "blue"], scores={"validation": SCORE, "test": SCORE})
    app = page("predict")
    for name, data in (("1.png", RED), ("2.png", GREY), ("1.jpg", b"no photo"), ("2.jpg", b"no photo")):
        app.file_uploader(key="predict-photos").upload(evil + name, data)
    app.run()
    open_card(app, 1)
    click(app, "predict-where-button")
    visible = [element.value for kind in (app.markdown, app.caption, app.warning, app.subheader) for element in kind]
    visible += [button.label for button in app.button] + cards(app)
    visible += [option.content for group in app.button_group for option in group.proto.options]
    assert len([text for text in visible if "evil" in text]) > 8
    assert not [text for text in visible if "![x]" in text or "&sol;" in text.replace("\\&", "")]


# The dialog


def test_a_card_opens_the_photo_and_buttons_lead_to_the_others() -> None:
    app = open_card(answered(a_png=RED, b_png=BLUE), 1)
    assert app.subheader[0].value == "Almost certainly a blue"
    assert "2 of 2" in captions(app)
    assert app.button(key="predict-next").disabled
    click(app, "predict-previous")
    assert app.subheader[0].value == "Almost certainly a red"
    assert "1 of 2" in captions(app)


def test_the_dialog_follows_the_filter() -> None:
    app = answered(**MIXED)
    labels(app).set_value(["blue"]).run()
    open_card(app, 0)
    assert "1 of 1" in captions(app)
    assert app.subheader[0].value == "Almost certainly a blue"


def test_start_over_closes_the_dialog() -> None:
    app = open_card(answered(a_png=RED, b_png=BLUE), 0)
    click(app, "predict-clear")
    app.run()
    assert not app.subheader
    assert not app.exception


def test_the_heat_map_is_laid_over_the_photo() -> None:
    app = answered(a_png=RED)
    plain = app.get("image")[0].proto.imgs[0].url if app.get("image") else ""
    click(app, "predict-where-button")
    assert not app.exception
    assert any("Bright parts support a red" in caption for caption in captions(app))
    assert app.get("image")[0].proto.imgs[0].url != plain
    strong = app.get("image")[0].proto.imgs[0].url
    app.slider(key=key_of(app, "predict-map-opacity")).set_value(10).run()
    assert app.get("image")[0].proto.imgs[0].url != strong


def test_an_empty_heat_map_is_a_caption() -> None:
    app = answered(a_png=RED)
    click(app, "predict-where-button")
    (choice,) = (group for group in app.segmented_control if group.label == "Evidence for")
    choice.set_value("blue").run()
    assert not app.exception
    assert any("No part of this photo supports a blue" in caption for caption in captions(app))


def test_pictures_and_maps_are_few_and_removed_with_their_photos() -> None:
    saved_model("colours")
    app = ask(page("predict"), **many(16))
    for _ in range(10):
        app.run()
    open_card(app, 0)
    for _ in range(15):
        click(app, "predict-next")
    assert len(app.session_state["predict-pictures"]) <= 12
    click(app, "predict-clear")
    app.run()
    assert not app.session_state["predict-pictures"]
