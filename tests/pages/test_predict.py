"""Predict through Streamlit's own test runner: photos in, answers, doubts and a table out, and what people do wrong."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import photos, words, workspace
from core.answering import classifier, shelf, tables
from core.answering.head import Head
from core.answering.pieces import Work
from core.datasets import catalogue, drawn
from core.photos.album import PhotoSource
from pages.predicting import model_card, tray, work
from tests.conftest import encoded
from tests.fabricated import saved_model
from tests.pages.conftest import colour, held, page

RED, GREEN, BLUE, GREY = colour(255, 0, 0), colour(0, 255, 0), colour(0, 0, 255), colour(128, 128, 128)
PINK = colour(255, 160, 140)  # red with .97, though not by much: doubted by a cautious model
RATES = {
    "0.01": {"probability": 0.3, "similarity": 0.1},
    "0.05": {"probability": 0.9, "similarity": 0.3},
    "0.2": {"probability": 0.999, "similarity": 0.55},
}
CAUTION = "predict-caution-0.01-0.05-0.2"  # of a model with thresholds at these rates


def ask(app: AppTest, **files: bytes) -> AppTest:
    """Drop files into the uploader; `name_png` becomes name.png."""
    uploader = app.file_uploader(key="predict-photos")
    for name, data in files.items():
        uploader.upload(name.replace("_", "."), data)
    app.run()
    assert not app.exception
    return app


def asked(**files: bytes) -> AppTest:
    saved_model("colours")
    return ask(page("predict"), **files)


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def cards(app: AppTest) -> list[str]:
    """What stands on the gallery's cards, in order."""
    return [button.label.strip("*") for button in app.button if (button.key or "").startswith("open-")]


def labels(app: AppTest) -> Any:
    """The filter by answers."""
    return next(group for group in app.button_group if (group.key or "").startswith("predict-labels-"))


def model_of(app: AppTest) -> str:
    """The name of the model that answers."""
    (name,) = (each.label for each in app.expander if each.label.startswith("The model: "))
    return name.removeprefix("The model: ").partition(",")[0]


def captions(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption]


def table(app: AppTest) -> list[dict]:
    """What the download would bring, which the test runner can't click: by the same functions, at the same caution."""
    (done,) = app.session_state["predict-answers"].values()
    model = classifier.load(shelf.active())
    rate = app.select_slider(key=held(app, CAUTION)).value
    judged = tables.results(done.answers.values(), lambda answer: model.doubts(answer, rate))
    return json.loads(tables.as_json(judged))


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def opened(app: AppTest, number: int) -> AppTest:
    """A card is clicked; the page then draws itself once more with the dialog."""
    buttons = [button for button in app.button if (button.key or "").startswith("open-")]
    buttons[number].click().run()
    assert not app.exception
    return app


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


# --- what comes in ---------------------------------------------------------------------------------------------------


def test_every_photo_is_answered_and_the_broken_one_named() -> None:
    app = asked(a_png=RED, b_png=BLUE, c_jpg=b"text, not a photo")
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    (error,) = app.error
    assert error.value.startswith("**c.jpg**: This is not a photo")
    assert "**2 answers** · 1 could not be read" in said(app)


def test_several_broken_files_are_one_list_with_a_line_each() -> None:
    app = asked(a_png=RED, b_jpg=b"text", c_png=b"", d_jpg=encoded(np.zeros((40, 40, 3), np.uint8), "JPEG")[:200])
    assert not app.error
    (listed,) = (element.value for element in app.markdown if element.value.startswith("- **b.jpg**"))
    assert [line.split(":")[0] for line in listed.splitlines()] == ["- **b.jpg**", "- **c.png**", "- **d.jpg**"]


def test_a_zip_is_opened_and_a_broken_one_costs_a_line() -> None:
    app = asked(all_zip=zipped(red_png=RED, blue_png=BLUE, notes_txt=b"hello"), bad_zip=b"PK\3\4 not really")
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    assert any("all.zip/red.png" in caption for caption in captions(app))
    (error,) = app.error
    assert error.value.startswith("**bad.zip**:")


def test_a_folder_can_be_given() -> None:
    saved_model("colours")
    app = page("predict")
    app.segmented_control(key=held(app, "predict-source")).set_value("Folder").run()
    uploader = app.file_uploader(key="predict-folder")
    assert uploader.accept_directory
    uploader.upload("holiday/red.png", RED).upload("holiday/blue.png", BLUE)
    app.run()
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    app.segmented_control(key=held(app, "predict-source")).set_value("Photos").run()
    assert len(cards(app)) == 2  # what came in before stays


def test_the_camera_is_not_opened_unasked() -> None:
    saved_model("colours")
    app = page("predict")
    assert not app.get("camera_input")
    app.segmented_control(key=held(app, "predict-source")).set_value("Camera").run()
    assert app.get("camera_input")
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert not app.get("camera_input")


def test_photos_survive_a_visit_to_another_page_and_are_forgotten_by_start_over() -> None:
    app = asked(a_png=RED, b_png=BLUE)
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert len(cards(app)) == 2
    ask(app, c_png=GREEN)
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue", "Almost certainly a green"]
    click(app, "predict-clear")
    app.run()
    assert cards(app) == []
    assert not app.session_state["predict-tray"]
    (work_done,) = app.session_state["predict-answers"].values()
    app.file_uploader(key="predict-photos-1").upload("d.png", RED)
    app.run()
    assert "Almost certainly a red" in {element.value for element in app.subheader}
    assert len(work_done.answers) == 1


def test_a_photo_taken_out_of_the_uploader_is_forgotten() -> None:
    saved_model("colours")
    app = page("predict")
    app.file_uploader(key="predict-photos").set_value([("a.png", RED, "image/png"), ("b.png", BLUE, "image/png")]).run()
    assert len(cards(app)) == 2
    app.file_uploader(key="predict-photos").set_value([("c.png", GREEN, "image/png")]).run()
    assert [element.value for element in app.subheader] == ["Almost certainly a green"]
    (work_done,) = app.session_state["predict-answers"].values()
    assert [one.name for one in work_done.answers.values()] == ["c.png"]


def test_too_many_photos_are_left_out_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tray, "MOST", 3)
    app = asked(a_png=RED, all_zip=zipped(b_png=RED, c_png=BLUE, d_png=GREEN, e_png=RED))
    assert len(cards(app)) == 3
    assert any("Of all.zip 2 photos were left out" in warning.value for warning in app.warning)
    assert app.run().warning  # until the next act
    click(app, "predict-clear")
    assert not app.run().warning


def test_no_photo_is_written_anywhere(home: Path) -> None:
    before = sorted(home.rglob("*"))
    app = asked(a_png=RED, all_zip=zipped(b_png=BLUE))
    opened(app, 0)
    new = [path for path in home.rglob("*") if path not in before and workspace.models() not in path.parents]
    assert [path for path in new if path != workspace.models()] == []


def test_examples_are_drawings_for_a_model_of_drawings() -> None:
    saved_model("drawn", dataset=catalogue.DRAWN)
    app = click(page("predict"), "predict-examples")
    assert len(cards(app)) == 6
    assert any(f"drawn {drawn.CLASSES[0]}.png" in caption for caption in captions(app))


def test_examples_are_test_photos_for_a_model_of_photos(tiny: str) -> None:
    saved_model("colours")
    app = click(page("predict"), "predict-examples")
    assert len(cards(app)) == 9  # all that its test split has


def test_without_a_photo_dataset_a_photo_model_has_no_examples() -> None:
    saved_model("colours")
    app = page("predict")
    assert not [button for button in app.button if button.key == "predict-examples"]
    assert any("Drop photos above" in info.value for info in app.info)


def test_a_dataset_that_is_gone_is_told() -> None:
    saved_model("colours")
    (workspace.datasets() / "gone").mkdir(parents=True)
    (workspace.datasets() / "gone" / "dataset.json").write_text('{"folder": "/no/such/folder"}')
    app = click(page("predict"), "predict-examples")
    assert any("/no/such/folder" in warning.value for warning in app.warning)


# --- work in pieces --------------------------------------------------------------------------------------------------


def many(count: int) -> dict[str, bytes]:
    return {f"p{i}_png": encoded(np.full((20 + i, 20, 3), (255, 0, 0), np.uint8), "PNG") for i in range(count)}


def test_many_photos_are_answered_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 0.0)  # one photo at a time
    saved_model("colours")
    app = ask(page("predict"), **many(5))
    (work_done,) = app.session_state["predict-answers"].values()
    seen = [len(work_done.answers)]
    assert seen[0] < 5
    assert app.button(key="predict-stop").label == "Stop"
    for _ in range(10):
        if seen[-1] == 5:
            break
        app.run()
        assert not app.exception
        seen.append(len(work_done.answers))
    assert seen == sorted(set(seen))
    assert seen[-1] == 5
    app.run()
    assert not [button for button in app.button if button.key == "predict-stop"]
    assert len(cards(app)) == 5


def test_work_can_be_stopped_and_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 0.0)
    saved_model("colours")
    app = ask(page("predict"), **many(6))
    click(app, "predict-stop")
    (work_done,) = app.session_state["predict-answers"].values()
    stopped_at = len(work_done.answers)
    app.run()
    app.run()
    assert len(work_done.answers) == stopped_at < 6
    assert "stopped" in app.get("progress")[0].proto.text
    click(app, "predict-go-on")
    app.run()
    assert len(work_done.answers) > stopped_at


def test_another_model_starts_over_and_the_first_ones_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 0.0)
    saved_model("good", validation=0.9)
    saved_model("other", validation=0.2, labels=["hat", "shoes", "skirt"])
    app = ask(page("predict"), **many(4))
    app.selectbox(key=held(app, "predict-model")).set_value("other").run()
    for _ in range(8):
        app.run()
    assert cards(app) == ["Almost certainly a hat"] * 4
    good, other = app.session_state["predict-answers"].values()
    assert 1 <= len(good.answers) < 4
    assert len(other.answers) == 4
    app.selectbox(key=held(app, "predict-model")).set_value("good").run()
    assert "Almost certainly a red" in cards(app)
    assert len(app.session_state["predict-answers"]) == 2


def test_no_more_than_three_models_answers_are_kept() -> None:
    for number in range(5):
        saved_model(f"m{number}")
    app = ask(page("predict"), a_png=RED)
    for number in range(5):
        app.selectbox(key=held(app, "predict-model")).set_value(f"m{number}").run()
    assert len(app.session_state["predict-answers"]) == work.MOST_MODELS


def test_a_piece_of_work_ends_when_its_time_is_over() -> None:
    """Photos that take a twentieth of a second each: the page is back soon, though far from all are answered."""
    saved_model("colours")

    def slowly() -> bytes:
        time.sleep(0.05)
        return RED

    given = {str(i): PhotoSource(f"{i}.png", slowly) for i in range(300)}
    done = Work()
    model = classifier.load(shelf.model("colours"))
    for _ in range(3):
        before = len(done.answers)
        start = time.monotonic()
        done.answer_some(model, given, work.PIECE)
        took = time.monotonic() - start
        assert before < len(done.answers) < 300
        assert took < 4 * work.PIECE  # it plans by what a photo took so far; a busy machine may take longer


def test_time_left_is_told_by_what_was_measured() -> None:
    done = Work()
    given = {str(i): None for i in range(10)}
    assert done.seconds_left(given) is None
    done.since = time.monotonic() - 4
    done.answers = {str(i): None for i in range(4)}
    assert done.seconds_left(given) == pytest.approx(6, abs=0.5)


# --- what comes out --------------------------------------------------------------------------------------------------


def test_one_photo_is_shown_at_large() -> None:
    app = asked(a_png=RED)
    assert [element.value for element in app.subheader] == ["Almost certainly a red"]
    assert "over 99% sure: of 100 such answers to photos of its kinds about 99 are right." in said(app)
    assert len(app.get("plotly_chart")) == 1
    assert not cards(app)


def test_one_photo_among_broken_ones_is_shown_at_large_too() -> None:
    app = asked(a_png=RED, b_jpg=b"text")
    assert [element.value for element in app.subheader] == ["Almost certainly a red"]
    assert app.error
    assert not cards(app)


def test_nothing_but_broken_files_is_a_list_and_no_gallery() -> None:
    app = asked(a_jpg=b"text", b_png=b"")
    assert not cards(app)
    assert not app.subheader
    assert "2 could not be read" in said(app)


def test_bars_show_the_best_three_and_the_rest_behind_more() -> None:
    labels = [f"kind {i}" for i in range(5)]
    folder = saved_model("five", labels=labels)
    Head((np.eye(3, 5, dtype=np.float32) / 25.5,), (np.zeros(5, np.float32),), "relu").save(folder / "head.npz")
    app = ask(page("predict"), a_png=RED)
    front, everything = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert len(front["data"][0]["y"]) == 3
    assert len(everything["data"][0]["y"]) == 5
    assert any(expander.label == "All 5 answers" for expander in app.expander)


def test_a_doubt_is_a_sentence_with_the_second_answer() -> None:
    app = asked(grey_png=GREY)
    assert app.warning[0].value.startswith("Not sure")
    assert "The second is a green." in app.warning[0].value
    assert app.subheader[0].value == "Perhaps a red"


def test_what_is_none_of_these_is_not_called_by_a_name() -> None:
    saved_model("picky", thresholds={"probability": 0.5, "similarity": 0.99})
    app = ask(page("predict"), a_png=RED)
    assert app.subheader[0].value == "Probably none of these"
    assert "If it had to be one of them: a red." in app.warning[0].value
    assert "1 probably none of these" in said(app)
    assert "sure: of 100" not in said(app)


MIXED = {"b_png": RED, "a_png": GREY, "d_png": BLUE, "c_png": RED, "e_jpg": b"text"}


def test_the_gallery_is_filtered_by_answer_and_by_doubt() -> None:
    app = asked(**MIXED)
    assert cards(app) == [
        "Almost certainly a red",
        "Perhaps a red",
        "Almost certainly a blue",
        "Almost certainly a red",
    ]
    labels(app).set_value(["blue"]).run()
    assert cards(app) == ["Almost certainly a blue"]
    labels(app).set_value([]).run()
    app.segmented_control(key=held(app, "predict-kind")).set_value("Not sure").run()
    assert cards(app) == ["Perhaps a red"]
    app.segmented_control(key=held(app, "predict-kind")).set_value("Confident").run()
    assert len(cards(app)) == 3
    app.segmented_control(key=held(app, "predict-kind")).set_value("Could not be read").run()
    assert cards(app) == []
    assert not app.exception


def test_the_gallery_is_sorted() -> None:
    app = asked(**MIXED)
    app.selectbox(key=held(app, "predict-order")).set_value("name").run()
    names = [caption.split(" · ")[-1] for caption in captions(app) if caption.endswith(".png")]
    assert names == ["a.png", "b.png", "c.png", "d.png"]
    app.selectbox(key=held(app, "predict-order")).set_value("least sure").run()
    assert cards(app)[0] == "Perhaps a red"


def test_starting_over_shows_all_even_if_the_browser_sends_the_old_filter_once_more() -> None:
    app = asked(**MIXED)
    app.segmented_control(key=held(app, "predict-kind")).set_value("Not sure").run()
    app.selectbox(key=held(app, "predict-order")).set_value("name").run()
    app.button(key="predict-clear").click().run(timeout=30)
    app.session_state["predict-kind"], app.session_state["predict-order"] = "Not sure", "name"
    app.file_uploader(key="predict-photos-1").upload("b.png", BLUE).upload("a.png", RED)
    app.run()
    assert cards(app) == ["Almost certainly a blue", "Almost certainly a red"]
    assert app.segmented_control(key=held(app, "predict-kind-1")).value == "All"


def test_many_cards_stand_on_several_pages() -> None:
    saved_model("colours")
    app = ask(page("predict"), **many(30))
    for _ in range(10):
        app.run()
    assert len(cards(app)) == 24
    assert "Page 1 of 2" in captions(app)
    assert app.button(key="predict-page-before").disabled
    click(app, "predict-next-page")
    assert app.button(key="predict-next-page").disabled
    assert len(cards(app)) == 6
    app.selectbox(key=held(app, "predict-order")).set_value("name").run()
    assert len(cards(app)) == 24  # another order begins at its first page
    app.selectbox(key=held(app, "predict-order")).set_value("given").run()
    assert "Page 1 of 2" in captions(app)


def test_a_bolder_model_doubts_less_at_once_and_the_table_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    saved_model("colours", thresholds_at=RATES)
    app = ask(page("predict"), a_png=GREY, b_png=RED)
    assert "1 of them not sure" in said(app)
    assert [line["unsure"] for line in table(app)] == [True, False]
    monkeypatch.setattr(Work, "answer_some", lambda *_: pytest.fail("the network ran again"))
    app.select_slider(key=held(app, CAUTION)).set_value(0.01).run()
    assert "not sure" not in said(app)
    assert [line["unsure"] for line in table(app)] == [False, False]
    app.select_slider(key=held(app, CAUTION)).set_value(0.2).run()
    assert not app.exception
    assert "1 probably none of these" in said(app) or "of them not sure" in said(app)


def test_a_model_with_one_rate_has_no_caution_to_choose() -> None:
    assert not asked(a_png=RED).select_slider


def test_a_caution_that_another_model_does_not_know_falls_back() -> None:
    saved_model("new", validation=0.9, thresholds_at=RATES)
    saved_model("old", validation=0.2)
    app = ask(page("predict"), a_png=GREY, b_png=RED)
    app.select_slider(key=held(app, CAUTION)).set_value(0.01).run()
    app.selectbox(key=held(app, "predict-model")).set_value("old").run()
    assert not app.exception
    assert "1 of them not sure" in said(app)


def test_names_and_labels_on_cards_are_never_read_as_markdown() -> None:
    evil = "![x](http:evil) **b** &sol; $a$ :red[c]"
    saved_model("colours", labels=[evil, "green", "blue"], scores={"validation": SCORE, "test": SCORE})
    app = page("predict")
    for name, data in (("1.png", RED), ("2.png", GREY), ("1.jpg", b"no photo"), ("2.jpg", b"no photo")):
        app.file_uploader(key="predict-photos").upload(evil + name, data)
    app.run()
    opened(app, 1)
    click(app, "predict-where-button")
    texts = [element.value for kind in (app.markdown, app.caption, app.warning, app.subheader) for element in kind]
    texts += [button.label for button in app.button] + cards(app)
    texts += [option.content for group in app.button_group for option in group.proto.options]
    assert len([text for text in texts if "evil" in text]) > 8
    assert not [text for text in texts if "![x]" in text or "&sol;" in text.replace("\\&", "")]


# --- a closer look ---------------------------------------------------------------------------------------------------


def test_a_card_opens_the_photo_and_one_can_go_on_to_the_next() -> None:
    app = opened(asked(a_png=RED, b_png=BLUE), 1)
    assert app.subheader[0].value == "Almost certainly a blue"
    assert "2 of 2" in captions(app)
    assert app.button(key="predict-next").disabled
    click(app, "predict-previous")
    assert app.subheader[0].value == "Almost certainly a red"
    assert "1 of 2" in captions(app)


def test_going_on_follows_the_filter() -> None:
    app = asked(**MIXED)
    labels(app).set_value(["blue"]).run()
    opened(app, 0)
    assert "1 of 1" in captions(app)
    assert app.subheader[0].value == "Almost certainly a blue"


def test_a_photo_that_is_gone_is_no_longer_looked_at() -> None:
    app = opened(asked(a_png=RED, b_png=BLUE), 0)
    click(app, "predict-clear")
    app.run()
    assert not app.subheader
    assert not app.exception


def test_where_it_looked_is_laid_over_the_photo() -> None:
    app = asked(a_png=RED)
    plain = app.get("image")[0].proto.imgs[0].url if app.get("image") else ""
    click(app, "predict-where-button")
    assert not app.exception
    assert any("Bright places speak for a red" in caption for caption in captions(app))
    assert app.get("image")[0].proto.imgs[0].url != plain
    strong = app.get("image")[0].proto.imgs[0].url
    app.slider(key=held(app, "predict-map-opacity")).set_value(10).run()
    assert app.get("image")[0].proto.imgs[0].url != strong


def test_an_empty_map_is_told() -> None:
    app = asked(a_png=RED)
    click(app, "predict-where-button")
    (choice,) = (group for group in app.segmented_control if group.label == "What speaks for")
    choice.set_value("blue").run()
    assert not app.exception
    assert any("Nothing in this photo speaks for a blue" in caption for caption in captions(app))


def test_pictures_and_maps_are_few_and_gone_with_their_photos() -> None:
    saved_model("colours")
    app = ask(page("predict"), **many(16))
    for _ in range(10):
        app.run()
    opened(app, 0)
    for _ in range(15):
        click(app, "predict-next")
    assert len(app.session_state["predict-pictures"]) <= 12
    click(app, "predict-clear")
    app.run()
    assert not app.session_state["predict-pictures"]


# --- the model -------------------------------------------------------------------------------------------------------


def test_a_better_model_that_comes_is_asked_unless_a_person_chose_one() -> None:
    saved_model("first", validation=0.5)
    app = page("predict")
    assert app.selectbox(key=held(app, "predict-model")).value == ""
    assert app.selectbox(key=held(app, "predict-model")).options[0] == "The best one"
    assert model_of(app) == "first"
    saved_model("second", validation=0.7)
    assert model_of(app.run()) == "second"
    app.selectbox(key=held(app, "predict-model")).set_value("first").run()
    saved_model("third", validation=0.9)
    assert model_of(app.run()) == "first"
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert app.selectbox(key=held(app, "predict-model")).value == "first"
    assert model_of(app) == "first"
    app.selectbox(key=held(app, "predict-model")).set_value("").run()
    assert model_of(app) == "third"
    app.selectbox(key=held(app, "predict-model")).set_value("second").run()
    shelf.delete("second")  # by another window
    assert model_of(app.run()) == "third"
    assert app.selectbox(key=held(app, "predict-model")).value == ""


def test_a_pinned_model_is_asked() -> None:
    saved_model("good", validation=0.9)
    saved_model("poor", validation=0.2)
    app = page("predict")
    assert model_of(app) == "good"
    app.selectbox(key=held(app, "predict-model")).set_value("poor").run()
    click(app, "pin-poor")
    other = page("predict")
    assert model_of(other) == "poor"
    click(other, "unpin-poor")
    assert model_of(other) == "good"
    assert model_of(app.run()) == "poor"  # chosen here


def test_a_model_can_be_deleted() -> None:
    saved_model("colours")
    app = page("predict")
    app.button(key="delete-model-colours").click().run()
    assert not app.exception
    assert any("There is no model to ask yet" in info.value for info in app.info)


def test_a_damaged_model_is_a_sentence_and_another_can_be_picked() -> None:
    saved_model("good", validation=0.2)
    broken = saved_model("broken", validation=0.9)
    (broken / "backbone.tflite").write_bytes(b"no network")
    app = ask(page("predict"), a_png=RED)
    assert any("missing or damaged" in error.value for error in app.error)
    app.selectbox(key=held(app, "predict-model")).set_value("good").run()
    assert not app.error
    assert app.subheader[0].value == "Almost certainly a red"


SCORE = {
    "accuracy": 343 / 372,
    "correct": 343,
    "count": 372,
    "interval": [0.8902, 0.9452],
    "calibration_error": 0.032,
    "calibration_error_before": 0.051,
    "confusion": [[100, 4, 0], [2, 120, 20], [0, 3, 123]],
    "per_class": [
        {"label": label, "count": 124, "correct": 114, "recall": 0.92, "precision": 0.92}
        for label in ("red", "green", "blue")
    ],
}


def test_the_card_tells_in_plain_words_how_good_the_model_is() -> None:
    scores = {"validation": {**SCORE, "accuracy": 0.9}, "test": SCORE}
    saved_model("colours", scores=scores)
    app = page("predict")
    card = said(app)
    assert "**Right on 343 of 372 photos it had not seen**; likely between 89 and 95 of 100." in card
    assert "Measured on the dataset own." in card
    assert "by 3.2 points on average (by 5.1 before they were adjusted)" in card
    assert "20 of 142 photos of a green taken for a blue; 4 of 104 photos of a red taken for a green" in card
    assert any("**Other garments** (a hoodie, a blazer) mostly get one of these names" in c for c in captions(app))


def test_a_model_without_test_photos_or_details_says_what_it_can() -> None:
    saved_model("colours")
    card = said(page("predict"))
    assert "Right on 50 of 100 validation photos" in card
    assert "flatters a little" in card
    assert "mixed up" not in card
    assert "points on average" not in card


def test_a_model_of_drawings_says_that_it_knows_no_photo() -> None:
    saved_model("drawn", dataset=catalogue.DRAWN)
    card = said(page("predict"))
    assert "the built-in drawn garments" in card
    assert "it has never seen one" in card


def test_whoever_wants_it_exactly_gets_matrix_scores_and_thresholds() -> None:
    saved_model("colours", scores={"validation": SCORE, "test": SCORE}, thresholds_at=RATES)
    app = page("predict")
    assert not app.get("plotly_chart")
    app.toggle(key=held(app, "predict-exact-figures")).set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    classes, thresholds = (element.value for element in app.dataframe)
    assert list(classes["label"]) == ["red", "green", "blue"]
    assert list(thresholds["rate"]) == [0.01, 0.05, 0.2]


def test_the_caps_stand_in_the_help() -> None:
    saved_model("colours")
    explained = page("predict").file_uploader(key="predict-photos").help
    assert photos.limits() in explained
    assert "nothing is written to the disk" in explained


def test_things_bear_their_article() -> None:
    things = ("a dress", "an apron", "shoes", "outwear", "a uniform", "an undershirt", "a t-shirt", "a Ärmel")
    for thing in things:
        assert words.with_article(thing.split(" ")[-1]) == thing


def test_the_card_of_a_perfect_model_promises_no_more_than_it_can() -> None:
    perfect = {**SCORE, "calibration_error": 0.3, "confusion": [[1, 0], [0, 1]]}
    saved_model("colours", scores={"validation": perfect, "test": perfect}, labels=["a", "b", "c"])
    model = shelf.model("colours")
    (line,) = (line for line in model_card.lines(model, "test", model.card.scores.test) if "percentages" in line)
    assert "about 50 to 100 of 100" in line
