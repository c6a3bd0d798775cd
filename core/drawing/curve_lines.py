"""The lines of a run's curves: training, validation or the gap between them, by epoch or by time, smoothed or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from core.runs.folder import Curves
from core.runs.records import Epoch, PartialEpoch

BOTH, TRAINING, VALIDATION, GAP = "both", "training", "validation", "gap"
SHOWN = (BOTH, VALIDATION, TRAINING, GAP)


@dataclass(frozen=True)
class Look:
    """How curves are looked at."""

    shown: str = BOTH  # one of SHOWN
    by_time: bool = False  # whether the axis has seconds of training instead of epochs
    smoothing: float = 0.0  # 0: none; towards 1: more


@dataclass(frozen=True)
class Line:
    """A line of a chart."""

    kind: str  # TRAINING, VALIDATION or GAP
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def of(run: Curves, quantity: str, look: Look) -> list[Line]:
    """The lines of a run. `quantity` is "loss" or "accuracy".

    The gap is positive where training is better: training minus validation accuracy, validation minus training loss.
    """
    xs = positions(run, look)
    training, validation = [train(epoch, quantity) for epoch in run.epochs], [val(e, quantity) for e in run.epochs]
    if look.shown == GAP:
        sign = 1 if quantity == "accuracy" else -1
        gap = [sign * (first - second) for first, second in zip(training, validation, strict=True)]
        return [Line(GAP, tuple(xs), _smoothed(gap, look.smoothing))]
    lines = []
    if look.shown != VALIDATION:
        own, values = list(xs), _smoothed(training, look.smoothing)
        if run.within and not look.by_time:
            own.append(run.within.epoch + run.within.batch / run.within.batches)
            values = _smoothed([*training, train(run.within, quantity)], look.smoothing)
        lines.append(Line(TRAINING, tuple(own), values))
    if look.shown != TRAINING:
        lines.append(Line(VALIDATION, tuple(xs), _smoothed(validation, look.smoothing)))
    return lines


def positions(run: Curves, look: Look) -> list[float]:
    """Where the finished epochs lie on the axis: their numbers from 1, or the seconds of training at their end."""
    if look.by_time:
        return list(accumulate(epoch.seconds for epoch in run.epochs))
    return [epoch.epoch + 1 for epoch in run.epochs]


def train(epoch: Epoch | PartialEpoch, quantity: str) -> float:
    """The quantity on the training photos."""
    return epoch.loss if quantity == "loss" else epoch.accuracy


def val(epoch: Epoch, quantity: str) -> float:
    """The quantity on the validation photos."""
    return epoch.val_loss if quantity == "loss" else epoch.val_accuracy


def _smoothed(values: Sequence[float], smoothing: float) -> tuple[float, ...]:
    """The running mean with exponentially falling weights, corrected for its start (Kingma & Ba 2015, section 3)."""
    if not smoothing:
        return tuple(values)
    mean, smooth = 0.0, []
    for step, value in enumerate(values, start=1):
        mean = smoothing * mean + (1 - smoothing) * value
        smooth.append(mean / (1 - smoothing**step))
    return tuple(smooth)
