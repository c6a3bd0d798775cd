"""Two runs on the test photos: how far apart they are, and whether that is more than luck."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.answering import evaluation, shelf
from core.answering.card import Scores
from core.datasets import catalogue, trained_on
from core.datasets.trained_on import TrainedOn
from core.errors import ModelError, RunError
from core.runs import folder, queue
from core.runs.folder import Run
from core.words import quoted

LUCK = 0.05  # a gap whose chance is below this counts as more than luck


@dataclass(frozen=True)
class Comparison:
    """The first run against the second, on their test photos."""

    correct: tuple[int, int]
    count: tuple[int, int]
    only: tuple[int, int] | None = None  # photos that only this run got right; None if the runs' photos differ
    chance: float | None = None  # of such a gap between equally good models, from `only`
    interval: tuple[float, float] | None = None  # of the true difference, without `only`

    @property
    def ahead(self) -> int:
        """How many more photos the first run got right than the second."""
        return self.correct[0] - self.correct[1]

    @property
    def is_more_than_luck(self) -> bool:
        if self.chance is not None:
            return self.chance < LUCK
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def compare(first: Run, second: Run) -> Comparison | None:
    """The comparison of two runs; None if one of them has no test scores.

    Compares photo by photo if both runs have the same test photos and their mistakes are stored, else only the counts.
    """
    scores, other = _test_scores(first), _test_scores(second)
    if scores is None or other is None:
        return None
    correct, count = (scores.correct, other.correct), (scores.count, other.count)
    if _have_same_photos(first, second) and scores.wrong is not None and other.wrong is not None:
        missed, other_missed = set(scores.wrong), set(other.wrong)
        only = len(other_missed - missed), len(missed - other_missed)
        return Comparison(correct, count, only=only, chance=evaluation.chance_of_gap(*only))
    interval = evaluation.difference(correct[0], count[0], correct[1], count[1])
    return Comparison(correct, count, interval=interval)


def change_between(runs: Sequence[Run]) -> str:
    """The sentence that says how the dataset has changed from the oldest of the runs to the others; empty if it hasn't.

    Only finished runs of the oldest run's dataset count, and those of earlier versions don't say what it was.
    """
    states = [(run, state) for run in sorted(runs, key=lambda run: run.id) if (state := _trained_on(run))]
    for run, state in states[1:]:
        first, before = states[0]
        if run.config.dataset == first.config.dataset and (changes := trained_on.changes(before, state)):
            return (
                f"The dataset {quoted(catalogue.title(run.config.dataset))} has changed between {quoted(first.name)} "
                f"and {quoted(run.name)}: {changes}. So a difference between their scores may come from the photos."
            )
    return ""


def change_within_study(run: Run, now: TrainedOn) -> str:
    """The sentence that says how the dataset has changed since earlier runs of the run's study; empty if it hasn't."""
    for other in queue.members(run.config.study) if run.config.study else ():
        before = _trained_on(other)
        if before and other.config.dataset == run.config.dataset and (changes := trained_on.changes(before, now)):
            return (
                f"The dataset has changed since {other.name!r} of this study was trained: {changes}. So a difference "
                "between their scores may come from the photos."
            )
    return ""


def _trained_on(run: Run) -> TrainedOn | None:
    try:
        report = folder.read_report(run.folder)
    except RunError:  # the view of this run shows the error
        return None
    return report.trained_on if report else None


def _test_scores(run: Run) -> Scores | None:
    scores = folder.scores(run.folder).get("test")
    return scores if scores and scores.count else None


def _have_same_photos(first: Run, second: Run) -> bool:
    """Whether both runs have the same test photos at the same places, as far as the files tell."""
    state, other = _trained_on(first), _trained_on(second)
    if state and other:
        return state.has_same_order("test", other)
    return bool(_fingerprint(first)) and _fingerprint(first) == _fingerprint(second)


def _fingerprint(run: Run) -> str:
    """The fingerprint of the run's dataset, from its saved model's card; empty if the model no longer exists."""
    try:
        card = shelf.model(run.status.model).card
    except ModelError:
        return ""
    return card.fingerprint if card.run == run.id else ""
