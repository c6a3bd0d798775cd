"""A search from its start to its end, with a worker that only pretends to train."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core import workspace
from core.datasets import adding
from core.errors import RunError, SearchError, SettingsError
from core.files import records
from core.runs import folder as runs
from core.runs import launch, queue
from core.runs.config import RunConfig, config
from core.runs.records import RunState, Status
from core.searching import course, folder, journal, outcome, process, space, trials, trying
from core.searching.course import Course
from core.searching.journal import Journal
from core.searching.records import Phase, Progress, StageKey, Trial, TrialState
from core.searching.trials import StoppedError
from core.searching.trying import Trying
from tests.fabricated import saved_model
from tests.pretended import PretendedWorker

EPOCHS = 9
BASE = {"dataset": "tiny", "backbone": "small_cnn", "image_size": 32, "epochs": EPOCHS, "dropout": 0.1}


@pytest.fixture(autouse=True)
def dataset(tiny_dataset: Path) -> None:
    adding.add_folder("tiny", tiny_dataset)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> PretendedWorker:
    pretended = PretendedWorker()
    monkeypatch.setattr(launch, "ensure_worker", pretended)
    monkeypatch.setattr(journal, "POLL", 0.0)
    return pretended


def put(stages: tuple[StageKey, ...] = (StageKey.HEAD,), vary: str = "", trials: int = 25, **settings: object) -> str:
    return folder.put(config(**{**BASE, **settings}), 10, stages, vary, trials=trials)


def finished(search_id: str) -> folder.Search:
    process.run(search_id)
    return folder.look(search_id)


def killed(search_id: str, monkeypatch: pytest.MonkeyPatch, when: Callable[[Trying], bool]) -> Progress:
    """The progress of a search whose process dies right before a trial; the next process lives."""
    start = Trying._start

    def dies(self, planned):
        if when(self):
            raise KeyboardInterrupt
        return start(self, planned)

    monkeypatch.setattr(Trying, "_start", dies)
    with pytest.raises(KeyboardInterrupt):
        process.run(search_id)
    monkeypatch.setattr(Trying, "_start", start)
    return folder.look(search_id).progress


def test_it_finds_better_settings_and_trains_them_again_with_three_seeds(worker):
    search = finished(put())
    assert (search.progress.phase, search.progress.error) == (Phase.DONE, "")
    assert len(search.progress.trials) == 25
    winner = outcome.best(search)
    assert abs(winner.values["dropout"] - 0.5) < 0.12  # of .1 to begin with
    again = [runs.look(run_id) for run_id in search.progress.again]
    assert [run.config.seed for run in again] == [0, 1, 2]
    assert {run.config.dropout for run in again} == {winner.values["dropout"]}
    assert not any(run.config.trial for run in again)
    assert runs.look(search.progress.base_run).config.dropout == 0.1
    trials = [run for run in queue.members(search.id) if run.config.trial]
    assert [run.id for run in trials] == [trial.run for trial in search.progress.trials]


def test_the_first_trial_has_the_settings_to_start_from(worker):
    search = finished(put(trials=3))
    first = runs.look(search.progress.trials[0].run)
    assert (first.name, first.config.dropout, first.config.trial) == (folder.FIRST, 0.1, True)
    assert search.progress.trials[0].values["dropout"] == 0.1


def test_weak_trials_end_early(worker):
    search = finished(put())
    states = [trial.state for trial in search.progress.trials]
    early = [trial for trial in search.progress.trials if trial.state is TrialState.ENDED_EARLY]
    assert 4 <= len(early) < len(states)
    lengths = [len(runs.read_curves(runs.look(trial.run).folder)) for trial in early]
    assert max(lengths) < EPOCHS
    done = [trial.accuracy for trial in search.progress.trials if trial.state is TrialState.DONE]
    assert max(done) > max(trial.accuracy for trial in early)


def test_it_says_what_choosing_cost_and_what_the_test_photos_say(worker):
    sentences = " ".join(outcome.sentences(finished(put())))
    assert "The best of 25 trials is number" in sentences
    assert "Trained again with 3 seeds, these settings are right on" in sentences
    assert "photos, which the search has never seen" in sentences
    assert "points better than a run with your settings (44.0%)" in sentences


def test_augmentation_goes_on_from_the_best_head(worker):
    recipe = [{"transform": "rotation", "rotation_range": 20}, {"transform": "horizontal_flip"}]
    search = finished(put((StageKey.HEAD, StageKey.AUGMENTATION), recipe=recipe, trials=40))
    _, augmentation = search.progress.stages
    assert [dimension.name for dimension in augmentation.dimensions] == [
        "strength.rotation",
        "strength.horizontal_flip",
    ]
    best_head = max(
        (trial for trial in search.progress.trials if trial.stage == "head" and trial.state is TrialState.DONE),
        key=lambda trial: trial.value,
    )
    assert augmentation.base["dropout"] == best_head.values["dropout"]
    assert augmentation.base["recipe"][0]["rotation_range"] == 40  # twice as far, at strength 1
    assert "was not checked" in augmentation.note
    winner = outcome.best(search)
    if winner.stage == "augmentation":
        again = runs.look(search.progress.again[0]).config
        assert again.recipe[0].settings["rotation_range"] == round(40 * winner.values["strength.rotation"])


def test_a_process_that_died_goes_on(worker, monkeypatch):
    search_id = put()
    before = killed(search_id, monkeypatch, lambda trying: len(trying._journal.progress.trials) == 10)
    assert before.phase is Phase.RUNNING
    search = finished(search_id)
    assert search.progress.phase is Phase.DONE
    assert [trial.run for trial in search.progress.trials[:10]] == [trial.run for trial in before.trials]
    assert len(search.progress.trials) == 25
    assert search.progress.spent >= before.spent


def test_a_space_of_few_points_is_tried_once_each(worker):
    search = finished(put(vary="dropout = 0.1, 0.3, 0.5, 0.7"))
    assert sorted(trial.values["dropout"] for trial in search.progress.trials) == [0.1, 0.3, 0.5, 0.7]
    assert outcome.best(search).values == {"dropout": 0.5}


def test_settings_to_start_from_may_lie_outside_of_the_space(worker):
    search = finished(put(vary="dropout = 0.4 to 0.6", trials=6))
    assert search.progress.trials[0].values == {}
    assert all(0.4 <= trial.values["dropout"] <= 0.6 for trial in search.progress.trials[1:])


def test_a_search_can_be_stopped(worker):
    search_id = put(trials=500)

    def stops(settings: RunConfig) -> bool:
        if worker.calls == 60:
            folder.stop(search_id)
        return False

    worker.fails = stops
    search = finished(search_id)
    assert (search.progress.phase, search.progress.again) == (Phase.STOPPED, ())
    assert len(search.progress.trials) < 500
    assert outcome.sentences(search)[0].startswith("The best of")


def test_without_a_finished_run_it_says_why(worker):
    worker.fails = lambda settings: True
    search = finished(put())
    assert search.progress.phase is Phase.FAILED
    assert "The last 5 trials failed" in search.progress.error
    assert "It broke." in search.progress.error


def test_some_failures_do_not_end_it(worker):
    worker.fails = lambda settings: settings.dropout > 0.6
    search = finished(put())
    assert search.progress.phase is Phase.DONE
    assert any(trial.state is TrialState.FAILED for trial in search.progress.trials)


def test_a_trial_whose_run_was_deleted_counts_as_failed(worker):
    search_id = put(trials=4)
    first = queue.members(search_id)[0].id

    def deletes(settings: RunConfig) -> bool:
        if worker.calls == 3 and (workspace.runs() / first).exists():
            queue.delete(first)
        return False

    worker.fails = deletes
    search = finished(search_id)
    assert search.progress.trials[0].state is TrialState.FAILED
    assert search.progress.phase is Phase.DONE


def test_the_best_may_be_the_settings_to_start_from(worker):
    search = finished(put(vary="dropout = 0.5, 0.9", dropout=0.5))
    assert search.progress.base_run == ""
    assert "points better than a run with" not in " ".join(outcome.sentences(search))


def test_time_that_is_too_short_leaves_a_stage_out(worker):
    search_id = folder.put(config(**BASE), 0.001, (StageKey.HEAD, StageKey.AUGMENTATION))
    search = finished(search_id)
    assert search.progress.phase is Phase.DONE
    assert "Augmentation was left out" in search.progress.stages[1].note
    assert {trial.stage for trial in search.progress.trials} == {"head"}


def test_a_stage_whose_trials_take_too_long_is_left_out(worker, monkeypatch):
    monkeypatch.setattr(Course, "_cost_of_first", lambda self, record: 1e5)
    search = finished(put((StageKey.HEAD, StageKey.AUGMENTATION), trials=4))
    assert search.progress.phase is Phase.DONE
    assert "Augmentation was left out: one trial takes about 27.8 hours" in search.progress.stages[1].note


@pytest.mark.parametrize(("phase", "waits"), [(RunState.QUEUED, True), (RunState.RUNNING, False)])
def test_time_in_which_other_runs_are_trained_is_not_the_search_s(worker, monkeypatch, phase, waits):
    going = Journal(folder.look(put()))
    going.add(Trial(run=runs.look_all()[0].id, stage="head", values={}))
    records.write(runs.look_all()[0].folder / "status.json", Status(phase=phase))
    monkeypatch.setattr("core.runs.folder.is_held", lambda path: True)
    monkeypatch.setattr(launch, "ensure_worker", lambda: False)
    monkeypatch.setattr(journal.time, "sleep", lambda seconds: None)
    moments = iter([0.0, 100.0, 100.0, 100.0, 100.0, 100.0])  # the pause takes 100 s
    before = going.progress.spent
    going._clock = going._written = 0.0
    monkeypatch.setattr(journal.time, "monotonic", lambda: next(moments))
    going.pause()
    assert going.progress.spent - before == pytest.approx(0 if waits else 100)


def test_heads_come_first_and_fine_tuning_comes_back(worker):
    settings = {"backbone": "mobilenet_v2", "fine_tune": {"epochs": 2, "blocks": 3}}
    search = finished(put(trials=3, **settings))
    trials = [runs.look(trial.run).config for trial in search.progress.trials]
    assert [trial.fine_tune for trial in trials] == [None] * 3
    again = [runs.look(run_id).config.fine_tune for run_id in search.progress.again]
    assert [(each.epochs, each.blocks) for each in again] == [(2, 3)] * 3


def test_strengths_are_checked_by_a_model_that_knows_the_classes(worker, monkeypatch):
    checked = []
    monkeypatch.setattr(
        course.stages.safe_range, "within", lambda *given: checked.append(given) or (given[0], "Checked.")
    )
    search = finished(put((StageKey.AUGMENTATION,), trials=3))
    assert len(checked) == 1
    assert "Checked." in outcome.sentences(search)


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("dropout = 0.5", "at least two points to choose from, got one: dropout = 0.5"),
        ("dropout = 0.5 to 0.5", "at least two points"),
        ("dropout = 0.5 to 1.5", "dropout must be at most 0.99, got 1.5"),
        ("dropout", "A line must look like dropout = 0 to 0.8, got 'dropout'"),
        ("drop = 0, 1", "A search can't vary 'drop'"),
        ("dataset = a, b", "A search can't vary 'dataset'"),
        ("name = a, b", "A search can't vary 'name'"),
        ("dropout = 0.8 to 0", "must be two numbers, the smaller one first"),
        ("dropout = 0 to 0.5 log", "must start above 0"),
        ("epochs = 1.5 to 3", "must have whole numbers"),
        ("dropout = 0, 0.5; dropout = 0.1, 0.2", "must name each setting once"),
        ("strength.rotation = 0 to 1", "needs a step rotation in the recipe"),
        ("fine_tune.epochs = 1 to 3", "learns as a whole from the start"),
        ("dropout = nan to 1", "must be two numbers"),
        ("x" * 5000, "must have at most 4,000 characters"),
    ],
)
def test_a_space_that_makes_no_sense_is_a_sentence(vary, words):
    with pytest.raises(SettingsError) as raised:
        put(vary=vary)
    assert words in str(raised.value)
    assert not list(workspace.searches().glob("*"))


def test_a_space_reads_ranges_and_values():
    dimensions = space.parse(
        "learning_rate = 0.0001 to 0.01 log\nepochs = 5 to 9; dense_layers = [], [100]\noptimizer = adam, sgd",
        config(**BASE),
    )
    assert [dimension.text for dimension in dimensions] == [
        "learning_rate = 0.0001 to 0.01 log",
        "epochs = 5 to 9",
        "dense_layers = [], [100]",
        'optimizer = "adam", "sgd"',
    ]
    assert [dimension.points for dimension in dimensions] == [float("inf"), 5, 2, 2]


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), 10**9])
def test_the_time_must_make_sense(minutes):
    with pytest.raises(SettingsError, match="minutes"):
        folder.put(config(**BASE), minutes)


def test_what_cannot_be_fine_tuned_is_refused():
    with pytest.raises(SettingsError, match="can't be fine-tuned"):
        put((StageKey.HEAD, StageKey.FINE_TUNING))
    saved_model("known")
    with pytest.raises(SettingsError, match="can't be fine-tuned"):
        folder.check_stages(config(**{**BASE, "backbone": "model:known"}), (StageKey.FINE_TUNING,))


def test_an_unknown_search_is_a_sentence():
    with pytest.raises(SearchError, match="There is no search 'nothing'"):
        folder.look("nothing")
    assert folder.find("../runs") is None


def test_a_removed_search_leaves_nothing(worker):
    search = finished(put(trials=2))
    folder.remove(search.id)
    queue.delete_study(search.id)
    assert folder.find(search.id) is None
    assert not runs.look_all()


def test_a_stop_before_the_process_looks(worker):
    search_id = put()
    folder.stop(search_id)
    with pytest.raises(StoppedError):
        Course(folder.look(search_id)).run()
    assert Path(workspace.searches() / search_id / folder.STOP).exists()


def test_the_settings_to_start_from_stay_exact_if_nothing_is_better(worker):
    recipe = [{"transform": "rotation", "rotation_range": 6.5}, {"transform": "horizontal_flip"}]
    search = finished(put((StageKey.AUGMENTATION,), recipe=recipe, dropout=0.5, trials=4))
    first = search.progress.trials[0]
    assert first.is_base
    assert first.values["strength.rotation"] == pytest.approx(0.5, abs=0.06)  # of 13°, in whole degrees
    if outcome.best(search) == first:
        (again, *_) = (runs.look(run_id).config for run_id in search.progress.again)
        assert again.recipe == search.base.recipe


def test_a_later_stage_goes_on_after_its_process_died(worker, monkeypatch):
    search_id = put((StageKey.HEAD, StageKey.AUGMENTATION), trials=12)
    before = killed(
        search_id,
        monkeypatch,
        lambda trying: trying._record.key == "augmentation" and bool(trying._journal.of(trying._record)),
    )
    search = finished(search_id)
    assert search.progress.phase is Phase.DONE
    assert search.progress.stages[1].dimensions == before.stages[1].dimensions
    assert TrialState.RUNNING not in {trial.state for trial in search.progress.trials}


def test_it_waits_for_a_first_trial_outside_of_the_space(worker):
    search = finished(put(vary="dropout = 0.4, 0.6", epochs=30))
    assert len(search.progress.trials) == 3
    assert TrialState.RUNNING not in {trial.state for trial in search.progress.trials}


@pytest.mark.parametrize(
    "vary",
    [
        "label_smoothing = 0, 0.1",  # 0 and the base's 0.0 are equal
        "early_stopping = 3 to 10",  # off in the base
        "early_stopping = null, 3",
        "backbone = small_cnn, residual; dropout = 0 to 0.5",
    ],
)
def test_a_space_may_be_of_any_kind_of_setting(worker, vary):
    search = finished(put(vary=vary, trials=6))
    assert (search.progress.phase, search.progress.error) == (Phase.DONE, "")


def test_values_that_no_run_can_have_together_are_passed_over(worker):
    vary = "image_size = 32, 80; backbone = small_cnn, xception"  # Xception needs 71 px
    search = finished(put(vary=vary, image_size=80))
    assert search.progress.phase is Phase.DONE
    points = {(trial.values["image_size"], trial.values["backbone"]) for trial in search.progress.trials}
    assert points == {(32, "small_cnn"), (80, "small_cnn"), (80, "xception")}


def test_a_process_may_die_while_the_first_trial_lies_outside_of_the_space(worker, monkeypatch):
    search_id = put(vary="dropout = 0.4 to 0.6", trials=5)
    collect = Trying._collect
    monkeypatch.setattr(Trying, "_collect", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        process.run(search_id)
    monkeypatch.setattr(Trying, "_collect", collect)
    assert finished(search_id).progress.phase is Phase.DONE


def test_a_trial_that_ends_while_it_is_stopped_counts(worker, monkeypatch):
    monkeypatch.setattr(trials.queue, "stop", lambda run_id: (_ for _ in ()).throw(RunError("It has ended.")))
    search = finished(put(trials=15))
    assert search.progress.phase is Phase.DONE
    assert {trial.state for trial in search.progress.trials} == {TrialState.DONE}


def test_a_full_disk_is_borne_for_a_while(worker, monkeypatch):
    put_run, calls = queue.put, []

    def sometimes_full(*arguments, **others):
        calls.append(1)
        if len(calls) % 3 == 0 and len(calls) < 10:
            raise OSError(28, "No space left on device")
        return put_run(*arguments, **others)

    search_id = put(trials=8)
    monkeypatch.setattr(trying.queue, "put", sometimes_full)
    search = finished(search_id)
    assert search.progress.phase is Phase.DONE
    assert len(search.progress.trials) == 8


def test_a_search_that_fails_stops_its_trials(worker, monkeypatch):
    search_id = put(trials=20)
    monkeypatch.setattr(trying, "PATIENCE", -1.0)
    monkeypatch.setattr(trying.queue, "put", lambda *_, **others: (_ for _ in ()).throw(OSError(28, "full")))
    search = finished(search_id)
    assert search.progress.phase is Phase.FAILED
    assert TrialState.RUNNING not in {trial.state for trial in search.progress.trials}
    assert all((run.folder / "stop").exists() or run.ended for run in queue.members(search_id))


def test_trials_leave_no_weights(worker):
    search_id = put(trials=3)
    for run in queue.members(search_id):
        (run.folder / "best.npz").write_bytes(b"weights")
    search = finished(search_id)
    assert not list(workspace.runs().glob("*/best.npz"))
    assert search.progress.phase is Phase.DONE


def test_weak_trials_never_end_right_before_their_own_end(worker):
    search = finished(put(epochs=30, trials=20))
    early = [trial for trial in search.progress.trials if trial.state is TrialState.ENDED_EARLY]
    assert early
    assert max(len(runs.read_curves(runs.look(trial.run).folder)) for trial in early) <= 12


def test_fine_tuning_alone_begins_with_a_fine_tuned_run(worker):
    settings = {"backbone": "mobilenet_v2", "fine_tune": {"epochs": 2, "learning_rate": 0.0005}}
    search = finished(put((StageKey.FINE_TUNING,), trials=3, **settings))
    first = runs.look(search.progress.trials[0].run).config
    assert (first.fine_tune.epochs, first.fine_tune.learning_rate) == (2, 0.0005)
    assert search.progress.trials[0].values == {"fine_tune.learning_rate": 0.0005, "fine_tune.blocks": None}


def test_fine_tuning_after_heads_begins_with_its_usual_settings(worker):
    search = finished(put((StageKey.FINE_TUNING, StageKey.HEAD, StageKey.HEAD), trials=6, backbone="mobilenet_v2"))
    assert search.wanted.stages == ("head", "fine-tuning")
    tuned = [trial for trial in search.progress.trials if trial.stage == "fine-tuning"]
    assert tuned[0].values == {"fine_tune.learning_rate": 0.0002, "fine_tune.blocks": None}


def test_a_process_that_dies_at_the_end_queues_no_run_twice(worker, monkeypatch):
    search_id, full_run = put(trials=2), Course._full_run

    def dies_at_the_second(self, settings, name, **changes):
        run_id = full_run(self, settings, name, **changes)
        if "seed 1" in name:
            raise KeyboardInterrupt
        return run_id

    monkeypatch.setattr(Course, "_full_run", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        process.run(search_id)
    monkeypatch.setattr(Course, "_full_run", full_run)
    search = finished(search_id)
    assert search.progress.phase is Phase.DONE
    names = [run.name for run in queue.members(search_id) if not run.config.trial]
    assert len(names) == len(set(names)) == len(search.progress.again) + bool(search.progress.base_run)


def test_a_trial_that_was_stopped_is_tried_again_as_a_run_of_its_own(worker):
    search = finished(put(trials=20))
    early = next(trial.run for trial in search.progress.trials if trial.state is TrialState.ENDED_EARLY)
    again = runs.look(queue.retry(early)).config
    assert (again.trial, again.study) == (False, None)
    assert again.dropout == runs.look(early).config.dropout
