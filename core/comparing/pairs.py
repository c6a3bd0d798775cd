"""Two runs on the same photos: how far apart they are, and whether that is more than luck."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.answering import evaluation, shelf
from core.answering.card import Scores
from core.comparing import luck
from core.errors import ModelError, RunError
from core.runs import changes, folder, predictions, readings
from core.runs.folder import Run
from core.runs.predictions import Predictions


@dataclass(frozen=True)
class Comparison:
    """The first run against the second, on the photos of a split."""

    split: str
    correct: tuple[int, int]
    count: tuple[int, int]
    chance: float  # of such a gap between equally good models, corrected for the number of comparisons
    only: tuple[int, int] | None = None  # photos that only this run got right; None if it is not known which they are
    interval: tuple[float, float] | None = None  # of the true difference, without `only`
    left_out: int = 0  # photos that were not answered by both runs with the same true class
    is_same: bool = False  # both gave every photo the same logits
    comparisons: int = 1  # for which the chance is corrected
    alone: float | None = None  # the chance without the correction; None before it

    @property
    def ahead(self) -> int:
        """How many more photos the first run got right than the second."""
        return self.correct[0] - self.correct[1]

    @property
    def is_more_than_luck(self) -> bool:
        return self.chance < luck.LUCK

    @property
    def is_lost_among_others(self) -> bool:
        """Whether it would be more than luck if nothing else were compared."""
        return not self.is_more_than_luck and self.alone is not None and self.alone < luck.LUCK

    @property
    def photos_needed(self) -> int | None:
        """About how many photos would tell this gap from luck; None without a gap, or if it is told already."""
        if self.only is None or self.is_more_than_luck:
            return None
        return luck.photos_needed(*self.only, self.count[0], self.comparisons)


def split_for(runs: Sequence[Run]) -> str:
    """The split to compare runs on: "test" if all that have scores were scored on test photos, else "validation"."""
    every = [scores for run in runs if (scores := folder.scores(run.folder))]
    return "test" if every and all("test" in scores and scores["test"].count for scores in every) else "validation"


def scored(runs: Sequence[Run]) -> list[Run]:
    """The runs that have scores."""
    return [run for run in runs if folder.scores(run.folder)]


def best_first(runs: Sequence[Run]) -> list[Run]:
    """The runs by their best validation accuracy, highest first, of equal ones the lowest loss; without one last."""
    return sorted(runs, key=_rank, reverse=True)


def _rank(run: Run) -> tuple[float, float]:
    best = readings.summary(run.folder).best
    return (best.val_accuracy, -best.val_loss) if best else (-1.0, 0.0)


def with_best(runs: Sequence[Run]) -> list[tuple[Run, Comparison | None]]:
    """The best run on the validation photos against each other run, with chances corrected for their number (Holm).

    Without test photos the best one was chosen by the photos that it is compared on. Then all pairs of runs count as
    comparisons. None for a run without scores.
    """
    ranked, split = best_first(runs), split_for(runs)
    pairs = [(first, second) for first in range(len(ranked)) for second in range(first + 1, len(ranked))]
    if split == "test":
        pairs = pairs[: len(ranked) - 1]
    found = corrected([compare(ranked[first], ranked[second], split) for first, second in pairs])
    return [(ranked[second], each) for (first, second), each in zip(pairs, found, strict=True) if first == 0]


def corrected(comparisons: Sequence[Comparison | None]) -> list[Comparison | None]:
    """The comparisons with their chances corrected for their number (`luck.holm`)."""
    known = [each for each in comparisons if each]
    chances = iter(luck.holm([each.chance for each in known]))
    return [
        each and replace(each, chance=next(chances), comparisons=len(known), alone=each.chance) for each in comparisons
    ]


def compare(first: Run, second: Run, split: str = "test") -> Comparison | None:
    """The comparison of two runs on a split; None if one of them has no scores on it.

    Compares photo by photo, by the photos' keys if both runs' predictions are stored, or by their places if both runs
    have the same photos and their mistakes are stored. Else compares only the counts.
    """
    scores, other = _scores(first, split), _scores(second, split)
    if scores is None or other is None:
        return None
    if (
        (own := answers(first, split))
        and (others := answers(second, split))
        and (found := by_photos(split, own, others))
    ):
        return found
    correct, count = (scores.correct, other.correct), (scores.count, other.count)
    if _have_same_photos(first, second, split) and scores.wrong is not None and other.wrong is not None:
        missed, other_missed = set(scores.wrong), set(other.wrong)
        only = len(other_missed - missed), len(missed - other_missed)
        return Comparison(split, correct, count, evaluation.chance_of_gap(*only), only=only)
    counts = correct[0], count[0], correct[1], count[1]
    chance, interval = luck.chance_of_difference(*counts), evaluation.difference(*counts)
    return Comparison(split, correct, count, chance, interval=interval)


@dataclass(frozen=True)
class Answers:
    """A run's answers to the photos of a split, with the names of its classes."""

    predictions: Predictions
    classes: tuple[str, ...]


def by_photos(split: str, first: Answers, second: Answers) -> Comparison | None:
    """The comparison on the photos that both runs answered, with the same true class; None if there is none."""
    own, others = first.predictions, second.predictions
    if first.classes == second.classes and own.keys == others.keys and (own.labels == others.labels).all():
        right, other_right = own.is_right, others.is_right
        is_same, left_out = bool(np.array_equal(own.logits, others.logits)), 0
    else:
        rows, other_rows = _rows(first), _rows(second)
        both = [key for key, (label, _) in rows.items() if key in other_rows and other_rows[key][0] == label]
        right, other_right = (np.array([known[key][1] for key in both], bool) for known in (rows, other_rows))
        is_same, left_out = False, len(rows.keys() | other_rows.keys()) - len(both)
    if not len(right):
        return None
    only = int((right & ~other_right).sum()), int((other_right & ~right).sum())
    return Comparison(
        split,
        correct=(int(right.sum()), int(other_right.sum())),
        count=(len(right), len(right)),
        chance=evaluation.chance_of_gap(*only),
        only=only,
        left_out=left_out,
        is_same=is_same,
    )


def _rows(answers: Answers) -> dict[str, tuple[str, bool]]:
    """By photo key: the name of its true class, and whether the answer is right."""
    own = answers.predictions
    labels = [answers.classes[label] for label in own.labels.tolist()]
    return dict(zip(own.keys, zip(labels, own.is_right.tolist(), strict=True), strict=True))


def answers(run: Run, split: str) -> Answers | None:
    """A run's answers to the photos of a split; None if they are not stored, or damaged."""
    try:
        found, report = predictions.read(run.folder).get(split), readings.report(run.folder)
    except RunError:  # the view of this run shows the error
        return None
    if found is None or report is None or found.logits.shape[1] != len(report.labels):
        return None
    return Answers(found, report.labels)


def _scores(run: Run, split: str) -> Scores | None:
    scores = folder.scores(run.folder).get(split)
    return scores if scores and scores.count else None


def _have_same_photos(first: Run, second: Run, split: str) -> bool:
    """Whether both runs have the same photos at the same places of the split, as far as the files tell."""
    state, other = changes.state_of(first), changes.state_of(second)
    if state and other:
        return state.has_same_order(split, other)
    return bool(_fingerprint(first)) and _fingerprint(first) == _fingerprint(second)


def _fingerprint(run: Run) -> str:
    """The fingerprint of the run's dataset, from its saved model's card; empty if the model no longer exists."""
    try:
        card = shelf.model(run.status.model).card
    except ModelError:
        return ""
    return card.fingerprint if card.run == run.id else ""
