"""Train's form: every setting has its control, and reloads, links, other pages and runs keep or fill it."""

import json
import re
import shutil
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import machine
from core.augment import recipe
from core.augment.presets import PRESETS
from core.datasets import catalogue
from core.runs import link, queue
from core.runs.config import RunConfig, config
from core.runs.fine_tuning import FineTune
from core.runs.folder import look_all
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.training.controls import LAST
from pages.training.plan import ONE
from tests.pages.conftest import finished_run, held, page, start

STEPS = [{"transform": "rotation", "rotation_range": 12}, {"transform": "horizontal_flip"}]
FULL = {
    "backbone": "small_cnn",
    "image_size": 48,
    "dense_layers": [100, 50, 7],
    "activation": "gelu",
    "dropout": 0.35,
    "recipe": STEPS,
    "augmentation_seed": 7,
    "views": 3,
    "optimizer": "sgd",
    "learning_rate": 0.00025,
    "schedule": "constant",
    "warmup": 20,
    "label_smoothing": 0.1,
    "batch_size": 16,
    "epochs": 12,
    "early_stopping": 4,
    "class_weights": True,
    "seed": 3,
}


def train(**query: str) -> AppTest:
    """The page in a new session, opened by a link with these parameters."""
    app = page("home")
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/train.py").run()
    assert not app.exception
    return app


def made(app: AppTest) -> RunConfig:
    """The settings of the run that the form starts."""
    before = {run.id for run in look_all()}
    start(app)
    (new,) = [run for run in look_all() if run.id not in before]
    return new.config


def usual(app: AppTest, name: str, value: object) -> AppTest:
    """Click the button that sets a control to one of its usual values."""
    app.button(key=f"usual-{name}-{value}").click().run()
    assert not app.exception
    return app


def labelled(elements: Any, label: str) -> Any:
    return next(element for element in elements if element.label == label)


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning)


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


# Controls


def test_every_setting_has_a_control_with_help(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=held(app, "train-recipe-False")).set_value("light").run()
    app.toggle(key=held(app, "train-early-stopping")).set_value(True).run()
    kinds = (app.selectbox, app.number_input, app.text_input, app.segmented_control, app.slider, app.toggle)
    controls = {widget.label: widget for kind in kinds for widget in kind}
    for one in SETTINGS.values():
        label = one.label if one.name == "early_stopping" else one.title
        assert controls[label].help.startswith(one.help), label


def pretrained(app: AppTest) -> AppTest:
    app.session_state[held(app, "train-backbone-False")] = "mobilenet_v2"
    return app.run()


TOGGLE = "train-fine_tune-True"


def test_fine_tuning_has_a_control_with_help_for_each_of_its_settings(tiny: str, monkeypatch) -> None:
    cards = (machine.GpuLoad("L4", 0.5, 0.25, 2**34),)
    monkeypatch.setattr(machine, "gpus", lambda: cards)
    app = pretrained(page("train"))
    hidden = {one.title for one in FINE_TUNING.values()}
    assert not hidden & {widget.label for widget in (*app.number_input, *app.text_input, *app.toggle)}
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    app.segmented_control(key=held(app, "train-tune-extent-mobilenet_v2")).set_value(LAST).run()
    assert not app.exception
    kinds = (app.number_input, app.text_input, app.segmented_control, app.toggle)
    controls = {widget.label: widget for kind in kinds for widget in kind}
    for one in FINE_TUNING.values():
        assert controls[one.title].help.startswith(one.help), one.title
    assert app.number_input(key=held(app, "train-tune-blocks-mobilenet_v2")).max == 16


def test_fine_tuning_begins_with_the_engine_s_own_settings(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    assert made(app).fine_tune is None
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    assert made(app).fine_tune == FineTune()


def test_what_is_chosen_for_the_fine_tuning_is_run(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    app.segmented_control(key=held(app, "train-tune-extent-mobilenet_v2")).set_value(LAST).run()
    app.number_input(key=held(app, "train-tune-blocks-mobilenet_v2")).set_value(5)
    app.number_input(key=held(app, "train-tune-epochs")).set_value(4)
    app.number_input(key=held(app, "train-tune-warmup")).set_value(0)
    app.segmented_control(key=held(app, "train-tune-schedule")).set_value("constant")
    app.text_input(key=held(app, "train-tune-weight_decay")).set_value("0,01")
    usual(app, "train-tune-learning_rate", "0.00005")
    assert made(app).fine_tune == FineTune(
        blocks=5, epochs=4, warmup=0, schedule="constant", weight_decay=0.01, learning_rate=5e-5
    )
    app.toggle(key=held(app, TOGGLE)).set_value(False).run()
    assert made(app).fine_tune is None


def test_a_number_of_the_fine_tuning_that_is_none_is_named(tiny: str) -> None:
    app = pretrained(page("train"))
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    app.text_input(key=held(app, "train-tune-learning_rate")).set_value("a tenth").run()
    assert any(
        "fine\\_tune.learning\\_rate must be a number, got 'a tenth'." in caption.value for caption in app.caption
    )


def test_the_precision_is_a_choice_only_where_there_is_a_gpu(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpus", tuple)
    app = pretrained(page("train"))
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    assert FINE_TUNING["mixed_precision"].title not in [one.label for one in app.toggle]


def test_the_small_network_has_nothing_to_fine_tune(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    app.selectbox(key=held(app, "train-backbone-False")).set_value("small_cnn").run()
    assert not app.exception
    assert any("learns as a whole from the start" in caption.value for caption in app.caption)
    toggle = app.toggle(key=held(app, "train-fine_tune-False"))
    assert (toggle.disabled, toggle.value) == (True, False)
    assert made(app).fine_tune is None


def test_what_fine_tuning_costs_is_said(tiny: str) -> None:
    app = pretrained(page("train"))
    (offer,) = [one.value for one in app.caption if one.value.startswith("Fine-tuning")]
    assert offer.startswith("Fine-tuning the whole backbone afterwards for 10 epochs would take about")
    app.toggle(key=held(app, TOGGLE)).set_value(True)
    app.number_input(key=held(app, "train-image_size-mobilenet_v2")).set_value(640).run()
    for epochs, share in ((3, r"about [\d.]+ s of the [\d.]+ s"), (1000, r"nearly all of the [\d.]+ hours")):
        app.number_input(key=held(app, "train-tune-epochs")).set_value(epochs).run()
        (said,) = [one.value for one in app.caption if one.value.startswith("Fine-tuning")]
        without = r"without it the run would take about [\d.]+ s\."
        assert re.fullmatch(f"Fine-tuning takes {share} expected here; {without}", said), said
    assert "of fine-tuning instead of 1000" in warnings(app)
    (picture,) = app.get("image")
    assert "MobileNetV2, fine-tuned;" in picture.proto.imgs[0].alt
    assert any("fine-tuning **2.23 million** trainable, **34,112** frozen" in one.value for one in app.markdown)


def test_a_warm_up_longer_than_the_fine_tuning_is_said(tiny: str) -> None:
    app = pretrained(page("train"))
    app.toggle(key=held(app, TOGGLE)).set_value(True).run()
    assert "warm-up of fine-tuning lasts as long as that stage (10 batches)" in warnings(app)
    app.number_input(key=held(app, "train-tune-warmup")).set_value(9).run()
    assert "warm-up" not in warnings(app)


def test_dense_layers_are_chosen_by_number_and_size(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    assert not [one for one in app.number_input if one.label.startswith("Units")]
    app.segmented_control(key=held(app, "train-dense-count")).set_value(3).run()
    for place, units in enumerate((64, 32, 16), start=1):
        app.number_input(key=held(app, f"train-dense-{place}")).set_value(units)
    assert made(app.run()).dense_layers == (64, 32, 16)
    app.segmented_control(key=held(app, "train-dense-count")).set_value(1).run()
    assert made(app).dense_layers == (64,)
    app.segmented_control(key=held(app, "train-dense-count")).set_value(0).run()
    assert made(app).dense_layers == ()


def test_a_usual_image_size_is_a_click_and_any_other_can_be_typed(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    name = f"train-image_size-{labelled(app.selectbox, 'Backbone').value}"
    usual(app, name, 224)
    assert app.number_input(key=held(app, name)).value == 224
    assert made(app).image_size == 224
    app.number_input(key=held(app, name)).set_value(77).run()
    assert made(app).image_size == 77
    app.number_input(key=held(app, name)).set_value(78)  # typed and left by the very click on the button
    assert made(usual(app, name, 299)).image_size == 299


def test_a_late_word_of_the_browser_about_the_image_size_changes_nothing(tiny: str, no_worker: list[str]) -> None:
    """A busy browser sends what was typed before once more, after a click has set another size."""
    app = page("train")
    app.selectbox(key=held(app, "train-backbone-False")).set_value("small_cnn").run()
    name = "train-image_size-small_cnn"
    old = held(app, name)
    app.number_input(key=old).set_value(77).run()
    usual(app, name, 96)
    app.session_state[old] = 77
    assert app.run().number_input(key=held(app, name)).value == 96
    assert made(app).image_size == 96
    app.number_input(key=held(app, name)).set_value(77).run()
    usual(app, name, 96)
    usual(app, name, 96)  # the click comes twice
    assert made(app).image_size == 96


def test_a_usual_learning_rate_is_a_click_and_any_other_can_be_typed(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    name = labelled(app.text_input, "Learning rate").key
    for typed, expected in (("0,007", 0.007), ("5e-4", 0.0005), ("0.25", 0.25)):
        app.text_input(key=held(app, name)).set_value(typed).run()
        assert made(app).learning_rate == expected
    usual(app, name, "0.01")
    assert app.text_input(key=held(app, name)).value == "0.01"
    assert made(app).learning_rate == 0.01


def test_a_learning_rate_that_is_none_is_named_and_nothing_is_queued(tiny: str) -> None:
    app = page("train")
    name = labelled(app.text_input, "Learning rate").key
    for typed in ("a tenth", "", "-1", "nan", "1e400"):
        app.text_input(key=held(app, name)).set_value(typed).run()
        assert any("learning\\_rate must be" in caption.value for caption in app.caption), typed
        assert not app.error, typed  # that of the value before is gone
        start(app)
        assert any("learning\\_rate must be" in error.value for error in app.error), typed
    assert not look_all()


def test_the_form_is_reset_to_what_is_proposed(tiny: str, no_worker: list[str]) -> None:
    untouched = made(page("train"))
    app = train(settings=link.dumps(config(dataset=catalogue.DRAWN, **FULL, name="mine")), study="dropout")
    app.button(key="train-reset").click().run()
    assert not app.exception
    assert made(app) == untouched
    assert address(app) == {}


# What stands beside the form


def test_the_network_is_drawn_and_counted(tiny: str) -> None:
    app = page("train")
    app.session_state[held(app, "train-backbone-False")] = "mobilenet_v2"
    app.run()
    (picture,) = app.get("image")
    assert picture.proto.imgs[0].alt.startswith("The network: Photo, 150 × 150 px; MobileNetV2, frozen; 1,280 features")
    assert any("**3,843** trainable parameters, **2.26 million** frozen" in one.value for one in app.markdown)
    app.selectbox(key=held(app, "train-study")).set_value("dense-layers").run()
    assert any("**3,843 – 1.28 million** trainable" in one.value for one in app.markdown)


def test_a_slow_choice_is_said_with_what_would_be_quicker(tiny: str) -> None:
    app = page("train")
    app.number_input(key=held(app, "train-epochs-False")).set_value(10_000).run()
    assert "This is slow here. Quicker would be 3333 epochs instead of 10000" in warnings(app)
    app.number_input(key=held(app, "train-epochs-False")).set_value(5).run()
    assert "slow" not in warnings(app)


def test_a_warm_up_that_never_ends_is_said(tiny: str) -> None:
    app = page("train")
    app.number_input(key=held(app, "train-warmup")).set_value(30).run()
    assert "warm-up lasts as long as the whole training (30 batches)" in warnings(app)  # 18 photos: a batch an epoch
    app.number_input(key=held(app, "train-warmup")).set_value(29).run()
    assert "warm-up" not in warnings(app)


def test_each_study_is_listed_with_its_runs_and_time(tiny: str) -> None:
    app = page("train")
    app.session_state["train-studies"] = True
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    counts = dict(zip(table["Study"], table["Runs"], strict=True))
    assert counts["One run"] == 1
    assert counts["Dropout rate"] == 4
    assert counts["Image size"] == 3
    assert list(table["Expected time"])[-1] == "needs two transforms or more"
    assert all(time.endswith((" s", " min", " hours")) for time in table["Expected time"][:-1])


def test_the_grid_s_help_names_the_settings(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=held(app, "train-study")).set_value("grid").run()
    lines = list(app.dataframe[0].value["Line of a grid"])
    assert "dropout = 0, 0.2, 0.5, 0.8" in lines
    app.text_area(key=held(app, "train-grid")).set_value("\n".join(["dropout = 0, 0.5", "seed = 0, 1, 2"])).run()
    assert any("6 runs" in one.value for one in app.markdown)


def test_pressing_a_key_does_not_list_the_dataset_again(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("train")
    listed: list[str] = []
    monkeypatch.setattr("core.datasets.catalogue._dataset", lambda name, _: listed.append(name))
    for epochs in (5, 6, 7):
        app.number_input(key=held(app, "train-epochs-False")).set_value(epochs).run()
        assert not app.exception
    assert listed == []


# A reload, a link, another page


def test_an_untouched_form_leaves_the_address_alone(tiny: str) -> None:
    assert address(page("train")) == {}


def test_a_reload_finds_the_form_again(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.segmented_control(key=held(app, "train-dense-count")).set_value(2).run()
    app.number_input(key=held(app, "train-epochs-False")).set_value(7)
    app.text_input(key=held(app, "train-run-name")).set_value("für später")
    app.selectbox(key=held(app, "train-study")).set_value("grid").run()
    app.text_area(key=held(app, "train-grid")).set_value("seed = 0, 1").run()
    kept = address(app)
    assert set(kept) == {"settings", "study", "grid"}
    again = train(**kept)
    assert again.segmented_control(key=held(again, "train-dense-count")).value == 2
    assert again.number_input(key=held(again, "train-epochs-False")).value == 7
    assert again.text_input(key=held(again, "train-run-name")).value == "für später"
    assert again.text_area(key=held(again, "train-grid")).value == "seed = 0, 1"
    assert address(again) == kept


@pytest.mark.parametrize("dataset", ["tiny", catalogue.DRAWN])
def test_a_link_fills_every_control(tiny: str, dataset: str, no_worker: list[str]) -> None:
    settings = config(dataset=dataset, **FULL, name="shared")
    app = train(settings=link.dumps(settings))
    assert not app.warning
    assert app.selectbox(key=held(app, f"train-recipe-{dataset == catalogue.DRAWN}")).value == "link"
    assert made(app) == settings


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
    assert made(app) == settings
    app.switch_page("pages/compare.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert made(app) == settings
    plain = finished_run(tiny, backbone="mobilenet_v2")
    assert made(clone(app, plain)).fine_tune is None


def test_a_link_with_a_preset_s_recipe_chooses_the_preset(tiny: str) -> None:
    steps = recipe.to_json(next(preset.recipe for preset in PRESETS if preset.key == "course"))
    app = train(settings=link.dumps(config(dataset="tiny", recipe=steps)))
    assert app.selectbox(key=held(app, "train-recipe-False")).value == "course"


SENSELESS = {
    "{": "Not valid JSON",
    '{"dataset":"tiny","dropout":7}': "dropout must be at most 0.99, got 7.",
    '{"dataset":"tiny","colour":"**red**"}': "There is no setting 'colour'",
    "x" * 9000: "at most 8000 characters, got 9000",
}


def test_a_link_that_makes_no_sense_is_ignored_in_a_sentence(tiny: str, no_worker: list[str]) -> None:
    untouched = made(page("train"))
    for settings, words in SENSELESS.items():
        app = train(settings=settings)
        for _ in range(2):  # it stays until something is done about it
            assert "The settings of the link were ignored" in warnings(app)
            assert words in warnings(app)
            assert not app.error
            assert address(app) == {}
            app.run()
        if words == "Not valid JSON":
            app.button(key="train-reset").click().run()
        else:
            assert made(app) == untouched
        assert "ignored" not in warnings(app)
        assert not app.exception


def test_a_study_of_the_link_that_is_none_is_ignored_in_a_sentence(tiny: str) -> None:
    app = train(study="sorcery")
    assert "'sorcery' of the link was ignored" in warnings(app)
    assert app.selectbox(key=held(app, "train-study")).value == ONE


def test_a_dataset_of_the_link_that_is_not_here_is_said_and_the_rest_taken_over(tiny: str) -> None:
    app = train(settings=link.dumps(config(dataset="elsewhere", **FULL)))
    assert "The dataset 'elsewhere' is missing here" in warnings(app)
    assert app.selectbox(key=held(app, "train-dataset")).value == "tiny"
    assert app.number_input(key=held(app, "train-image_size-small_cnn")).value == 48


def test_within_a_session_the_form_wins_over_the_address(tiny: str) -> None:
    app = page("train")
    app.number_input(key=held(app, "train-epochs-False")).set_value(9).run()
    app.switch_page("pages/compare.py").run()
    app.query_params["settings"] = link.dumps(config(dataset="tiny", epochs=3))  # as the browser's Back would do
    app.switch_page("pages/train.py").run()
    assert app.number_input(key=held(app, "train-epochs-False")).value == 9
    assert json.loads(address(app)["settings"])["epochs"] == 9


def test_every_setting_outlives_a_visit_to_another_page(tiny: str, no_worker: list[str]) -> None:
    settings = config(dataset="tiny", **FULL, name="shared")
    app = train(settings=link.dumps(settings))
    app.selectbox(key=held(app, "train-study")).set_value("dropout").run()
    app.switch_page("pages/compare.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=held(app, "train-study")).value == "dropout"
    app.selectbox(key=held(app, "train-study")).set_value(ONE).run()
    assert made(app) == settings


# The settings of a run


def clone(app: AppTest, run_id: str) -> AppTest:
    """Look at a run and click on *Use these settings*."""
    app.run()
    app.selectbox(key=held(app, "train-run")).set_value(run_id).run()
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert app.session_state["train-form-request"] is None
    return app


def test_the_settings_of_a_run_fill_every_control(tiny: str, no_worker: list[str]) -> None:
    run_id = finished_run(tiny, **FULL, name="dropout 0.35", study="dropout-20260101-120000")
    app = page("train")
    app.selectbox(key=held(app, "train-study")).set_value("dropout").run()
    clone(app, run_id)
    assert app.selectbox(key=held(app, "train-recipe-False")).value == "run"
    assert "From the run" in app.selectbox(key=held(app, "train-recipe-False")).options
    assert any("are in the form" in toast.value for toast in app.toast)
    assert app.selectbox(key=held(app, "train-study")).value == ONE
    assert made(app) == config(dataset=tiny, **FULL)  # neither its name nor its study


def test_the_settings_of_one_run_after_those_of_another(tiny: str, no_worker: list[str]) -> None:
    one, other = finished_run(tiny, **FULL), finished_run(tiny, backbone="mobilenet_v2", early_stopping=None)
    app = clone(clone(page("train"), one), other)
    assert made(app) == config(dataset=tiny, backbone="mobilenet_v2")


def test_a_learning_rate_of_many_digits_comes_from_a_run(tiny: str, no_worker: list[str]) -> None:
    settings = config(dataset=tiny, learning_rate=1 / 3000, fine_tune={"learning_rate": 1 / 30_000})
    run_id = finished_run(tiny, **settings.model_dump(mode="json", exclude={"dataset"}))
    assert made(clone(page("train"), run_id)) == settings


def test_the_settings_of_a_run_that_is_deleted_meanwhile_come_all_the_same(tiny: str, no_worker: list[str]) -> None:
    run_id = queue.put(config(dataset=tiny, **FULL))
    app = page("train")
    app.number_input(key=held(app, "train-epochs-False")).set_value(9).run()
    shutil.rmtree(next(run.folder for run in look_all() if run.id == run_id))
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert made(app) == config(dataset=tiny, **FULL)


def test_the_form_s_seed_goes_with_a_preset_too(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=held(app, "train-recipe-False")).set_value("course").run()
    app.number_input(key=held(app, "train-augmentation_seed")).set_value(11)
    app.number_input(key=held(app, "train-seed")).set_value(5)
    settings = made(app.run())
    assert (settings.augmentation_seed, settings.seed) == (11, 5)
