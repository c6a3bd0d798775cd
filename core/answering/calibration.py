"""What the answers to validation photos say about a model: its temperature, its thresholds and its scores."""

from dataclasses import dataclass

from core.answering import doubt, evaluation, sets
from core.answering.card import Scores
from core.answering.doubt import Thresholds
from core.answering.evaluation import Labels, Logits
from core.answering.head import softmax
from core.answering.sets import SetLimits


@dataclass(frozen=True)
class Calibration:
    """The figures on a card that come from validation photos."""

    temperature: float
    limits: dict[float, Thresholds]  # by rate of false alarms
    sets: dict[float, SetLimits]  # by certainty
    scores: Scores

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds at the usual rate of false alarms."""
        return self.limits[doubt.FALSE_ALARMS]


def of(logits: Logits, labels: Labels, similarities: Logits, classes: tuple[str, ...]) -> Calibration:
    """The calibration by the logits (photos, classes) of validation photos and their similarities (photos,)."""
    temperature = evaluation.temperature(logits, labels)
    probabilities = softmax(logits, temperature)
    return Calibration(
        temperature=temperature,
        limits=doubt.thresholds_by_rate(probabilities, similarities),
        sets=sets.limits_by_certainty(probabilities, labels, classes),
        scores=evaluation.scores(logits, labels, classes, temperature),
    )
