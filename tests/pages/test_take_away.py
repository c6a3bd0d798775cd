"""The dialog *Take the model away*: what it offers, what it starts, and what becomes of it."""

import importlib.util
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.answering import shelf
from core.exporting import background, forms
from core.files import records
from core.files.background import Status
from pages.frame.state import TakenAway
from tests.fabricated import saved_model
from tests.pages.conftest import finished_run, page

FORM = forms.KERAS.key


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    known = {name for form in forms.FORMS.values() for name in form.libraries}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True if name in known else find(name))


def opened() -> AppTest:
    """Predict with the dialog for a fabricated model."""
    saved_model("colours")
    shelf.pin("colours")
    app = page("predict")
    app.button(key="take-away-of-colours").click().run()
    assert not app.exception
    return app


def is_open(app: AppTest) -> bool:
    return any("is compared with the model's own answers" in text.value for text in app.markdown)


def downloads(app: AppTest) -> list[str]:
    return [each.proto.label for each in app.get("download_button") if "take-away-download" in each.proto.id]


def make(app: AppTest, form: str) -> AppTest:
    app.button(key=f"take-away-make-{form}").click().run()
    assert not app.exception
    return app


def ends(form: str, *, error: str = "", names: dict[str, str] | None = None) -> None:
    """Let the process end that a click would have started."""
    model = shelf.model("colours")
    work = background._work(model, form, names or {})
    work.file.parent.mkdir(parents=True, exist_ok=True)
    if not error:
        path = work.file.with_name(forms.form(form).file_name(model.name))
        path.write_bytes(bytes(2_500_000))
        path.with_name(f"{path.name}.txt").write_text("Input   photos")
    records.write(work.file, Status(share=0.0 if error else 1.0, words="done", error=error))


def test_every_form_is_offered_with_what_it_is_for() -> None:
    app = opened()
    texts = [text.value for text in (*app.markdown, *app.caption)]
    for form in forms.FORMS.values():
        assert f"**{form.label}**" in texts
        assert form.sentence in texts
        assert not app.button(key=f"take-away-make-{form.key}").disabled
    assert any("python -m core export colours" in text for text in texts)


def test_from_a_click_to_the_file(no_worker: list[str]) -> None:
    app = make(opened(), FORM)
    assert no_worker.count("core.exporting.background") == 1
    button = app.button(key=f"take-away-make-{FORM}")
    assert (button.label, button.disabled) == ("Being made …", True)
    assert all(app.button(key=f"take-away-make-{key}").disabled for key in forms.FORMS)  # one file at a time
    ends(FORM)
    app.run()
    assert is_open(app)
    assert downloads(app) == ["Download (2.5 MB)"]
    assert [code.value for code in app.code if code.value.startswith("Input")] == ["Input   photos"]
    assert not app.button(key="take-away-make-tflite").disabled


def test_an_error_is_a_sentence_and_it_can_be_tried_again(no_worker: list[str]) -> None:
    app = make(opened(), FORM)
    ends(FORM, error="The disk is full. Delete something.")
    app.run()
    assert [error.value for error in app.error] == ["The disk is full. Delete something."]
    make(app, FORM)
    assert no_worker.count("core.exporting.background") == 2
    assert not app.error


def test_names_of_classes_stay_when_the_dialog_is_closed() -> None:
    names = {"red": "Rot", "blue": "青"}
    saved_model("colours")
    ends(forms.WEB.key, names=names)
    app = page("predict")
    app.session_state["taken-away"] = TakenAway(names={"colours": names})
    for _ in range(2):
        app.button(key="take-away-of-colours").click().run()
        assert downloads(app) == ["Download (2.5 MB)"]  # of the page with these names
        app.session_state["taken-away"].close()
        app.run()
        assert not is_open(app)
    assert app.session_state["taken-away"].names == {"colours": names}


def test_missing_libraries_are_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnx" else find(name))
    app = opened()
    lacking = [form for form in forms.FORMS.values() if "onnx" in form.libraries]
    assert lacking
    sentences = [each.value for each in app.info if "requirements-export.txt" in each.value]
    assert len(sentences) == len(lacking)
    keys = {button.key for button in app.button}
    assert f"take-away-make-{FORM}" in keys
    assert not keys & {f"take-away-make-{form.key}" for form in lacking}


def test_a_model_deleted_meanwhile_is_a_sentence() -> None:
    app = opened()
    saved_model("other")
    shutil.rmtree(shelf.model("colours").folder)
    app.run()
    assert not app.exception
    assert any("colours" in error.value for error in app.error)


def test_the_dialog_belongs_to_its_page_and_gives_way_to_another_one() -> None:
    app = opened()
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    assert not is_open(app)
    app.switch_page("pages/predict.py").run()
    assert not is_open(app)
    app.session_state["predict-closer"] = "a photo whose dialog was opened by a quicker click"
    app.button(key="take-away-of-colours").click().run()
    assert is_open(app)
    app.session_state["predict-closer"] = "a photo whose dialog was opened by a quicker click"
    app.run()
    assert not is_open(app)


def test_another_visit_finds_what_was_made() -> None:
    make(opened(), FORM)
    ends(FORM)
    assert downloads(page("predict")) == []  # a new visit starts without the dialog
    again = page("predict")
    again.button(key="take-away-of-colours").click().run()
    assert downloads(again) == ["Download (2.5 MB)"]


def test_train_offers_it_with_the_result_while_the_model_exists(tiny: str) -> None:
    finished_run(tiny)  # its model is called colours
    assert "take-away-of-colours" not in {button.key for button in page("train").button}
    saved_model("colours", dataset=tiny)
    app = page("train")
    app.button(key="take-away-of-colours").click().run()
    assert not app.exception
    assert is_open(app)


def test_compare_offers_it_beside_the_card() -> None:
    saved_model("colours")
    app = AppTest.from_function(card, default_timeout=30).run()
    assert not app.exception
    assert not app.button(key="take-away-of-colours").disabled


def card() -> None:
    from core.answering import shelf
    from pages.comparing import models

    models._card(shelf.model("colours"))
