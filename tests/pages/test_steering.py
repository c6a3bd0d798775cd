"""Actions for runs and studies: retry, train more, fine-tune, stop, delete."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.runs.fine_tuning import FineTune
from core.runs.folder import look, look_all
from core.runs.records import RunState
from tests.fabricated import saved_model
from tests.pages.conftest import charts, finished_run, follow, key_of, page
from tests.pages.steering import STUDY, labels, newest, put


def test_a_failed_run_shows_its_log_and_can_be_retried(tiny: str, no_worker: list[str]) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "Something broke."}, name="mine", dropout=0.4)
    (workspace.runs() / run_id / "worker.log").write_text("the traceback")
    app = page("train")
    assert "the traceback" in [code.value for code in app.code]
    assert "Retry with batch size 16" not in labels(app)
    app.button(key=f"retry-{run_id}").click().run()
    assert not app.exception
    assert (newest().name, newest().config.dropout, newest().state) == ("mine", 0.4, RunState.QUEUED)
    assert app.selectbox(key=key_of(app, "train-run")).value == newest().id
    assert no_worker


def test_after_running_out_of_memory_half_the_batch_is_offered(tiny: str) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "The memory ran out.", "cause": "memory"}, batch_size=32)
    app = page("train")
    assert "Retry on the CPU" not in labels(app)
    app.button(key=f"retry-half-{run_id}").click().run()
    assert newest().config.batch_size == 16


def test_after_running_out_of_gpu_memory_the_cpu_is_offered_too(tiny: str, two_gpus: None) -> None:
    put(tiny, {"phase": "failed", "error": "The GPU's memory ran out.", "cause": "gpu memory"}, batch_size=1)
    app = page("train")
    assert not [label for label in labels(app) if "batch size" in label]  # one photo can't be halved
    next(button for button in app.button if button.label == "Retry on the CPU").click().run()
    assert (newest().device, newest().config.batch_size) == ("cpu", 1)


def test_training_more_asks_for_the_number_of_epochs(tiny: str) -> None:
    run_id = finished_run(tiny, name="mine")
    assert f"run-more-{run_id}" not in [element.key for element in page("train").number_input]  # it has no backup
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    app.number_input(key=key_of(app, f"run-more-{run_id}")).set_value(7).run()
    app.button(key=f"more-do-{run_id}").click().run()
    assert not app.exception
    assert (newest().name, newest().config.epochs, newest().config.parent) == ("mine, 7 more epochs", 10, run_id)
    assert app.selectbox(key=key_of(app, "train-run")).value == newest().id


def times(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption if "Expected time" in caption.value]


def test_a_frozen_run_offers_fine_tuning_and_says_how_long_it_takes(tiny: str, no_worker: list[str]) -> None:
    run_id = finished_run(tiny, name="mine", image_size=64, study=STUDY)
    assert f"tune-do-{run_id}" not in [element.key for element in page("train").button]  # it has no backup
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    assert len(times(app)) == 2  # for more epochs, and for fine-tuning
    app.number_input(key=key_of(app, f"run-tuning-{run_id}")).set_value(1000).run()
    longer = times(app)[1]
    assert longer != times(page("train"))[1]
    app.button(key=f"tune-do-{run_id}").click().run()
    assert not app.exception
    made = newest().config
    assert (made.name, made.parent, made.study) == ("mine, fine-tuned", run_id, None)
    assert (made.epochs, made.fine_tune) == (3, FineTune(epochs=1000))
    assert app.selectbox(key=key_of(app, "train-run")).value == newest().id
    assert no_worker


@pytest.mark.parametrize("settings", [{"fine_tune": {}}, {"backbone": "small_cnn", "image_size": 32}])
def test_a_trained_backbone_only_offers_more_epochs(tiny: str, settings: dict[str, Any]) -> None:
    run_id = finished_run(tiny, **settings)
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    assert "Fine-tune" not in labels(app)
    assert any("fine-tunes the backbone for more epochs" in element.value for element in app.markdown) is (
        "fine_tune" in settings
    )
    app.button(key=f"more-do-{run_id}").click().run()
    made = newest().config
    assert (made.epochs, made.fine_tune) == ((30, FineTune(epochs=10)) if made.fine_tune else (13, None))


def test_too_many_epochs_are_an_error(tiny: str) -> None:
    run_id = finished_run(tiny, fine_tune={})
    place = workspace.runs() / run_id
    (place / "backup.npz").touch()
    line = {"epoch": 3, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5, "stage": 1}
    with (place / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    app = page("train")
    app.number_input(key=key_of(app, f"run-more-{run_id}")).set_value(1000).run()
    assert not app.exception
    assert any("fine\\_tune.epochs must be at most 1000, got 1001" in caption.value for caption in app.caption)
    assert f"delete-{run_id}" in [button.key for button in app.button]


def test_a_click_that_arrives_twice_makes_one_run(tiny: str) -> None:
    def script() -> None:
        import streamlit as st
        from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
        from streamlit.runtime.scriptrunner import RerunData, RerunException

        from pages.training import runs

        if again := st.session_state.pop("again", ""):
            # the same click again, before the page has drawn the new button
            click = WidgetState(id=again, trigger_value=True)
            raise RerunException(RerunData(widget_states=WidgetStates(widgets=[click])))
        runs.watch()

    failed = put(tiny, {"phase": "failed", "error": "The memory ran out.", "cause": "memory"}, name="failed")
    done = finished_run(tiny, name="done")
    (workspace.runs() / done / "backup.npz").touch()
    app = AppTest.from_function(script, default_timeout=30).run()
    acts = {f"retry-{failed}": failed, f"retry-half-{failed}": failed, f"more-do-{done}": done, f"tune-do-{done}": done}
    for count, (key, run_id) in enumerate(acts.items(), start=3):
        app.selectbox(key=key_of(app, "train-run")).set_value(run_id).run()
        app.session_state["again"] = app.button(key=key).id
        app.button(key=key).click().run()
        assert not app.exception
        assert "again" not in app.session_state
        assert len(look_all()) == count, key


def test_the_chart_reaches_to_the_end_of_the_fine_tuning(tiny: str) -> None:
    run_id = finished_run(tiny, epochs=20, fine_tune={"epochs": 5})
    figure = charts(page("train"))[0]
    assert figure["layout"]["xaxis"]["range"] == [0, 25.5]
    line = {"epoch": 3, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5, "stage": 1}
    with (workspace.runs() / run_id / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    figure = charts(page("train"))[0]
    assert figure["layout"]["xaxis"]["range"] == [0, 8.5]
    assert figure["layout"]["annotations"][0]["text"] == "fine-tuning"


def test_an_action_that_fails_is_a_toast(tiny: str) -> None:
    run_id = finished_run(tiny)
    backup = workspace.runs() / run_id / "backup.npz"
    backup.touch()
    app = page("train")
    backup.unlink()  # while the page is open
    app.button(key=f"more-do-{run_id}").click().run()
    assert not app.exception
    assert any("no backup" in toast.value for toast in app.toast)
    assert len(look_all()) == 1


def test_settings_are_put_into_the_form(tiny: str) -> None:
    run_id = finished_run(tiny, dropout=0.45)
    app = page("train")
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert any("are now in the form" in toast.value for toast in app.toast)
    assert app.slider(key=key_of(app, "train-dropout")).value == 0.45
    assert next(box for box in app.expander if box.label == "Settings").proto.expanded


def test_the_best_saved_model_of_its_dataset_has_a_badge(tiny: str) -> None:
    first, second = finished_run(tiny, name="first"), finished_run(tiny, name="second")
    saved_model("one", validation=0.7, run=first, dataset=tiny)
    saved_model("two", validation=0.8, run=second, dataset=tiny)
    app = page("train")  # shows the newest
    assert any("best saved model" in markdown.value for markdown in app.markdown)
    app.selectbox(key=key_of(app, "train-run")).set_value(first).run()
    assert not any("best saved model" in markdown.value for markdown in app.markdown)


def test_the_button_to_predict_selects_the_run_s_model(tiny: str) -> None:
    finished_run(tiny)
    saved_model("colours", validation=0.2)
    saved_model("better", validation=0.9)
    app = follow(page("train"), "Ask this model about photos", "predict")
    assert app.selectbox(key=key_of(app, "predict-model")).value == "colours"
    assert any(box.label.startswith("The model: colours") for box in app.expander)


# Studies


def test_a_study_is_stopped_and_deleted_as_a_whole(tiny: str) -> None:
    finished_run(tiny, study=STUDY, name="dropout 0")
    waiting = [put(tiny, study=STUDY, name=f"dropout {rate}") for rate in (0.2, 0.5)]
    other = put(tiny, name="another")
    app = page("train")
    app.selectbox(key=key_of(app, "train-run")).set_value(look_all()[-1].id).run()
    app.button(key=f"stop-study-{STUDY}").click().run()
    assert [look(run_id).state for run_id in waiting] == [RunState.STOPPED] * 2
    assert look(other).state is RunState.QUEUED
    assert f"stop-study-{STUDY}" not in [button.key for button in app.button]
    app.button(key=f"delete-study-{STUDY}").click().run()
    assert not app.exception
    assert [run.id for run in look_all()] == [other]


def test_a_large_study_shows_its_eight_best_runs(tiny: str) -> None:
    runs = [finished_run(tiny, study=STUDY, name=f"run {number}") for number in range(10)]
    app = page("train")
    assert any("The best 8 of 10 runs." in caption.value for caption in app.caption)
    assert len({trace["legendgroup"] for trace in charts(app)[0]["data"]}) == 8
    assert app.selectbox(key=key_of(app, f"study-run-{STUDY}")).options[1:] == [look(run_id).name for run_id in runs]


def test_one_run_has_a_logarithmic_scale_too(tiny: str) -> None:
    finished_run(tiny)
    app = page("train")
    app.toggle(key=key_of(app, "train-log-scale")).set_value(True).run()
    assert not app.exception
    assert charts(app)[0]["layout"]["yaxis"]["type"] == "log"
