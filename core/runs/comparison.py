"""Two runs on the test photos: how far apart they are, and whether that is more than luck."""

from dataclasses import dataclass

from core.answering import evaluation, shelf
from core.answering.card import Scores
from core.errors import ModelError
from core.runs import folder
from core.runs.folder import Run

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
    photos = _photos(first)
    if photos and photos == _photos(second) and scores.wrong is not None and other.wrong is not None:
        missed, other_missed = set(scores.wrong), set(other.wrong)
        only = len(other_missed - missed), len(missed - other_missed)
        return Comparison(correct, count, only=only, chance=evaluation.chance_of_gap(*only))
    interval = evaluation.difference(correct[0], count[0], correct[1], count[1])
    return Comparison(correct, count, interval=interval)


def _test_scores(run: Run) -> Scores | None:
    scores = folder.scores(run.folder).get("test")
    return scores if scores and scores.count else None


def _photos(run: Run) -> str:
    """The fingerprint of the run's photos, from its saved model's card; empty if the model no longer exists."""
    try:
        card = shelf.model(run.status.model).card
    except ModelError:
        return ""
    return card.fingerprint if card.run == run.id else ""
