"""Sets hold the right class as often as they promise, for rare classes too, and never more classes than they need."""

import numpy as np
import pytest

from core.answering import calibration, classifier, sets, shelf, tables
from core.answering.bulk import Prediction
from core.answering.doubt import Doubt
from core.answering.sets import SetLimits
from core.errors import SettingsError
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

CLASSES = ("a", "b", "c", "d")
COMMON = (0.5, 0.3, 0.15, 0.05)


def simulated(rng: np.random.Generator, photos: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of a model that finds the class d hard: probabilities (photos, 4) and labels (photos,)."""
    labels = rng.choice(4, photos, p=COMMON)
    logits = rng.normal(0, 1, (photos, 4))
    logits[np.arange(photos), labels] += np.array([3.0, 2.0, 2.0, 0.5])[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return probabilities.astype(np.float32), labels


def test_over_many_calibrations_the_promise_holds_for_all_and_for_each_class():
    rng = np.random.default_rng(0)
    shares = {certainty: [] for certainty in sets.CERTAINTIES}
    of_classes = {certainty: [] for certainty in sets.CERTAINTIES}
    for _ in range(60):
        found = sets.limits_by_certainty(*simulated(rng, 400), CLASSES)
        probabilities, labels = simulated(rng, 2000)
        for certainty, limits in found.items():
            right, _ = sets.coverage(probabilities, labels, CLASSES, limits)
            shares[certainty].append(right.mean())
            of_classes[certainty].append([right[labels == place].mean() for place in range(4)])
    for certainty in sets.CERTAINTIES:
        assert np.mean(shares[certainty]) >= certainty - 0.004
    assert np.all(np.mean(of_classes[0.9], 0) >= 0.9 - 0.01)  # d has 20 of the 400 photos: a threshold of its own


def test_the_threshold_is_that_photo_which_may_just_be_missed():
    right = np.arange(1, 100, dtype=np.float32) / 100  # 99 photos of one class
    probabilities = np.stack([right, 1 - right], 1)
    limits = sets.limits_by_certainty(probabilities, np.zeros(99, int), ("a", "b"))
    assert limits[0.9].of("a") == pytest.approx(0.10)  # nine photos lie below, and the new one may
    assert limits[0.95].of("a") == pytest.approx(0.05)
    assert limits[0.99].of("a") == pytest.approx(0.01)


def test_with_too_few_photos_every_class_may_be_right():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    limits = sets.limits_by_certainty(probabilities, np.array([0, 1]), ("a", "b"))
    assert {certainty: found.shared for certainty, found in limits.items()} == dict.fromkeys(sets.CERTAINTIES, 0.0)
    assert sets.of((("a", 1.0), ("b", 0.0)), limits[0.9]) == ("a", "b")


def test_more_certainty_never_takes_a_class_away():
    rng = np.random.default_rng(2)
    for photos in (30, 60, 120, 250):
        found = sets.limits_by_certainty(*simulated(rng, photos), CLASSES)
        for row in simulated(rng, 200)[0]:
            answer = sorted(zip(CLASSES, row.tolist(), strict=True), key=lambda pair: -pair[1])
            low, middle, high = (set(sets.of(answer, found[certainty])) for certainty in sets.CERTAINTIES)
            assert {answer[0][0]} <= low <= middle <= high


def test_a_set_is_never_empty_and_the_best_answer_comes_first():
    limits = SetLimits(shared=0.9, by_class={"c": 0.1})
    assert sets.of((("a", 0.5), ("b", 0.3), ("c", 0.2)), limits) == ("a", "c")


def test_they_stand_on_the_card():
    probabilities, labels = simulated(np.random.default_rng(1), 300)
    found = calibration.of(np.log(probabilities), labels, np.ones(300, np.float32), CLASSES)
    assert tuple(found.sets) == sets.CERTAINTIES


# In answers and tables


def limits(shared: float) -> dict[float, dict[str, object]]:
    return {"0.9": {"shared": shared, "by_class": {}}}  # type: ignore[dict-item]


@pytest.fixture
def loaded() -> classifier.Classifier:
    saved_model("colours", sets=limits(0.05))
    return classifier.load(shelf.model("colours"))


def test_a_model_answers_with_sets(loaded):
    (sure, orange) = (loaded.answer(encoded(flat(*colour), "PNG")) for colour in ((255, 0, 0), (255, 235, 140)))
    assert loaded.one_of(sure, 0.9) == ("red",)
    assert loaded.one_of(orange, 0.9)[:2] == (orange.label, orange.second)
    with pytest.raises(SettingsError, match=r"The certainty must be one of 0\.9, got 0\.5"):
        loaded.one_of(sure, 0.5)


def test_a_model_of_an_earlier_version_has_none():
    saved_model("old")
    old = classifier.load(shelf.model("old"))
    assert old.certainties == ()
    with pytest.raises(SettingsError, match=r"'old' was saved before there were sets\. Train it again"):
        old.check_certainty(0.9)


def test_tables_have_them_unless_the_photo_is_none_of_the_classes(loaded):
    answer = loaded.answer(encoded(flat(255, 235, 140), "PNG"))
    predictions = [
        Prediction("a.png", "a", answer, "", b""),
        Prediction("b.png", "b", answer, "", b""),
        Prediction("c.png", "", None, "no photo", b""),
    ]
    doubts = iter([Doubt.CLOSE, Doubt.UNLIKE])
    results = list(
        tables.results(predictions, lambda answer: next(doubts), sets=lambda answer: loaded.one_of(answer, 0.9))
    )
    assert [result.one_of for result in results] == [loaded.one_of(answer, 0.9), (), ()]
    assert tables.row(results[0])["one_of"] == list(results[0].one_of)
    assert (
        list(tables.as_csv(results))[1].rstrip().endswith(";".join([results[0].one_of[0], f" {results[0].one_of[1]}"]))
    )
    (corrected,) = tables.results(predictions[:1], corrected={0: "red"}, sets=lambda answer: ("red", "blue"))
    assert corrected.one_of == ()
