"""Fitting: the same to the last digit after any interruption; scored, stopped and weighted as the settings say."""

import json
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from core.answering import evaluation
from core.backbones import SMALL_CNN
from core.datasets import adding, pack
from core.datasets.trained_on import SplitState, TrainedOn
from core.errors import RunError
from core.runs import folder
from core.runs.config import RunConfig, config
from models import build, fit, steps
from models.feed import BankFeed, PhotoFeed
from models.labels import class_weights
from models.plan import Plan
from models.record import Progress, Stopped, read_arrays, write_arrays

pytestmark = pytest.mark.slow

CLASSES, FEATURES, TRAIN, VALIDATION = 3, 10, 36, 20
rng = np.random.default_rng(0)
CENTRES = rng.normal(0, 1, (CLASSES, FEATURES))
LABELS, VALIDATION_LABELS = rng.integers(0, CLASSES, TRAIN), rng.integers(0, CLASSES, VALIDATION)
STATE = TrainedOn(classes=("hat", "shirt", "shoes"))
VIEWS = [(CENTRES[LABELS] + rng.normal(0, 1, (TRAIN, FEATURES))).astype(np.float32) for _ in range(3)]
VALIDATION_VECTORS = (CENTRES[VALIDATION_LABELS] + rng.normal(0, 1, (VALIDATION, FEATURES))).astype(np.float32)


class Killed(Exception):  # noqa: N818
    """The worker died here."""


class DyingProgress(Progress):
    """A progress during which the worker dies after `batches` batches."""

    def __init__(self, folder: Path, batches: int) -> None:
        super().__init__(folder)
        self._left = batches

    def tick(self, done: float, of: float, words: str | None = None) -> None:
        super().tick(done, of, words)
        self._left -= 1
        if self._left < 0:
            raise Killed


@pytest.fixture(autouse=True)
def batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make these small runs interruptible anywhere."""
    monkeypatch.setattr(BankFeed, "AT_ONCE", 1)


@pytest.fixture
def frequent_backups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back up after every batch."""
    monkeypatch.setattr(fit, "BACKUP_SECONDS", 0)
    monkeypatch.setattr(fit, "BACKUP_SHARE", math.inf)


def settings(**changes: object) -> RunConfig:
    usual = {"dataset": "any", "dense_layers": (8,), "batch_size": 9, "epochs": 6, "learning_rate": 0.01, "views": 3,
             "recipe": [{"transform": "rotation"}]}  # fmt: skip
    return config(**{**usual, **changes})


def fed(run: RunConfig) -> BankFeed:
    return BankFeed(run, lambda view: VIEWS[view], VALIDATION_VECTORS, LABELS, CLASSES)


def fitted(run: RunConfig, place: Path, progress: Progress | None = None) -> fit.Best:
    """Fit a new head, as a new process would."""
    place.mkdir(exist_ok=True)
    keras.utils.set_random_seed(run.seed)
    top = build.head(run, FEATURES, CLASSES)
    return fit.fit(Plan.of(run), top, fed(run), VALIDATION_LABELS, STATE, place, progress or Progress(place))


def curve(place: Path) -> list[dict]:
    """The finished epochs without their seconds; each must be in the file once."""
    lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    whole = [
        {key: value for key, value in line.items() if key not in ("seconds", "scored_on")}
        for line in lines
        if "val_loss" in line
    ]
    assert [line["epoch"] for line in whole] == list(range(len(whole)))
    return whole


# Reproducibility

USUAL = settings(dropout=0.4, label_smoothing=0.1, schedule="cosine", warmup=4)  # with Adam
BATCHES = TRAIN // USUAL.batch_size  # in an epoch


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[fit.Best, list[dict]]:
    """The result of the usual run when nothing interrupts it."""
    place = tmp_path_factory.mktemp("usual")
    best = fitted(USUAL, place)
    return best, curve(place)


def assert_same(best: fit.Best, place: Path, whole: tuple[fit.Best, list[dict]]) -> None:
    """Compare the curve, the best epoch and its weights to the last digit."""
    assert curve(place) == whole[1]
    assert (best.epoch, best.val_accuracy, best.val_loss) == (whole[0].epoch, whole[0].val_accuracy, whole[0].val_loss)
    assert all(np.array_equal(a, b) for a, b in zip(best.weights, whole[0].weights, strict=True))


def test_the_same_settings_give_the_same_run(usual, tmp_path):
    assert len(usual[1]) == USUAL.epochs
    assert_same(fitted(USUAL, tmp_path), tmp_path, usual)


def test_another_seed_gives_another_run(usual, tmp_path):
    best = fitted(USUAL.model_copy(update={"seed": 1}), tmp_path)
    assert curve(tmp_path) != usual[1]
    assert not np.array_equal(best.weights[0], usual[0].weights[0])


def interrupted(run: RunConfig, place: Path, *batches: int) -> fit.Best:
    """Fit with workers that die, each after its number of `batches`, and a last one that finishes the run."""
    place.mkdir(exist_ok=True)
    for count in batches:
        with pytest.raises(Killed):
            fitted(run, place, DyingProgress(place, count))
        with (place / "metrics.jsonl").open("a") as file:  # written between the last backup and the death
            epoch = len(curve(place))
            file.write(json.dumps({"epoch": epoch, "val_loss": 0, "val_accuracy": 1.0}) + '\n{"epoch": 1, "lo')
    return fitted(run, place)


@pytest.mark.parametrize(
    "batches",
    [(BATCHES,), (2 * BATCHES + 1,), (BATCHES + 2, BATCHES, 1)],
    ids=["between two epochs", "within an epoch", "three times"],
)
def test_an_interrupted_run_continues_as_if_nothing_had_happened(
    usual, tmp_path, monkeypatch, frequent_backups, batches
):
    starts = []

    class Recorder(fit._Fit):
        def _restore(self) -> None:
            super()._restore()
            starts.append(self._at.epoch * BATCHES + self._at.batch)

    monkeypatch.setattr(fit, "_Fit", Recorder)
    assert_same(interrupted(USUAL, tmp_path, *batches), tmp_path, usual)
    assert starts == [sum(batches[:i]) for i in range(len(batches) + 1)]  # no batch was repeated


def test_a_worker_that_dies_after_the_last_epoch_repeats_none(usual, tmp_path):
    assert_same(fitted(USUAL, tmp_path), tmp_path, usual)
    assert_same(fitted(USUAL, tmp_path, DyingProgress(tmp_path, 0)), tmp_path, usual)
    (tmp_path / "stop").touch()  # stopping now changes nothing either
    assert_same(fitted(USUAL, tmp_path, DyingProgress(tmp_path, 0)), tmp_path, usual)


def test_momentum_is_restored_too(tmp_path, frequent_backups):
    run = settings(optimizer="sgd", dropout=0.4, epochs=3)
    whole = fitted(run, tmp_path / "whole")
    best = interrupted(run, tmp_path / "cut", BATCHES + 1)
    assert_same(best, tmp_path / "cut", (whole, curve(tmp_path / "whole")))


def test_backups_are_not_constant(usual, tmp_path):
    """A run that dies before BACKUP_SECONDS starts again from the beginning."""
    with pytest.raises(Killed):
        fitted(USUAL, tmp_path, DyingProgress(tmp_path, 3 * BATCHES))
    assert not (tmp_path / "backup.npz").exists()
    (tmp_path / "backup.npz").write_bytes(b"PK half a backup")
    assert_same(fitted(USUAL, tmp_path), tmp_path, usual)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:99], lambda data: data[:-30]])
def test_damaged_arrays_are_none(tmp_path, damage):
    path = tmp_path / "backup.npz"
    assert read_arrays(path) is None
    write_arrays(path, [np.arange(5), np.ones((2, 2))], epoch=3, best=[1, 0.5, 0.25])
    arrays, facts = read_arrays(path)
    assert [array.tolist() for array in arrays] == [[0, 1, 2, 3, 4], [[1, 1], [1, 1]]]
    assert facts == {"epoch": 3, "best": [1, 0.5, 0.25]}
    path.write_bytes(damage(path.read_bytes()))
    assert read_arrays(path) is None


def test_a_network_that_learns_as_a_whole_continues_too(tmp_path, frequent_backups, tiny_dataset):
    """BatchNorm's statistics and the view of each epoch are restored too."""
    dataset = adding.add_folder("tiny", tiny_dataset)
    train, validation = (pack.load(dataset, split, 16) for split in ("train", "validation"))
    run = config(dataset="tiny", backbone="small_cnn", image_size=16, batch_size=6, epochs=4, dropout=0.3,
                 recipe=[{"transform": "rotation"}])  # fmt: skip

    def fitted_whole(place: Path, progress: Progress | None = None) -> fit.Best:
        place.mkdir(exist_ok=True)
        keras.utils.set_random_seed(run.seed)
        body = build.backbone(SMALL_CNN, 16, None)
        network = build.whole(body, build.head(run, SMALL_CNN.features, CLASSES))
        feed = PhotoFeed(run, train, validation, CLASSES)
        return fit.fit(Plan.of(run), network, feed, validation.labels, STATE, place, progress or Progress(place))

    whole, place = fitted_whole(tmp_path / "whole"), tmp_path / "cut"
    place.mkdir()
    with pytest.raises(Killed):
        fitted_whole(place, DyingProgress(place, 7))
    again = fitted_whole(place)
    for actual, expected in zip(curve(place), curve(tmp_path / "whole"), strict=True):
        assert actual == pytest.approx(expected, rel=1e-4)  # threads may sum convolutions in another order
    assert again.epoch == whole.epoch
    for a, b in zip(again.weights, whole.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


# The best epoch


class Judge(BankFeed):
    """A feed whose validation answers are right `right[i]` times in epoch i."""

    def __init__(self, run: RunConfig, right: list[int], sure: list[float] | None = None) -> None:
        super().__init__(run, lambda view: VIEWS[view], VALIDATION_VECTORS, LABELS, CLASSES)
        self._verdicts = iter(zip(right, sure or [1.0] * len(right), strict=True))

    def validation(self, model: keras.Model) -> np.ndarray:
        right, sure = next(self._verdicts)
        answers = np.where(np.arange(VALIDATION) < right, VALIDATION_LABELS, (VALIDATION_LABELS + 1) % CLASSES)
        return (sure * np.eye(CLASSES, dtype=np.float32))[answers]


def fit_with_verdicts(run: RunConfig, place: Path, *verdicts: list) -> tuple[fit.Best, keras.Model]:
    top = build.head(run, FEATURES, CLASSES)
    return fit.fit(Plan.of(run), top, Judge(run, *verdicts), VALIDATION_LABELS, STATE, place, Progress(place)), top


def test_the_best_epochs_weights_are_saved(tmp_path):
    run = settings(dropout=0.2)
    best, top = fit_with_verdicts(run, tmp_path, [5, 12, 17, 9, 17, 3])
    assert (best.epoch, best.val_accuracy) == (2, 17 / 20)
    (tmp_path / "short").mkdir()
    shorter, _ = fit_with_verdicts(settings(dropout=0.2, epochs=3), tmp_path / "short", [5, 12, 17])
    arrays, facts = read_arrays(tmp_path / "best.npz")
    assert facts == {"epoch": 2, "val_accuracy": 17 / 20, "trained_on": STATE.model_dump(mode="json")}
    for array, best_weights, after_three, now in zip(arrays, best.weights, shorter.weights, top.variables, strict=True):
        assert np.array_equal(array, best_weights)
        assert np.array_equal(array, after_three)
        assert np.array_equal(array, now)


def test_in_a_tie_the_lower_loss_is_the_best(tmp_path):
    best, _ = fit_with_verdicts(settings(epochs=4), tmp_path, [12, 12, 12, 12], [3.0, 1.0, 0.2, 2.0])
    losses = [line["val_loss"] for line in curve(tmp_path)]
    assert best.epoch == int(np.argmin(losses))
    assert folder.read_curves(tmp_path).best.epoch == best.epoch


@pytest.mark.parametrize(
    ("patience", "right", "epochs"),
    [
        (2, [9, 12, 11, 10, 13, 14], 4),
        (3, [9, 12, 11, 10, 13, 14], 6),
        (1, [9, 8, 13, 14, 15, 16], 2),
        (None, [9] * 6, 6),
    ],
)
def test_early_stopping_waits_for_its_number_of_epochs(tmp_path, patience, right, epochs):
    best, _ = fit_with_verdicts(settings(early_stopping=patience), tmp_path, right)
    assert len(curve(tmp_path)) == epochs
    assert best.val_accuracy == max(right[:epochs]) / VALIDATION


# Settings


def first_loss(tmp_path: Path, **changes: object) -> tuple[dict, np.ndarray, RunConfig]:
    """The first epoch's line when nothing is learned, and the log-probabilities of the initial weights."""
    run = settings(epochs=1, dropout=0, learning_rate=1e-9, activation="tanh", batch_size=10, **changes)
    top = build.head(run, FEATURES, CLASSES)
    logits = np.asarray(top(VIEWS[0], training=False)).astype(np.float64)
    fit.fit(Plan.of(run), top, fed(run), VALIDATION_LABELS, STATE, tmp_path, Progress(tmp_path))
    logits_validation = np.asarray(top(VALIDATION_VECTORS, training=False))
    line = curve(tmp_path)[0]
    assert line["val_loss"] == pytest.approx(
        evaluation.cross_entropy(logits_validation, VALIDATION_LABELS), rel=1e-5
    )  # without smoothing or weights
    assert line["val_accuracy"] == pytest.approx(evaluation.accuracy(logits_validation, VALIDATION_LABELS), abs=1e-5)
    return line, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), run


def test_the_training_loss_is_the_mean_over_photos_not_batches(tmp_path):
    line, logs, run = first_loss(tmp_path)
    assert TRAIN % run.batch_size  # the last batch is shorter
    assert line["loss"] == pytest.approx(-logs[np.arange(TRAIN), LABELS].mean(), rel=1e-4)
    assert line["accuracy"] == pytest.approx(np.mean(logs.argmax(axis=1) == LABELS), rel=1e-4)


def test_class_weights_weigh_the_loss(tmp_path):
    line, logs, _ = first_loss(tmp_path, class_weights=True)
    weights = TRAIN / (CLASSES * np.bincount(LABELS))[LABELS]
    assert np.ptp(weights) > 0.1
    assert line["loss"] == pytest.approx(-(weights * logs[np.arange(TRAIN), LABELS]).mean(), rel=1e-4)
    assert line["accuracy"] == pytest.approx(np.mean(logs.argmax(axis=1) == LABELS), rel=1e-4)


def test_label_smoothing_spreads_the_labels(tmp_path):
    line, logs, _ = first_loss(tmp_path, label_smoothing=0.3)
    expected = 0.7 * np.eye(CLASSES)[LABELS] + 0.1
    assert line["loss"] == pytest.approx(-(expected * logs).sum(axis=1).mean(), rel=1e-4)


def test_class_weights_make_all_classes_count_the_same():
    labels = np.array([0] * 6 + [1] * 3 + [2] * 1)
    weights = class_weights(labels, 4)
    assert weights[:3].tolist() == pytest.approx([10 / 24, 10 / 12, 10 / 4])
    assert np.isfinite(weights).all()  # a class without photos has a finite weight
    totals = [weights[labels[labels == c]].sum() for c in range(3)]
    assert totals == pytest.approx([2.5] * 3)


@pytest.mark.parametrize(
    ("schedule", "warmup", "rates"),
    [
        ("constant", 0, {0: 0.01, 50: 0.01, 99: 0.01}),
        ("constant", 10, {0: 0.0, 5: 0.005, 10: 0.01, 60: 0.01, 99: 0.01}),
        ("cosine", 0, {0: 0.01, 25: 0.01 * (0.5 + math.sqrt(0.125)), 50: 0.005, 100: 0.0}),
        ("cosine", 20, {0: 0.0, 5: 0.0025, 20: 0.01, 60: 0.005, 100: 0.0}),
    ],
)
def test_learning_rate_schedules(schedule, warmup, rates):
    run = settings(schedule=schedule, warmup=warmup, epochs=10)
    top = build.head(run, FEATURES, CLASSES)
    fit.compile_for(Plan.of(run), top, batches=10)
    for batch, rate in rates.items():
        top.optimizer.iterations.assign(batch)
        assert float(np.asarray(top.optimizer.learning_rate)) == pytest.approx(rate, abs=1e-7), batch


def test_a_warmup_longer_than_the_run_is_no_error(tmp_path):
    fitted(settings(schedule="cosine", warmup=1000, epochs=2), tmp_path)
    assert len(curve(tmp_path)) == 2


# Divergence and stops


def test_divergence_in_the_first_epoch_is_a_sentence(tmp_path):
    run = settings(optimizer="sgd", learning_rate=10, dense_layers=(64, 64), dropout=0)
    top = build.head(run, FEATURES, CLASSES)
    hot = BankFeed(run, lambda view: 1e4 * VIEWS[view], VALIDATION_VECTORS, LABELS, CLASSES)
    with pytest.raises(RunError) as raised:
        fit.fit(Plan.of(run), top, hot, VALIDATION_LABELS, STATE, tmp_path, Progress(tmp_path))
    sentence = "The loss overflowed in epoch 1: the learning rate is too high. Try a tenth of it, 1."
    assert str(raised.value) == sentence
    assert curve(tmp_path) == []


@pytest.mark.parametrize("size", [1e6, 1e8, 1e10])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_loss_that_leaps_without_overflowing_has_diverged(tmp_path, size, optimizer):
    run = settings(optimizer=optimizer, learning_rate=1, dense_layers=(8,), dropout=0)
    top = build.head(run, FEATURES, CLASSES)
    feed = BankFeed(run, lambda view: size * VIEWS[view], size * VALIDATION_VECTORS, LABELS, CLASSES)
    with pytest.raises(
        RunError, match=r"(leapt to [\d,]+|overflowed) in epoch 1.* Try a tenth of it, 0\.1\."
    ) as raised:
        fit.fit(Plan.of(run), top, feed, VALIDATION_LABELS, STATE, tmp_path, Progress(tmp_path))
    assert "the learning rate is too high" in str(raised.value)
    assert not (tmp_path / "best.npz").exists()


def fitted_on(views, run, place):
    """The best epoch and the network after training on these vectors, one array for each epoch."""
    top = build.head(run, FEATURES, CLASSES)
    feed = BankFeed(run, lambda view: views[view], VALIDATION_VECTORS, LABELS, CLASSES)
    progress = Progress(place)
    progress.start()
    return fit.fit(Plan.of(run), top, feed, VALIDATION_LABELS, STATE, place, progress), top


def test_a_leap_in_a_later_epoch_keeps_the_best_epoch(tmp_path):
    run = settings(optimizer="sgd", learning_rate=0.01, dense_layers=(8,))
    best, _ = fitted_on([VIEWS[0], VIEWS[1], 1e8 * VIEWS[2]], run, tmp_path)
    assert best.epoch in (0, 1)
    assert "The best epoch before that was saved." in folder.read_status(tmp_path).warning


# A dataset that has changed


def state(*classes: str, **photos: str) -> TrainedOn:
    """Classes, and by split the words that stand for a hash of its photos."""
    splits = {split: SplitState(photos=9, content=words, order=words) for split, words in photos.items()}
    return TrainedOn(classes=classes, splits=splits)


THREE = state("hat", "shirt", "shoes", train="a", validation="a")


def taken_up(place: Path, now: TrainedOn, labels: np.ndarray) -> tuple[fit.Best, np.ndarray, np.ndarray]:
    """The best epoch after the dataset has changed, and the logits for the validation photos before and after that.

    No further epoch is trained, so only what was learned before counts.
    """
    run, count = settings(epochs=4, dropout=0.0), len(now.classes)
    keras.utils.set_random_seed(0)
    first = build.head(run, FEATURES, CLASSES)
    fit.fit(Plan.of(run), first, fed(run), VALIDATION_LABELS, THREE, place, Progress(place))
    top = build.head(run, FEATURES, count)
    feed = BankFeed(run, lambda view: VIEWS[view], VALIDATION_VECTORS, np.zeros(TRAIN, np.intp), count)
    best = fit.fit(Plan.of(run), top, feed, labels, now, place, Progress(place))
    return best, feed.validation(first), feed.validation(top)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (("apron", "hat", "shirt", "shoes"), "the class 'apron' is new"),
        (("hat", "shirt", "shoes", "vest", "wig"), "the classes 'vest', 'wig' are new"),
        (("shoes", "hat", "shirt"), ""),
        (("hat", "shoes"), "the class 'shirt' is gone"),
        (("boots", "hat", "shirt"), "the class 'boots' is new, the class 'shoes' is gone"),
    ],
)
def test_what_was_learned_follows_its_class_by_name(tmp_path, classes, words):
    now = state(*classes, train="b", validation="b")
    places = np.array([classes.index(name) if name in classes else -1 for name in THREE.classes])
    labels = np.maximum(places[VALIDATION_LABELS], 0)
    best, before, after = taken_up(tmp_path, now, labels)
    _, facts = read_arrays(tmp_path / "best.npz")
    assert TrainedOn.model_validate_json(json.dumps(facts["trained_on"])) == now
    known = places >= 0
    np.testing.assert_allclose(after[:, places[known]], before[:, known], rtol=1e-6)
    assert best.val_accuracy == pytest.approx(np.mean(after.argmax(axis=1) == labels))
    warning = folder.read_status(tmp_path).warning
    assert words in warning
    assert "follows its class by name" in warning
    scored = folder.read_curves(tmp_path).best
    assert (scored.epoch, scored.scored_on) == (best.epoch, "b")
    assert scored.val_accuracy == pytest.approx(best.val_accuracy, abs=1e-5)


def test_other_validation_photos_are_scored_again(tmp_path):
    now = state("hat", "shirt", "shoes", train="a", validation="others")
    best, *_ = taken_up(tmp_path, now, 2 - VALIDATION_LABELS)  # as if other photos had come
    assert best.val_accuracy < 0.5
    assert "other validation photos" in folder.read_status(tmp_path).warning
    assert folder.read_curves(tmp_path).best.val_accuracy == pytest.approx(best.val_accuracy, abs=1e-5)


def test_an_unchanged_dataset_is_no_warning(tmp_path):
    taken_up(tmp_path, THREE, VALIDATION_LABELS)
    assert not folder.read_status(tmp_path).warning


def test_without_any_class_left_there_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match=r"none of the classes that were learned \(hat, shirt, shoes\) is left"):
        taken_up(tmp_path, state("cap", "sock"), np.zeros(VALIDATION, np.intp))


def test_a_backup_that_does_not_name_its_classes_is_not_used(tmp_path):
    run = settings(epochs=2)
    fitted(run, tmp_path)
    arrays, facts = read_arrays(tmp_path / "backup.npz")
    del facts["trained_on"]
    write_arrays(tmp_path / "backup.npz", arrays, **facts)
    (tmp_path / "metrics.jsonl").unlink()
    fitted(run, tmp_path)
    assert len(curve(tmp_path)) == 2
    assert "started again" in folder.read_status(tmp_path).warning


def test_later_divergence_keeps_the_best_epoch(tmp_path):
    run = settings(optimizer="sgd", dense_layers=(8,))
    best, top = fitted_on([VIEWS[0], VIEWS[1], np.full_like(VIEWS[2], 1e30)], run, tmp_path)
    assert best.epoch in (0, 1)
    assert len(curve(tmp_path)) == 2
    assert "in epoch 3: the learning rate is too high. The best epoch before that was saved." in (
        folder.read_status(tmp_path).warning
    )
    assert all(np.isfinite(np.asarray(variable)).all() for variable in top.variables)


def test_stopped_before_an_epoch_is_over_there_is_nothing(tmp_path):
    (tmp_path / "stop").touch()
    with pytest.raises(Stopped):
        fitted(settings(), tmp_path)
    assert not (tmp_path / "best.npz").exists()
    assert curve_or_nothing(tmp_path) == []


def curve_or_nothing(place: Path) -> list[dict]:
    return curve(place) if (place / "metrics.jsonl").exists() else []


class StoppingFeed(BankFeed):
    """A feed that asks the run to stop during its third epoch."""

    def __init__(self, run: RunConfig, place: Path) -> None:
        super().__init__(run, lambda view: VIEWS[view], VALIDATION_VECTORS, LABELS, CLASSES)
        self._place = place

    def epoch(self, number: int, start: int = 0):
        for i, batch in enumerate(super().epoch(number, start)):
            if (number, i) == (2, 1):
                (self._place / "stop").touch()
            yield batch


def test_stopped_within_an_epoch_the_best_epoch_is_saved(tmp_path):
    run = settings(dropout=0.2)
    place, short = tmp_path / "stopped", tmp_path / "short"
    place.mkdir()
    top = build.head(run, FEATURES, CLASSES)
    best = fit.fit(Plan.of(run), top, StoppingFeed(run, place), VALIDATION_LABELS, STATE, place, Progress(place))
    two = fitted(settings(dropout=0.2, epochs=2), short)
    assert curve(place) == curve(short)
    assert best.epoch == two.epoch
    assert all(np.array_equal(a, b) for a, b in zip(best.weights, two.weights, strict=True))


def test_a_stopped_run_can_continue_where_it_was(usual, tmp_path):
    """Resume from the backup of the batch in which it was stopped, without the request to stop."""

    class Stopping(DyingProgress):
        def tick(self, done: float, of: float, words: str | None = None) -> None:
            self._left -= 1
            if self._left < 0:
                raise Stopped

    fitted(USUAL, tmp_path, Stopping(tmp_path, 2 * BATCHES + 1))
    assert len(curve(tmp_path)) == 2
    assert_same(fitted(USUAL, tmp_path), tmp_path, usual)


# Stages and steps


def test_a_second_stage_continues_the_numbering_and_must_beat_the_first(tmp_path):
    run = settings(epochs=2)
    best, top = fit_with_verdicts(run, tmp_path, [5, 12])
    plan = Plan(epochs=3, learning_rate=0.001, optimizer="adamw", first=2, stage=1)
    feed = Judge(run, [9, 11, 12], [1.0, 1.0, 1.0])
    second = fit.fit(plan, top, feed, VALIDATION_LABELS, STATE, tmp_path, Progress(tmp_path), best)
    assert [line.get("stage", 0) for line in curve(tmp_path)] == [0, 0, 1, 1, 1]
    assert read_arrays(tmp_path / "backup.npz")[1]["stage"] == 1
    assert second.epoch in (1, 4)  # a tie: the lower loss wins
    plan = Plan(epochs=1, learning_rate=0.001, first=5, stage=2)
    third = fit.fit(plan, top, Judge(run, [3]), VALIDATION_LABELS, STATE, tmp_path, Progress(tmp_path), second)
    assert third is second
    assert all(np.array_equal(a, np.asarray(b)) for a, b in zip(second.weights, top.variables, strict=True))


@pytest.mark.parametrize("changes", [{}, {"class_weights": True, "label_smoothing": 0.2, "optimizer": "sgd"}])
def test_many_batches_in_one_graph_equal_single_batches(tmp_path, monkeypatch, changes):
    run = settings(batch_size=7, dropout=0, schedule="cosine", warmup=3, **changes)
    assert TRAIN % run.batch_size  # the last batch is shorter
    fitted(run, tmp_path / "many")
    monkeypatch.setattr(steps, "many", lambda model, size: steps.single(model))
    fitted(run, tmp_path / "single")
    for actual, expected in zip(curve(tmp_path / "many"), curve(tmp_path / "single"), strict=True):
        assert actual == pytest.approx(expected, rel=1e-4)
    assert curve(tmp_path / "many")[0]["loss"] > curve(tmp_path / "many")[-1]["loss"] + 0.05


def test_the_number_of_batches_at_once_does_not_matter(tmp_path, monkeypatch, usual):
    monkeypatch.setattr(BankFeed, "AT_ONCE", 100)
    best = fitted(USUAL, tmp_path)
    for actual, expected in zip(curve(tmp_path), usual[1], strict=True):
        assert actual == pytest.approx(expected, rel=1e-5)
    assert best.epoch == usual[0].epoch


def test_lines_within_an_epoch_are_rare_and_complete(tmp_path):
    fitted(settings(epochs=2, batch_size=1), tmp_path)
    within = [line for line in map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
              if "val_loss" not in line]  # fmt: skip
    assert 1 <= len(within) < 20  # at most two per second, out of eighty batches
    for line in within:
        assert set(line) == {"version", "epoch", "batch", "batches", "loss", "accuracy"}
        assert line["batches"] == TRAIN
