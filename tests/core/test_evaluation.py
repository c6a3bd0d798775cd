"""Scores against published numbers and calculations on paper."""

import json
import math

import numpy as np
import pytest

from core.answering import evaluation
from core.answering.card import Scores
from core.answering.head import softmax


def one_hot_logits(answers: list[int], classes: int = 3, sure: float = 5.0) -> np.ndarray:
    return (sure * np.eye(classes, dtype=np.float32))[answers]


WILSON = [  # the usual tables of Wilson's score interval, without continuity correction
    (0, 10, 0.0, 0.2775),
    (8, 10, 0.4902, 0.9433),
    (10, 10, 0.7225, 1.0),
    (1, 1, 0.2065, 1.0),
    (50, 100, 0.4038, 0.5962),
    (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17, table I
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
    (0, 0, 0.0, 1.0),
]


def test_wilson_interval(subtests):
    for correct, count, low, high in WILSON:
        with subtests.test(correct=correct, count=count, low=low, high=high):
            assert evaluation.interval(correct, count) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize("count", [1, 7, 341, 100_000])
def test_interval_contains_the_share_and_stays_within_bounds(count):
    for correct in {0, 1, count // 3, count}:
        low, high = evaluation.interval(correct, count)
        assert 0 <= low <= correct / count <= high <= 1


NEWCOMBE = [  # Newcombe 1998, Statistics in Medicine 17, p. 873, table II, method 10
    ((56, 70, 48, 80), 0.0524, 0.3339),
    ((9, 10, 3, 10), 0.1705, 0.8090),
    ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926),
    ((0, 10, 0, 20), -0.1611, 0.2775),
    ((10, 10, 0, 20), 0.6791, 1.0),
    ((10, 10, 0, 10), 0.6075, 1.0),
]


def test_difference_of_two_shares(subtests):
    for counts, low, high in NEWCOMBE:
        with subtests.test(counts=counts, low=low, high=high):
            assert evaluation.difference(*counts) == pytest.approx((low, high), abs=6e-5)
            assert evaluation.difference(*counts[2:], *counts[:2]) == pytest.approx((-high, -low), abs=6e-5)


@pytest.mark.parametrize(
    ("first", "second", "chance"), [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 22 / 1024), (9, 1, 22 / 1024), (0, 5, 2 / 32)]
)
def test_mcnemar_s_exact_test_on_paper(first, second, chance):
    assert evaluation.chance_of_gap(first, second) == pytest.approx(chance)


def test_confusion_has_true_classes_as_rows():
    labels = np.array([0, 0, 1, 2, 2, 2])
    counts = evaluation.confusion(one_hot_logits([0, 1, 1, 2, 0, 0]), labels, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [2, 0, 1]]


def test_confusion_counts_classes_without_photos():
    assert evaluation.confusion(one_hot_logits([3, 3], 4), np.array([3, 0]), 4).tolist() == [
        [0, 0, 0, 1],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
    ]


def test_accuracy():
    assert evaluation.accuracy(one_hot_logits([0, 1, 1, 2]), np.array([0, 1, 2, 2])) == 0.75


def test_cross_entropy_on_paper():
    labels = np.array([0, 1, 2])
    assert evaluation.cross_entropy(np.zeros((3, 3), np.float32), labels) == pytest.approx(math.log(3))
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], np.float32))
    assert evaluation.cross_entropy(logits, labels) == pytest.approx(-np.log([0.5, 0.8, 0.4]).mean(), rel=1e-6)
    assert evaluation.cross_entropy(3 * logits, labels, 3.0) == pytest.approx(-np.log([0.5, 0.8, 0.4]).mean(), rel=1e-6)


def test_cross_entropy_of_huge_logits_is_finite():
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], np.float32)
    assert evaluation.cross_entropy(logits, np.array([0, 1])) == pytest.approx(1e4)


@pytest.mark.parametrize("scale", [0.6, 1.0, 4.0])
def test_temperature_finds_how_much_the_logits_were_scaled(scale):
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, (20_000, 5)).astype(np.float32)
    labels = (rng.random((20_000, 1)) > softmax(honest).cumsum(axis=1)).sum(axis=1)  # drawn as the softmax says
    fitted = evaluation.temperature(scale * honest, labels)
    assert fitted == pytest.approx(scale, rel=0.03)
    assert evaluation.calibration_error(scale * honest, labels, fitted) < 0.02
    if scale != 1:
        assert evaluation.calibration_error(scale * honest, labels) > 0.05


def test_temperature_stays_within_its_limits():
    labels = np.array([0, 1, 2] * 10)
    right = one_hot_logits(labels.tolist() * 100, sure=0.1)
    wrong = one_hot_logits(((labels + 1) % 3).tolist() * 100)
    assert evaluation.temperature(right, np.tile(labels, 100)) == pytest.approx(0.5, rel=0.01)
    assert evaluation.temperature(wrong, np.tile(labels, 100)) == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize("count", [3, 9, 15])
def test_a_few_right_answers_prove_little(count):
    labels = np.arange(count) % 3
    assert 1.5 < evaluation.temperature(one_hot_logits(labels.tolist(), sure=0.1), labels) < 2.1


def test_with_few_photos_the_temperature_is_better_than_the_one_that_fits_them_best():
    """Networks that are three times too sure, calibrated on nine photos each and scored on the others."""
    rng = np.random.default_rng(7)
    ours, best_fit = [], []
    for _ in range(40):
        honest = rng.normal(0, 2, (2009, 5)).astype(np.float32)
        labels = (rng.random((2009, 1)) > softmax(honest).cumsum(axis=1)).sum(axis=1)
        few, others = slice(9), slice(9, None)
        grid = np.exp(np.linspace(math.log(0.5), math.log(20), 80))
        fitted = min(grid, key=lambda t: evaluation.cross_entropy(3 * honest[few], labels[few], t))
        for losses, t in ((best_fit, fitted), (ours, evaluation.temperature(3 * honest[few], labels[few]))):
            losses.append(evaluation.cross_entropy(3 * honest[others], labels[others], t))
    assert np.mean(ours) < np.mean(best_fit)
    assert max(ours) < max(best_fit)


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [(0.8, 80, 0.0), (0.99, 60, 0.39), (0.6, 90, 0.3), (1.0, 100, 0.0)],
    ids=["calibrated", "too sure", "not sure enough", "always right"],
)
def test_calibration_error_of_one_bin(confidence, right, error):
    other = max(1 - confidence, 1e-12)
    logits = np.log(np.tile(np.array([confidence, other], np.float32), (100, 1)))
    labels = np.array([0] * right + [1] * (100 - right))
    assert evaluation.calibration_error(logits, labels) == pytest.approx(error, abs=1e-5)


def test_calibration_error_weighs_bins_by_their_photos():
    logits = np.log(np.array([[0.95, 0.05]] * 30 + [[0.55, 0.45]] * 10, np.float32))
    labels = np.array([0] * 15 + [1] * 15 + [0] * 10)  # says .95 and is right in .5; says .55 and is always right
    assert evaluation.calibration_error(logits, labels) == pytest.approx(0.75 * 0.45 + 0.25 * 0.45, abs=1e-5)


def test_scores_are_plain_json_and_agree_with_each_other():
    labels = np.array([0, 0, 1, 1, 1])
    scores = evaluation.scores(one_hot_logits([0, 1, 1, 1, 0]), labels, ("hat", "shirt", "shoes"))
    written = scores.model_dump(mode="json")
    assert json.loads(json.dumps(written)) == written
    assert Scores.model_validate_json(json.dumps(written)) == scores
    assert (scores.accuracy, scores.correct, scores.count) == (0.6, 3, 5)
    assert written["interval"] == list(evaluation.interval(3, 5))
    assert written["wrong"] == [1, 4]
    assert written["confusion"] == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    hat, shirt, shoes = scores.per_class
    assert (hat.label, hat.count, hat.correct, hat.recall, hat.precision) == ("hat", 2, 1, 0.5, 0.5)
    assert (shirt.recall, shirt.precision) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (shoes.count, shoes.recall, shoes.precision) == (0, None, None)


def test_scores_of_no_photos():
    scores = evaluation.scores(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), ("a", "b"))
    assert (scores.accuracy, scores.count, scores.loss) == (None, 0, None)
    json.dumps(scores.model_dump(mode="json"), allow_nan=False)


@pytest.mark.parametrize(
    ("ordinary", "strange", "area"),
    [
        ([3, 4], [1, 2], 1.0),
        ([1, 2], [3, 4], 0.0),
        ([1, 1], [1, 1], 0.5),
        ([1, 3], [2], 0.5),
        ([2, 3, 3], [1, 2, 3], (1.5 + 2.5 + 2.5) / 9),
        ([0.9], [0.1, 0.9, 1.0, 0.2], 2.5 / 4),
    ],
)
def test_auroc_on_paper(ordinary, strange, area):
    assert evaluation.auroc(np.array(ordinary, float), np.array(strange, float)) == pytest.approx(area)


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    ordinary, strange = rng.integers(2, 12, 300).astype(np.float32), rng.integers(0, 10, 200).astype(np.float32)
    pairs = np.sign(ordinary[:, None] - strange) / 2 + 0.5
    assert evaluation.auroc(ordinary, strange) == pytest.approx(pairs.mean())
    assert evaluation.auroc(np.exp(ordinary), np.exp(strange)) == pytest.approx(pairs.mean())  # only the order counts
    assert evaluation.auroc(strange, ordinary) == pytest.approx(1 - pairs.mean())


def test_temperature_mends_the_calibration_of_both_splits():
    """A network whose honest logits are three times too large: badly calibrated before, well calibrated after."""
    rng = np.random.default_rng(4)
    honest = rng.normal(0, 2, (8000, 5)).astype(np.float32)
    labels = (rng.random((8000, 1)) > softmax(honest).cumsum(axis=1)).sum(axis=1)
    fitted = evaluation.temperature(3 * honest[:4000], labels[:4000])
    for part in (slice(4000), slice(4000, None)):
        scores = evaluation.scores(3 * honest[part], labels[part], tuple("abcde"), fitted)
        assert scores.calibration_error_before > 0.1
        assert scores.calibration_error < 0.03
        assert scores.calibration_error == evaluation.calibration_error(3 * honest[part], labels[part], fitted)


def test_no_other_temperature_fits_better():
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(0, 3, (500, 4)).astype(np.float32), rng.integers(0, 4, 500)
    logits[np.arange(500), labels] += 2
    fitted = evaluation.temperature(logits, labels)
    least = evaluation.cross_entropy(logits, labels, fitted)
    for factor in (0.5, 0.9, 1.1, 2):  # the prior moves it a little
        assert evaluation.cross_entropy(logits, labels, factor * fitted) > least
