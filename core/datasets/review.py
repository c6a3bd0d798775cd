"""What people decide about photos: kept, left out, of another class, in another split. The photos are never changed.

review.json lies beside the dataset and holds every decision with its date, so that each can be undone. Several people
may decide at once: decisions are added under a lock, and for each photo the last one counts.
"""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from core import workspace
from core.datasets.arranging import Change
from core.datasets.folders import SPLITS
from core.errors import DatasetError
from core.files import locks, records
from core.files.records import Part, Record
from core.words import quoted

FILE = "review.json"
LOCK_SECONDS = 30.0  # to wait for somebody else's decision; one takes some milliseconds
LONGEST_LABEL = 100  # characters
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


def read(folder: Path) -> Review:
    """The review of the dataset whose own folder this is. Raises DatasetError if its file is damaged."""
    return records.read(folder / FILE, Review) or Review()


def of(name: str) -> Review:
    """The review of a dataset. Raises DatasetError if its file is damaged."""
    return read(workspace.datasets() / name)


def decide(name: str, photos: Sequence[str], action: Action, to: str = "", reason: str = "") -> int:
    """Record a decision about photos, and return its step for `undo`. Raises DatasetError."""
    to = to.strip()
    if action == "split" and to not in SPLITS:
        raise DatasetError(f"The split must be train, validation or test, got {quoted(to)}.")
    if action == "class" and not (0 < len(to) <= LONGEST_LABEL and to.isprintable()):
        raise DatasetError(f"A class must have a name of at most {LONGEST_LABEL} characters, got {quoted(to)}.")
    with _Changing(name) as changing:
        step = max((decision.step for decision in changing.review.decisions), default=0) + 1
        new = tuple(
            Decision(step=step, photo=photo, action=action, to=to, reason=reason, date=_now()) for photo in photos
        )
        changing.write((*changing.review.decisions, *new))
    return step


def undo(name: str, step: int | None = None) -> tuple[Decision, ...]:
    """Undo a step, by default the last one that stands, and return its decisions. Raises DatasetError."""
    with _Changing(name) as changing:
        standing = changing.review.standing
        if step is None:
            step = max((decision.step for decision in standing), default=0)
        undone = tuple(decision for decision in standing if decision.step == step)
        date = _now()
        changing.write(
            tuple(
                decision.model_copy(update={"undone": date}) if decision in undone else decision
                for decision in changing.review.decisions
            )
        )
    return undone


class _Changing:
    """The review of a dataset, locked while it is changed."""

    def __init__(self, name: str) -> None:
        self._name, self._folder = name, workspace.datasets() / name
        self._held = contextlib.ExitStack()

    def __enter__(self) -> "_Changing":
        if not self._folder.is_dir():
            raise DatasetError(f"There is no dataset {quoted(self._name)} any more. Reload the page.")
        try:
            self._held.enter_context(locks.alone(workspace.locks() / f"review-{self._name}.lock", LOCK_SECONDS))
        except TimeoutError:
            raise DatasetError("Somebody else is changing this review. Try again in a moment.") from None
        try:
            self.review = read(self._folder)
        except BaseException:
            self._held.close()
            raise
        return self

    def write(self, decisions: tuple[Decision, ...]) -> None:
        if decisions != self.review.decisions:
            records.write(self._folder / FILE, Review(decisions=decisions))

    def __exit__(self, *_: object) -> None:
        self._held.close()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
