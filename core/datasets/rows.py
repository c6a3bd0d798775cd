"""All photos of a dataset as columns of a table, one row per photo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names

NO_CLASS = -1  # the label of a photo that nobody has sorted yet


@dataclass(frozen=True)
class Rows:
    """The photos of a dataset: training, validation and test photos, each in the dataset's order."""

    folder: Path
    names: tuple[str, ...]  # paths below the dataset's folder, with / between the folders
    paths: tuple[Path, ...]
    labels: NDArray[np.intp]  # (n,): positions in `classes`, or NO_CLASS
    splits: NDArray[np.intp]  # (n,): positions in `split_names`
    classes: tuple[str, ...]
    split_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The row of each photo, by its name."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The names without differences of case, for searches."""
        return tuple(name.casefold() for name in self.names)

    def label(self, place: int) -> str:
        """The class of a photo; empty if it has none."""
        label = int(self.labels[place])
        return "" if label == NO_CLASS else self.classes[label]

    def split(self, place: int) -> str:
        """The split of a photo."""
        return self.split_names[int(self.splits[place])]

    def counts(self) -> NDArray[np.intp]:
        """The number of photos by class and split, (classes, splits)."""
        shape = len(self.classes), len(self.split_names)
        has_class = self.labels != NO_CLASS
        flat = np.bincount((self.labels * shape[1] + self.splits)[has_class], minlength=shape[0] * shape[1])
        return flat.reshape(shape).astype(np.intp)

    def of_names(self, names: Iterable[str]) -> NDArray[np.intp]:
        """The row of each name, -1 for a photo that the dataset no longer has."""
        return np.array([self.places.get(name, -1) for name in names], np.intp)


def of(dataset: Dataset) -> Rows:
    """The photos of a dataset."""
    split_names = tuple(dataset.splits)
    paths = tuple(path for split in dataset.splits.values() for path in split.paths)
    return Rows(
        folder=dataset.folder,
        names=tuple(photo_names(dataset.folder, paths)),
        paths=paths,
        labels=np.array([label for split in dataset.splits.values() for label in split.labels], np.intp),
        splits=np.repeat(np.arange(len(split_names)), [len(split) for split in dataset.splits.values()]),
        classes=dataset.classes,
        split_names=split_names,
    )
