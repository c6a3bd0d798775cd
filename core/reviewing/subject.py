"""The dataset under inspection: its photos in one order, with everything that is measured of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.datasets import measures, sessions
from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names
from core.datasets.measures import Measure
from core.datasets.sessions import Pair
from core.reviewing import features
from core.reviewing.features import Array, Network

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, photos done, photos in total)."""


@dataclass(frozen=True)
class Subject:
    """The photos of a dataset. All sequences have their order."""

    dataset: Dataset
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: tuple[int, ...]  # places in the dataset's classes
    splits: tuple[str, ...]
    measures: Sequence[Measure]
    vectors: Array  # (photos, features)

    @cached_property
    def backdrops(self) -> list[Pair]:
        """Pairs of photos in front of the same backdrop."""
        return sessions.backdrops(self.measures)

    @cached_property
    def sessions(self) -> list[int]:
        """The session of each photo."""
        return sessions.groups(self.names, self.measures)

    def label(self, place: int) -> str:
        """The class of a photo."""
        return self.dataset.classes[self.labels[place]]


def of(dataset: Dataset, network: Network | None = None, progress: Progress | None = None) -> Subject:
    """Read and measure every photo of a dataset, as far as the cache doesn't have it. Raises ModelError."""
    splits = dataset.splits
    paths = tuple(path for split in splits.values() for path in split.paths)
    names = tuple(photo_names(dataset.folder, paths))

    def step(words: str) -> Callable[[int, int], None] | None:
        return (lambda done, total: progress(words, done, total)) if progress else None

    measured = measures.of(dataset.name, names, paths, step("Reading the photos"))
    return Subject(
        dataset=dataset,
        names=names,
        paths=paths,
        labels=tuple(label for split in splits.values() for label in split.labels),
        splits=tuple(name for name, split in splits.items() for _ in split.paths),
        measures=measured,
        vectors=features.of(dataset.name, names, paths, network or features.starter(), step("Computing features")),
    )
