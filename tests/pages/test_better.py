"""The offer of a better model than the starter: its figures, and the filled form."""

import pytest

from core import workspace
from core.answering import shelf
from core.datasets import adding, catalogue
from core.runs import better, config, link
from core.runs.folder import look_all
from tests.conftest import TINY_CLASSES
from tests.fabricated import saved_model
from tests.pages.conftest import follow, key_of, page, start

SCORES = {
    split: {"accuracy": 0.9, "correct": 90, "count": 100, "interval": [0.8, 0.95]} for split in ("validation", "test")
}
PHOTOS = {"train": 3000, "validation": 300, "test": 300}


@pytest.fixture(autouse=True)
def starter() -> None:
    facts = {"dataset": catalogue.CLOTHING, "labels": list(TINY_CLASSES), "scores": SCORES, "photos": PHOTOS}
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, **facts)


OFFER = "Train a better model on your machine (about "


def offers(app):
    return [button.label for button in app.button if button.label.startswith(OFFER)]


@pytest.mark.parametrize("name", ["home", "predict"])
def test_the_offer_says_what_to_expect(name):
    app = page(name)
    assert any("94% accuracy on the test photos instead of 90%" in caption.value for caption in app.caption)
    assert len(offers(app)) == 1


def messages(app) -> str:
    return " ".join(element.value for kind in (app.info, app.success) for element in kind)


def test_without_photos_the_offer_leads_to_data_and_then_to_train(tiny_dataset):
    app = page("predict")
    assert any("the photos (106 MB)" in caption.value for caption in app.caption)
    follow(app, *offers(app), "data")
    assert app.title[0].value == "Data"
    assert "A better model needs the photos first: 106 MB" in messages(app)
    assert not [button for button in app.button if button.label == "Continue to training"]
    adding.add_folder(catalogue.CLOTHING, tiny_dataset)  # as the download does
    app.run()
    assert "The photos for a better model are here." in messages(app)
    follow(app, "Continue to training", "train")
    assert app.title[0].value == "Train"
    assert "These are the settings of the better model" in messages(app)
    app.switch_page("pages/data.py").run()
    assert "better model" not in messages(app)


def test_without_the_offer_data_says_nothing_about_it():
    assert "better model" not in messages(page("data"))


def test_with_photos_the_form_is_filled(tiny_dataset, no_worker):
    adding.add_folder(catalogue.CLOTHING, tiny_dataset)
    app = page("predict")
    follow(app, *offers(app), "train")
    assert app.title[0].value == "Train"
    settings = config.read(better.SETTINGS)
    assert app.selectbox(key=key_of(app, "train-dataset")).value == catalogue.CLOTHING
    assert app.toggle(key=key_of(app, "train-fine_tune-True")).value is True
    assert app.number_input(key=key_of(app, "train-image_size-mobilenet_v2")).value == settings.image_size
    assert "These are the settings of the better model" in messages(app)
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(3).run()
    assert "These are the settings of the better model" not in messages(app)  # it is another one now
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(settings.epochs).run()
    assert "These are the settings of the better model" in messages(app)
    start(app)
    (run,) = look_all()
    assert run.config == better.offer(shelf.model(shelf.STARTER)).settings


def test_the_better_settings_win_over_an_older_link(tiny_dataset):
    adding.add_folder(catalogue.CLOTHING, tiny_dataset)
    app = page("home")
    app.query_params["settings"] = link.dumps(config.config(dataset=catalogue.CLOTHING, epochs=3))
    follow(app, *offers(app), "train")
    assert "These are the settings of the better model" in messages(app)


def test_with_a_better_model_there_is_no_offer():
    saved_model("mine", dataset=catalogue.CLOTHING, labels=list(TINY_CLASSES), validation=0.95)
    assert not offers(page("predict"))
