"""The toasts when a run ends, the choice of a device, and the machine's load."""

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.errors import ClusterError
from core.runs import cluster, launch, queue
from core.runs.folder import look, look_all
from tests.pages.conftest import finished_run, key_of, page
from tests.pages.steering import newest, put, set_status


def status_line() -> AppTest:
    """The status line, which app.py draws beside every page."""

    def script() -> None:
        from pages.frame import status

        status.line()

    return AppTest.from_function(script, default_timeout=30).run()


def test_the_end_of_a_run_is_announced_once_on_any_page(tiny: str) -> None:
    finished_run(tiny, name="long ago")
    run_id = put(tiny, {"phase": "running"}, name="a [run]")
    failing = put(tiny, name="failing")
    app = status_line()
    assert not app.toast
    done = finished_run(tiny, name="never seen at work")
    set_status(run_id, phase="stopped", error="Stopped before an epoch was finished, so there is no model.")
    set_status(failing, phase="failed", error="The disk is full.")
    app.run()
    assert [toast.value for toast in app.toast] == [
        "**a &#91;run&#93;** is stopped. Stopped before an epoch was finished, so there is no model.",
        "**failing** failed: The disk is full.",
        f"**{look(done).name}** is done: validation accuracy 75.0%.",
    ]
    assert not app.run().toast


def test_a_cancelled_run_is_not_announced_and_many_runs_share_a_toast(tiny: str) -> None:
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
    box = app.selectbox(key=key_of(app, f"run-device-{run_id}"))
    assert box.options == ["Automatic", "GPU 0: L4", "GPU 1: H200", "CPU"]
    box.set_value("gpu-1").run()
    assert look(run_id).device == "gpu-1"
    texts = [element.value for element in app.markdown if "busy" in element.value]
    assert texts == [
        f"**GPU {i}\\: {name}** busy 50% (area), memory 25% of 17 GB (dots)" for i, name in enumerate(("L4", "H200"))
    ]
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == 2


def test_all_gpus_together_can_be_chosen_under_jax(
    tiny: str, two_gpus: None, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    run_id = put(tiny)
    app = page("train")
    box = app.selectbox(key=key_of(app, f"run-device-{run_id}"))
    assert box.options == ["Automatic", "GPU 0: L4", "GPU 1: H200", "All GPUs together", "CPU"]
    assert "All GPUs together split each batch" in box.help
    box.set_value("gpus").run()
    assert look(run_id).device == "gpus"


def test_a_retry_can_go_to_another_device(tiny: str, two_gpus: None) -> None:
    run_id = put(tiny, {"phase": "failed", "error": "Something broke."})
    app = page("train")
    app.selectbox(key=key_of(app, f"run-retry-device-{run_id}")).set_value("cpu").run()
    app.button(key=f"retry-{run_id}").click().run()
    assert newest().device == "cpu"


def test_with_one_device_there_is_no_choice(tiny: str) -> None:
    put(tiny)
    app = page("train")
    assert not [box for box in app.selectbox if box.label == "Device"]
    (texts,) = [element.value for element in app.markdown if "busy" in element.value]
    assert texts.startswith("**CPU, ")


def test_a_run_trained_on_a_gpu_says_what_may_vary(tiny: str) -> None:
    run_id = finished_run(tiny)
    assert not any("Trained on" in caption.value for caption in page("train").caption)
    set_status(run_id, phase="done", device="GPU 0: L4")
    assert any("Trained on GPU 0\\: L4. On a GPU, the same" in caption.value for caption in page("train").caption)


def test_a_training_process_that_never_starts_is_an_error(tiny: str) -> None:
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


def test_queued_runs_count_in_the_time_left(tiny: str) -> None:
    for _ in range(2):
        put(tiny, backbone="small_cnn", image_size=32)
    (label,) = [element.label for element in page("train").expander if element.label.startswith("Queue")]
    assert label.startswith("Queue: 2 · about ")
    assert " left · CPU " in label


# A cluster


def test_a_cluster_is_offered_only_where_one_is_set(
    tiny: str, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not [box for box in page("train").selectbox if box.label == "Train on"]
    monkeypatch.setenv(cluster.VARIABLE, "10.0.0.1:6379")
    monkeypatch.setattr(cluster, "check", lambda address: None)
    app = page("train")
    box = app.selectbox(key=key_of(app, "train-device"))
    assert box.options == ["This machine", "Cluster at 10.0.0.1:6379"]
    box.set_value("cluster:10.0.0.1:6379").run()
    app.button(key="start-training").click().run()
    assert newest().device == "cluster:10.0.0.1:6379"


def test_a_cluster_that_can_not_be_reached_is_a_sentence_and_queues_nothing(
    tiny: str, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cluster.VARIABLE, "127.0.0.1:1")

    def refuse(address: str) -> None:
        raise ClusterError(f"The cluster at {address} can't be reached (timed out).")

    monkeypatch.setattr(cluster, "check", refuse)
    app = page("train")
    app.selectbox(key=key_of(app, "train-device")).set_value("cluster:127.0.0.1:1").run()
    app.button(key="start-training").click().run()
    assert any("can't be reached (timed out)." in error.value for error in app.error)
    assert look_all() == []
