"""The statistics of an evaluation, against scikit-learn, SciPy, published values and plain loops."""

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import f1_score, precision_recall_fscore_support, top_k_accuracy_score

from core.answering import doubt, evaluation
from core.answering.doubt import Thresholds
from core.answering.head import softmax
from core.evaluating import measures

CLASSES = ("dress", "hat", "pants", "shirt", "shoes")


def answers(photos: int = 400, seed: int = 0, skill: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Logits and true classes of a model that is right on most photos, the classes of unequal size."""
    random = np.random.default_rng(seed)
    labels = random.choice(len(CLASSES), photos, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    logits = random.normal(size=(photos, len(CLASSES))).astype(np.float32)
    logits[np.arange(photos), labels] += skill
    return logits, labels


def certainty(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return softmax(logits).max(axis=1), logits.argmax(axis=1) == labels


# Accuracy and classes


@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17, p. 857, table I, method 3; both ends
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_s_interval_has_the_published_ends(correct: int, count: int, low: float, high: float) -> None:
    assert evaluation.interval(correct, count) == pytest.approx((low, high), abs=6e-5)
    whole = stats.binomtest(correct, count).proportion_ci(0.95, method="wilson")
    assert evaluation.interval(correct, count) == pytest.approx((whole.low, whole.high), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_top_3_accuracy_and_f1_equal_scikit_learn_s(seed: int) -> None:
    logits, labels = answers(seed=seed)
    found = measures.figures(logits, labels, np.ones(len(labels)), CLASSES, 1.0, {})
    assert found.top_3_accuracy == pytest.approx(top_k_accuracy_score(labels, logits, k=3, labels=range(5)))
    answered = logits.argmax(axis=1)
    assert found.macro_f1 == pytest.approx(f1_score(labels, answered, average="macro"))
    expected = precision_recall_fscore_support(labels, answered)
    for place, score in enumerate(found.per_class):
        figures = (score.precision, score.recall, score.f1, score.count)
        assert figures == pytest.approx(tuple(column[place] for column in expected))
        for figure, interval in (
            (score.recall, score.recall_interval),
            (score.precision, score.precision_interval),
            (score.f1, score.f1_interval),
        ):
            assert interval[0] < figure < interval[1]
    assert found.top_3_interval[0] < found.top_3_accuracy < found.top_3_interval[1]
    assert found.macro_f1_interval[0] < found.macro_f1 < found.macro_f1_interval[1]


def test_a_class_without_photos_counts_only_where_it_is_answered() -> None:
    logits, labels = answers()
    few = labels < 3
    found = measures.figures(logits[few], labels[few], np.ones(few.sum()), CLASSES, 1.0, {})
    shirt = found.per_class[3]
    assert (shirt.count, shirt.recall, shirt.f1, shirt.f1_interval) == (0, None, None, None)
    assert (shirt.answers > 0, shirt.precision) == (True, 0.0)
    answered = logits[few].argmax(axis=1)
    assert found.macro_f1 == pytest.approx(f1_score(labels[few], answered, labels=[0, 1, 2], average="macro"))


def test_a_class_that_is_never_answered_has_an_f1_of_0() -> None:
    counts = np.array([[5, 0], [3, 0]])
    found = measures.per_class(counts, ("a", "b"))[1]
    assert (found.recall, found.precision, found.f1) == (0.0, None, 0.0)
    assert found.f1_interval[0] == 0 < found.f1_interval[1]
    assert measures.macro_f1(counts) == pytest.approx(f1_score([0] * 5 + [1] * 3, [0] * 8, average="macro"))


def test_the_interval_of_f1_holds_the_truth_19_times_out_of_20() -> None:
    random = np.random.default_rng(0)
    shares = np.array([0.3, 0.05, 0.08])  # right, missed, wrongly answered; the rest does not concern the class
    truth = 2 * shares[0] / (2 * shares[0] + shares[1] + shares[2])
    hits = 0
    for right, missed, wrong, _ in random.multinomial(120, [*shares, 1 - shares.sum()], 2000).tolist():
        low, high = measures.f1_interval(right, right + missed + wrong)
        hits += low <= truth <= high
    assert 0.935 < hits / 2000 < 0.97


def test_the_interval_of_macro_f1_is_that_of_a_bootstrap_photo_by_photo() -> None:
    logits, labels = answers(200)
    answered = logits.argmax(axis=1)
    random = np.random.default_rng(1)
    found = []
    for _ in range(400):
        rows = np.concatenate([random.choice(np.flatnonzero(labels == label), (labels == label).sum())
                               for label in range(5)])  # fmt: skip
        found.append(f1_score(labels[rows], answered[rows], average="macro"))
    interval = measures.macro_f1_interval(evaluation.confusion(logits, labels, 5))
    assert interval == pytest.approx(np.quantile(found, [0.025, 0.975]), abs=0.015)


def test_three_classes_have_no_top_3_accuracy() -> None:
    logits, labels = answers()
    few = labels < 3
    found = measures.figures(logits[few][:, :3], labels[few], np.ones(few.sum()), CLASSES[:3], 1.0, {})
    assert (found.top_3_accuracy, found.top_3_interval) == (None, None)


def test_of_equal_logits_the_first_class_comes_first() -> None:
    logits = np.array([[1, 1, 1, 0], [0, 2, 2, 2]], np.float32)
    assert measures.true_ranks(logits, np.array([0, 3])).tolist() == [0, 2]
    assert measures.true_ranks(logits, np.array([3, 0])).tolist() == [3, 3]


def test_without_photos_there_are_no_figures() -> None:
    found = measures.figures(np.zeros((0, 5), np.float32), np.zeros(0, np.intp), np.zeros(0), CLASSES, 1.0, {})
    assert (found.accuracy, found.macro_f1, found.top_3_accuracy, found.aurc) == (None, None, None, None)
    assert (found.reliability, found.coverage, found.undoubted) == ((), (), ())
    assert measures.groups(np.zeros(0), np.zeros(0, bool)) == ()


# Calibration


@pytest.mark.parametrize("seed", range(3))
def test_the_reliability_diagram_equals_scikit_learn_s_and_the_calibration_error(seed: int) -> None:
    logits, labels = answers(seed=seed)
    confidence, right = certainty(logits, labels)
    found = measures.reliability(confidence, right)
    accuracy, mean = calibration_curve(right, confidence, n_bins=evaluation.CALIBRATION_BINS)
    assert [each.accuracy for each in found] == pytest.approx(accuracy)
    assert [each.confidence for each in found] == pytest.approx(mean, abs=1e-6)
    assert sum(each.count for each in found) == len(labels)
    error = sum(abs(each.accuracy - each.confidence) * each.count for each in found) / len(labels)
    assert error == pytest.approx(evaluation.calibration_error(logits, labels), abs=1e-6)
    for each in found:
        assert each.interval == evaluation.interval(each.correct, each.count)


# Doubt


def test_the_risk_coverage_curve_is_that_of_a_plain_loop() -> None:
    confidence, right = certainty(*answers(100))
    order = sorted(range(100), key=lambda place: -confidence[place])
    risks = [1 - np.mean([right[place] for place in order[: count + 1]]) for count in range(100)]
    found = measures.coverage(confidence, right)
    assert [each.count for each in found] == list(range(1, 101))
    assert [1 - each.accuracy for each in found] == pytest.approx(risks)
    assert measures.aurc(confidence, right) == pytest.approx(np.mean(risks))
    assert [each.confidence for each in found] == sorted(confidence.tolist(), reverse=True)


def test_equal_probabilities_are_kept_together_and_long_curves_are_thinned() -> None:
    found = measures.coverage(np.array([0.9, 0.5, 0.5, 0.5]), np.array([True, True, False, False]))
    assert [(each.count, each.correct) for each in found] == [(1, 1), (4, 2)]
    confidence, right = certainty(*answers(3000))
    found = measures.coverage(confidence, right)
    assert len(found) == measures.MOST_POINTS
    assert (found[0].count, found[-1].count, found[-1].correct) == (1, 3000, int(right.sum()))


def test_a_sure_model_that_is_right_where_it_is_sure_has_a_small_area() -> None:
    right = np.array([True] * 8 + [False] * 2)
    best, worst = (measures.aurc(confidence, right) for confidence in (np.linspace(1, 0, 10), np.linspace(0, 1, 10)))
    assert best == pytest.approx((1 / 9 + 2 / 10) / 10)
    assert worst > 10 * best


def test_what_is_not_doubted_follows_the_model_s_thresholds() -> None:
    logits, labels = answers()
    probabilities, right = softmax(logits), certainty(logits, labels)[1]
    similarities = np.random.default_rng(3).uniform(0.5, 1, len(labels)).astype(np.float32)
    limits = doubt.thresholds_by_rate(probabilities, similarities)
    found = measures.undoubted(probabilities, similarities, right, limits)
    assert [each.rate for each in found] == list(doubt.RATES)
    for each in found:
        rows = [
            place
            for place in range(len(labels))
            if not doubt.of(sorted(probabilities[place], reverse=True), similarities[place], limits[each.rate]).sentence
        ]
        assert (each.count, each.correct) == (len(rows), int(right[rows].sum()))
    assert found[0].count > found[-1].count
    assert found[-1].accuracy > right.mean()
    nothing = {0.05: Thresholds(probability=0.5, similarity=2.0)}
    assert measures.undoubted(probabilities, similarities, right, nothing) == ()


# Groups


def test_quarters_of_the_photos_in_the_order_of_their_values() -> None:
    values = np.arange(100.0)
    found = measures.groups(values, values < 50)
    assert [(each.low, each.high, each.count, each.correct) for each in found] == [
        (0, 24, 25, 25), (25, 49, 25, 25), (50, 74, 25, 0), (75, 99, 25, 0),
    ]  # fmt: skip
    assert found[0].interval == evaluation.interval(25, 25)


def test_equal_values_stay_together_and_nan_is_passed_over() -> None:
    values = np.array([300.0] * 60 + [400.0] * 30 + [500.0] * 10 + [np.nan] * 5)
    found = measures.groups(values, np.ones(105, bool))
    assert [(each.low, each.high, each.count) for each in found] == [(300, 300, 60), (400, 400, 30), (500, 500, 10)]
    assert len(measures.groups(np.full(50, 7.0), np.ones(50, bool))) == 1


@pytest.mark.parametrize(("photos", "expected"), [(1, 1), (9, 1), (10, 2), (15, 3), (20, 4)])
def test_few_photos_make_few_groups(photos: int, expected: int) -> None:
    assert len(measures.groups(np.arange(float(photos)), np.ones(photos, bool))) == expected
