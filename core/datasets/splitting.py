"""A split of our own: which photos are for training, validation and test. The photos themselves are never moved."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from core.datasets import measures, sessions
from core.datasets.folders import SPLITS, Contents
from core.datasets.measures import Progress
from core.errors import DatasetError
from core.files import records
from core.files.records import Record

FILE = "splits.json"
SHARES = (0.8, 0.1, 0.1)  # of training, validation and test
LEAST_SHARE = 0.05  # of training and of validation
Missing = Mapping[tuple[str, str], float]
"""How many photos: (split, class) → count."""


class Splits(Record):
    """splits.json: the split of each photo, by its name."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Split the dataset again."
    HOLDS_PATHS: ClassVar = True

    shares: tuple[float, float, float] = SHARES
    seed: int = 0
    date: str = ""  # ISO 8601, local time
    sessions: int = 0  # groups of photos that belong together
    splits: dict[str, Literal["train", "validation", "test"]] = Field(default_factory=dict)


def read(folder: Path) -> Splits | None:
    """The split of the dataset whose own folder this is, or None if it has the split of its photos' folders."""
    return records.read(folder / FILE, Splits)


def write(folder: Path, splits: Splits) -> None:
    """Store a split. The one before it, if there was one, is kept under its date."""
    keep_previous(folder)
    records.write(folder / FILE, splits)


def keep_previous(folder: Path) -> None:
    """Give the split of a dataset another name, so that the split of its photos' folders counts again."""
    if (folder / FILE).exists():
        (folder / FILE).rename(folder / f"splits-{datetime.now():%Y%m%d-%H%M%S-%f}.json")


def check_shares(shares: Sequence[float]) -> tuple[float, float, float]:
    """The shares of training, validation and test, made to sum to 1. Raises DatasetError."""
    total = sum(shares)
    fits = len(shares) == 3 and all(0 <= share <= 100 for share in shares) and total > 0
    if not fits or min(shares[:2]) / total < LEAST_SHARE:
        raise DatasetError(
            f"The shares must be three numbers such as 80/10/10, with at least {LEAST_SHARE:.0%} for training and for "
            f"validation, got {'/'.join(f'{share:g}' for share in shares)}."
        )
    train, validation, test = (share / total for share in shares)
    return train, validation, test


def by_session(
    name: str, photos: Contents, shares: Sequence[float] = SHARES, seed: int = 0, progress: Progress | None = None
) -> Splits:
    """A split of all photos of a dataset by the sessions in which they were taken. Reads every photo once.

    Test photos of a folder that only lacks a validation split stay test photos. Raises DatasetError.
    """
    shares = check_shares(shares)
    kept = ("test",) if photos.needs_splits else ()
    free = {split: of_split for split, of_split in photos.photos.items() if split not in kept}
    rows = [(path, label) for of_split in free.values() for label, paths in of_split.items() for path in paths]
    names = photos.names([path for path, _ in rows])
    measured = measures.of(name, names, [path for path, _ in rows], progress)
    groups = sessions.groups(names, measured)
    if len(free) < len(photos.photos):
        shares = (shares[0], shares[1], 0.0)
    labelled = [(name, label, group) for name, (_, label), group in zip(names, rows, groups, strict=True)]
    return Splits(
        shares=check_shares(shares),
        seed=seed,
        date=datetime.now().astimezone().isoformat(timespec="seconds"),
        sessions=len(set(groups)),
        splits=split(labelled, shares, seed),
    )


def split(
    photos: Sequence[tuple[str, str, Hashable]], shares: Sequence[float] = SHARES, seed: int = 0
) -> dict[str, Literal["train", "validation", "test"]]:
    """The split of each photo, given (name, class, session) of each.

    Photos of one session never part. Within that, each class gets its shares as nearly as the sessions allow, and has
    at least one session in training. The same photos, shares and seed always give the same split.
    """
    by_number: dict[Hashable, list[tuple[str, str]]] = defaultdict(list)
    for name, label, session in sorted(photos, key=lambda photo: photo[:2]):
        by_number[session].append((name, label))
    order = np.random.default_rng(seed).permutation(len(by_number))
    shuffled = [list(by_number.values())[place] for place in order]
    wished = {
        (split, label): share * count
        for label, count in Counter(label for _, label, _ in photos).items()
        for split, share in zip(SPLITS, check_shares(shares), strict=True)
    }
    missing = dict(wished)  # what each split still lacks of each class
    placed: dict[int, str] = {}
    for place in sorted(range(len(shuffled)), key=lambda place: -len(shuffled[place])):
        counts = Counter(label for _, label in shuffled[place])
        placed[place] = max(SPLITS, key=lambda split: _gain(split, counts, missing, wished))
        for label, count in counts.items():
            missing[placed[place], label] -= count
    _give_training_every_class(shuffled, placed)
    return {name: placed[place] for place in range(len(shuffled)) for name, _ in shuffled[place]}  # type: ignore[misc]


def _gain(split: str, counts: Mapping[str, int], missing: Missing, wished: Missing) -> float:
    """How much nearer to its shares a split comes with a session: the sum of relative squares over its classes."""
    gain = 0.0
    for label, count in counts.items():
        lacking, goal = missing[split, label], wished[split, label]
        gain += (lacking**2 - (lacking - count) ** 2) / goal if goal else -np.inf
    return gain


def _give_training_every_class(sessions: Sequence[Sequence[tuple[str, str]]], placed: dict[int, str]) -> None:
    """Move the smallest session with a class to training if training has none of that class."""
    trained = {label for place, split in placed.items() if split == "train" for _, label in sessions[place]}
    for label in sorted({label for session in sessions for _, label in session} - trained):
        having = [place for place, session in enumerate(sessions) if any(other == label for _, other in session)]
        smallest = min(having, key=lambda place: len(sessions[place]))
        placed[smallest] = "train"
