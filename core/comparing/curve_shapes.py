"""What one sees in a run's curves and what it means, from the run's own figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from core import words
from core.runs.config import RunConfig
from core.runs.folder import Curves
from core.runs.records import Epoch

WILD = 3.0  # a loss above so many times that of guessing is not learning
LEAST = 4  # epochs from which on a shape can be told
RISE = 1.15  # of the validation loss since its lowest value, from which on it counts as grown
FALL = 0.97  # of the validation loss over the last part of the epochs, below which it is still falling
PART = 0.3  # of the epochs, "the last part"
GAP = 0.05  # between training and validation accuracy
JUMP = 0.08  # of the validation loss from one epoch to the next, as a share of it
FEW = 50  # validation photos; with fewer, a single one makes the loss jump
TURNS = 0.4  # of the steps that go another way than the step before


KEYS = ("diverged", "jumps", "overfits", "unfinished")


@dataclass(frozen=True)
class Shape:
    """Something to be seen in the curves."""

    key: str  # one of KEYS
    sentence: str


def of(curves: Curves, settings: RunConfig, classes: int, photos: int) -> Shape | None:
    """The most important thing to be seen in a run's curves; None if there is nothing to say, or too few epochs.

    `classes` is their number, `photos` that of the validation photos.
    """
    epochs = [epoch for epoch in curves.epochs if epoch.stage == curves.epochs[-1].stage]
    if len(epochs) < LEAST:
        return None
    rate = settings.fine_tune.learning_rate if epochs[0].stage and settings.fine_tune else settings.learning_rate
    return (
        _diverged(epochs, rate, classes)
        or (_jumps(epochs, rate) if photos >= FEW else None)
        or _overfits(epochs)
        or _unfinished(epochs)
    )


def _diverged(epochs: Sequence[Epoch], rate: float, classes: int) -> Shape | None:
    """A loss far above that of guessing, on the training photos too: else the run learns them by heart."""
    guessing = math.log(max(2, classes))
    losses, training = [epoch.val_loss for epoch in epochs], [epoch.loss for epoch in epochs]
    if median(losses) < WILD * guessing or median(training[len(training) // 2 :]) < guessing / 2:
        return None
    best = max(epoch.val_accuracy for epoch in epochs)
    return Shape(
        "diverged",
        f"Its validation loss lies between {_loss(min(losses))} and {_loss(max(losses))}, and its training loss ends "
        f"at {_loss(training[-1])}; guessing among {classes} classes has {_loss(guessing)}. So although {best:.0%} "
        "of its answers are right, it is extremely sure of the wrong ones. The steps are too large (learning rate "
        f"{rate:g}): training diverges instead of settling. Use a smaller learning rate.",
    )


def _jumps(epochs: Sequence[Epoch], rate: float) -> Shape | None:
    losses = [epoch.val_loss for epoch in epochs]
    steps = [after - before for before, after in pairwise(losses)]
    jump = median(map(abs, steps))  # not the mean: the first steps may be large
    turns = sum(before * after < 0 for before, after in pairwise(steps))
    if jump < JUMP * median(losses) or turns < TURNS * (len(steps) - 1):
        return None
    return Shape(
        "jumps",
        f"Its validation loss jumps up and down, by {_loss(jump)} from one epoch to the next, between "
        f"{_loss(min(losses))} and {_loss(max(losses))}. The steps are too large to settle (learning rate {rate:g}). "
        "Use a smaller learning rate, or the cosine schedule.",
    )


def _overfits(epochs: Sequence[Epoch]) -> Shape | None:
    lowest = min(epochs, key=lambda epoch: epoch.val_loss)
    last = epochs[-1]
    has_grown = last.val_loss > RISE * lowest.val_loss and last.loss < lowest.loss
    if not has_grown or last.accuracy - last.val_accuracy < GAP or last.epoch - lowest.epoch < 2:
        return None
    return Shape(
        "overfits",
        f"Since epoch {lowest.epoch + 1} its validation loss has grown ({_loss(lowest.val_loss)} to "
        f"{_loss(last.val_loss)}) while its training loss fell ({_loss(lowest.loss)} to {_loss(last.loss)}): it learns "
        "its training photos by heart. That is overfitting. More dropout, augmentation or fewer epochs may help.",
    )


def _unfinished(epochs: Sequence[Epoch]) -> Shape | None:
    part = max(2, round(PART * len(epochs)))
    before, last = epochs[-1 - part] if part < len(epochs) else epochs[0], epochs[-1]
    is_lowest = last.val_loss <= min(epoch.val_loss for epoch in epochs)
    if not is_lowest or last.val_loss > FALL * before.val_loss:
        return None
    return Shape(
        "unfinished",
        f"Its validation loss was still falling at the end ({_loss(before.val_loss)} to {_loss(last.val_loss)} over "
        f"the last {words.count(part, 'epoch')}): it has not learned all it can. Train for more epochs, or use "
        "a larger learning rate.",
    )


def _loss(value: float) -> str:
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
