"""The way from the starter to a better model: said with figures, and the form is filled."""

import pytest

from core import workspace
from core.answering import shelf
from core.datasets import catalogue
from core.runs import better, config
from pages.training import form_state as state
from tests.fabricated import saved_model
from tests.pages.conftest import held, page

SCORES = {
    split: {"accuracy": 0.9, "correct": 90, "count": 100, "interval": [0.8, 0.95]} for split in ("validation", "test")
}
PHOTOS = {"train": 3000, "validation": 300, "test": 300}


@pytest.fixture(autouse=True)
def starter() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, dataset=catalogue.CLOTHING, scores=SCORES, photos=PHOTOS)


def button(app):
    return next(one for one in app.button if one.key == "train-better")


@pytest.mark.parametrize("name", ["home", "predict"])
def test_it_says_what_to_expect(name):
    app = page(name)
    assert any("92% of the test photos instead of 90%" in one.value for one in app.caption)
    assert "(about " in button(app).label


def told(app) -> str:
    return " ".join(one.value for kind in (app.info, app.success) for one in kind)


def test_without_photos_the_way_leads_to_them_and_on(tiny_dataset):
    app = page("predict")
    assert any("the photos (106 MB)" in one.value for one in app.caption)
    button(app).click().run()
    assert app.title[0].value == "Data"
    assert "For a better model the photos come first" in told(app)
    assert not [one for one in app.button if one.key == "better-go-on"]
    catalogue.add_folder(catalogue.CLOTHING, tiny_dataset)  # as the download does
    app.switch_page("pages/data.py").run()
    assert "The photos for a better model are here." in told(app)
    app.button(key="better-go-on").click().run()
    assert app.title[0].value == "Train"
    assert "nothing more to choose" in told(app)
    app.switch_page("pages/data.py").run()
    assert "better model" not in told(app)


def test_data_says_nothing_of_it_to_others():
    assert "better model" not in told(page("data"))


def test_with_photos_the_form_is_filled(tiny_dataset):
    catalogue.add_folder(catalogue.CLOTHING, tiny_dataset)
    app = page("predict")
    button(app).click().run()
    assert app.title[0].value == "Train"
    assert app.session_state["train-dataset"] == catalogue.CLOTHING
    key = state.key_of("fine_tune", catalogue.CLOTHING, "mobilenet_v2")
    assert app.session_state[key] is True
    size = state.key_of("image_size", catalogue.CLOTHING, "mobilenet_v2")
    assert app.session_state[size] == config.read(better.SETTINGS).image_size
    assert "nothing more to choose" in told(app)
    app.number_input(key=held(app, "train-epochs-False")).set_value(3).run()
    assert "nothing more to choose" not in told(app)  # it is another one now


def test_who_has_a_better_model_is_left_alone():
    saved_model("mine", dataset=catalogue.CLOTHING, validation=0.95)
    app = page("predict")
    assert not [one for one in app.button if one.key == "train-better"]
