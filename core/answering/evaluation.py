"""How good the answers are: accuracy with its interval, confusion, loss, calibration. Plain NumPy."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.answering.card import ClassScores, Scores
from core.answering.head import softmax

Logits = NDArray[np.float32]
Labels = NDArray[np.intp]
Values = NDArray[np.floating[Any]]

PRIOR_MEAN, PRIOR_SPREAD = math.log(2.0), 0.5  # of the logarithm of the temperature
CALIBRATION_BINS = 15  # as in Guo et al. 2017


def interval(correct: int, count: int) -> tuple[float, float]:
    """The 95 % interval of the share `correct` of `count` (Wilson 1927, JASA 22, p. 209)."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    share = correct / count
    spread = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    middle = share + z**2 / (2 * count)
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference(correct: int, count: int, other_correct: int, other_count: int) -> tuple[float, float]:
    """The 95 % interval of the difference between two shares, first minus second, each of different photos.

    Newcombe 1998, Statistics in Medicine 17, p. 873, method 10: combines Wilson's intervals of both.
    """
    share, other = correct / max(1, count), other_correct / max(1, other_count)
    (low, high), (other_low, other_high) = interval(correct, count), interval(other_correct, other_count)
    gap = share - other
    return gap - math.hypot(share - low, other_high - other), gap + math.hypot(high - share, other - other_low)


def chance_of_gap(only_first: int, only_second: int) -> float:
    """The probability of a gap at least as wide between two equally good models on the same photos.

    `only_first` and `only_second` count the photos that only one of the models got right. McNemar's test in its exact
    form (McNemar 1947, Psychometrika 12, p. 153): each of these photos goes to either model with probability one half.
    """
    photos = only_first + only_second
    whole = math.lgamma(photos + 1) - photos * math.log(2)  # logarithms: of 6,000 photos the numbers have 1,800 digits
    tail = math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(photos - k + 1))
        for k in range(min(only_first, only_second) + 1)
    )
    return min(1.0, 2 * tail)


def auroc(ordinary: Values, strange: Values) -> float:
    """The probability that an ordinary photo has a higher value than a strange one: .5 by chance, 1 at best.

    The area under the ROC curve, by ranks; equal values count half (Hanley & McNeil 1982, Radiology 143, p. 29).
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
    """The share of photos whose largest logit is that of the true class."""
    return float(np.mean(logits.argmax(axis=1) == labels))


def confusion(logits: Logits, labels: Labels, classes: int) -> NDArray[np.intp]:
    """Count the photos, (classes, classes): rows are true classes, columns the answers."""
    counts = np.zeros((classes, classes), np.intp)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts


def temperature(logits: Logits, labels: Labels) -> float:
    """The temperature, 0.5 to 20, at which the probabilities fit the labels best.

    Fitted on validation photos by golden-section search of the cross-entropy (Guo et al. 2017, "On calibration of
    modern neural networks", section 4.2), with a prior: networks are usually too sure, so a temperature around 2 is
    likely before any photo is seen. With hundreds of photos the prior changes next to nothing. With nine that happen
    to be right, it keeps the search from driving the temperature down and every answer to 100 %.
    """

    def cost(log_temperature: float) -> float:
        surprise = len(labels) * cross_entropy(logits, labels, math.exp(log_temperature))
        return surprise + (log_temperature - PRIOR_MEAN) ** 2 / (2 * PRIOR_SPREAD**2)

    low, high = math.log(0.5), math.log(20.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def calibration_error(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy, 0 to 1 (Guo et al. 2017, p. 3)."""
    probabilities = softmax(logits, temperature)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(
        sum(abs(confidence[bins == b].mean() - right[bins == b].mean()) * np.mean(bins == b) for b in np.unique(bins))
    )


def scores(logits: Logits, labels: Labels, classes: tuple[str, ...], temperature: float = 1.0) -> Scores:
    """The scores on one split."""
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
        per_class=tuple(_class_scores(name, counts, i) for i, name in enumerate(classes)),
        confusion=tuple(map(tuple, counts.tolist())),
        wrong=tuple(np.flatnonzero(logits.argmax(axis=1) != labels).tolist()),
    )


def _class_scores(name: str, counts: NDArray[np.intp], index: int) -> ClassScores:
    count, answers, correct = (
        int(number) for number in (counts[index].sum(), counts[:, index].sum(), counts[index, index])
    )
    return ClassScores(
        label=name,
        count=count,
        correct=correct,
        recall=correct / count if count else None,
        precision=correct / answers if answers else None,
    )
