"""What the answers to validation photos say about a model: its temperature, its thresholds and its scores."""

from dataclasses import dataclass

from core.answering import doubt, evaluation
from core.answering.card import Scores
from core.answering.doubt import Thresholds
from core.answering.evaluation import Labels, Logits
from core.answering.head import softmax


@dataclass(frozen=True)
class Calibration:
    """The figures on a card that come from validation photos."""

    temperature: float
    limits: dict[float, Thresholds]  # by rate of false alarms
    scores: Scores

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds at the usual rate of false alarms."""
        return self.limits[doubt.FALSE_ALARMS]


def of(logits: Logits, labels: Labels, similarities: Logits, classes: tuple[str, ...]) -> Calibration:
    """The calibration by the logits (photos, classes) of validation photos and their similarities (photos,)."""
    temperature = evaluation.temperature(logits, labels)
    return Calibration(
        temperature=temperature,
        limits=doubt.thresholds_by_rate(softmax(logits, temperature), similarities),
        scores=evaluation.scores(logits, labels, classes, temperature),
    )
