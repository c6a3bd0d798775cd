"""The way from the starter to a better model: said with figures, and the form is filled."""

import pytest

from core import workspace
from core.answering import shelf
from core.datasets import catalogue
from core.runs import better, config, link
from core.runs.folder import look_all
from tests.fabricated import saved_model
from tests.pages.conftest import follow, held, page, start

SCORES = {
    split: {"accuracy": 0.9, "correct": 90, "count": 100, "interval": [0.8, 0.95]} for split in ("validation", "test")
}
PHOTOS = {"train": 3000, "validation": 300, "test": 300}


@pytest.fixture(autouse=True)
def starter() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, dataset=catalogue.CLOTHING, scores=SCORES, photos=PHOTOS)


OFFER = "Train a better one on your machine (about "


def offers(app):
    return [each.label for each in app.button if each.label.startswith(OFFER)]


@pytest.mark.parametrize("name", ["home", "predict"])
def test_it_says_what_to_expect(name):
    app = page(name)
    assert any("92% of the test photos instead of 90%" in each.value for each in app.caption)
    assert len(offers(app)) == 1


def told(app) -> str:
    return " ".join(one.value for kind in (app.info, app.success) for one in kind)


def test_without_photos_the_way_leads_to_them_and_on(tiny_dataset):
    app = page("predict")
    assert any("the photos (106 MB)" in each.value for each in app.caption)
    follow(app, *offers(app), "data")
    assert app.title[0].value == "Data"
    assert "A better model needs the photos first: 106 MB" in told(app)
    assert not [each for each in app.button if each.label == "Continue to training"]
    catalogue.add_folder(catalogue.CLOTHING, tiny_dataset)  # as the download does
    app.run()
    assert "The photos for a better model are here." in told(app)
    follow(app, "Continue to training", "train")
    assert app.title[0].value == "Train"
    assert "nothing more to choose" in told(app)
    app.switch_page("pages/data.py").run()
    assert "better model" not in told(app)


def test_data_says_nothing_of_it_to_others():
    assert "better model" not in told(page("data"))


def test_with_photos_the_form_is_filled(tiny_dataset, no_worker):
    catalogue.add_folder(catalogue.CLOTHING, tiny_dataset)
    app = page("predict")
    follow(app, *offers(app), "train")
    assert app.title[0].value == "Train"
    settings = config.read(better.SETTINGS)
    assert app.selectbox(key=held(app, "train-dataset")).value == catalogue.CLOTHING
    assert app.toggle(key=held(app, "train-fine_tune-True")).value is True
    assert app.number_input(key=held(app, "train-image_size-mobilenet_v2")).value == settings.image_size
    assert "nothing more to choose" in told(app)
    app.number_input(key=held(app, "train-epochs-False")).set_value(3).run()
    assert "nothing more to choose" not in told(app)  # it is another one now
    app.number_input(key=held(app, "train-epochs-False")).set_value(settings.epochs).run()
    assert "nothing more to choose" in told(app)
    start(app)
    (run,) = look_all()
    assert run.config == better.offer(shelf.model(shelf.STARTER)).settings


def test_the_better_settings_win_over_an_older_link(tiny_dataset):
    catalogue.add_folder(catalogue.CLOTHING, tiny_dataset)
    app = page("home")
    app.query_params["settings"] = link.dumps(config.config(dataset=catalogue.CLOTHING, epochs=3))
    follow(app, *offers(app), "train")
    assert "nothing more to choose" in told(app)


def test_who_has_a_better_model_is_left_alone():
    saved_model("mine", dataset=catalogue.CLOTHING, validation=0.95)
    assert not offers(page("predict"))
