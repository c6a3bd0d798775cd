"""The statistics of an evaluation: per class, calibration, doubt and groups of photos. Plain NumPy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.answering import doubt, evaluation
from core.answering.doubt import Doubt, Thresholds
from core.answering.evaluation import CALIBRATION_BINS, Labels, Logits
from core.answering.head import softmax
from core.evaluating.record import Bin, ClassFigures, Figures, Group, Interval, Kept, Undoubted

TOP = 3
RESAMPLES = 1000  # of the bootstrap: the ends of its interval are then certain to about a tenth of its width
MOST_POINTS = 100  # of the risk-coverage curve
GROUPS = 4
LEAST_IN_GROUP = 5  # photos: with fewer, an interval spans most of the axis

Counts = NDArray[np.intp]
Values = NDArray[np.floating[Any]]
Right = NDArray[np.bool_]


def figures(
    logits: Logits,
    labels: Labels,
    similarities: Values,
    classes: tuple[str, ...],
    temperature: float,
    limits: Mapping[float, Thresholds],
) -> Figures:
    """All figures but those of groups, by logits (photos, classes), true classes and similarities (photos,)."""
    basic = evaluation.scores(logits, labels, classes, temperature)
    counts = evaluation.confusion(logits, labels, len(classes))
    probabilities = softmax(logits, temperature)
    confidence, right = probabilities.max(axis=1), logits.argmax(axis=1) == labels
    in_top = int((true_ranks(logits, labels) < TOP).sum())
    has_top = len(classes) > TOP and len(labels) > 0
    return Figures(
        **{**dict(basic), "per_class": per_class(counts, classes)},
        top_3_accuracy=in_top / len(labels) if has_top else None,
        top_3_interval=evaluation.interval(in_top, len(labels)) if has_top else None,
        macro_f1=macro_f1(counts) if len(labels) else None,
        macro_f1_interval=macro_f1_interval(counts) if len(labels) else None,
        reliability=reliability(confidence, right),
        coverage=coverage(confidence, right),
        aurc=aurc(confidence, right) if len(labels) else None,
        undoubted=undoubted(probabilities, similarities, right, limits),
    )


def true_ranks(logits: Logits, labels: Labels) -> Counts:
    """How many classes come before the true one, (photos,): 0 for a right answer. Of equal logits the first counts."""
    true = logits[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(logits.shape[1])[None] < labels[:, None]
    ranks: Counts = ((logits > true) | ((logits == true) & earlier)).sum(axis=1)
    return ranks


def per_class(counts: Counts, classes: Sequence[str]) -> tuple[ClassFigures, ...]:
    """Recall, precision and F1 of each class with intervals, by the confusion matrix (true class, answer)."""
    return tuple(
        _of_class(label, int(counts[i].sum()), int(counts[:, i].sum()), int(counts[i, i]))
        for i, label in enumerate(classes)
    )


def _of_class(label: str, count: int, answers: int, correct: int) -> ClassFigures:
    return ClassFigures(
        label=label,
        count=count,
        answers=answers,
        correct=correct,
        recall=correct / count if count else None,
        recall_interval=evaluation.interval(correct, count) if count else None,
        precision=correct / answers if answers else None,
        precision_interval=evaluation.interval(correct, answers) if answers else None,
        f1=2 * correct / (count + answers) if count else None,
        f1_interval=f1_interval(correct, count + answers - correct) if count else None,
    )


def f1_interval(correct: int, involved: int) -> Interval:
    """The 95 % interval of a class's F1, by its right answers and all photos of the class or answered with it.

    F1 = 2 s / (1 + s) grows with the share s = correct / involved, which is binomial, so the ends of Wilson's interval
    of s become those of F1 (Lam, Gopal & Qian 2023, arXiv 2309.14621, "Wilson indirect").
    """
    low, high = evaluation.interval(correct, involved)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def macro_f1(counts: Counts) -> float:
    """The mean F1 of the classes with photos, 0 to 1. One that is never answered counts as 0."""
    return float(_macro_f1(counts.sum(axis=1), np.diag(counts)[None], counts.sum(axis=0)[None])[0])


def _macro_f1(photos: Counts, correct: Counts, answers: Counts) -> NDArray[np.float64]:
    """Of each resample, (resamples,): by photos (classes,), right answers and answers (resamples, classes)."""
    present = photos > 0
    f1: NDArray[np.float64] = 2 * correct[:, present] / (photos[present] + answers[:, present])
    means: NDArray[np.float64] = f1.mean(axis=1)
    return means


def macro_f1_interval(counts: Counts, seed: int = 0) -> Interval:
    """The 95 % interval of the macro F1: the middle of its bootstrap (Efron 1979, Annals of Statistics 7, p. 1).

    The photos of each class are drawn anew from the class, so that a rare one never vanishes.
    """
    random = np.random.default_rng(seed)
    photos = counts.sum(axis=1)
    correct, answers = (np.zeros((RESAMPLES, len(counts)), np.intp) for _ in range(2))
    for true in np.flatnonzero(photos):
        answered = np.flatnonzero(counts[true])
        drawn = random.multinomial(photos[true], counts[true, answered] / photos[true], RESAMPLES)
        answers[:, answered] += drawn
        if counts[true, true]:
            correct[:, true] = drawn[:, np.searchsorted(answered, true)]
    low, high = np.quantile(_macro_f1(photos, correct, answers), [0.025, 0.975])
    return float(low), float(high)


def reliability(confidence: Values, right: Right) -> tuple[Bin, ...]:
    """The accuracy in bins of equal width of the probability, each with Wilson's interval; empty bins are left out.

    The bins are those of `evaluation.calibration_error` (Guo et al. 2017, "On calibration of modern neural networks",
    figure 1), so the mean gap between accuracy and confidence is that error.
    """
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    found = []
    for number in np.unique(bins):
        inside = bins == number
        correct, count = int(right[inside].sum()), int(inside.sum())
        found.append(
            Bin(
                correct=correct,
                count=count,
                interval=evaluation.interval(correct, count),
                confidence=float(confidence[inside].mean()),
            )
        )
    return tuple(found)


def coverage(confidence: Values, right: Right) -> tuple[Kept, ...]:
    """How good the surest answers are, from the surest alone to all: the risk-coverage curve, at most 100 points.

    El-Yaniv & Wiener 2010, JMLR 11, p. 1605, with the probability of the answer as its confidence (Geifman & El-Yaniv
    2017, "Selective classification for deep neural networks"). Equal probabilities come in together.
    """
    counts, correct, least = _kept(confidence, right)
    steps = np.unique(np.linspace(0, len(counts) - 1, min(MOST_POINTS, len(counts))).astype(int))
    return tuple(
        Kept(correct=right, count=count, interval=evaluation.interval(right, count), confidence=limit)
        for right, count, limit in zip(
            correct[steps].tolist(), counts[steps].tolist(), least[steps].tolist(), strict=True
        )
    )


def aurc(confidence: Values, right: Right) -> float:
    """The area under the risk-coverage curve: the mean risk over all coverages, 0 to 1 (Geifman, Uziel & El-Yaniv
    2019, "Bias-reduced uncertainty estimation for deep neural classifiers", equation 2)."""
    counts, correct, _ = _kept(confidence, right)
    return float(np.sum((1 - correct / counts) * np.diff(counts, prepend=0)) / len(right))


def _kept(confidence: Values, right: Right) -> tuple[Counts, Counts, Values]:
    """For each different confidence, highest first: photos with at least that, how many are right, and itself."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.zeros(0, np.intp)
    return ends + 1, right[order].cumsum()[ends], ranked[ends]


def undoubted(
    probabilities: NDArray[np.float32], similarities: Values, right: Right, limits: Mapping[float, Thresholds]
) -> tuple[Undoubted, ...]:
    """How good the answers are that the model doesn't doubt, by rate of false alarms. A rate at which it doubts all of
    them is left out."""
    shares = (-np.sort(-probabilities, axis=1)).tolist()
    found = []
    for rate, thresholds in limits.items():
        is_kept = np.array(
            [
                doubt.of(row, similarity, thresholds) is Doubt.NONE
                for row, similarity in zip(shares, similarities.tolist(), strict=True)
            ],
            bool,
        )
        correct, count = int(right[is_kept].sum()), int(is_kept.sum())
        if count:
            interval = evaluation.interval(correct, count)
            found.append(Undoubted(correct=correct, count=count, interval=interval, rate=rate))
    return tuple(found)


def groups(values: Values, right: Right) -> tuple[Group, ...]:
    """The accuracy in quarters of the photos by a value, lowest first; NaN is passed over.

    Photos with equal values are in one group, so there may be fewer groups, and fewer too if there are few photos.
    """
    known = np.isfinite(values)
    values, right = values[known], right[known]
    number = max(1, min(GROUPS, len(values) // LEAST_IN_GROUP))
    edges = np.unique(np.quantile(values, np.arange(1, number) / number)) if len(values) else np.zeros(0)
    places = np.searchsorted(edges, values, side="left")  # a value on an edge belongs below it
    found = []
    for place in np.unique(places):
        inside = places == place
        correct, count = int(right[inside].sum()), int(inside.sum())
        found.append(
            Group(
                correct=correct,
                count=count,
                interval=evaluation.interval(correct, count),
                low=float(values[inside].min()),
                high=float(values[inside].max()),
            )
        )
    return tuple(found)
