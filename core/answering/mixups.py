"""What a model confuses most, read off its confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mixup:
    """So many of the photos of one class got the answer of another."""

    true: str
    answered: str
    wrong: int
    count: int  # photos of the true class


def most(confusion: Sequence[Sequence[int]], labels: Sequence[str], at_most: int = 3) -> list[Mixup]:
    """The most frequent mix-ups, the most photos first; of equals that of the smaller class, which weighs more.

    `confusion` counts photos: rows are true classes, columns the answers.
    """
    found = [
        Mixup(labels[i], labels[j], wrong, sum(row))
        for i, row in enumerate(confusion)
        for j, wrong in enumerate(row)
        if i != j and wrong
    ]
    return sorted(found, key=lambda one: (-one.wrong, one.count))[:at_most]
