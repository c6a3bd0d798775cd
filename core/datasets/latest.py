"""The latest state of a dataset, the same object as long as nothing has changed: a page looks at it on every click."""

import time
from dataclasses import dataclass

from core import workspace
from core.datasets import catalogue, review, splitting
from core.datasets.catalogue import Dataset
from core.files import versions

LASTS = 10.0  # s until photos that somebody copies into the folder are noticed
MOST = 4  # datasets
FILES = (catalogue.ENTRY, splitting.FILE, review.FILE)


@dataclass
class _Loaded:
    dataset: Dataset
    stamps: list[versions.Version | None]
    time: float  # s, when it was loaded


_loaded: dict[str, _Loaded] = {}


def load(name: str) -> Dataset:
    """The dataset with its split and review. Raises DatasetError."""
    stamps = [versions.version(workspace.datasets() / name, file) for file in FILES]
    last = _loaded.get(name)
    if last and last.stamps == stamps and time.monotonic() - last.time < LASTS:
        return last.dataset
    dataset = catalogue.load(name)
    if last and last.stamps == stamps and last.dataset == dataset:
        dataset = last.dataset
    _loaded.pop(name, None)
    _loaded[name] = _Loaded(dataset, stamps, time.monotonic())
    while len(_loaded) > MOST:
        _loaded.pop(next(iter(_loaded)), None)
    return dataset
