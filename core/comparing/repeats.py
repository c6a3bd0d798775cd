"""Settings that were trained with several seeds: their mean scores, and whether a gap between them is more than luck.

Two kinds of luck make such a gap: which photos happen to be in the dataset, and which seeds happened to be drawn. A gap
counts as more than luck only if neither explains it (docs/decisions/0031).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from core.comparing import differences, luck, pairs
from core.comparing.pairs import Answers
from core.runs import readings
from core.runs.folder import Run

MOST_STEPS = 100_000_000  # half a second; sums of so many photos are as good as normally distributed


@dataclass(frozen=True)
class Repeated:
    """The runs with the same settings, one for each seed."""

    runs: tuple[Run, ...]  # the best on validation photos first
    name: str  # the settings that tell it from the others, in words

    @property
    def validation_accuracy(self) -> float:
        """The mean best validation accuracy."""
        return float(np.mean([_best(run) for run in self.runs]))


@dataclass(frozen=True)
class Gap:
    """The first settings against the second, on the photos of a split."""

    split: str
    correct: tuple[float, float]  # photos that are right, as a mean over the seeds
    count: int  # photos
    by_photos: float  # the chance of such a gap if only the photos were luck
    by_seeds: float  # the same of the seeds
    comparisons: int = 1  # for which `chance` is corrected
    chance: float = 1.0  # of such a gap between equally good settings

    @property
    def ahead(self) -> float:
        """How many more photos the first settings got right than the second."""
        return self.correct[0] - self.correct[1]

    @property
    def is_more_than_luck(self) -> bool:
        return self.chance < luck.LUCK


def of(runs: Sequence[Run]) -> list[Repeated]:
    """The runs by their settings, the best mean validation accuracy first."""
    groups = differences.by_settings(pairs.best_first(runs))
    names = [name for name in differences.differing([group[0] for group in groups]) if name not in differences.SEEDS]
    repeated = [Repeated(tuple(group), _name(group, names)) for group in groups]
    return sorted(repeated, key=lambda each: each.validation_accuracy, reverse=True)


def _name(group: Sequence[Run], names: Sequence[str]) -> str:
    """The settings in which the groups differ, or the name of the only run."""
    if len(group) == 1 or not names:
        return group[0].name
    texts = differences.texts(group[0])
    return ", ".join(f"{differences.title(name).lower()} {texts[name] or 'off'}" for name in names)


def with_best(repeated: Sequence[Repeated], split: str) -> list[tuple[Repeated, Gap | None]]:
    """The first settings against all others, with chances corrected for their number (Holm).

    Without test photos the first ones were chosen by the photos that they are compared on. Then all pairs count as
    comparisons. None for settings whose answers are not stored.
    """
    found = gaps(split, [[pairs.answers(run, split) for run in each.runs] for each in repeated])
    return list(zip(repeated[1:], found, strict=True))


def gaps(split: str, answers: Sequence[Sequence[Answers | None]]) -> list[Gap | None]:
    """The same by the answers of each settings' runs: one gap for each settings but the first."""
    every = [(first, second) for first in range(len(answers)) for second in range(first + 1, len(answers))]
    if split == "test":
        every = every[: len(answers) - 1]
    spread, freedom = _within(answers)
    found = [_gap(split, answers[first], answers[second], spread, freedom) for first, second in every]
    known = [each for each in found if each]
    chances = iter(luck.holm([max(each.by_photos, each.by_seeds) for each in known]))
    corrected = [each and replace(each, chance=next(chances), comparisons=len(known)) for each in found]
    return corrected[: len(answers) - 1]


def _within(answers: Sequence[Sequence[Answers | None]]) -> tuple[float, int]:
    """The standard deviation of the accuracy between seeds, pooled over all settings, and its degrees of freedom."""
    squares, freedom = 0.0, 0
    for group in answers:
        shares = [float(each.predictions.is_right.mean()) for each in group if each and len(each.predictions)]
        if len(shares) > 1:
            squares += float(np.var(shares)) * len(shares)
            freedom += len(shares) - 1
    return (math.sqrt(squares / freedom) if freedom else 0.0), freedom


def _gap(
    split: str, first: Sequence[Answers | None], second: Sequence[Answers | None], spread: float, freedom: int
) -> Gap | None:
    """None unless all runs answered the same photos of the same classes."""
    own, others = [each for each in first if each], [each for each in second if each]
    every = [*own, *others]
    if len(own) < len(first) or len(others) < len(second) or not all(_same_photos(every[0], each) for each in every):
        return None
    right, other_right = _counts(own), _counts(others)
    count = len(right)
    if not count:
        return None
    correct = float(right.sum()) / len(own), float(other_right.sum()) / len(others)
    by_photos = chance_by_photos(right, len(own), other_right, len(others))
    by_seeds = chance_by_seeds((correct[0] - correct[1]) / count, spread, freedom, len(own), len(others))
    return Gap(split, correct, count, by_photos, by_seeds)


def _same_photos(first: Answers, second: Answers) -> bool:
    own, other = first.predictions, second.predictions
    return first.classes == second.classes and own.keys == other.keys and bool((own.labels == other.labels).all())


def _counts(answers: Sequence[Answers]) -> NDArray[np.intp]:
    """(photos,): how many of the runs got the photo right."""
    counts: NDArray[np.intp] = np.sum([each.predictions.is_right for each in answers], axis=0, dtype=np.intp)
    return counts


def chance_by_photos(right: NDArray[np.intp], runs: int, other_right: NDArray[np.intp], other_runs: int) -> float:
    """The probability of a mean gap at least as wide between equally good settings, as photos may favour either.

    (photos,) each: how many of so many runs got the photo right. Fisher's randomisation test, exact: each photo's gap
    has either sign with probability one half (Edgington & Onghena 2007, Randomization Tests, chapter 5). With one run
    each it is McNemar's exact test.
    """
    gaps = right * other_runs - other_right * runs  # in units of 1 / (runs × other_runs)
    sizes = np.abs(gaps[gaps != 0])
    if not len(sizes):
        return 1.0
    sizes = sizes // reduce(math.gcd, sizes.tolist())
    total, observed = int(sizes.sum()), abs(int(np.sign(gaps[gaps != 0]) @ sizes))
    if total * len(sizes) > MOST_STEPS:
        return math.erfc(observed / math.sqrt(2 * float((sizes.astype(np.float64) ** 2).sum())))
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in sizes.tolist():
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2
    sums = np.arange(-total, total + 1)
    return min(1.0, float(chances[np.abs(sums) >= observed].sum()))


def chance_by_seeds(gap: float, spread: float, freedom: int, runs: int, other_runs: int) -> float:
    """The probability of a gap at least as wide between the means of so many runs, as seeds may favour either.

    Student's t test with the standard deviation between seeds pooled over all settings of the study; 1 if no setting
    was repeated.
    """
    from scipy import stats  # half a second to import

    if not freedom or not gap:
        return 1.0
    if not spread:
        return 0.0
    error = spread * math.sqrt(1 / runs + 1 / other_runs)
    return float(2 * stats.t.sf(abs(gap) / error, freedom))


def _best(run: Run) -> float:
    best = readings.summary(run.folder).best
    return best.val_accuracy if best else 0.0
