"""Predict in Streamlit's test runner: how photos are added and answered in pieces."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, shelf
from core.answering.pieces import Work
from core.datasets import catalogue, drawn
from core.photos.album import PhotoSource
from pages.predicting import work
from tests.conftest import encoded
from tests.fabricated import saved_model
from tests.pages.conftest import click, key_of, page
from tests.pages.predicting import (
    BLUE,
    GREEN,
    RED,
    answered,
    ask,
    captions,
    cards,
    many,
    open_card,
    texts,
    zipped,
)


def test_every_photo_gets_an_answer_and_the_broken_photo_an_error() -> None:
    app = answered(a_png=RED, b_png=BLUE, c_jpg=b"text, not a photo")
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    (error,) = app.error
    assert error.value.startswith("**c.jpg**: This is not a photo")
    assert "**3 photos**: 2 confident, 1 could not be read" in texts(app)


def test_several_broken_files_are_a_list_with_a_line_each() -> None:
    app = answered(a_png=RED, b_jpg=b"text", c_png=b"", d_jpg=encoded(np.zeros((40, 40, 3), np.uint8), "JPEG")[:200])
    assert not app.error
    (listed,) = (element.value for element in app.markdown if element.value.startswith("- **b.jpg**"))
    assert [line.split(":")[0] for line in listed.splitlines()] == ["- **b.jpg**", "- **c.png**", "- **d.jpg**"]


def test_a_zip_is_unpacked_and_a_broken_zip_is_an_error() -> None:
    app = answered(all_zip=zipped(red_png=RED, blue_png=BLUE, notes_txt=b"hello"), bad_zip=b"PK\3\4 not really")
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    assert any("all.zip/red.png" in caption for caption in captions(app))
    (error,) = app.error
    assert error.value.startswith("**bad.zip**:")


def test_a_folder_can_be_uploaded() -> None:
    saved_model("colours")
    app = page("predict")
    app.segmented_control(key=key_of(app, "predict-source")).set_value("Folder").run()
    uploader = app.file_uploader(key="predict-folder")
    assert uploader.accept_directory
    uploader.upload("holiday/red.png", RED).upload("holiday/blue.png", BLUE)
    app.run()
    assert cards(app) == ["Almost certainly a red", "Almost certainly a blue"]
    app.segmented_control(key=key_of(app, "predict-source")).set_value("Photos").run()
    assert len(cards(app)) == 2  # the earlier photos stay


def test_the_camera_only_starts_when_chosen() -> None:
    saved_model("colours")
    app = page("predict")
    assert not app.get("camera_input")
    app.segmented_control(key=key_of(app, "predict-source")).set_value("Camera").run()
    assert app.get("camera_input")
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert not app.get("camera_input")


def test_photos_survive_a_visit_to_another_page_and_start_over_removes_them() -> None:
    app = answered(a_png=RED, b_png=BLUE)
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


def test_a_photo_removed_from_the_uploader_is_forgotten() -> None:
    saved_model("colours")
    app = page("predict")
    app.file_uploader(key="predict-photos").set_value([("a.png", RED, "image/png"), ("b.png", BLUE, "image/png")]).run()
    assert len(cards(app)) == 2
    app.file_uploader(key="predict-photos").set_value([("c.png", GREEN, "image/png")]).run()
    assert [element.value for element in app.subheader] == ["Almost certainly a green"]
    (work_done,) = app.session_state["predict-answers"].values()
    assert [prediction.name for prediction in work_done.answers.values()] == ["c.png"]


def test_too_many_photos_are_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_BATCH_PHOTOS", "3")
    app = answered(a_png=RED, all_zip=zipped(b_png=RED, c_png=BLUE, d_png=GREEN, e_png=RED))
    assert len(cards(app)) == 3
    assert any("Left out 2 photos of all.zip" in warning.value for warning in app.warning)
    assert app.run().warning  # until the next action
    click(app, "predict-clear")
    assert not app.run().warning


def test_no_photo_is_written_anywhere(home: Path) -> None:
    before = sorted(home.rglob("*"))
    app = answered(a_png=RED, all_zip=zipped(b_png=BLUE))
    open_card(app, 0)
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
    assert len(cards(app)) == 9  # its whole test split


def test_without_a_photo_dataset_a_photo_model_has_no_examples() -> None:
    saved_model("colours")
    app = page("predict")
    assert not [button for button in app.button if button.key == "predict-examples"]
    assert any("Drop photos above" in info.value for info in app.info)


def test_a_missing_dataset_is_a_warning() -> None:
    saved_model("colours")
    (workspace.datasets() / "gone").mkdir(parents=True)
    (workspace.datasets() / "gone" / "dataset.json").write_text('{"folder": "/no/such/folder"}')
    app = click(page("predict"), "predict-examples")
    assert any("/no/such/folder" in warning.value for warning in app.warning)


# Work in pieces


def test_many_photos_are_answered_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 0.0)  # one photo at a time
    saved_model("colours")
    app = ask(page("predict"), **many(5))
    (work_done,) = app.session_state["predict-answers"].values()
    counts = [len(work_done.answers)]
    assert counts[0] < 5
    assert app.button(key="predict-stop").label == "Stop"
    for _ in range(10):
        if counts[-1] == 5:
            break
        app.run()
        assert not app.exception
        counts.append(len(work_done.answers))
    assert counts == sorted(set(counts))
    assert counts[-1] == 5
    app.run()
    assert not [button for button in app.button if button.key == "predict-stop"]
    assert len(cards(app)) == 5


def test_the_answers_keep_their_place_when_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit names a fragment by its place: a click is lost that is on its way when the place changes."""
    monkeypatch.setattr(work, "PIECE", 0.0)
    saved_model("colours")
    app = ask(page("predict"), **many(3))
    places = {}
    for _ in range(6):
        is_working = any(button.key == "predict-stop" for button in app.button)
        places[is_working] = place_of(app.main, "predict-clear")
        app.run()
    assert places[True]
    assert places[True] == places[False]


def place_of(block: Any, key: str) -> list[int] | None:
    """The path to the button with that key below a block; None if it is not there."""
    for place, child in getattr(block, "children", {}).items():
        if getattr(child, "key", None) == key:
            return [place]
        if (below := place_of(child, key)) is not None:
            return [place, *below]
    return None


def test_work_can_be_stopped_and_continued(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_another_model_starts_again_and_the_first_model_s_answers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 0.0)
    saved_model("good", validation=0.9)
    saved_model("other", validation=0.2, labels=["hat", "shoes", "skirt"])
    app = ask(page("predict"), **many(4))
    app.selectbox(key=key_of(app, "predict-model")).set_value("other").run()
    for _ in range(8):
        app.run()
    assert cards(app) == ["Almost certainly a hat"] * 4
    good, other = app.session_state["predict-answers"].values()
    assert 1 <= len(good.answers) < 4
    assert len(other.answers) == 4
    app.selectbox(key=key_of(app, "predict-model")).set_value("good").run()
    assert "Almost certainly a red" in cards(app)
    assert len(app.session_state["predict-answers"]) == 2


def test_the_answers_of_at_most_three_models_are_kept() -> None:
    for number in range(5):
        saved_model(f"m{number}")
    app = ask(page("predict"), a_png=RED)
    for number in range(5):
        app.selectbox(key=key_of(app, "predict-model")).set_value(f"m{number}").run()
    assert len(app.session_state["predict-answers"]) == work.MOST_MODELS


def test_a_piece_of_work_ends_when_its_time_is_over() -> None:
    """With photos that take 0.05 s each, a piece of work ends soon, long before all have answers."""
    saved_model("colours")

    def slowly() -> bytes:
        time.sleep(0.05)
        return RED

    photos_ = {str(i): PhotoSource(f"{i}.png", slowly) for i in range(300)}
    done = Work()
    model = classifier.load(shelf.model("colours"))
    for _ in range(3):
        before = len(done.answers)
        start = time.monotonic()
        done.answer_some(model, photos_, work.PIECE)
        took = time.monotonic() - start
        assert before < len(done.answers) < 300
        assert took < 4 * work.PIECE  # it plans with the pace so far; a busy machine may take longer


def test_the_time_left_is_measured() -> None:
    done = Work()
    photos_ = {str(i): None for i in range(10)}
    assert done.seconds_left(photos_) is None
    done.since = time.monotonic() - 4
    done.answers = {str(i): None for i in range(4)}
    assert done.seconds_left(photos_) == pytest.approx(6, abs=0.5)
