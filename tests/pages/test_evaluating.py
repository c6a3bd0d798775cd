"""Compare's evaluation of saved models: what can be chosen, the progress, the result, and what can go wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.answering import classifier, shelf
from core.datasets import adding, catalogue, managing
from core.evaluating import evaluate, stored
from core.runs import look_count
from tests.conftest import encoded
from tests.fabricated import flat, saved_model
from tests.pages.conftest import finished_run, key_of, page

SHADES = {"red": (250, 30, 30), "green": (30, 250, 30), "blue": (30, 30, 250), "grey": (99, 99, 99)}


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A dataset of single-colour photos, one of whose classes the fabricated model does not know."""
    for split in ("train", "validation", "test"):
        for label, levels in SHADES.items():
            place = tmp_path / "own" / split / label
            place.mkdir(parents=True)
            for number in range(3):
                pixels = flat(*levels, side=10 + number) - np.uint8(len(split) + number)
                (place / f"{number}.png").write_bytes(encoded(pixels, "PNG"))
    return adding.add_folder("own", tmp_path / "own").name


def section(name: str = "Evaluation") -> AppTest:
    app = page("compare")
    app.session_state["compare-section"] = name
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "warning", "error", "info")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind)).replace("\\", "")


def choose(app: AppTest, what: str, value: str) -> AppTest:
    app.selectbox(key=key_of(app, f"compare-{what}")).set_value(value).run()
    assert not app.exception
    return app


def label_of(app: AppTest, label: str) -> str:
    return next(box.value for box in app.selectbox if box.label == label)


def test_a_click_starts_it_and_its_end_shows_the_result(own: str, no_worker: list[str]) -> None:
    saved_model("colours", dataset=own)
    finished_run(own)
    app = section()
    assert [label_of(app, label) for label in ("Model", "Dataset", "Photos")] == ["colours", own, "test"]
    assert "does not know 1 class of this dataset: grey (3). It is evaluated on the other 9 photos." in texts(app)
    assert "No evaluations yet." in texts(app)
    app.button(key="evaluate").click().run()
    assert not app.exception
    assert no_worker[-1] == "core.evaluating.evaluate"
    assert app.button(key="evaluate").disabled
    evaluate._main("colours", own, "test")
    app.run()
    assert not app.exception
    assert not app.button(key="evaluate").disabled
    assert [metric.label for metric in app.metric] == ["Accuracy", "Macro F1", "Loss", "Calibration error"]
    assert (app.metric[0].value, app.metric[0].delta) == ("100.0%", "70.1 to 100.0%")
    assert "9 of 9 photos right." in texts(app)
    assert "3 photos of 1 class that the model does not know were left out: grey (3)." in texts(app)
    assert f"Test photos looked at {look_count.of(own)} times" in texts(app)
    assert list(app.dataframe[-1].value["Class"]) == ["red", "green", "blue"]
    charts = [chart.proto.id.split("-evaluation-")[-1] for chart in app.get("plotly_chart")]
    names = ("confusion", "reliability", "coverage")
    assert all(any(chart.startswith(name) for chart in charts) for name in names), charts
    assert evaluate.status("colours", own, "test") is None  # seen


def test_the_newest_comes_first_and_can_be_deleted(own: str) -> None:
    saved_model("colours", dataset=own)
    saved_model("turned", labels=["blue", "green", "red"], dataset=own)
    finished_run(own)
    for name, split in (("colours", "test"), ("turned", "test"), ("turned", "train")):
        evaluate.evaluate_and_store(name, own, split)
    app = section()
    frame = app.dataframe[-1].value
    assert list(frame["Model"]) == ["turned", "turned", "colours"]
    assert list(frame["Same photos"]) == [True, False, False]
    assert "photos that the model learned from" in texts(app)
    newest, _, oldest = stored.every()
    choose(app, "evaluation", oldest.id)
    assert list(app.dataframe[-1].value["Same photos"]) == [False, True, True]
    assert app.metric[0].value == "100.0%"
    choose(app, "evaluation", newest.id)
    app.button(key=f"delete-evaluation-{newest.id}").click().run()
    assert not app.exception
    assert [each.evaluation.model for each in stored.every()] == ["turned", "colours"]
    assert label_of(app, "Evaluation") == stored.every()[0].id


def test_each_run_starts_with_its_own_model(own: str) -> None:
    saved_model("colours", dataset=own)
    saved_model("newer", dataset=catalogue.DRAWN, created="2025-07-01T00:00:00+00:00")
    finished_run(own)  # its report names the model colours
    app = section()
    assert label_of(app, "Model") == "colours"
    choose(app, "evaluated-model-colours", "newer")
    assert (label_of(app, "Model"), label_of(app, "Dataset")) == ("newer", catalogue.DRAWN)


def test_classes_without_photos_are_named(tmp_path: Path, own: str) -> None:
    shutil.rmtree(tmp_path / "own" / "test" / "blue")
    saved_model("colours", dataset=own)
    finished_run(own)
    evaluate.evaluate_and_store("colours", own, "test")
    assert "also knows 1 class without photos here (blue). Answers that name them count as wrong." in texts(section())


def test_nothing_to_evaluate_is_a_sentence_and_the_rest_lives(own: str) -> None:
    saved_model("stranger", labels=["hat", "shoes", "skirt"], dataset=own)
    saved_model("colours", dataset=own)
    evaluate.evaluate_and_store("colours", own, "validation")
    finished_run(own)
    app = choose(section(), "evaluated-model-colours", "stranger")
    assert "knows none of the classes in the test split" in texts(app)
    assert app.button(key="evaluate").disabled
    assert app.metric[0].value == "100.0%"


def test_without_a_model_the_evaluations_are_still_there(own: str) -> None:
    saved_model("colours", dataset=own)
    evaluate.evaluate_and_store("colours", own, "test")
    finished_run(own)
    shelf.delete("colours")
    app = section()
    assert "no saved model yet" in texts(app)
    assert app.metric[0].value == "100.0%"


def test_a_dataset_that_vanished_breaks_nothing(tmp_path: Path, own: str) -> None:
    saved_model("colours", dataset=own)
    evaluate.evaluate_and_store("colours", own, "test")
    finished_run(own)
    shutil.rmtree(tmp_path / "own")
    app = section()
    assert f"There is no folder {tmp_path / 'own'}" in texts(app)
    assert app.metric[0].value == "100.0%"
    managing.remove(own)
    app.run()
    assert not app.exception
    assert app.metric[0].value == "100.0%"


def test_a_failure_is_shown_as_a_sentence(own: str) -> None:
    folder = saved_model("colours", dataset=own)
    finished_run(own)
    app = section()
    app.button(key="evaluate").click().run()
    (folder / "head.npz").write_bytes(b"PK")
    classifier._loaded.cache_clear()  # Home has loaded the model in this process
    evaluate._main("colours", own, "test")
    app.run()
    assert not app.exception
    assert "head.npz" in texts(app)
    assert "damaged" in texts(app)
    assert not app.button(key="evaluate").disabled


def test_an_old_or_damaged_evaluation_breaks_nothing(own: str) -> None:
    saved_model("colours", dataset=own)
    evaluate.evaluate_and_store("colours", own, "test")
    broken = workspace.evaluations() / "broken"
    broken.mkdir()
    (broken / stored.FILE).write_text("[]")
    old = workspace.evaluations() / "old"
    old.mkdir()
    (old / stored.FILE).write_text(
        '{"model": "m", "dataset": "gone", "split": "test", "labels": ["a"], "figures": {"accuracy": 0.5, '
        '"correct": 1, "count": 2, "interval": [0.1, 0.9]}}'
    )
    finished_run(own)
    app = choose(section(), "evaluation", "old")
    assert [metric.value for metric in app.metric] == ["50.0%"]
    assert any(expander.label == "1 evaluation can't be used" for expander in app.expander)
    app.button(key="delete-damaged-evaluation-broken").click().run()
    assert not app.exception
    assert not broken.exists()
