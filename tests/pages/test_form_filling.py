"""Train's form: reloads, links, other pages and runs keep or fill it."""

import json
import shutil

import pytest

from core.augment import recipe
from core.augment.presets import PRESETS
from core.datasets import catalogue
from core.runs import link, queue
from core.runs.config import config
from core.runs.folder import look_all
from pages.training.plan import ONE
from tests.pages.conftest import finished_run, key_of, page
from tests.pages.forms import FULL, address, clone, started_config, train, warnings


def test_an_untouched_form_leaves_the_address_alone(tiny: str) -> None:
    assert address(page("train")) == {}


def test_a_reload_restores_the_form(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.segmented_control(key=key_of(app, "train-dense-count")).set_value(2).run()
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(7)
    app.text_input(key=key_of(app, "train-run-name")).set_value("für später")
    app.selectbox(key=key_of(app, "train-study")).set_value("grid").run()
    app.text_area(key=key_of(app, "train-grid")).set_value("seed = 0, 1").run()
    before = address(app)
    assert set(before) == {"settings", "study", "grid"}
    again = train(**before)
    assert again.segmented_control(key=key_of(again, "train-dense-count")).value == 2
    assert again.number_input(key=key_of(again, "train-epochs-False")).value == 7
    assert again.text_input(key=key_of(again, "train-run-name")).value == "für später"
    assert again.text_area(key=key_of(again, "train-grid")).value == "seed = 0, 1"
    assert address(again) == before


@pytest.mark.parametrize("dataset", ["tiny", catalogue.DRAWN])
def test_a_link_fills_every_control(tiny: str, dataset: str, no_worker: list[str]) -> None:
    settings = config(dataset=dataset, **FULL, name="shared")
    app = train(settings=link.dumps(settings))
    assert not app.warning
    assert app.selectbox(key=key_of(app, f"train-recipe-{dataset == catalogue.DRAWN}")).value == "link"
    assert started_config(app) == settings


TUNINGS = [
    {},
    {"blocks": 5, "epochs": 3, "learning_rate": 0.00003, "schedule": "constant", "warmup": 0, "weight_decay": 0,
     "mixed_precision": False},
]  # fmt: skip


@pytest.mark.parametrize("tuning", TUNINGS)
@pytest.mark.parametrize("source", ["link", "run"])
def test_fine_tuning_comes_from_a_link_and_from_a_run(
    tiny: str, tuning: dict[str, object], source: str, no_worker: list[str]
) -> None:
    settings = config(dataset=tiny, image_size=64, fine_tune=tuning)
    if source == "link":
        app = train(settings=link.dumps(settings))
    else:
        app = clone(page("train"), finished_run(tiny, **settings.model_dump(mode="json", exclude={"dataset"})))
    assert "ignored" not in warnings(app)
    assert started_config(app) == settings
    app.switch_page("pages/compare.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert started_config(app) == settings
    plain = finished_run(tiny, backbone="mobilenet_v2")
    assert started_config(clone(app, plain)).fine_tune is None


def test_a_link_with_a_preset_s_recipe_chooses_the_preset(tiny: str) -> None:
    steps = recipe.to_json(next(preset.recipe for preset in PRESETS if preset.key == "course"))
    app = train(settings=link.dumps(config(dataset="tiny", recipe=steps)))
    assert app.selectbox(key=key_of(app, "train-recipe-False")).value == "course"


SENSELESS = {
    "{": "Not valid JSON",
    '{"dataset":"tiny","dropout":7}': "dropout must be at most 0.99, got 7.",
    '{"dataset":"tiny","colour":"**red**"}': "There is no setting 'colour'",
    "x" * 9000: "at most 8000 characters, got 9000",
}


def test_an_invalid_link_is_ignored_with_a_warning(tiny: str, no_worker: list[str]) -> None:
    untouched = started_config(page("train"))
    for settings, words in SENSELESS.items():
        app = train(settings=settings)
        for _ in range(2):  # it stays until the next action
            assert "The settings in the link were ignored" in warnings(app)
            assert words in warnings(app)
            assert not app.error
            assert address(app) == {}
            app.run()
        if words == "Not valid JSON":
            app.button(key="train-reset").click().run()
        else:
            assert started_config(app) == untouched
        assert "ignored" not in warnings(app)
        assert not app.exception


def test_an_unknown_study_in_the_link_is_ignored_with_a_warning(tiny: str) -> None:
    app = train(study="sorcery")
    assert "'sorcery' in the link was ignored" in warnings(app)
    assert app.selectbox(key=key_of(app, "train-study")).value == ONE


def test_a_missing_dataset_in_the_link_is_a_warning_and_the_rest_is_used(tiny: str) -> None:
    app = train(settings=link.dumps(config(dataset="elsewhere", **FULL)))
    assert "The dataset 'elsewhere' is not on this machine" in warnings(app)
    assert app.selectbox(key=key_of(app, "train-dataset")).value == "tiny"
    assert app.number_input(key=key_of(app, "train-image_size-small_cnn")).value == 48


def test_within_a_session_the_form_wins_over_the_address(tiny: str) -> None:
    app = page("train")
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(9).run()
    app.switch_page("pages/compare.py").run()
    app.query_params["settings"] = link.dumps(config(dataset="tiny", epochs=3))  # as the browser's Back does
    app.switch_page("pages/train.py").run()
    assert app.number_input(key=key_of(app, "train-epochs-False")).value == 9
    assert json.loads(address(app)["settings"])["epochs"] == 9


def test_every_setting_outlives_a_visit_to_another_page(tiny: str, no_worker: list[str]) -> None:
    settings = config(dataset="tiny", **FULL, name="shared")
    app = train(settings=link.dumps(settings))
    app.selectbox(key=key_of(app, "train-study")).set_value("dropout").run()
    app.switch_page("pages/compare.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=key_of(app, "train-study")).value == "dropout"
    app.selectbox(key=key_of(app, "train-study")).set_value(ONE).run()
    assert started_config(app) == settings


# The settings of a run


def test_the_settings_of_a_run_fill_every_control(tiny: str, no_worker: list[str]) -> None:
    run_id = finished_run(tiny, **FULL, name="dropout 0.35", study="dropout-20260101-120000")
    app = page("train")
    app.selectbox(key=key_of(app, "train-study")).set_value("dropout").run()
    clone(app, run_id)
    assert app.selectbox(key=key_of(app, "train-recipe-False")).value == "run"
    assert "From the run" in app.selectbox(key=key_of(app, "train-recipe-False")).options
    assert any("are now in the form" in toast.value for toast in app.toast)
    assert app.selectbox(key=key_of(app, "train-study")).value == ONE
    assert started_config(app) == config(dataset=tiny, **FULL)  # without its name and study


def test_the_settings_of_a_second_run_replace_those_of_the_first(tiny: str, no_worker: list[str]) -> None:
    first, second = finished_run(tiny, **FULL), finished_run(tiny, backbone="mobilenet_v2", early_stopping=None)
    app = clone(clone(page("train"), first), second)
    assert started_config(app) == config(dataset=tiny, backbone="mobilenet_v2")


def test_a_learning_rate_of_many_digits_comes_from_a_run(tiny: str, no_worker: list[str]) -> None:
    settings = config(dataset=tiny, learning_rate=1 / 3000, fine_tune={"learning_rate": 1 / 30_000})
    run_id = finished_run(tiny, **settings.model_dump(mode="json", exclude={"dataset"}))
    assert started_config(clone(page("train"), run_id)) == settings


def test_the_settings_of_a_run_deleted_meanwhile_still_fill_the_form(tiny: str, no_worker: list[str]) -> None:
    run_id = queue.put(config(dataset=tiny, **FULL))
    app = page("train")
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(9).run()
    shutil.rmtree(next(run.folder for run in look_all() if run.id == run_id))
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert started_config(app) == config(dataset=tiny, **FULL)


def test_the_form_s_seed_also_applies_to_a_preset(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-recipe-False")).set_value("course").run()
    app.number_input(key=key_of(app, "train-augmentation_seed")).set_value(11)
    app.number_input(key=key_of(app, "train-seed")).set_value(5)
    settings = started_config(app.run())
    assert (settings.augmentation_seed, settings.seed) == (11, 5)
