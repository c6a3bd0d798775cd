"""The photos behind the numbers of one run or of two: mistakes, cells of the confusion matrix, doubtful answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.answering.head import softmax
from core.errors import RunError
from core.runs import predictions, readings
from core.runs.folder import Run
from core.runs.predictions import Predictions
from core.words import quoted

SUREST, UNSURE, RIGHT, ONLY_FIRST, ONLY_SECOND, BOTH_WRONG, APART = (
    "surest", "unsure", "right", "only-first", "only-second", "both-wrong", "apart",
)  # fmt: skip
WANTED: dict[str, Callable[[tuple[bool, ...]], bool]] = {
    SUREST: lambda right: not right[0],
    RIGHT: lambda right: right[0],
    ONLY_FIRST: lambda right: right[0] and not right[1],
    ONLY_SECOND: lambda right: right[1] and not right[0],
    BOTH_WRONG: lambda right: not any(right),
    APART: lambda right: right[0] != right[1],
}
"""Whether a photo belongs to a choice, by which runs were right. UNSURE has all photos."""


@dataclass(frozen=True)
class Answer:
    """What a run answered for a photo."""

    label: str
    probability: float  # calibrated, 0 to 1
    truth: float  # the probability of the true class


@dataclass(frozen=True)
class Judged:
    """A photo with its true class and the answers of one run or of two."""

    name: str  # its path within the dataset's folder, as it was
    key: str
    label: str
    answers: tuple[Answer, ...]

    @cached_property
    def is_right(self) -> tuple[bool, ...]:
        return tuple(answer.label == self.label for answer in self.answers)


def judged(runs: Sequence[Run], split: str) -> list[Judged]:
    """The photos of a split that all these runs were scored on, in the order of the first.

    Raises RunError if the predictions of a run are missing or damaged.
    """
    by_run = [_answers(run, split) for run in runs]
    first = by_run[0]
    return [
        Judged(name, key, label, tuple(answers[key][2] for answers in by_run))
        for key, (name, label, _) in first.items()
        if all(key in answers for answers in by_run[1:])
    ]


def _answers(run: Run, split: str) -> dict[str, tuple[str, str, Answer]]:
    """By photo key: its name, its true class and the run's answer. Of photos with the same content the last counts."""
    report, found = readings.report(run.folder), predictions.read(run.folder).get(split)
    if report is None or found is None:
        raise RunError(f"The answers of {quoted(run.name)} to the {split} photos are not stored.")
    if found.logits.shape[1] != len(report.labels):
        raise RunError(f"The stored answers of {quoted(run.name)} don't fit its classes. Delete {predictions.NAME}.")
    return dict(zip(found.keys, _described(found, report.labels, report.temperature or 1.0), strict=True))


def _described(found: Predictions, labels: Sequence[str], temperature: float) -> list[tuple[str, str, Answer]]:
    probabilities = softmax(found.logits, temperature)
    rows = np.arange(len(found))
    best, truth = probabilities[rows, found.answers].tolist(), probabilities[rows, found.labels].tolist()
    return [
        (found.names[row], labels[label], Answer(labels[answer], best[row], truth[row]))
        for row, (label, answer) in enumerate(zip(found.labels.tolist(), found.answers.tolist(), strict=True))
    ]


def chosen(photos: Sequence[Judged], choice: str, cell: tuple[str, str] | None = None) -> list[Judged]:
    """The photos of a choice, the most telling first; with `cell`, those with this true class and the first run's
    answer, whatever the choice."""
    if cell is not None:
        photos = [photo for photo in photos if (photo.label, photo.answers[0].label) == cell]
        return sorted(photos, key=lambda photo: -photo.answers[0].probability)
    if choice == UNSURE:
        return sorted(photos, key=lambda photo: photo.answers[0].probability)
    return sorted((photo for photo in photos if WANTED[choice](photo.is_right)), key=_surest_first(choice))


def count(photos: Sequence[Judged], choice: str) -> int:
    """How many photos a choice has."""
    return len(photos) if choice == UNSURE else sum(WANTED[choice](photo.is_right) for photo in photos)


def _surest_first(choice: str) -> Callable[[Judged], float]:
    """Of one run by its answer; of two by the surest wrong answer."""
    if choice in (SUREST, RIGHT):
        return lambda photo: -photo.answers[0].probability
    return lambda photo: (
        -max(answer.probability for answer, right in zip(photo.answers, photo.is_right, strict=True) if not right)
    )


def counts(photos: Sequence[Judged], labels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The confusion matrix of the first run: rows are true classes, columns its answers."""
    places = {label: place for place, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), np.intp)
    for photo in photos:
        matrix[places[photo.label], places[photo.answers[0].label]] += 1
    return tuple(map(tuple, matrix.tolist()))
