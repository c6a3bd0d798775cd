"""The dataset that the photos of a folder make: with a split of our own, and as a review has changed it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import words
from core.datasets.folders import LAYOUT, SPLITS, Contents, Split, shown
from core.errors import DatasetError, NotSplitError
from core.words import quoted


@dataclass(frozen=True)
class Change:
    """What a review changes about a photo."""

    left_out: bool = False
    label: str = ""  # the class that it belongs to instead
    split: str = ""


UNCHANGED = Change()


@dataclass(frozen=True)
class Listing:
    """The photos of a dataset by split. The test split may be empty, the other two are not."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    passed_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason → paths below the folder


def unsorted(contents: Contents, changes: Mapping[str, Change]) -> list[Path]:
    """The loose photos that a review has neither given a class nor left out."""
    return [
        path
        for path, name in zip(contents.loose, contents.names(contents.loose), strict=True)
        if not (change := changes.get(name, UNCHANGED)).label and not change.left_out
    ]


def reviewed(contents: Contents, changes: Mapping[str, Change]) -> Contents:
    """The photos with the classes that a review gives them, and without those that it leaves out."""
    if not changes:  # most datasets: no time for the names of 30,000 photos
        return contents
    rows = [*contents.rows(), *(("", "", path) for path in contents.loose)]
    photos: dict[str, dict[str, list[Path]]] = {split: {} for split in contents.photos}
    for (split, label, path), name in zip(rows, contents.names([path for _, _, path in rows]), strict=True):
        change = changes.get(name, UNCHANGED)
        if not change.left_out and (own := change.label or label):
            photos[split].setdefault(own, []).append(path)
    return replace(contents, photos=photos)


def listing(
    contents: Contents, splits: Mapping[str, str] | None = None, changes: Mapping[str, Change] | None = None
) -> Listing:
    """The dataset that these photos make.

    `splits` and `changes` say what differs from the folders, by the photos' names. Photos without a split are for
    training, unless `splits` is None. Raises NotSplitError, and DatasetError when nothing can be learned from them.
    """
    if splits is None and contents.needs_splits:
        if contents.loose and not contents.classes:
            raise NotSplitError(
                f"{shown(contents.folder)} has {words.count(len(contents.loose), 'photo')} in no folder of a class. "
                "Add it on the Data page and sort them there."
            )
        raise NotSplitError(
            f"{shown(contents.folder)} is not split into train and validation yet. Split it on the Data page, or with "
            "python -m core data split."
        )
    contents = reviewed(contents, changes or {})
    arranged: dict[str, dict[str, list[Path]]] = {name: {} for name in SPLITS}
    for split, of_split in contents.photos.items():
        for label, paths in of_split.items():
            if not splits and not changes:  # most datasets: no time for the names of 30,000 photos
                arranged[split or "train"].setdefault(label, []).extend(paths)
                continue
            for path, name in zip(paths, contents.names(paths), strict=True):
                new_split = (changes or {}).get(name, UNCHANGED).split or (splits or {}).get(name, split)
                arranged[new_split or "train"].setdefault(label, []).append(path)
    classes = _checked_classes(contents.folder, arranged)
    return Listing(classes, {name: _split(arranged[name], classes) for name in SPLITS}, contents.passed_over)


def check_classes(photos: Contents) -> None:
    """Raise DatasetError if there are not two classes, or if the names of two differ only in capitals.

    Nobody means two classes by that: a model that learns from them doubts half of its photos, and Windows and macOS put
    both into one folder.
    """
    if len(photos.classes) < 2:
        raise _too_few_classes(shown(photos.folder), photos.classes)
    spellings: dict[str, str] = {}
    for label in photos.classes:
        other = spellings.setdefault(folded(label), label)
        if other != label:
            raise DatasetError(
                f"{shown(photos.folder)} has the classes {quoted(other)} and {quoted(label)}, which differ only in "
                "capitals or spaces. Give their folders the same name, or clearly different ones."
            )


def _too_few_classes(place: str, classes: Sequence[str]) -> DatasetError:
    found = f"only the class {quoted(classes[0])}" if classes else "no photos in sub-folders"
    return DatasetError(f"{place} must have at least two classes with photos, got {found}. {LAYOUT}.")


def folded(label: str) -> str:
    """The name of a class as it is compared with others."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _checked_classes(folder: Path, photos: Mapping[str, Mapping[str, list[Path]]]) -> tuple[str, ...]:
    """The classes of the training photos. Raises DatasetError when nothing can be learned from the photos."""
    classes = tuple(sorted(name for name, paths in photos["train"].items() if paths))
    if len(classes) < 2:
        raise _too_few_classes(f"The train split of {shown(folder)}", classes)
    for split, of_split in photos.items():
        unknown = sorted(label for label, paths in of_split.items() if paths and label not in classes)
        if unknown:
            alike = [quoted(label) for label in classes if folded(label) == folded(unknown[0])]
            remedy = f"rename it to {alike[0]}" if alike else "add photos of it to the train split"
            raise DatasetError(
                f"The {split} split has the class {quoted(unknown[0])}, which the train split lacks: {remedy} in "
                f"{shown(folder)}, or remove it."
            )
    if not any(photos["validation"].values()):
        raise DatasetError(
            f"The validation split of {shown(folder)} has no photos, which are needed to judge each epoch. {LAYOUT}."
        )
    return classes


def _split(photos: Mapping[str, list[Path]], classes: tuple[str, ...]) -> Split:
    pairs = [(path, label) for label, name in enumerate(classes) for path in photos.get(name, [])]
    return Split(tuple(path for path, _ in pairs), tuple(label for _, label in pairs))
