"""How good are the answers: accuracy with its interval, confusion, loss, calibration. Plain NumPy."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.answering.card import ClassScores, Scores
from core.answering.head import softmax

Logits = NDArray[np.float32]
Labels = NDArray[np.intp]
Values = NDArray[np.floating[Any]]

CALIBRATION_BINS = 15  # as in Guo et al. 2017


def interval(correct: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `correct` among `count` (Wilson 1927, JASA 22, p. 209)."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    share = correct / count
    spread = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    middle = share + z**2 / (2 * count)
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference(correct: int, count: int, other_correct: int, other_count: int) -> tuple[float, float]:
    """The 95 % interval of the difference between two shares of different photos, first minus second.

    Newcombe 1998, Statistics in Medicine 17, p. 873, method 10: Wilson's intervals of both, put together.
    """
    share, other = correct / max(1, count), other_correct / max(1, other_count)
    (low, high), (other_low, other_high) = interval(correct, count), interval(other_correct, other_count)
    apart = share - other
    return apart - math.hypot(share - low, other_high - other), apart + math.hypot(high - share, other - other_low)


def chance_of_gap(only_first: int, only_second: int) -> float:
    """How probable a gap as wide as this or wider is between two equally good models asked about the same photos.

    `only_first` and `only_second` count the photos that one of them alone got right. McNemar's test in its exact
    form (McNemar 1947, Psychometrika 12, p. 153): each of these photos goes to either with probability one half.
    """
    photos = only_first + only_second
    tail = sum(math.comb(photos, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * float(tail / 2**photos))


def auroc(ordinary: Values, strange: Values) -> float:
    """How probable it is that the value of an ordinary photo is above that of a strange one: .5 by chance, 1 at best.

    The area under the ROC curve by ranks; equal values count half (Hanley & McNeil 1982, Radiology 143, p. 29).
    """
    ranked = np.sort(strange)
    above = np.searchsorted(ranked, ordinary, "left") + np.searchsorted(ranked, ordinary, "right")
    return float(above.mean() / 2 / len(strange))


def cross_entropy(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood of the true classes, in nats."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(scaled).sum(axis=1))
    return float(np.mean(log_sums - scaled[np.arange(len(labels)), labels]))


def accuracy(logits: Logits, labels: Labels) -> float:
    """Share of the photos whose largest logit is that of the true class."""
    return float(np.mean(logits.argmax(axis=1) == labels))


def confusion(logits: Logits, labels: Labels, classes: int) -> NDArray[np.intp]:
    """(classes, classes) counts: rows are true classes, columns the answers."""
    counts = np.zeros((classes, classes), np.intp)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts


def temperature(logits: Logits, labels: Labels) -> float:
    """The temperature that makes the probabilities fit the labels best, between 0.5 and 20.

    A few validation photos that all are right would drive it to 0 and every answer to 100 %; hence the lower end.

    One number, fitted on validation photos by golden-section search of the cross-entropy (Guo et al. 2017, "On
    calibration of modern neural networks", section 4.2).
    """
    low, high = math.log(0.5), math.log(20.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if cross_entropy(logits, labels, math.exp(left)) < cross_entropy(logits, labels, math.exp(right)):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def calibration_error(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Expected calibration error: how far said and true shares of right answers lie apart (Guo et al. 2017, p. 3)."""
    probabilities = softmax(logits, temperature)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(
        sum(abs(confidence[bins == b].mean() - right[bins == b].mean()) * np.mean(bins == b) for b in np.unique(bins))
    )


def scores(logits: Logits, labels: Labels, classes: tuple[str, ...], temperature: float = 1.0) -> Scores:
    """Everything there is to say of one split."""
    counts = confusion(logits, labels, len(classes))
    correct, count = int(np.trace(counts)), len(labels)
    return Scores(
        accuracy=correct / count if count else None,
        correct=correct,
        count=count,
        interval=interval(correct, count),
        loss=cross_entropy(logits, labels) if count else None,
        calibration_error_before=calibration_error(logits, labels) if count else None,
        calibration_error=calibration_error(logits, labels, temperature) if count else None,
        per_class=tuple(_of_class(name, counts, i) for i, name in enumerate(classes)),
        confusion=tuple(map(tuple, counts.tolist())),
        wrong=tuple(np.flatnonzero(logits.argmax(axis=1) != labels).tolist()),
    )


def _of_class(name: str, counts: NDArray[np.intp], place: int) -> ClassScores:
    count, answered, correct = (
        int(number) for number in (counts[place].sum(), counts[:, place].sum(), counts[place, place])
    )
    return ClassScores(
        label=name,
        count=count,
        correct=correct,
        recall=correct / count if count else None,
        precision=correct / answered if answered else None,
    )
