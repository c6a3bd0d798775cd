"""All photos of a dataset as columns of a table, one row per photo."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.datasets.catalogue import Dataset
from core.datasets.folders import Contents


@dataclass(frozen=True)
class Rows:
    """The photos of a dataset: training, validation and test photos, each in the dataset's order."""

    names: tuple[str, ...]  # paths below the dataset's folder, with / between the folders
    paths: tuple[Path, ...]
    labels: NDArray[np.intp]  # (n,): positions in `classes`
    splits: NDArray[np.intp]  # (n,): positions in `split_names`
    classes: tuple[str, ...]
    split_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def counts(self) -> NDArray[np.intp]:
        """The number of photos by class and split, (classes, splits)."""
        shape = len(self.classes), len(self.split_names)
        flat = np.bincount(self.labels * shape[1] + self.splits, minlength=shape[0] * shape[1])
        return flat.reshape(shape).astype(np.intp)

    def of_names(self, names: Iterable[str]) -> NDArray[np.intp]:
        """The row of each name, -1 for a photo that the dataset no longer has."""
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(name, -1) for name in names], np.intp)


def of(dataset: Dataset) -> Rows:
    """The photos of a dataset."""
    split_names = tuple(dataset.splits)
    paths = tuple(path for split in dataset.splits.values() for path in split.paths)
    return Rows(
        names=tuple(Contents(dataset.folder, {}, {}).names(paths)),
        paths=paths,
        labels=np.array([label for split in dataset.splits.values() for label in split.labels], np.intp),
        splits=np.repeat(np.arange(len(split_names)), [len(split) for split in dataset.splits.values()]),
        classes=dataset.classes,
        split_names=split_names,
    )
