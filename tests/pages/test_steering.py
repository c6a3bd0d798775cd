"""Steering runs and studies: try again, go on, stop, delete; what is told when one ends, and where it is trained."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import machine, workspace
from core.runs import devices, launch, queue
from core.runs.config import config
from core.runs.fine_tuning import FineTune
from core.runs.folder import look, look_all
from core.runs.records import RunState
from tests.fabricated import saved_model
from tests.pages.conftest import finished_run, follow, held, page

STUDY = "dropout-20260101-120000"


def put(dataset: str, status: dict[str, Any] | None = None, **settings: Any) -> str:
    run_id = queue.put(config(dataset=dataset, **settings))
    if status:
        set_status(run_id, **status)
    return run_id


def set_status(run_id: str, **status: Any) -> None:
    (workspace.runs() / run_id / "status.json").write_text(json.dumps(status))


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def newest() -> Any:
    return look_all()[0]


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tuple(machine.GpuLoad(name, 0.5, 0.25, 2**34) for name in ("L4", "H200"))
    monkeypatch.setattr(machine, "gpus", lambda: cards)
    monkeypatch.setattr(devices, "_ALLOWED", None)


# One run


def test_a_failed_run_is_tried_again_and_shows_its_log(tiny: str, no_worker: list[str]) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "Something broke."}, name="mine", dropout=0.4)
    (workspace.runs() / run_id / "worker.log").write_text("the traceback")
    app = page("train")
    assert "the traceback" in [code.value for code in app.code]
    assert "Retry with batch size 16" not in labels(app)
    app.button(key=f"retry-{run_id}").click().run()
    assert not app.exception
    assert (newest().name, newest().config.dropout, newest().state) == ("mine", 0.4, RunState.QUEUED)
    assert app.selectbox(key=held(app, "train-run")).value == newest().id
    assert no_worker


def test_where_memory_ran_out_half_the_batch_is_offered(tiny: str) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "The memory ran out.", "cause": "memory"}, batch_size=32)
    app = page("train")
    assert "Retry on the CPU" not in labels(app)
    app.button(key=f"retry-half-{run_id}").click().run()
    assert newest().config.batch_size == 16


def test_where_a_gpus_memory_ran_out_the_cpu_is_offered_too(tiny: str, two_gpus: None) -> None:
    put(tiny, {"phase": "failed", "error": "The GPU's memory ran out.", "cause": "gpu memory"}, batch_size=1)
    app = page("train")
    assert not [label for label in labels(app) if "batch size" in label]  # there is no half of one photo
    next(button for button in app.button if button.label == "Retry on the CPU").click().run()
    assert (newest().device, newest().config.batch_size) == ("cpu", 1)


def test_going_on_asks_for_the_number_of_epochs(tiny: str) -> None:
    run_id = finished_run(tiny, name="mine")
    assert f"more-epochs-{run_id}" not in [one.key for one in page("train").number_input]  # it has kept no backup
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    app.number_input(key=held(app, f"more-epochs-{run_id}")).set_value(7).run()
    app.button(key=f"more-do-{run_id}").click().run()
    assert not app.exception
    assert (newest().name, newest().config.epochs, newest().config.parent) == ("mine, 7 more epochs", 10, run_id)
    assert app.selectbox(key=held(app, "train-run")).value == newest().id


def times(app: AppTest) -> list[str]:
    return [one.value for one in app.caption if "Expected time" in one.value]


def test_a_frozen_run_offers_to_be_fine_tuned_and_says_how_long_it_takes(tiny: str, no_worker: list[str]) -> None:
    run_id = finished_run(tiny, name="mine", image_size=64, study=STUDY)
    assert f"tune-do-{run_id}" not in [one.key for one in page("train").button]  # it has kept no backup
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    assert len(times(app)) == 2  # of training on, and of this
    app.number_input(key=held(app, f"tuning-epochs-{run_id}")).set_value(1000).run()
    longer = times(app)[1]
    assert longer != times(page("train"))[1]
    app.button(key=f"tune-do-{run_id}").click().run()
    assert not app.exception
    made = newest().config
    assert (made.name, made.parent, made.study) == ("mine, fine-tuned", run_id, None)
    assert (made.epochs, made.fine_tune) == (3, FineTune(epochs=1000))
    assert app.selectbox(key=held(app, "train-run")).value == newest().id
    assert no_worker


@pytest.mark.parametrize("settings", [{"fine_tune": {}}, {"backbone": "small_cnn", "image_size": 32}])
def test_a_backbone_that_has_learned_is_trained_on_only(tiny: str, settings: dict[str, Any]) -> None:
    run_id = finished_run(tiny, **settings)
    (workspace.runs() / run_id / "backup.npz").touch()
    app = page("train")
    assert "Fine-tune" not in labels(app)
    assert any("fine-tuned for more epochs" in one.value for one in app.markdown) is ("fine_tune" in settings)
    app.button(key=f"more-do-{run_id}").click().run()
    made = newest().config
    assert (made.epochs, made.fine_tune) == ((30, FineTune(epochs=10)) if made.fine_tune else (13, None))


def test_more_epochs_than_there_can_be_are_a_sentence(tiny: str) -> None:
    run_id = finished_run(tiny, fine_tune={})
    place = workspace.runs() / run_id
    (place / "backup.npz").touch()
    line = {"epoch": 3, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5, "stage": 1}
    with (place / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    app = page("train")
    app.number_input(key=held(app, f"more-epochs-{run_id}")).set_value(1000).run()
    assert not app.exception
    assert any("fine\\_tune.epochs must be at most 1000, got 1001" in one.value for one in app.caption)
    assert f"delete-{run_id}" in [one.key for one in app.button]


def test_a_click_that_is_delivered_twice_makes_one_run(tiny: str) -> None:
    def script() -> None:
        import streamlit as st
        from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
        from streamlit.runtime.scriptrunner import RerunData, RerunException

        from pages.training import runs

        if again := st.session_state.pop("again", ""):
            # the same click once more, before the page has drawn the button anew
            click = WidgetState(id=again, trigger_value=True)
            raise RerunException(RerunData(widget_states=WidgetStates(widgets=[click])))
        runs.watch()

    failed = put(tiny, {"phase": "failed", "error": "The memory ran out.", "cause": "memory"}, name="failed")
    done = finished_run(tiny, name="done")
    (workspace.runs() / done / "backup.npz").touch()
    app = AppTest.from_function(script, default_timeout=30).run()
    acts = {f"retry-{failed}": failed, f"retry-half-{failed}": failed, f"more-do-{done}": done, f"tune-do-{done}": done}
    for count, (key, run_id) in enumerate(acts.items(), start=3):
        app.selectbox(key=held(app, "train-run")).set_value(run_id).run()
        app.session_state["again"] = app.button(key=key).id
        app.button(key=key).click().run()
        assert not app.exception
        assert "again" not in app.session_state
        assert len(look_all()) == count, key


def test_the_chart_reaches_to_the_end_of_the_fine_tuning(tiny: str) -> None:
    run_id = finished_run(tiny, epochs=20, fine_tune={"epochs": 5})
    figure = json.loads(page("train").get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["range"] == [0, 25.5]
    line = {"epoch": 3, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5, "stage": 1}
    with (workspace.runs() / run_id / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    figure = json.loads(page("train").get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["range"] == [0, 8.5]
    assert figure["layout"]["annotations"][0]["text"] == "fine-tuning"


def test_what_cannot_be_done_is_told_in_passing(tiny: str) -> None:
    run_id = finished_run(tiny)
    backup = workspace.runs() / run_id / "backup.npz"
    backup.touch()
    app = page("train")
    backup.unlink()  # while the page is open
    app.button(key=f"more-do-{run_id}").click().run()
    assert not app.exception
    assert any("no backup" in toast.value for toast in app.toast)
    assert len(look_all()) == 1


def test_settings_are_handed_to_the_form(tiny: str) -> None:
    run_id = finished_run(tiny, dropout=0.45)
    app = page("train")
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert any("are in the form" in toast.value for toast in app.toast)
    assert app.slider(key=held(app, "train-dropout")).value == 0.45
    assert next(one for one in app.expander if one.label == "Settings").proto.expanded


def test_the_best_saved_model_of_its_dataset_is_named_so(tiny: str) -> None:
    first, second = finished_run(tiny, name="first"), finished_run(tiny, name="second")
    saved_model("one", validation=0.7, run=first, dataset=tiny)
    saved_model("two", validation=0.8, run=second, dataset=tiny)
    app = page("train")  # shows the newest
    assert any("best saved model" in markdown.value for markdown in app.markdown)
    app.selectbox(key=held(app, "train-run")).set_value(first).run()
    assert not any("best saved model" in markdown.value for markdown in app.markdown)


def test_the_way_to_predict_leads_to_the_model_of_the_run(tiny: str) -> None:
    finished_run(tiny)
    saved_model("colours", validation=0.2)
    saved_model("better", validation=0.9)
    app = follow(page("train"), "Ask this model about photos", "predict")
    assert app.selectbox(key=held(app, "predict-model")).value == "colours"
    assert any(one.label.startswith("The model: colours") for one in app.expander)


# Studies


def test_a_study_is_stopped_and_deleted_as_a_whole(tiny: str) -> None:
    finished_run(tiny, study=STUDY, name="dropout 0")
    waiting = [put(tiny, study=STUDY, name=f"dropout {rate}") for rate in (0.2, 0.5)]
    other = put(tiny, name="another")
    app = page("train")
    app.selectbox(key=held(app, "train-run")).set_value(waiting[0]).run()
    app.button(key=f"stop-study-{STUDY}").click().run()
    assert [look(run_id).state for run_id in waiting] == [RunState.STOPPED] * 2
    assert look(other).state is RunState.QUEUED
    assert f"stop-study-{STUDY}" not in [button.key for button in app.button]
    app.button(key=f"delete-study-{STUDY}").click().run()
    assert not app.exception
    assert [run.id for run in look_all()] == [other]


def test_a_large_study_shows_the_eight_runs_around_the_chosen_one(tiny: str) -> None:
    runs = [finished_run(tiny, study=STUDY, name=f"run {number}") for number in range(10)]
    app = page("train")
    assert any("Runs 9 to 10 of the 10" in caption.value for caption in app.caption)
    app.selectbox(key=held(app, "train-run")).set_value(runs[3]).run()
    assert any("Runs 1 to 8 of the 10" in caption.value for caption in app.caption)


def test_one_run_has_a_logarithmic_scale_too(tiny: str) -> None:
    finished_run(tiny)
    app = page("train")
    app.toggle(key=held(app, "train-log-scale")).set_value(True).run()
    assert not app.exception
    axis = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]
    assert axis["type"] == "log"


# What is told when a run ends


def status_line() -> AppTest:
    """What app.py puts beside every page."""

    def script() -> None:
        from pages.frame import status

        status.line()

    return AppTest.from_function(script, default_timeout=30).run()


def test_an_end_is_told_once_on_any_page(tiny: str) -> None:
    finished_run(tiny, name="long ago")
    run_id = put(tiny, {"phase": "running"}, name="a [run]")
    failing = put(tiny, name="failing")
    app = status_line()
    assert not app.toast
    done = finished_run(tiny, name="never seen at work")
    set_status(run_id, phase="stopped", error="Stopped before an epoch was finished, so there is no model.")
    set_status(failing, phase="failed", error="The disk is full.")
    app.run()
    told = [toast.value for toast in app.toast]
    assert told == [
        "**a \\[run\\]** is stopped. Stopped before an epoch was finished, so there is no model.",
        "**failing** failed: The disk is full.",
        f"**{look(done).name}** is done: validation accuracy 75.0%.",
    ]
    assert not app.run().toast


def test_a_run_that_was_cancelled_is_no_news_and_many_are_one(tiny: str) -> None:
    cancelled = put(tiny)
    app = status_line()
    queue.stop(cancelled)
    assert not app.run().toast
    for _ in range(4):
        finished_run(tiny)
    assert [toast.value for toast in app.run().toast] == ["4 runs have ended."]


# Devices and the machine


def test_a_waiting_run_can_be_moved_to_another_device(tiny: str, two_gpus: None, no_worker: list[str]) -> None:
    run_id = put(tiny)
    app = page("train")
    box = app.selectbox(key=held(app, f"run-device-{run_id}"))
    assert box.options == ["Automatic", "GPU 0: L4", "GPU 1: H200", "CPU"]
    box.set_value("gpu-1").run()
    assert look(run_id).device == "gpu-1"
    said = [one.value for one in app.markdown if "busy" in one.value]
    assert said == [
        f"**GPU {i}\\: {name}** busy 50% (area), memory 25% of 17 GB (dots)" for i, name in enumerate(("L4", "H200"))
    ]
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == 2


def test_a_retry_can_go_to_another_device(tiny: str, two_gpus: None) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "Something broke."})
    app = page("train")
    app.selectbox(key=held(app, f"retry-device-{run_id}")).set_value("cpu").run()
    app.button(key=f"retry-{run_id}").click().run()
    assert newest().device == "cpu"


def test_one_device_is_no_choice(tiny: str) -> None:
    put(tiny)
    app = page("train")
    assert not [box for box in app.selectbox if box.label == "Device"]
    (said,) = [one.value for one in app.markdown if "busy" in one.value]
    assert said.startswith("**CPU, ")


def test_a_run_trained_on_a_gpu_says_what_may_vary(tiny: str) -> None:
    run_id = finished_run(tiny)
    assert not any("Trained on" in caption.value for caption in page("train").caption)
    set_status(run_id, phase="done", device="GPU 0: L4")
    assert any("Trained on GPU 0\\: L4. On a GPU the same" in caption.value for caption in page("train").caption)


def test_a_training_process_that_never_comes_to_life_is_told_of(tiny: str) -> None:
    put(tiny)
    workspace.locks().mkdir(parents=True)
    mark: Path = workspace.locks() / "worker-auto.started"
    mark.write_text(str(launch.MANY_STARTS))
    ago = time.time() - launch.STARTING - 1
    os.utime(mark, (ago, ago))
    (workspace.locks() / launch.LOG).write_text("No module named filelock")
    app = page("train")
    assert any("could take a run" in error.value for error in app.error)
    assert "No module named filelock" in [code.value for code in app.code]


def test_what_is_queued_counts_into_the_time_left(tiny: str) -> None:
    for _ in range(2):
        put(tiny, backbone="small_cnn", image_size=32)
    (label,) = [one.label for one in page("train").expander if one.label.startswith("Queue")]
    assert label.startswith("Queue: 2 · about ")
    assert " left · CPU " in label
