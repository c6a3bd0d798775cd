"""Train's form: a control for every setting, and what is beside the form."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core import machine
from core.datasets import catalogue
from core.runs import link
from core.runs.config import config
from core.runs.fine_tuning import FineTune
from core.runs.folder import look_all
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.training.controls import LAST
from tests.pages.conftest import key_of, page, start
from tests.pages.forms import FULL, address, labelled, started_config, train, usual, warnings


def test_every_setting_has_a_control_with_help(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-recipe-False")).set_value("light").run()
    app.toggle(key=key_of(app, "train-early-stopping")).set_value(True).run()
    kinds = (app.selectbox, app.number_input, app.text_input, app.segmented_control, app.slider, app.toggle)
    controls = {widget.label: widget for kind in kinds for widget in kind}
    for setting in SETTINGS.values():
        label = setting.label if setting.name == "early_stopping" else setting.title
        assert controls[label].help.startswith(setting.help), label


def pretrained(app: AppTest) -> AppTest:
    app.session_state[key_of(app, "train-backbone-False")] = "mobilenet_v2"
    return app.run()


TOGGLE = "train-fine_tune-True"


def test_fine_tuning_has_a_control_with_help_for_each_of_its_settings(tiny: str, monkeypatch) -> None:
    cards = (machine.GpuLoad("L4", 0.5, 0.25, 2**34),)
    monkeypatch.setattr(machine, "gpus", lambda: cards)
    app = pretrained(page("train"))
    hidden = {setting.title for setting in FINE_TUNING.values()}
    assert not hidden & {widget.label for widget in (*app.number_input, *app.text_input, *app.toggle)}
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    app.segmented_control(key=key_of(app, "train-tune-extent-mobilenet_v2")).set_value(LAST).run()
    assert not app.exception
    kinds = (app.number_input, app.text_input, app.segmented_control, app.toggle)
    controls = {widget.label: widget for kind in kinds for widget in kind}
    for setting in FINE_TUNING.values():
        assert controls[setting.title].help.startswith(setting.help), setting.title
    assert app.number_input(key=key_of(app, "train-tune-blocks-mobilenet_v2")).max == 16


def test_fine_tuning_begins_with_the_engine_s_own_settings(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    assert started_config(app).fine_tune is None
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    assert started_config(app).fine_tune == FineTune()


def test_a_run_has_the_chosen_fine_tuning(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    app.segmented_control(key=key_of(app, "train-tune-extent-mobilenet_v2")).set_value(LAST).run()
    app.number_input(key=key_of(app, "train-tune-blocks-mobilenet_v2")).set_value(5)
    app.number_input(key=key_of(app, "train-tune-epochs")).set_value(4)
    app.number_input(key=key_of(app, "train-tune-warmup")).set_value(0)
    app.segmented_control(key=key_of(app, "train-tune-schedule")).set_value("constant")
    app.text_input(key=key_of(app, "train-tune-weight_decay")).set_value("0,01")
    usual(app, "train-tune-learning_rate", "0.00005")
    assert started_config(app).fine_tune == FineTune(
        blocks=5, epochs=4, warmup=0, schedule="constant", weight_decay=0.01, learning_rate=5e-5
    )
    app.toggle(key=key_of(app, TOGGLE)).set_value(False).run()
    assert started_config(app).fine_tune is None


def test_an_invalid_number_of_fine_tuning_is_an_error(tiny: str) -> None:
    app = pretrained(page("train"))
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    app.text_input(key=key_of(app, "train-tune-learning_rate")).set_value("a tenth").run()
    assert any(
        "fine\\_tune.learning\\_rate must be a number, got 'a tenth'." in caption.value for caption in app.caption
    )


def test_the_precision_is_a_choice_only_where_there_is_a_gpu(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpus", tuple)
    app = pretrained(page("train"))
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    assert FINE_TUNING["mixed_precision"].title not in [toggle.label for toggle in app.toggle]


def test_the_small_network_has_nothing_to_fine_tune(tiny: str, no_worker: list[str]) -> None:
    app = pretrained(page("train"))
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    app.selectbox(key=key_of(app, "train-backbone-False")).set_value("small_cnn").run()
    assert not app.exception
    assert any("All layers of this network learn from the start" in caption.value for caption in app.caption)
    toggle = app.toggle(key=key_of(app, "train-fine_tune-False"))
    assert (toggle.disabled, toggle.value) == (True, False)
    assert started_config(app).fine_tune is None


def test_the_form_says_how_long_fine_tuning_takes(tiny: str) -> None:
    app = pretrained(page("train"))
    (offer,) = [caption.value for caption in app.caption if caption.value.startswith("Fine-tuning")]
    assert offer.startswith("Fine-tuning the whole backbone for 10 epochs would take about")
    app.toggle(key=key_of(app, TOGGLE)).set_value(True)
    app.number_input(key=key_of(app, "train-image_size-mobilenet_v2")).set_value(640).run()
    for epochs, share in ((3, r"about [\d.]+ s of the [\d.]+ s"), (1000, r"nearly all of the [\d.]+ (?:min|hours)")):
        app.number_input(key=key_of(app, "train-tune-epochs")).set_value(epochs).run()
        (caption,) = [caption.value for caption in app.caption if caption.value.startswith("Fine-tuning")]
        without = r"Without it, the run would take about [\d.]+ s\."
        assert re.fullmatch(f"Fine-tuning takes {share}\\. {without}", caption), caption
    assert "of fine-tuning instead of 1000" in warnings(app)
    (picture,) = app.get("image")
    assert "MobileNetV2, fine-tuned;" in picture.proto.imgs[0].alt
    assert any(
        "fine-tuning: **2.23 million** trainable, **34,112** frozen" in element.value for element in app.markdown
    )


def test_a_warm_up_longer_than_fine_tuning_is_a_warning(tiny: str) -> None:
    app = pretrained(page("train"))
    app.toggle(key=key_of(app, TOGGLE)).set_value(True).run()
    assert "warm-up of fine-tuning lasts as long as that stage (10 batches)" in warnings(app)
    app.number_input(key=key_of(app, "train-tune-warmup")).set_value(9).run()
    assert "warm-up" not in warnings(app)


def test_dense_layers_are_chosen_by_number_and_size(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    assert not [field for field in app.number_input if field.label.startswith("Units")]
    app.segmented_control(key=key_of(app, "train-dense-count")).set_value(3).run()
    for place, units in enumerate((64, 32, 16), start=1):
        app.number_input(key=key_of(app, f"train-dense-{place}")).set_value(units)
    assert started_config(app.run()).dense_layers == (64, 32, 16)
    app.segmented_control(key=key_of(app, "train-dense-count")).set_value(1).run()
    assert started_config(app).dense_layers == (64,)
    app.segmented_control(key=key_of(app, "train-dense-count")).set_value(0).run()
    assert started_config(app).dense_layers == ()


def test_a_usual_image_size_is_a_click_and_any_other_can_be_typed(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    name = f"train-image_size-{labelled(app.selectbox, 'Backbone').value}"
    usual(app, name, 224)
    assert app.number_input(key=key_of(app, name)).value == 224
    assert started_config(app).image_size == 224
    app.number_input(key=key_of(app, name)).set_value(77).run()
    assert started_config(app).image_size == 77
    app.number_input(key=key_of(app, name)).set_value(78)  # typed and left with the click on the button
    assert started_config(usual(app, name, 299)).image_size == 299


def test_a_late_image_size_from_the_browser_changes_nothing(tiny: str, no_worker: list[str]) -> None:
    """A busy browser sends the typed value again after a click has set another size."""
    app = page("train")
    app.selectbox(key=key_of(app, "train-backbone-False")).set_value("small_cnn").run()
    name = "train-image_size-small_cnn"
    old = key_of(app, name)
    app.number_input(key=old).set_value(77).run()
    usual(app, name, 96)
    app.session_state[old] = 77
    assert app.run().number_input(key=key_of(app, name)).value == 96
    assert started_config(app).image_size == 96
    app.number_input(key=key_of(app, name)).set_value(77).run()
    usual(app, name, 96)
    usual(app, name, 96)  # the click arrives twice
    assert started_config(app).image_size == 96


def test_a_usual_learning_rate_is_a_click_and_any_other_can_be_typed(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    name = labelled(app.text_input, "Learning rate").key
    for typed, expected in (("0,007", 0.007), ("5e-4", 0.0005), ("0.25", 0.25)):
        app.text_input(key=key_of(app, name)).set_value(typed).run()
        assert started_config(app).learning_rate == expected
    usual(app, name, "0.01")
    assert app.text_input(key=key_of(app, name)).value == "0.01"
    assert started_config(app).learning_rate == 0.01


def test_an_invalid_learning_rate_is_an_error_and_nothing_is_queued(tiny: str) -> None:
    app = page("train")
    name = labelled(app.text_input, "Learning rate").key
    for typed in ("a tenth", "", "-1", "nan", "1e400"):
        app.text_input(key=key_of(app, name)).set_value(typed).run()
        assert any("learning\\_rate must be" in caption.value for caption in app.caption), typed
        assert not app.error, typed  # the previous error is gone
        start(app)
        assert any("learning\\_rate must be" in error.value for error in app.error), typed
    assert not look_all()


def test_the_form_is_reset_to_the_proposed_settings(tiny: str, no_worker: list[str]) -> None:
    untouched = started_config(page("train"))
    app = train(settings=link.dumps(config(dataset=catalogue.DRAWN, **FULL, name="mine")), study="dropout")
    app.button(key="train-reset").click().run()
    assert not app.exception
    assert started_config(app) == untouched
    assert address(app) == {}


# Beside the form


def test_the_network_is_drawn_and_counted(tiny: str) -> None:
    app = page("train")
    app.session_state[key_of(app, "train-backbone-False")] = "mobilenet_v2"
    app.run()
    (picture,) = app.get("image")
    assert picture.proto.imgs[0].alt.startswith("The network: Photo, 150 × 150 px; MobileNetV2, frozen; 1,280 features")
    assert any("**3,843** trainable parameters, **2.26 million** frozen" in element.value for element in app.markdown)
    app.selectbox(key=key_of(app, "train-study")).set_value("dense-layers").run()
    assert any("**3,843 – 1.28 million** trainable" in element.value for element in app.markdown)


def test_a_slow_choice_is_a_warning_with_faster_choices(tiny: str) -> None:
    app = page("train")
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(10_000).run()
    assert "This is slow on this machine. Faster: 3333 epochs instead of 10000 (" in warnings(app)
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(5).run()
    assert "slow" not in warnings(app)


def test_a_warm_up_that_never_ends_is_a_warning(tiny: str) -> None:
    app = page("train")
    app.number_input(key=key_of(app, "train-warmup")).set_value(30).run()
    assert "warm-up lasts as long as the whole training (30 batches)" in warnings(app)  # 18 photos: a batch an epoch
    app.number_input(key=key_of(app, "train-warmup")).set_value(29).run()
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
    assert list(table["Expected time"])[-2:] == ["needs a transform", "needs two or more transforms"]
    assert all(time.endswith((" s", " min", " hours")) for time in table["Expected time"][:-2])


def test_the_grid_s_help_names_the_settings(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-study")).set_value("grid").run()
    lines = list(app.dataframe[0].value["Line of a grid"])
    assert "dropout = 0, 0.2, 0.5, 0.8" in lines
    app.text_area(key=key_of(app, "train-grid")).set_value("\n".join(["dropout = 0, 0.5", "seed = 0, 1, 2"])).run()
    assert any("6 runs" in element.value for element in app.markdown)


def test_a_change_of_the_form_does_not_list_the_dataset_again(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("train")
    listed: list[str] = []
    monkeypatch.setattr("core.datasets.catalogue.listing", lambda folder: listed.append(str(folder)))
    for epochs in (5, 6, 7):
        app.number_input(key=key_of(app, "train-epochs-False")).set_value(epochs).run()
        assert not app.exception
    assert listed == []
