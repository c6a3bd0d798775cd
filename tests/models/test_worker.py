"""The worker as a real process: whole runs, two workers at once, killed and stopped runs, and every kind of failure."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, doubt, evaluation, likeness, shelf, trial
from core.augment import receipt
from core.backbones import BACKBONES
from core.datasets import adding, catalogue, managing, pack, trained_on
from core.errors import RunError
from core.runs import folder, launch, predictions, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import RunState
from core.runs.stages import Stage
from models import worker as module
from models.record import Progress, read_arrays
from tests.conftest import TINY_CLASSES, TINY_COUNTS, run_ids
from tests.models.conftest import EPOCHS, SMALL, printed, wait_for, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


# A whole run


def test_the_run_is_done_and_its_curves_are_complete(finished):
    run = finished.run
    assert (run.state, run.status.progress, run.status.error, run.status.warning) == (RunState.DONE, 1.0, "", "")
    assert (run.status.attempts, run.status.time_left) == (1, None)
    curves = folder.read_curves(run.folder)
    assert [epoch.epoch for epoch in curves.epochs] == list(range(EPOCHS))
    assert set(dict(curves.epochs[0])) == {
        "version", "epoch", "stage", "loss", "accuracy", "val_loss", "val_accuracy", "seconds",
        "scored_on",
    }  # fmt: skip
    assert curves.within is None
    assert curves.epochs[-1].loss < curves.epochs[0].loss


def test_of_two_workers_at_once_only_one_trains(finished):
    assert finished.codes == (0, 0)  # both have exited, with nothing left to do
    assert finished.out.count("another worker is running; this one exits") == 1
    lines = (finished.run.folder / "metrics.jsonl").read_text().splitlines()
    assert len([line for line in lines if "val_loss" in line]) == EPOCHS


def test_the_folder_holds_what_the_contract_names(finished):
    run = finished.run
    assert {path.name for path in run.folder.iterdir()} == {
        "config.json", "status.json", "metrics.jsonl", "best.npz", "backup.npz", "labels.json", "report.json",
        "predictions.npz", "worker.log", "worker.lock",
    }  # fmt: skip
    by_split = predictions.read(run.folder)
    assert list(by_split) == ["validation", "test"]
    scores = folder.scores(run.folder)
    assert {split: (len(each), int(each.is_right.sum())) for split, each in by_split.items()} == {
        split: (score.count, score.correct) for split, score in scores.items()
    }
    assert json.loads((run.folder / "labels.json").read_text()) == list(TINY_CLASSES)
    report, best = folder.read_report(run.folder), folder.read_curves(run.folder).best
    assert report.model == run.status.model
    assert report.labels == TINY_CLASSES
    assert report.best_epoch == best.epoch
    assert report.scores.validation.accuracy == pytest.approx(best.val_accuracy, abs=1e-5)
    assert report.scores.validation.loss == pytest.approx(best.val_loss, abs=1e-3)
    assert report.scores.test.count == 9


def test_the_card_tells_where_the_model_comes_from(finished):
    run, card = finished.run, finished.model.card
    dataset = catalogue.load("tiny")
    packs = {split: pack.load(dataset, split, 32) for split in dataset.splits}
    assert (card.run, card.dataset, card.image_size) == (run.id, "tiny", 32)
    assert config(**card.config) == run.config
    assert card.trained_on == folder.read_report(run.folder).trained_on == trained_on.of(packs, dataset.classes)
    assert card.fingerprint == card.trained_on.fingerprint
    expected = receipt.of(run.config.recipe, run.config.augmentation_seed)
    assert card.receipt == run.status.receipt == folder.read_report(run.folder).receipt == expected
    assert card.photos == {split: 3 * count for split, count in TINY_COUNTS.items()}
    assert card.agreement < 1e-3
    assert {"tensorflow", "keras", "numpy", "ai-edge-litert"} <= set(card.versions)


def test_the_cards_hashes_are_those_of_the_files(finished):
    model = finished.model
    assert set(model.card.files) == {path.name for path in model.folder.iterdir()} - {"card.json"}
    for name, facts in model.card.files.items():
        data = (model.folder / name).read_bytes()
        assert (facts.bytes, facts.hash) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("split", ["validation", "test"])
def test_scored_again_the_model_matches_its_card(finished, split):
    model = finished.model
    scores = trial.scores(model, catalogue.load("tiny"), split)
    on_card = model.card.scores.by_split[split]
    assert scores.confusion == on_card.confusion
    assert (scores.accuracy, scores.correct, scores.interval) == (
        on_card.accuracy, on_card.correct, on_card.interval
    )  # fmt: skip
    assert scores.loss == pytest.approx(on_card.loss, abs=1e-5)


def test_doubt_is_fitted_on_the_validation_photos(finished):
    card, ask = finished.model.card, classifier.load(finished.model)
    validation = pack.load(catalogue.load("tiny"), "validation", 32)
    logits = ask.logits(np.asarray(validation.pixels))
    assert card.temperature == pytest.approx(evaluation.temperature(logits, validation.labels), rel=1e-3)
    assert card.temperature != 1
    answers = ask.answers(np.asarray(validation.pixels))
    limits = card.thresholds
    careful = 1 / len(answers)  # one photo higher, since a quantile of nine photos is uncertain
    least = min(doubt.SURE, np.quantile([a.probability for a in answers], 0.05 + careful))
    assert limits.probability == pytest.approx(least, abs=1e-4)
    assert limits.similarity == pytest.approx(np.quantile([a.similarity for a in answers], 0.05 + careful), abs=1e-4)
    reference = likeness.load(finished.model.folder / "stats.npz")
    assert isinstance(reference, likeness.Subspace)  # its network learned only from these photos
    assert reference.axes.shape[1] == 18  # one per training photo
    assert ask.rates == doubt.RATES
    for rate, limit in ask.limits.items():
        expected = np.quantile([a.similarity for a in answers], rate + careful)
        assert limit.similarity == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_card_has_the_calibration_before_and_after(finished, split):
    model = finished.model
    validation = pack.load(catalogue.load("tiny"), split, 32)
    logits, on_card = classifier.load(model).logits(np.asarray(validation.pixels)), model.card.scores.by_split[split]
    after = evaluation.calibration_error(logits, validation.labels, model.card.temperature)
    assert on_card.calibration_error_before == pytest.approx(
        evaluation.calibration_error(logits, validation.labels), abs=1e-4
    )
    assert on_card.calibration_error == pytest.approx(after, abs=1e-4)


def test_it_has_learned_something(finished):
    dataset = catalogue.load("tiny")
    assert trial.scores(finished.model, dataset, "train").accuracy > 0.6  # a third by chance


def test_single_photos_are_answered_like_the_whole_split(finished):
    listed, ask = catalogue.load("tiny").splits["test"], classifier.load(finished.model)
    answers = [ask.answer(path.read_bytes()) for path in listed.paths]
    right = sum(answer.label == TINY_CLASSES[label] for answer, label in zip(answers, listed.labels, strict=True))
    assert right == finished.model.card.scores.test.correct


# Runs that lose their worker


def finished_epochs(run_id: str) -> list[dict]:
    return [dict(epoch) for epoch in folder.read_curves(folder.folder_of(run_id)).epochs]


IMPATIENT = "from models import fit, worker; fit.BACKUP_SECONDS, fit.BACKUP_SHARE = 0.1, 1; worker.main()"


CUT_OFF = 200  # epochs of the killed run: so many that it can't have finished before


def put(**settings: object) -> str:
    return queue.put(config(**{**SMALL, **settings}))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Path) -> Path:
    """A workspace for all the runs below."""
    home = tmp_path_factory.mktemp("house").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        adding.add_folder("tiny", tiny_dataset)
    return home


def backed_up_epochs(place: Path) -> int:
    """The number of finished epochs in a run's backup; 0 also for one that was made within the first epoch."""
    backup = read_arrays(place / "backup.npz")
    return backup[1]["at"]["epoch"] if backup else 0


@pytest.fixture(scope="module")
def cut_off(house: Path) -> tuple[str, list[dict]]:
    """A run whose worker was killed after a backup, and its finished epochs at that time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(house))
        run_id = put(epochs=CUT_OFF, dropout=0.3)
        place = folder.folder_of(run_id)
        with worker(code=IMPATIENT) as process:
            wait_for("a backup of a finished epoch", lambda: backed_up_epochs(place) > 0, process)
            wait_for("another epoch", lambda: len(finished_epochs(run_id)) > 1, process)
            assert folder.state(place) is RunState.RUNNING
            assert launch.is_working()
            process.kill()
            process.wait(10)
        assert folder.state(place) is RunState.INTERRUPTED
        assert not launch.is_working()
        assert json.loads((place / "status.json").read_text())["phase"] == "running"
        return run_id, finished_epochs(run_id)


@dataclass(frozen=True)
class Evening:
    """The runs of one worker at their end, and the folder of a run that was deleted during training."""

    cut_off: Run
    stopped: Run
    gone: Run
    offline: Run
    broken: Run
    deleted: Path
    alive: bool


@pytest.fixture(scope="module")
def _evening(
    house: Path, cut_off: tuple, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Evening]:
    """One worker trains all the runs below, one after another. It has no weights and no internet."""
    nowhere = "http://127.0.0.1:9"  # the discard port: refused at once
    offline = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
    with_broken_photo = shutil.copytree(tiny_dataset, tmp_path_factory.mktemp("broken") / "photos")
    (with_broken_photo / "train" / "disc" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(house))
        with worker("--idle", "60", KERAS_HOME=str(tmp_path_factory.mktemp("no-weights")), **offline) as process:

            def wait_for_end(run_id: str) -> Run:
                return wait_for(f"the end of {run_id}", lambda: (run := folder.look(run_id)).ended and run, process)

            def wait_for_epochs(run_id: str) -> None:
                wait_for("some epochs", lambda: len(finished_epochs(run_id)) >= 3, process)

            adding.add_folder("gone", tiny_dataset)
            adding.add_folder("broken", with_broken_photo)
            stopped = put(epochs=5000, name="To be stopped")
            wait_for_epochs(stopped)
            gone, weights, deleted = put(dataset="gone"), put(backbone="mobilenet_v2"), put(epochs=5000)
            broken = put(dataset="broken", epochs=1)
            with pytest.raises(RunError, match="Stop it first"):
                queue.delete(stopped)
            managing.remove("gone")
            queue.stop(stopped)
            wait_for_epochs(deleted)
            lost = folder.folder_of(deleted)
            wait_for("its folder to be gone", lambda: shutil.rmtree(lost, ignore_errors=True) or not lost.exists())
            wait_for_end(broken)
            runs = [wait_for_end(run_id) for run_id in (cut_off[0], stopped, gone, weights, broken)]
            yield Evening(*runs, deleted=lost, alive=launch.is_working() and process.poll() is None)


@pytest.fixture
def evening(_evening: Evening, house: Path, monkeypatch: pytest.MonkeyPatch) -> Evening:
    """The runs of that worker; the test uses its workspace."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(house))
    return _evening


def model_of(run: Run) -> shelf.Model:
    return next(model for model in shelf.models() if model.card.run == run.id)


def test_a_killed_run_resumes_from_its_backup(cut_off, evening):
    run, before = evening.cut_off, cut_off[1]
    assert (run.state, run.status.error) == (RunState.DONE, "")
    assert run.status.attempts in (1, 2)  # 1 if it was slow enough for another backup
    after = finished_epochs(run.id)
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if "val_loss" in line] == list(range(CUT_OFF))  # each once in the file
    same = [old for old, new in zip(before, after, strict=False) if old == new]  # same seconds, so not repeated
    assert 0 < len(same) < CUT_OFF
    assert same == before[: len(same)]
    assert model_of(run).name == run.status.model


def test_a_run_that_is_stopped_becomes_a_model(evening):
    run = evening.stopped
    assert (run.state, run.status.error) == (RunState.STOPPED, "")
    assert 3 <= len(finished_epochs(run.id)) < 5000
    model = model_of(run)
    assert model.name == run.status.model == folder.read_report(run.folder).model == "to-be-stopped"
    assert model.card.best_epoch == folder.read_curves(run.folder).best.epoch
    assert classifier.load(model).logits(np.zeros((1, 32, 32, 3), np.uint8)).shape == (1, 3)


def test_a_run_deleted_during_training_does_not_come_back(evening):
    assert not evening.deleted.exists()
    assert evening.deleted.name not in run_ids()
    assert evening.deleted.name not in {model.card.run for model in shelf.models()}


def test_a_photo_that_cannot_be_read_is_left_out_with_a_warning(evening):
    run = evening.broken
    assert run.state is RunState.DONE
    assert run.status.warning.count("train/disc/broken.jpg") == 1
    assert model_of(run).card.photos["train"] == 18


def test_a_missing_dataset_is_a_sentence(evening):
    run = evening.gone
    assert run.state is RunState.FAILED
    assert run.status.error.startswith("There is no dataset 'gone'; there are: ")
    assert "Traceback" not in (run.folder / "worker.log").read_text()


def test_weights_that_cannot_be_downloaded_are_a_sentence(evening):
    run = evening.offline
    assert run.state is RunState.FAILED
    assert "MobileNetV2 (9.4 MB)" in run.status.error
    assert "could not be downloaded" in run.status.error
    assert run.status.error.endswith(
        f"Without a download you can use: {BACKBONES['small_cnn'].label}, {BACKBONES['residual'].label}, a saved model."
    )
    assert "\n" not in run.status.error
    assert "Traceback" not in (run.folder / "worker.log").read_text()


def test_the_worker_has_survived_all_this(evening):
    assert evening.alive
    assert queue.waiting() == []
    assert "Traceback" not in printed()


def test_a_run_that_kills_its_worker_twice_fails(home, tiny_dataset):
    adding.add_folder("tiny", tiny_dataset)
    run_id = put()
    for attempt in (1, 2):
        with worker() as process:  # killed while it imports Keras
            wait_for(f"attempt {attempt}", lambda n=attempt: folder.look(run_id).status.attempts == n, process)
        assert folder.look(run_id).state is RunState.INTERRUPTED
    with worker("--idle", "0.1") as process:
        assert process.wait(30) == 0
    run = folder.look(run_id)
    assert (run.state, run.status.error) == (RunState.FAILED, module.DIED_TWICE)
    assert not (workspace.models()).exists()
    assert "Traceback" not in printed()


# In this process


def test_a_run_deleted_before_its_start_does_not_come_back(home, tiny_dataset):
    adding.add_folder("tiny", tiny_dataset)
    run = folder.look(put())
    shutil.rmtree(run.folder)
    with pytest.raises(FileNotFoundError):
        module.train_run(run)
    assert not run.folder.exists()


def test_the_status_of_a_deleted_run_is_not_written(tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    progress = Progress(place)
    progress.start()
    assert folder.read_status(place).attempts == 1
    shutil.rmtree(place)
    progress.plan({Stage.EPOCHS: 1.0})
    progress.stage(Stage.EPOCHS)
    progress.tick(1, 2)
    progress.warn("A sentence.")
    progress.end(RunState.FAILED, "Another sentence.")
    assert not place.exists()


def test_a_run_that_goes_on_with_another_engine_says_so(tmp_path):
    for number, expected in enumerate(["", "", "its receipt was AAAA-AAAA at first and is BBBB-BBBB now"]):
        progress = Progress(tmp_path)  # of a new worker each time
        progress.set_receipt("AAAA-AAAA" if number < 2 else "BBBB-BBBB")
        assert expected in folder.read_status(tmp_path).warning
        assert bool(expected) == bool(folder.read_status(tmp_path).warning)
    assert folder.read_status(tmp_path).receipt == "BBBB-BBBB"
