"""A split of our own: which photos are for training, validation and test. The photos themselves are never moved."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from core.datasets import measures, sessions
from core.datasets.folders import Contents
from core.datasets.measures import Measure, Progress
from core.errors import DatasetError
from core.files import records
from core.files.records import Record
from core.files.versions import Remembered
from core.words import quoted

FILE = "splits.json"
SHARES = (0.8, 0.1, 0.1)  # of training, validation and test
LEAST_SHARE = 0.05  # of training and of validation
LEAST_LEFT = 0.5  # of a class, that training keeps when its sessions are so few that test would get none
STRETCHES = 10  # into which the photos of a class are divided if its sessions can't be kept together
SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
Counts = Mapping[str, int]  # class → photos
Missing = Mapping[tuple[SplitName, str], float]
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
    divided: bool = False  # whether sessions had to be divided, so that scores flatter
    splits: dict[str, SplitName] = Field(default_factory=dict)


_splits = Remembered((FILE,), lambda folder: records.read(folder / FILE, Splits))


def read(folder: Path) -> Splits | None:
    """The split of the dataset whose own folder this is, or None if it has the split of its photos' folders."""
    return _splits.get(folder)


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
    train, validation, test = (float(share / total) for share in shares)
    return train, validation, test


def shares_from(text: str) -> tuple[float, float, float]:
    """The shares in a text such as 80/10/10. Raises DatasetError."""
    try:
        return check_shares([float(part) for part in text.replace(",", "/").split("/")])
    except ValueError:
        raise DatasetError(f"The shares must be three numbers such as 80/10/10, got {quoted(text)}.") from None


def by_session(
    name: str, photos: Contents, shares: Sequence[float] = SHARES, seed: int = 0, progress: Progress | None = None
) -> Splits:
    """A split of all photos of a dataset by the sessions in which they were taken. Reads every photo once.

    Test photos of a folder that only lacks a validation split stay test photos. If there are too few sessions for any
    validation photo, sessions are divided into stretches of photos that follow each other. Raises DatasetError.
    """
    shares = check_shares(shares)
    if photos.needs_splits and "test" in photos.photos:
        shares = check_shares((*shares[:2], 0.0))
    rows = [row for row in photos.rows() if not (photos.needs_splits and row[0] == "test")]
    paths, labels = [path for _, _, path in rows], [label for _, label, _ in rows]
    names = photos.names(paths)
    measured = measures.of(name, names, paths, progress)
    groups: Sequence[Hashable] = sessions.groups(names, measured)
    count = len(set(groups))
    splits = split(list(zip(names, labels, groups, strict=True)), shares, seed)
    divided = bool(names) and "validation" not in splits.values()
    if divided:
        splits = in_stretches(names, labels, measured, shares, seed)
    return Splits(shares=shares, seed=seed, date=records.now(), sessions=count, divided=divided, splits=splits)


def in_stretches(
    names: Sequence[str], labels: Sequence[str], measured: Sequence[Measure], shares: Sequence[float], seed: int
) -> dict[str, SplitName]:
    """The split of photos of too few sessions: each class is divided into stretches of photos that follow each other.

    They are less alike across splits than photos drawn by lot would be.
    """
    return split(list(zip(names, labels, _stretches(names, labels, measured), strict=True)), shares, seed)


def _stretches(names: Sequence[str], labels: Sequence[str], measured: Sequence[Measure]) -> list[Hashable]:
    """For each photo its stretch: about a tenth of its class, in the order of the names.

    Copies share one, and so do the photos of a burst, unless it is most of its class.
    """
    by_label: dict[str, list[int]] = defaultdict(list)
    for place in sorted(range(len(names)), key=lambda place: names[place]):
        by_label[labels[place]].append(place)
    stretches: list[Hashable] = [0] * len(names)
    of_key: dict[str, Hashable] = {}
    for label, places in by_label.items():
        length = max(1, round(len(places) / STRETCHES))
        bursts = Counter(sessions.burst(names[place]) for place in places)
        of_burst: dict[str, Hashable] = {}
        for number, place in enumerate(places):
            stretch: Hashable = (label, number // length)
            burst = sessions.burst(names[place])
            if burst and bursts[burst] <= len(places) / 2:
                stretch = of_burst.setdefault(burst, stretch)
            stretches[place] = of_key.setdefault(measured[place].key or names[place], stretch)
    return stretches


def split(
    photos: Sequence[tuple[str, str, Hashable]], shares: Sequence[float] = SHARES, seed: int = 0
) -> dict[str, SplitName]:
    """The split of each photo, given (name, class, session) of each.

    Photos of one session never part. Within that, each class gets its shares as nearly as the sessions allow, has at
    least one session in training, and one in validation and test where its sessions are enough. The same photos, shares
    and seed always give the same split.
    """
    shares = check_shares(shares)
    by_session: dict[Hashable, list[tuple[str, str]]] = defaultdict(list)
    for name, label, session in sorted(photos, key=lambda photo: photo[:2]):
        by_session[session].append((name, label))
    order = np.random.default_rng(seed).permutation(len(by_session))
    shuffled = [list(by_session.values())[place] for place in order]
    counts = [Counter(label for _, label in session) for session in shuffled]
    totals = Counter(label for _, label, _ in photos)
    wished = {
        (split, label): share * count
        for label, count in totals.items()
        for split, share in zip(SPLITS, shares, strict=True)
    }
    missing = dict(wished)  # what each split still lacks of each class
    placed: list[SplitName] = ["train"] * len(shuffled)
    for place in sorted(range(len(shuffled)), key=lambda place: -len(shuffled[place])):
        placed[place] = max(SPLITS, key=lambda split: _gain(split, counts[place], missing, wished))
        for label, count in counts[place].items():
            missing[placed[place], label] -= count
    _give_training_every_class(counts, placed)
    _give_every_class(counts, placed, totals, "validation", 0.0)
    if shares[2]:
        _give_every_class(counts, placed, totals, "test", LEAST_LEFT)
    return {name: placed[place] for place in range(len(shuffled)) for name, _ in shuffled[place]}


def _gain(split: SplitName, counts: Mapping[str, int], missing: Missing, wished: Missing) -> float:
    """How much nearer to its shares a split comes with a session: the sum of relative squares over its classes."""
    gain = 0.0
    for label, count in counts.items():
        lacking, goal = missing[split, label], wished[split, label]
        gain += (lacking**2 - (lacking - count) ** 2) / goal if goal else -np.inf
    return gain


def _give_training_every_class(counts: Sequence[Counts], placed: list[SplitName]) -> None:
    """Move the smallest session with a class to training if training has none of that class."""
    for label in sorted({label for session in counts for label in session}):
        having = [place for place, session in enumerate(counts) if label in session]
        if not any(placed[place] == "train" for place in having):
            placed[min(having, key=lambda place: sum(counts[place].values()))] = "train"


def _give_every_class(
    counts: Sequence[Counts], placed: list[SplitName], totals: Counts, split: SplitName, least_left: float
) -> None:
    """Move a small session from training to `split` for each class that it lacks.

    Training keeps photos of each class, and at least `least_left` of all of them.
    """
    for label in sorted(totals):
        if any(placed[place] == split and label in session for place, session in enumerate(counts)):
            continue
        trained: Counter[str] = Counter()
        for place, session in enumerate(counts):
            if placed[place] == "train":
                trained.update(session)
        spare = [
            place
            for place, session in enumerate(counts)
            if placed[place] == "train"
            and label in session
            and all(trained[each] - count >= max(1, least_left * totals[each]) for each, count in session.items())
        ]
        if spare:
            placed[min(spare, key=lambda place: sum(counts[place].values()))] = split
