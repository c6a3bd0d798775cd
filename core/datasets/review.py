"""What people decide about photos: kept, left out, of another class, in another split. The photos are never changed.

review.json lies beside the dataset and holds every decision with its date, so that each can be undone. Several people
may decide at once: decisions are added under a lock, and for each photo the last one counts.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from core import workspace
from core.datasets import labels
from core.datasets.arranging import Change
from core.datasets.folders import SPLITS
from core.errors import DatasetError
from core.files import locks, records
from core.files.records import Part, Record
from core.files.versions import Remembered
from core.words import quoted

FILE = "review.json"
LOCK_SECONDS = 30.0  # to wait for somebody else's decision; one takes some milliseconds
Action = Literal["keep", "leave out", "class", "split"]


class Decision(Part):
    """A decision about a photo."""

    step: int  # decisions that were made at once have the same number, and are undone at once
    photo: str  # its name in the dataset
    action: Action
    to: str = ""  # the class or split
    reason: str = ""  # the finding that led to it
    date: str = ""  # ISO 8601, local time
    undone: str = ""  # the date


@dataclass(frozen=True)
class Wish:
    """What somebody wants for a photo."""

    photo: str  # its name in the dataset
    action: Action
    to: str = ""  # the class or split
    reason: str = ""  # the finding that led to it

    def check(self) -> None:
        """Raise DatasetError if there is no such class or split."""
        to = self.to.strip()
        if self.action == "split" and to not in SPLITS:
            raise DatasetError(f"The split must be train, validation or test, got {quoted(to)}.")
        if self.action == "class" and not (0 < len(to) <= labels.LONGEST and to.isprintable()):
            raise DatasetError(f"A class must have a name of at most {labels.LONGEST} characters, got {quoted(to)}.")


def class_wishes(photo: str, label: str) -> list[Wish]:
    """What brings a photo into a class, even if it was left out."""
    return [Wish(photo, "keep"), Wish(photo, "class", label)]


class Review(Record):
    """review.json: all decisions, the oldest first."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Rename the file to go on without its decisions."
    HOLDS_PATHS: ClassVar = True

    decisions: tuple[Decision, ...] = ()

    @property
    def standing(self) -> tuple[Decision, ...]:
        """The decisions that were not undone."""
        return tuple(decision for decision in self.decisions if not decision.undone)

    def changes(self) -> Mapping[str, Change]:
        """What the decisions change, by photo."""
        changes: dict[str, Change] = {}
        for decision in self.standing:
            before = changes.get(decision.photo, Change())
            if decision.action == "class":
                after = Change(before.left_out, decision.to, before.split)
            elif decision.action == "split":
                after = Change(before.left_out, before.label, decision.to)
            else:
                after = Change(decision.action == "leave out", before.label, before.split)
            changes[decision.photo] = after
        return changes

    def settled(self) -> frozenset[tuple[str, str]]:
        """(photo, reason) of the findings about which something was decided."""
        return frozenset((decision.photo, decision.reason) for decision in self.standing)


_reviews = Remembered((FILE,), lambda folder: records.read(folder / FILE, Review) or Review())


def read(folder: Path) -> Review:
    """The review of the dataset whose own folder this is. Raises DatasetError if its file is damaged."""
    return _reviews.get(folder)


def of(name: str) -> Review:
    """The review of a dataset. Raises DatasetError if its file is damaged."""
    return read(workspace.datasets() / name)


def decide(name: str, photos: Sequence[str], action: Action, to: str = "", reason: str = "") -> int:
    """Record the same decision about photos, and return its step for `undo`. Raises DatasetError."""
    return record(name, [Wish(photo, action, to, reason) for photo in photos])


def record(name: str, wishes: Sequence[Wish]) -> int:
    """Record decisions that are made, and undone, at once, and return their step for `undo`. Raises DatasetError."""
    for wish in wishes:
        wish.check()
    date = records.now()

    def decided(review: Review) -> tuple[Decision, ...]:
        step = _last_step(review.decisions) + 1
        new = [
            Decision(step=step, photo=wish.photo, action=wish.action, to=wish.to.strip(), reason=wish.reason, date=date)
            for wish in wishes
        ]
        return (*review.decisions, *new)

    return _last_step(_change(name, decided).decisions)


def undo(name: str, step: int | None = None) -> tuple[Decision, ...]:
    """Undo a step, by default the last one that stands, and return its decisions. Raises DatasetError."""
    date = records.now()
    undone: list[Decision] = []

    def taken_back(review: Review) -> tuple[Decision, ...]:
        last = _last_step(review.standing) if step is None else step
        undone.extend(decision for decision in review.standing if decision.step == last)
        return tuple(
            decision.model_copy(update={"undone": date}) if decision in undone else decision
            for decision in review.decisions
        )

    _change(name, taken_back)
    return tuple(undone)


def _last_step(decisions: Sequence[Decision]) -> int:
    return max((decision.step for decision in decisions), default=0)


def _change(name: str, changed: Callable[[Review], tuple[Decision, ...]]) -> Review:
    """Give a review other decisions while nobody else can, and return it. Raises DatasetError."""
    folder = workspace.datasets() / name
    if not folder.is_dir():
        raise DatasetError(f"There is no dataset {quoted(name)} any more. Reload the page.")
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.alone(workspace.locks() / f"review-{name}.lock", LOCK_SECONDS))
        except TimeoutError:
            raise DatasetError("Somebody else is changing this review. Try again in a moment.") from None
        review = read(folder)
        new = Review(decisions=changed(review))
        if new != review:
            records.write(folder / FILE, new)
        return new
