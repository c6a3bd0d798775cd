"""Saved models among Train's backbones: chosen, linked, reused, and gone."""

import shutil

import pytest

from core import workspace
from core.backbones import BACKBONES
from core.runs import link, queue
from core.runs.config import config
from tests.conftest import run_ids
from tests.fabricated import SIZE, saved_model
from tests.pages.conftest import finished_run, key_of, page, start
from tests.pages.forms import address, clone, labelled, started_config, train, warnings

NETWORK = {"dataset": "own", "backbone": "residual"}


@pytest.fixture(autouse=True)
def base(tiny: str, no_worker: list[str]) -> None:
    saved_model("base", config=NETWORK)


def choose(app, key: str):
    app.selectbox(key=key_of(app, "train-backbone-False")).set_value(key).run()
    assert not app.exception
    return app


def delete_base() -> None:
    shutil.rmtree(workspace.models() / "base")


def test_saved_models_follow_the_networks(tiny):
    box = page("train").selectbox(key="train-backbone-False")
    assert box.options == [*(record.label for record in BACKBONES.values()), "Saved model: base"]


def test_its_size_is_fixed_and_fine_tuning_says_why_it_is_not_offered(tiny):
    app = choose(page("train"), "model:base")
    size = labelled(app.number_input, "Image size (px)")
    assert (size.value, size.disabled) == (SIZE, True)
    assert "A saved model takes photos of one size only." in size.help
    assert labelled(app.toggle, "Fine-tune the backbone afterwards").disabled
    captions = " ".join(caption.value for caption in app.caption)
    assert "The network of a saved model stays frozen" in captions
    assert "knows red, green, blue" in captions
    assert "learn from the start" not in captions
    assert "Fine-tuning the whole backbone" not in captions
    assert any("Expected time" in markdown.value for markdown in app.markdown)
    assert started_config(app) == config(dataset=tiny, backbone="model:base", name="")


def test_another_backbone_has_its_own_size_again(tiny):
    app = choose(page("train"), "model:base")
    choose(app, "small_cnn")
    size = labelled(app.number_input, "Image size (px)")
    assert (size.value, size.disabled) == (96, False)


def test_fine_tuning_of_another_backbone_is_left_out(tiny):
    app = choose(page("train"), "mobilenet_v2")
    labelled(app.toggle, "Fine-tune the backbone afterwards").set_value(True).run()
    assert started_config(choose(app, "model:base")).fine_tune is None


@pytest.mark.parametrize("source", ["link", "run"])
def test_a_link_and_a_run_bring_it_into_the_form(tiny, source):
    settings = config(dataset=tiny, backbone="model:base", dropout=0.5)
    if source == "link":
        app = train(settings=link.dumps(settings))
        assert address(app)["settings"] == link.dumps(settings)
    else:
        app = clone(page("train"), finished_run(tiny, backbone="model:base", dropout=0.5))
    assert not app.warning
    assert started_config(app) == settings


@pytest.mark.parametrize("source", ["link", "run"])
def test_settings_of_a_lost_base_come_without_it(tiny, source):
    settings = config(dataset=tiny, backbone="model:base", dropout=0.5, image_size=SIZE)
    run_id = finished_run(tiny, backbone="model:base", dropout=0.5)
    delete_base()
    app = train(settings=link.dumps(settings)) if source == "link" else clone(page("train"), run_id)
    assert "The saved model 'base' can't be used as the backbone" in warnings(app)
    assert "it was deleted, renamed or damaged" in warnings(app)
    proposed = started_config(app)
    assert (proposed.backbone, proposed.image_size, proposed.dropout) == ("small_cnn", 96, 0.5)


def test_a_link_with_another_size_gets_the_model_s(tiny):
    app = train(settings='{"dataset":"tiny","backbone":"model:base","image_size":64}')
    assert f"takes photos of {SIZE} px, so the image size of 64 px was not used" in warnings(app)
    assert started_config(app).image_size == SIZE


def test_a_base_that_goes_while_the_form_is_open_starts_nothing_else(tiny):
    app = choose(page("train"), "model:base")
    delete_base()
    start(app)
    assert run_ids() == []
    assert "'base' can't be used as the backbone" in warnings(app)
    assert app.selectbox(key=key_of(app, "train-backbone-False")).value == "small_cnn"
    assert started_config(app).backbone == "small_cnn"


def test_a_base_that_was_replaced_by_one_of_another_size(tiny):
    app = choose(page("train"), "model:base")
    delete_base()
    saved_model("base", config=NETWORK, image_size=16)
    assert started_config(app).image_size == 16
    assert labelled(app.number_input, "Image size (px)").value == 16


def test_studies_on_it(tiny):
    app = choose(page("train"), "model:base")
    app.selectbox(key="train-study").set_value("dropout").run()
    start(app)
    assert len(run_ids()) == 4
    app = choose(page("train"), "model:base")
    app.selectbox(key=key_of(app, "train-study")).set_value("image-sizes").run()
    captions = " ".join(caption.value for caption in app.caption)
    assert f"size must be {SIZE} px, the size of the saved model 'base', got 150" in captions


def test_a_grid_of_bases(tiny):
    saved_model("other", config=NETWORK, image_size=16)
    app = page("train")
    app.selectbox(key="train-study").set_value("grid").run()
    app.text_area(key="train-grid").set_value("backbone = small_cnn, model:base, model:other").run()
    start(app)
    runs = [queue.look(run_id).config for run_id in run_ids()]
    assert [(run.backbone, run.image_size) for run in runs] == [
        ("small_cnn", 96), ("model:base", SIZE), ("model:other", 16),
    ]  # fmt: skip


def test_runs_whose_base_is_lost_are_shown(tiny):
    run_id = finished_run(tiny, backbone="model:base")
    (workspace.runs() / run_id / "backup.npz").touch()
    other = finished_run(tiny)
    delete_base()
    app = page("train")
    app.selectbox(key=key_of(app, "train-run")).set_value(run_id).run()
    assert not app.exception
    assert "Fine-tune" not in [button.label for button in app.button]
    captions = " ".join(caption.value for caption in app.caption)
    assert "but there is no saved model with this name" in captions
    app.button(key=f"more-do-{run_id}").click().run()
    assert not app.exception
    assert any("there is no saved model with this name" in toast.value for toast in app.toast)
    assert run_ids() == [run_id, other]
    assert "Saved model: base" in page("compare").dataframe[0].value["Backbone"].tolist()


def test_names_from_outside_are_shown_as_they_are(tiny):
    name = "**bold** :red[x] <b>"
    saved_model(name, config=NETWORK, labels=["**a**", "b", "c"])
    app = choose(page("train"), f"model:{name}")
    captions = " ".join(caption.value for caption in app.caption)
    assert "\\*\\*a\\*\\*" in captions
    assert started_config(app).backbone == f"model:{name}"


def test_a_first_start_without_weights_proposes_the_starter(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    saved_model("starter", workspace.SHIPPED_MODELS, config=NETWORK)
    app = page("train")
    assert app.selectbox(key="train-backbone-False").value == "model:starter"
    assert address(app) == {}
    assert not app.warning
    assert started_config(app).backbone == "model:starter"
