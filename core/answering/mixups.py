"""The classes that a model confuses most, from its confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mixup:
    """How many photos of one class the model takes for another."""

    true: str
    predicted: str
    wrong: int  # photos of the true class with this answer
    count: int  # all photos of the true class


def most_frequent(confusion: Sequence[Sequence[int]], labels: Sequence[str], at_most: int = 3) -> list[Mixup]:
    """The most frequent mix-ups, most photos first. Of equal ones the smaller class comes first: it suffers more.

    `confusion` counts photos: rows are true classes, columns the answers.
    """
    mixups = [
        Mixup(labels[i], labels[j], wrong, sum(row))
        for i, row in enumerate(confusion)
        for j, wrong in enumerate(row)
        if i != j and wrong
    ]
    return sorted(mixups, key=lambda mixup: (-mixup.wrong, mixup.count))[:at_most]
