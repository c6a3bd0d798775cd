"""The splits of new photos of a dataset that has a split: the other photos keep theirs."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.datasets import catalogue, measures, sessions, splitting
from core.datasets.measures import Measure
from core.datasets.splitting import SPLITS, SplitName, Splits


@dataclass(frozen=True, eq=False)
class Row:
    """A photo of the dataset, with what its split depends on."""

    path: Path
    name: str
    label: str
    split: str
    measure: Measure


def rows(name: str) -> list[Row]:
    """The photos that lie in a dataset, with their measures; only new ones are measured."""
    photos, splits = catalogue.contents_of(name), splitting.read(catalogue.own_folder(name))
    places = photos.rows()
    paths = [path for _, _, path in places]
    row_names = photos.names(paths)
    measured = measures.of(name, row_names, paths)
    return [
        Row(path, row_name, label, (splits.splits if splits else {}).get(row_name, split or "train"), measure)
        for (split, label, path), row_name, measure in zip(places, row_names, measured, strict=True)
    ]


def is_complete(rows: Sequence[Row], new: Sequence[Row]) -> bool:
    """Whether something could be learned from a dataset before it got new photos."""
    fresh = {row.name for row in new}
    before = [row for row in rows if row.name not in fresh]
    trained = {row.label for row in before if row.split == "train"}
    return len(trained) > 1 and any(row.split == "validation" for row in before)


def divided(rows: Sequence[Row], new: Sequence[Row], stored: Splits) -> dict[str, SplitName]:
    """The splits of a class in a dataset of too few sessions, so that it is judged like the others; empty if it is."""
    of_class = [row for row in rows if row.label == new[0].label]
    fresh = {row.name for row in new}
    if any(row.split == "validation" for row in of_class if row.name not in fresh):
        return {}
    return splitting.in_stretches(
        [row.name for row in of_class], [row.label for row in of_class], [row.measure for row in of_class],
        stored.shares, stored.seed,
    )  # fmt: skip


def sessions_of(rows: Sequence[Row]) -> list[int]:
    """The session of each photo."""
    return sessions.groups([row.name for row in rows], [row.measure for row in rows])


def splits_of(
    rows: Sequence[Row], groups: Sequence[int], new: Sequence[Row], shares: Sequence[float]
) -> dict[str, SplitName]:
    """The split of each new photo: that of its session, or else the one that lacks photos of the class most.

    `groups` are the sessions of all photos.
    """
    fresh = {row.name for row in new}
    members: dict[int, list[Row]] = defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    having = Counter(row.split for row in rows if row.label == new[0].label and row.name not in fresh)
    placed: dict[str, SplitName] = {}
    for together in members.values():
        coming = [row.name for row in together if row.name in fresh]
        if not coming:
            continue
        before = Counter(row.split for row in together if row.name not in fresh)
        split = max(SPLITS, key=lambda split: before[split]) if before else _lacking(having, shares)
        having[split] += len(coming)
        placed.update(dict.fromkeys(coming, split))
    return placed


def _lacking(having: Counter[str], shares: Sequence[float]) -> SplitName:
    """The split that is furthest below its share of a class; training comes first."""
    if not having["train"]:
        return "train"
    total = having.total()
    share_of = dict(zip(SPLITS, shares, strict=True))
    return max(SPLITS, key=lambda split: share_of[split] - having[split] / total)
