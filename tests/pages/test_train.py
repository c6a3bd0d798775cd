"""The Train page: the form, the queue, a run's result."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core import workspace
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look, look_all
from core.runs.records import RunState
from tests.pages.conftest import charts, finished_run, key_of, page, start


def test_starting_queues_a_run_with_the_form_s_settings(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-backbone-False")).set_value("small_cnn").run()
    app.number_input(key=key_of(app, "train-image_size-small_cnn")).set_value(32)
    app.segmented_control(key=key_of(app, "train-dense-count")).set_value(2).run()
    app.number_input(key=key_of(app, "train-dense-2")).set_value(50)
    app.slider(key=key_of(app, "train-dropout")).set_value(0.5)
    app.text_input(key=key_of(app, "train-run-name")).set_value("first try").run()
    start(app)
    (run,) = look_all()
    assert run.state is RunState.QUEUED
    settings = run.config
    assert (settings.backbone, settings.image_size, settings.dense_layers) == ("small_cnn", 32, (100, 50))
    assert (settings.dropout, settings.name, settings.dataset) == (0.5, "first try", "tiny")
    assert no_worker == ["models.worker"]


def test_a_queued_run_can_be_stopped(tiny: str) -> None:
    run_id = queue.put(config(dataset=tiny))
    app = page("train")
    app.button(key=f"stop-{run_id}").click().run()
    assert not app.exception
    assert look(run_id).state is RunState.STOPPED


def test_a_finished_run_shows_curves_scores_and_can_be_renamed_and_deleted(tiny: str) -> None:
    run_id = finished_run(tiny)
    app = page("train")
    assert [metric.value for metric in app.metric] == ["75.0%", "75.0%", "3"]
    assert len(charts(app)) == 2  # loss, accuracy
    assert len(app.get("plotly_chart")) == 1  # the confusion matrix
    assert any("Test photos looked at once" in caption.value for caption in app.caption)
    app.text_input(key=key_of(app, f"run-name-{run_id}")).set_value("the good one")
    app.button(key=f"rename-do-{run_id}").click().run()
    assert look(run_id).name == "the good one"
    app.button(key=f"delete-{run_id}").click().run()
    assert not app.exception
    assert not look_all()


def test_an_ended_run_has_a_notebook(tiny: str) -> None:
    queue.put(config(dataset=tiny, name="waits"))
    assert not page("train").get("download_button")
    finished_run(tiny, name="my run")
    app = page("train")
    app.selectbox(key=key_of(app, "train-run")).set_value(look_all()[0].id).run()
    assert not app.exception
    assert [button.label for button in app.get("download_button")] == ["Notebook"]


def test_a_failed_run_says_why(tiny: str) -> None:
    run_id = queue.put(config(dataset=tiny))
    status = {"phase": "failed", "error": "The disk is full."}
    (workspace.runs() / run_id / "status.json").write_text(json.dumps(status))
    assert any("The disk is full." in error.value for error in page("train").error)


def test_a_dataset_with_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    place = workspace.datasets() / "gone"
    place.mkdir(parents=True)
    (place / "dataset.json").write_text(json.dumps({"folder": str(tmp_path / "nowhere")}))
    app = page("train")
    start(app)
    assert any("nowhere" in error.value for error in app.error)
    assert any("nowhere" in error.value for error in page("data").error)
    assert any("nowhere" in error.value for error in page("augment").error)


def test_a_study_is_listed_first_and_queued_with_one_click(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-study")).set_value("dropout").run()
    table = app.dataframe[0].value
    assert list(table["Run"]) == ["dropout 0", "dropout 0.2", "dropout 0.5", "dropout 0.8"]
    assert list(table["Machine Learning Zoomcamp (Xception)"]) == [0.842, 0.845, 0.853, 0.833]
    assert any("Machine Learning Zoomcamp's figures are" in caption.value for caption in app.caption)
    assert any("4 runs" in caption.value for caption in app.caption)
    assert any("about" in markdown.value for markdown in app.markdown)
    start(app)
    runs = look_all()
    assert sorted(run.config.dropout for run in runs) == [0.0, 0.2, 0.5, 0.8]
    assert len({run.config.study for run in runs}) == 1
    assert no_worker == ["models.worker"] * len(no_worker)
    app.button(key=f"unqueue-{runs[0].id}").click().run()
    assert look(runs[0].id).state is RunState.STOPPED


def test_a_grid_is_put_together_without_typing(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-study")).set_value("grid").run()
    for name, values in (
        ("dropout", ["0", "0.5"]),
        ("dense_layers", ["[]", "[100]"]),
        ("dropout", ["0", "0.2", "0.8"]),
    ):
        app.selectbox(key=key_of(app, "train-grid-setting")).set_value(name).run()
        app.multiselect(key=key_of(app, f"train-grid-values-{name}")).set_value(values).run()
        app.button(key="grid-add").click().run()
        assert not app.exception
    text = app.text_area(key=key_of(app, "train-grid")).value
    assert text == "dense_layers = [], [100]\ndropout = 0, 0.2, 0.8"
    start(app)
    assert len(look_all()) == 6


def test_an_invalid_grid_is_an_error_and_queues_nothing(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-study")).set_value("grid").run()
    app.text_area(key=key_of(app, "train-grid")).set_value("colour = 1, 2").run()
    assert any("colour" in caption.value for caption in app.caption)
    start(app)
    assert any("colour" in error.value for error in app.error)
    assert not look_all()
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(7).run()
    assert not app.error  # it was about the settings before


def test_the_runs_of_a_study_share_their_charts_and_a_table_with_the_course(tiny: str) -> None:
    for rate in (0.0, 0.5):
        finished_run(tiny, study="dropout-20260101-120000", name=f"dropout {rate:g}", dropout=rate)
    app = page("train")
    table = app.dataframe[0].value
    assert list(table["Run"]) == ["dropout 0", "dropout 0.5"]
    assert list(table["Machine Learning Zoomcamp (Xception)"]) == [84.2, 85.3]
    assert list(table["Test accuracy"]) == [75.0, 75.0]


def test_the_form_outlives_a_visit_to_another_page(tiny: str) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-backbone-False")).set_value("small_cnn").run()
    app.number_input(key=key_of(app, "train-image_size-small_cnn")).set_value(40)
    app.number_input(key=key_of(app, "train-epochs-False")).set_value(5).run()
    app.switch_page("pages/compare.py").run()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=key_of(app, "train-backbone-False")).value == "small_cnn"
    assert app.number_input(key=key_of(app, "train-image_size-small_cnn")).value == 40
    assert app.number_input(key=key_of(app, "train-epochs-False")).value == 5


def test_a_click_on_start_that_arrives_twice_starts_once(tiny: str) -> None:
    def script() -> None:
        import streamlit as st
        from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
        from streamlit.runtime.scriptrunner import RerunData, RerunException

        from pages.training import start

        if again := st.session_state.pop("again", ""):
            # the same click again, before the page has drawn the new button
            click = WidgetState(id=again, trigger_value=True)
            raise RerunException(RerunData(widget_states=WidgetStates(widgets=[click])))
        start.show()

    app = AppTest.from_function(script, default_timeout=30).run()
    for count in (1, 2):
        app.session_state["again"] = app.button(key="start-training").id
        start(app)
        assert "again" not in app.session_state
        assert len(look_all()) == count


def test_after_a_start_the_run_is_selected_and_the_form_is_closed(tiny: str) -> None:
    app = page("train")
    assert settings_of(app).proto.expanded
    start(app)
    assert not settings_of(app).proto.expanded
    start(app)
    newest, oldest = look_all()
    assert app.selectbox(key=key_of(app, "train-run")).value == newest.id
    app.selectbox(key=key_of(app, "train-run")).set_value(oldest.id).run()
    assert app.run().selectbox(key=key_of(app, "train-run")).value == oldest.id


def settings_of(app: AppTest) -> Any:
    return next(box for box in app.expander if box.label == "Settings")
