"""A dataset's photos in one row, to be filtered and turned page by page: 30,000 without delay."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.datasets.catalogue import Dataset
from core.files.names import BYTES, path_text

NO_CLASS = -1  # the label of a photo that nobody has sorted yet


@dataclass(frozen=True)
class Row:
    """All photos of a dataset: split by split, and within each in its order."""

    folder: Path
    classes: tuple[str, ...]
    splits: tuple[str, ...]  # those with photos
    paths: tuple[Path, ...]
    names: tuple[str, ...]  # paths below the folder, with /
    places: Mapping[str, int]  # name → its place in the row
    labels: NDArray[np.intp]  # (photos,), positions in the classes, or NO_CLASS
    split_of: NDArray[np.intp]  # (photos,), positions in the splits
    folded: tuple[str, ...]  # the names without differences of case, for searches

    def __len__(self) -> int:
        return len(self.paths)

    def label(self, place: int) -> str:
        """The class of a photo; empty if it has none."""
        label = int(self.labels[place])
        return "" if label == NO_CLASS else self.classes[label]

    def split(self, place: int) -> str:
        return self.splits[int(self.split_of[place])]


@dataclass(frozen=True)
class Choice:
    """What photos must have to be shown. An empty text is no condition."""

    label: int | None = None  # position in the classes, or NO_CLASS
    split: str = ""
    problem: str = ""  # a problem, or ANY_PROBLEM
    text: str = ""  # part of the name


ANY_PROBLEM = "*"


def row(dataset: Dataset) -> Row:
    """All photos of a dataset in a row."""
    splits = tuple(name for name, split in dataset.splits.items() if len(split))
    paths = tuple(chain.from_iterable(dataset.splits[name].paths for name in splits))
    names = tuple(_names(dataset.folder, paths))
    labels = [dataset.splits[name].labels for name in splits]
    return Row(
        dataset.folder,
        dataset.classes,
        splits,
        paths,
        names,
        {name: place for place, name in enumerate(names)},
        np.fromiter(chain.from_iterable(labels), np.intp, len(paths)),
        np.repeat(np.arange(len(splits), dtype=np.intp), [len(each) for each in labels]),
        tuple(name.casefold() for name in names),
    )


def _names(folder: Path, paths: tuple[Path, ...]) -> Iterator[str]:
    """The paths below the folder as text. `relative_to` would take a second for 30,000."""
    start = os.path.join(folder, "")  # noqa: PTH118 (with the separator at its end, also for the root)
    for path in paths:
        text = str(path)
        if text.startswith(start) and not BYTES.search(text):
            yield text[len(start) :].replace(os.sep, "/")
        else:
            yield path_text(path.relative_to(folder) if path.is_relative_to(folder) else path)


def matches(photos: Row, choice: Choice, problems: Mapping[str, str]) -> NDArray[np.intp]:
    """The places of the photos that match, in order. `problems` has a word for each photo with a problem, by name."""
    fits = np.ones(len(photos), bool)
    if choice.label is not None:
        fits &= photos.labels == choice.label
    if choice.split:
        known = choice.split in photos.splits
        fits &= photos.split_of == (photos.splits.index(choice.split) if known else -1)
    if choice.problem:
        with_problem = np.zeros(len(photos), bool)
        for name, problem in problems.items():
            if name in photos.places and choice.problem in (problem, ANY_PROBLEM):
                with_problem[photos.places[name]] = True
        fits &= with_problem
    if text := choice.text.strip().casefold():
        fits &= np.fromiter((text in name for name in photos.folded), bool, len(photos))
    return np.flatnonzero(fits)
