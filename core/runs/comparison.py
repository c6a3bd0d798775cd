"""Two runs on the test photos: how far they are apart, and whether that is more than luck."""

from dataclasses import dataclass

from core.answering import evaluation, shelf
from core.answering.card import Scores
from core.errors import ModelError
from core.runs import folder
from core.runs.folder import Run

LUCK = 0.05  # below it a gap counts as more than luck


@dataclass(frozen=True)
class Comparison:
    """The first run against the second, on their test photos."""

    correct: tuple[int, int]
    count: tuple[int, int]
    only: tuple[int, int] | None = None  # photos that one alone got right, where it is known which those were
    chance: float | None = None  # of such a gap between equally good models, from `only`
    interval: tuple[float, float] | None = None  # of the true difference, where `only` is not known

    @property
    def ahead(self) -> int:
        """Photos that the first has right more than the second."""
        return self.correct[0] - self.correct[1]

    @property
    def is_more_than_luck(self) -> bool:
        if self.chance is not None:
            return self.chance < LUCK
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def compare(first: Run, second: Run) -> Comparison | None:
    """The comparison of two runs; None where one of them has no test scores.

    Photo by photo where both were asked about the very same ones and their mistakes are stored, else by counts alone.
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
    """The fingerprint of the photos that the run saw, as its saved model's card has it; empty where that is gone."""
    try:
        card = shelf.model(run.status.model).card
    except ModelError:
        return ""
    return card.fingerprint if card.run == run.id else ""
