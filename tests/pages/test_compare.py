"""Compare: the latest study first, one dataset at a time, the conclusion, and the photos behind the numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.answering import shelf
from core.comparing import differences, judging
from core.datasets import adding, catalogue, managing
from core.runs import predictions, queue
from core.runs.folder import look, look_all
from core.runs.predictions import Predictions
from tests.conftest import TINY_CLASSES
from tests.fabricated import saved_model
from tests.pages.conftest import charts, finished_run, key_of, page

STUDY = "dropout-20260101-120000"


def with_answers(run_id: str, right: int) -> str:
    """Store the run's answers to the photos of tiny's test split, of which the first `right` are right."""
    dataset = catalogue.load("tiny")
    split = dataset.splits["test"]
    labels = np.array(split.labels, np.intp)
    logits = np.zeros((len(labels), len(TINY_CLASSES)), np.float32)
    given = np.where(np.arange(len(labels)) < right, labels, (labels + 1) % len(TINY_CLASSES))
    logits[np.arange(len(labels)), given] = 3
    names = tuple(path.relative_to(dataset.folder).as_posix() for path in split.paths)
    keys = tuple(f"{number:032x}" for number in range(len(labels)))
    folder = workspace.runs() / run_id
    predictions.write(folder, {"test": Predictions(keys, names, labels, logits)})
    report = json.loads((folder / "report.json").read_text())
    report["labels"] = list(TINY_CLASSES)
    (folder / "report.json").write_text(json.dumps(report))
    return run_id


def texts(app: AppTest) -> str:
    return "\n".join(text.value.replace("\\", "") for text in (*app.markdown, *app.caption, *app.info, *app.warning))


def section(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key=key_of(app, "compare-section")).set_value(name).run()
    assert not app.exception
    return app


def test_it_opens_on_the_latest_study_and_says_what_it_has_shown(tiny: str) -> None:
    finished_run(tiny, name="alone")
    for rate in (0.0, 0.5):
        finished_run(tiny, study=STUDY, name=f"dropout {rate:g}", dropout=rate)
    finished_run(tiny, name="later")
    app = page("compare")
    assert app.selectbox(key=key_of(app, "compare-scope")).value == f"study:{STUDY}"
    assert list(app.dataframe[0].value["Run"]) == ["dropout 0", "dropout 0.5"]
    assert [header.value for header in app.subheader] == ["Conclusion"]
    assert "have the same best validation accuracy" in texts(app)
    assert len({trace["legendgroup"] for trace in charts(app)[0]["data"]}) == 2
    assert app.query_params["study"] in (STUDY, [STUDY])


def test_what_differs_stands_in_front(tiny: str) -> None:
    finished_run(tiny, dropout=0.2)
    finished_run(tiny, dropout=0.8, dense_layers=(100,))
    order = list(page("compare").dataframe[0].proto.column_order)
    assert order[:5] == ["Run", "State", "Dense layers", "Dropout rate", "Validation"]
    assert "Learning rate" not in order


def test_runs_of_different_datasets_are_never_mixed(tiny: str, tiny_dataset: Path) -> None:
    adding.add_folder("other", tiny_dataset)
    finished_run(tiny, name="here")
    finished_run("other", name="there")
    app = page("compare")
    assert list(app.dataframe[0].value["Run"]) == ["there"]  # the newest run's dataset
    app.selectbox(key=key_of(app, "compare-scope")).set_value("on:tiny").run()
    assert not app.exception
    assert list(app.dataframe[0].value["Run"]) == ["here"]


def test_an_address_brings_the_comparison_back(tiny: str) -> None:
    ids = [finished_run(tiny, name=f"run {number}") for number in range(6)]
    app = page("compare")
    app.query_params["on"] = tiny
    app.query_params["runs"] = f"{ids[0]},{ids[1]},gone"
    app.run()
    assert not app.exception
    assert app.session_state["compare-ticked"][:2] == (ids[1], ids[0]), "in the table's order"
    assert len({trace["legendgroup"] for trace in charts(app)[0]["data"]}) == 2
    app.query_params.clear()
    app.query_params["study"] = "gone"
    app.run()
    assert "There are no runs of the study 'gone'" in texts(app)


def test_an_address_brings_the_section_the_search_and_the_photos_back(tiny: str) -> None:
    first, second = (with_answers(finished_run(tiny, name=name), 4) for name in ("first", "second"))
    app = section(page("compare"), "Photos")
    app.selectbox(key=key_of(app, "compare-first")).set_value(first).run()
    app.selectbox(key=key_of(app, "compare-second")).set_value(second).run()
    app.text_input(key=key_of(app, "compare-find")).set_value("s").run()
    address = {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}
    assert address == {"on": tiny, "section": "Photos", "find": "s", "run": first, "with": second}
    other = page("compare")
    for name, value in address.items():
        other.query_params[name] = value
    other.run()
    assert not other.exception
    chosen = {name: other.selectbox(key=key_of(other, f"compare-{name}")).value for name in ("first", "second")}
    assert chosen == {"first": first, "second": second}
    assert other.text_input(key=key_of(other, "compare-find")).value == "s"


def test_a_run_keeps_its_colour_while_others_are_ticked(tiny: str) -> None:
    ids = [finished_run(tiny, name=f"run {number}") for number in range(3)]
    app = page("compare")
    before = colours(app)
    assert len(set(before.values())) == 3
    app.query_params["on"], app.query_params["runs"] = tiny, f"{ids[0]},{ids[2]}"
    app.run()
    assert colours(app) == {name: before[name] for name in ("run 0", "run 2")}


def colours(app: AppTest) -> dict[str, str]:
    """The colours of the drawn runs by name."""
    return {trace["name"]: trace["line"]["color"] for trace in charts(app)[0]["data"] if trace.get("showlegend")}


def test_the_newest_runs_with_an_epoch_are_compared(tiny: str) -> None:
    for number in range(6):
        finished_run(tiny, name=f"run {number}")
    (workspace.runs() / finished_run(tiny, name="without an epoch") / "metrics.jsonl").write_text("")
    app = page("compare")
    names = {trace["name"] for trace in charts(app)[0]["data"] if trace.get("showlegend")}
    assert names == {"run 5", "run 4", "run 3", "run 2"}
    assert "Below are the newest 4 runs." in texts(app)


def test_the_table_is_searched_and_filtered(tiny: str) -> None:
    ids = [finished_run(tiny, name=f"run {number}", dropout=number / 10) for number in range(3)]
    queue.change_notes(ids[0], is_archived=True)
    queue.change_notes(ids[1], note="the good one", is_starred=True)
    app = page("compare")
    assert list(app.dataframe[0].value["Run"]) == ["run 2", "run 1"]
    assert "1 archived run is hidden" in texts(app)
    assert list(app.dataframe[0].value["★"]) == ["", "★"]
    app.text_input(key=key_of(app, "compare-find")).set_value("good").run()
    assert list(app.dataframe[0].value["Run"]) == ["run 1"]
    app.text_input(key=key_of(app, "compare-find")).set_value("nothing has this").run()
    assert not app.exception
    assert "No runs match" in texts(app)
    app.text_input(key=key_of(app, "compare-find")).set_value("").run()
    app.toggle(key=key_of(app, "compare-archived")).set_value(True).run()
    assert list(app.dataframe[0].value["Run"]) == ["run 2", "run 1", "run 0"]


def test_ticked_runs_are_starred_renamed_archived_and_deleted(tiny: str) -> None:
    ids = [finished_run(tiny, name=f"run {number}") for number in range(3)]
    app = page("compare")
    app.query_params["on"] = tiny
    app.query_params["runs"] = ids[0]
    app.run()
    app.button(key="compare-star").click().run()
    assert look(ids[0]).notes.is_starred
    next(field for field in app.text_input if field.label == "Name").set_value("better name")
    next(field for field in app.text_area if field.label == "Note").set_value("a note")
    app.button(key=f"compare-rename-{ids[0]}").click().run()
    assert (look(ids[0]).name, look(ids[0]).notes.note) == ("better name", "a note")
    app.button(key="compare-archive").click().run()
    assert look(ids[0]).notes.is_archived
    assert app.session_state["compare-ticked"] == ()
    assert not app.exception
    app.query_params["runs"] = f"{ids[1]},{ids[2]}"
    app.run()
    app.button(key="compare-delete").click().run()
    assert not app.exception
    assert [run.id for run in look_all()] == [ids[0]]


def test_a_run_that_another_person_has_deleted_is_named_and_nothing_is_changed(tiny: str) -> None:
    ids = [finished_run(tiny, name=f"run {number}") for number in range(3)]
    app = page("compare")
    app.query_params["on"], app.query_params["runs"] = tiny, f"{ids[0]},{ids[1]}"
    app.run()
    queue.delete(ids[0])
    app.button(key="compare-star").click().run()
    assert not app.exception
    assert ["'run 0' was deleted in the meantime" in toast.value.replace("\\", "") for toast in app.toast] == [True]
    assert not look(ids[1]).notes.is_starred


def test_the_number_of_looks_at_the_test_photos_stands_below_the_table(tiny: str) -> None:
    run_id = finished_run(tiny)
    finished_run(tiny)
    assert "Test photos looked at 2 times" in texts(page("compare"))
    managing.remove(tiny)
    assert "looked at" not in texts(page("compare"))
    assert run_id in {run.id for run in look_all()}


def test_fine_tuning_has_a_column(tiny: str) -> None:
    for tuning in (None, {}, {"blocks": 1, "epochs": 1}):
        finished_run(tiny, fine_tune=tuning)
    expected = [
        "last 1 block, 1 epoch, learning rate 0.0002",
        "whole backbone, 10 epochs, learning rate 0.0002",
        "no",
    ]  # the newest first
    assert list(page("compare").dataframe[0].value[differences.title("fine_tune")]) == expected


def test_scores_against_settings(tiny: str) -> None:
    finished_run(tiny, dropout=0.2)
    finished_run(tiny, dropout=0.8, learning_rate=0.01)
    app = section(page("compare"), "Settings")
    assert len(app.get("plotly_chart")) == 2  # one setting, and all of them
    app.selectbox(key=key_of(app, "compare-second-axis")).set_value("learning_rate").run()
    assert not app.exception
    assert "Mean accuracy" in texts(app)


def test_equal_settings_are_a_sentence(tiny: str) -> None:
    finished_run(tiny)
    finished_run(tiny)
    assert "once two runs with different settings" in texts(section(page("compare"), "Settings"))


def test_the_photos_behind_the_numbers(tiny: str) -> None:
    first = with_answers(finished_run(tiny, name="first", dropout=0.1), 6)
    second = with_answers(finished_run(tiny, name="second", dropout=0.2), 4)
    app = section(page("compare"), "Photos")
    app.selectbox(key=key_of(app, "compare-first")).set_value(first).run()
    assert "Surest mistakes (3)" in app.pills(key=key_of(app, "compare-choice-1")).options
    app.selectbox(key=key_of(app, "compare-second")).set_value(second).run()
    options = app.pills(key=key_of(app, "compare-choice-2")).options
    assert "Only first was right (2)" in options
    assert "Both wrong (3)" in options
    app.session_state["compare-photos-shown"].open_cell(TINY_CLASSES[0], TINY_CLASSES[0])
    app.run()
    assert not app.exception
    assert f"**{TINY_CLASSES[0]}**, answered **{TINY_CLASSES[0]}**" in texts(app)
    app.button(key="compare-cell-close").click().run()
    assert not app.exception
    assert "answered **" not in texts(app)


def test_a_photo_is_opened_with_both_answers(tiny: str) -> None:
    with_answers(finished_run(tiny, name="first"), 6)
    app = section(page("compare"), "Photos")
    app.session_state["compare-photos-shown"].photo = f"{8:032x}"
    app.run()
    assert not app.exception
    assert "**first**: bars" in texts(app)
    assert "it now holds another photo" in texts(app), "its key is not that of the file"
    assert "no longer exists" in texts(app)


def test_answers_that_are_not_stored_can_be_computed(tiny: str, no_worker: list[str]) -> None:
    run_id = finished_run(tiny, name="old")
    app = section(page("compare"), "Photos")
    assert "its saved model no longer exists" in texts(app)
    saved_model("colours", run=run_id, dataset=tiny)
    app = section(page("compare"), "Photos")
    app.button(key=f"judge-{run_id}").click().run()
    assert not app.exception
    assert "core.comparing.judging" in no_worker
    status = judging.status(run_id)
    assert status is not None
    assert status.running


@pytest.mark.parametrize("damage", [predictions.NAME, "report.json", "metrics.jsonl"])
def test_a_damaged_file_leaves_the_rest_of_the_page(tiny: str, damage: str) -> None:
    sound = with_answers(finished_run(tiny, name="sound"), 6)
    broken = with_answers(finished_run(tiny, name="broken", dropout=0.7), 6)
    (workspace.runs() / broken / damage).write_text("{")
    app = page("compare")
    for name in ("Settings", "Photos", "Curves"):
        section(app, name)
    assert "sound" in list(app.dataframe[0].value["Run"])
    assert sound


def test_the_shelf_lists_the_models_and_marks_the_best(tiny: str) -> None:
    finished_run(tiny)
    saved_model("good", validation=0.9, dataset=tiny)
    saved_model("fair", validation=0.6, dataset=tiny)
    shelf.annotate("fair", note="  quick  ")
    app = section(page("compare"), "Models")
    table = app.dataframe[1].value.set_index("Model")
    assert table["Role"].to_dict() == {"good": "best, used on Predict", "fair": ""}
    assert table["Note"].to_dict() == {"good": "", "fair": "quick"}
    assert table["Validation"].to_dict() == {"good": 90.0, "fair": 60.0}


def test_a_model_is_renamed_and_every_page_calls_it_so(tiny: str) -> None:
    finished_run(tiny)
    saved_model("good", dataset=tiny)
    app = section(page("compare"), "Models")
    shelf.annotate("good", title="Winter *2026*")
    app.run()
    assert list(app.dataframe[1].value["Model"]) == ["Winter *2026*"]
    assert any("Winter" in expander.label for expander in page("predict").expander)


def test_without_runs_it_leads_to_train() -> None:
    assert "No runs yet" in texts(page("compare"))
