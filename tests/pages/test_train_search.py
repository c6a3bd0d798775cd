"""A search on Train: its form, its progress, what it has found."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.comparing import scopes
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look, look_all
from core.searching import folder, journal, launch, process
from core.searching.records import Phase, StageKey
from pages.comparing.location import SETTINGS as SETTINGS_SECTION
from tests.pages.conftest import key_of, page, start
from tests.pages.forms import train
from tests.pretended import PretendedWorker

SETTINGS = '{"dataset":"tiny","backbone":"small_cnn","image_size":32,"epochs":9}'


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> PretendedWorker:
    """Trains nothing, in no time, when a search runs in this process."""
    pretended = PretendedWorker()
    monkeypatch.setattr("core.runs.launch.ensure_worker", pretended)
    monkeypatch.setattr(journal, "POLL", 0.0)
    return pretended


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.error))


def finished(tiny: str, **others: Any) -> str:
    """A search of twelve trials that has ended."""
    settings = config(dataset=tiny, backbone="small_cnn", image_size=32, epochs=9)
    search_id = folder.put(settings, 10, (StageKey.HEAD,), trials=12, **others)
    process.run(search_id)
    assert folder.look(search_id).progress.phase is Phase.DONE
    return search_id


def test_a_search_is_started_from_the_form(tiny: str, no_worker: list[str]) -> None:
    app = train(settings=SETTINGS, study="search")
    assert "Expected time: **about 10 min**. It varies the head and augmentation." in texts(app)
    assert app.button(key="start-training").label == "Start the search"
    app.number_input(key=key_of(app, "train-search-minutes")).set_value(3).run()
    app.button_group(key=key_of(app, "train-search-stages")).set_value([StageKey.HEAD]).run()
    app.text_input(key=key_of(app, "train-run-name")).set_value("evening").run()
    start(app)
    (run,) = look_all()
    search = folder.look(str(run.config.study))
    assert (search.wanted.minutes, search.wanted.stages, search.wanted.name) == (3, ("head",), "evening")
    assert (run.config.trial, run.config.epochs) == (True, 9)
    assert set(no_worker) == {"core.searching.process", "models.worker"}
    assert "No trial has finished yet." in texts(app)
    assert any(button.label == "Stop the search" for button in app.button)


def test_own_ranges_replace_the_stages(tiny: str) -> None:
    app = train(settings=SETTINGS, study="search")
    app.text_area(key=key_of(app, "train-search-vary")).set_value("dropout = 0 to 0.5").run()
    assert "It varies dropout rate." in texts(app)
    start(app)
    assert folder.unfinished()[0].wanted.stages == (StageKey.OWN,)


@pytest.mark.parametrize(
    ("vary", "stages", "words"),
    [
        ("dropout = 0.5", None, "at least two points to choose from"),
        ("drop = 0, 1", None, "A search can't vary"),
        ("", [], "A search must vary something"),
        ("", [StageKey.FINE_TUNING], "can't be fine-tuned"),
    ],
)
def test_what_cannot_be_searched_is_a_sentence_and_starts_nothing(
    tiny: str, vary: str, stages: list[StageKey] | None, words: str
) -> None:
    app = train(settings=SETTINGS, study="search")
    if vary:
        app.text_area(key=key_of(app, "train-search-vary")).set_value(vary).run()
    if stages is not None:
        app.button_group(key=key_of(app, "train-search-stages")).set_value(stages).run()
    assert words in texts(app)
    start(app)
    assert words in app.error[0].value
    assert not look_all()


def test_a_finished_search_says_what_it_found(tiny: str, worker: PretendedWorker) -> None:
    search_id = finished(tiny, name="evening")
    app = page("train")
    app.session_state[f"search-stage-train-{search_id}-head"] = True  # opened
    app.run()
    assert not app.exception
    words = texts(app)
    assert "The best of 12 trials is number" in words
    assert "Trained again with 3 seeds" in words
    assert "which the search has never seen" in words
    assert len(app.get("plotly_chart")) >= 3  # progress, importance, parallel coordinates
    assert "Search: evening (16 runs)" in app.selectbox(key=key_of(app, "train-run")).options[0]
    app.button(key=f"use-search-{search_id}").click().run()
    assert not app.exception
    best = look(folder.look(search_id).progress.again[0]).config
    assert app.slider(key=key_of(app, "train-dropout")).value == pytest.approx(best.dropout, abs=0.01)


def test_a_trial_says_that_it_has_no_model(tiny: str, worker: PretendedWorker) -> None:
    search_id = finished(tiny)
    app = page("train")
    trial = folder.look(search_id).progress.trials[0].run
    app.selectbox(key=key_of(app, f"study-run-{search_id}")).set_value(trial).run()
    assert not app.exception
    assert "A trial of a search: it has no model" in texts(app)
    assert not any(button.label == "Ask this model about photos" for button in app.button)


def test_a_search_can_be_stopped_and_deleted(tiny: str) -> None:
    settings = config(dataset=tiny, backbone="small_cnn", image_size=32, epochs=9)
    search_id = folder.put(settings, 10)
    app = page("train")
    app.button(key=f"stop-search-{search_id}").click().run()
    assert not app.exception
    assert folder.look(search_id).must_stop
    process.run(search_id)
    app = page("train")
    assert "stopped" in "".join(str(badge.value) for badge in app.get("badge")) or "stopped" in texts(app)
    app.button(key=f"delete-study-{search_id}").click().run()
    assert not app.exception
    assert folder.find(search_id) is None
    assert not look_all()


def test_a_failed_search_says_why(tiny: str, worker: PretendedWorker) -> None:
    worker.fails = lambda settings: True
    search_id = folder.put(config(dataset=tiny, backbone="small_cnn", image_size=32, epochs=9), 10)
    process.run(search_id)
    app = page("train")
    assert not app.exception
    assert "The last 5 trials failed" in app.error[0].value


def test_trials_are_not_among_all_runs_of_a_dataset(tiny: str, worker: PretendedWorker) -> None:
    finished(tiny)
    by_kind = {scope.kind: scope for scope in scopes.of(look_all())}
    assert len(by_kind["study"].runs) == 16
    assert [run.config.trial for run in by_kind["study"].runs] == [False] * 4 + [True] * 12
    assert len(by_kind["on"].runs) == 4
    app = page("compare")
    assert not app.exception
    assert any("4 runs" in element.value or "seeds" in element.value for element in (*app.markdown, *app.caption))
    app.button_group(key=key_of(app, "compare-section")).set_value(SETTINGS_SECTION).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) >= 3


def test_the_process_of_a_search_is_started_again(tiny: str, no_worker: list[str]) -> None:
    folder.put(config(dataset=tiny, backbone="small_cnn", image_size=32, epochs=9), 10)
    launch.ensure_process()
    launch.ensure_process()  # it has some seconds to take its lock
    assert no_worker == ["core.searching.process"]
    (search,) = folder.unfinished()
    (search.folder / "started").unlink()
    launch.ensure_process()
    assert no_worker == ["core.searching.process"] * 2
    queue.stop_study(search.id)
