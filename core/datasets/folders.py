"""Dataset folders, listed and checked: `{train,validation,test}/<class>/<photo>`, or `<class>/<photo>`."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from core.errors import DatasetError, NotSplitError
from core.files.names import BYTES, is_leftover, name_text, path_text, printable_name
from core.photos import finding
from core.words import quoted

SPLITS = ("train", "validation", "test")
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}  # before "photos" in sentences
OTHER_NAMES = {"val": "validation", "valid": "validation", "training": "train", "testing": "test", "dev": "validation"}
OTHER_FOLDER = "neither train, validation nor test"
NO_CLASS = "not in a class's folder"
MOST_WRAPPING = 8  # folders around the splits
MOST_CLASSES = 1_000
LAYOUT = "A dataset has one folder of photos per class, or these in the folders train, validation and test"


@dataclass(frozen=True)
class Split:
    """The photos of one split, sorted by class, folder and name."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]  # positions in the dataset's classes

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Contents:
    """The photos of a dataset's folder as they lie there, before a split of our own and a review."""

    folder: Path
    photos: Mapping[str, Mapping[str, list[Path]]]  # split → class → photos; the split "" if there are no splits
    passed_over: Mapping[str, tuple[str, ...]]  # reason → paths below the folder
    places: Mapping[str, Path]  # split → the folder with its classes

    @property
    def needs_splits(self) -> bool:
        """Whether the folders don't say which photos are for training and which for validation."""
        return not all(any(self.photos.get(split, {}).values()) for split in ("train", "validation"))

    @property
    def classes(self) -> list[str]:
        """The classes with photos, sorted."""
        return sorted({label for of_split in self.photos.values() for label, paths in of_split.items() if paths})

    def names(self, paths: Iterable[Path]) -> list[str]:
        """The photos' names: their paths below the folder, with / between the folders."""
        return photo_names(self.folder, paths)


@dataclass(frozen=True)
class Change:
    """What a review changes about a photo."""

    left_out: bool = False
    label: str = ""  # the class that it belongs to instead
    split: str = ""


UNCHANGED = Change()


def photo_names(folder: Path, paths: Iterable[Path]) -> list[str]:
    """The paths of photos below a folder, as text with / between the folders."""
    start = len(folder.as_posix().rstrip("/")) + 1  # relative_to takes ten times as long
    texts = (path.as_posix()[start:] for path in paths)
    return [path_text(PurePosixPath(text)) if BYTES.search(text) else text for text in texts]


@dataclass(frozen=True)
class Listing:
    """The photos of a dataset by split. The test split may be empty, the other two are not."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    passed_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason → paths below the folder


def contents(folder: Path, is_collected: bool = False) -> Contents:
    """The photos of a dataset's folder. Raises DatasetError if it can't be read or has none in folders of classes.

    In one that `is_collected` each folder is a class, even if it is the only one or called train, and may be empty.
    """
    try:
        exists = folder.is_dir()
    except (OSError, ValueError):  # a path that is too long or contains a NUL
        exists = False
    if not exists:
        raise DatasetError(
            f"There is no folder {_shown(folder)}. Check the path; it must lie on the machine that runs the app."
        )
    try:
        return _collected(folder) if is_collected else _contents(folder)
    except PermissionError as error:
        raise DatasetError(
            f"This program may not read {_shown(Path(error.filename))}. Change its permissions, or copy the photos."
        ) from None
    except OSError as error:  # a disk that fails, or was taken out meanwhile
        raise DatasetError(
            f"{_shown(folder)} can't be read ({error.strerror}). Check the folder and its disk."
        ) from None


def listing(
    contents: Contents, splits: Mapping[str, str] | None = None, changes: Mapping[str, Change] | None = None
) -> Listing:
    """The dataset that these photos make.

    `splits` and `changes` say what differs from the folders, by the photos' names. Photos without a split are for
    training, unless `splits` is None. Raises NotSplitError, and DatasetError when nothing can be learned from them.
    """
    if splits is None and contents.needs_splits:
        raise NotSplitError(
            f"{_shown(contents.folder)} is not split into train and validation yet. Split it on the Data page, or with "
            "python -m core data split."
        )
    arranged: dict[str, dict[str, list[Path]]] = {name: {} for name in SPLITS}
    for split, of_split in contents.photos.items():
        for label, paths in of_split.items():
            if not splits and not changes:  # most datasets: no time for the names of 30,000 photos
                arranged[split or "train"].setdefault(label, []).extend(paths)
                continue
            for path, name in zip(paths, contents.names(paths), strict=True):
                change = (changes or {}).get(name, UNCHANGED)
                if not change.left_out:
                    new_split = change.split or (splits or {}).get(name, split)
                    arranged[new_split or "train"].setdefault(change.label or label, []).append(path)
    classes = _checked_classes(contents.folder, arranged)
    return Listing(classes, {name: _split(arranged[name], classes) for name in SPLITS}, contents.passed_over)


def check_classes(photos: Contents) -> None:
    """Raise DatasetError if there are not two classes, or if the names of two differ only in capitals.

    Nobody means two classes by that: a model that learns from them doubts half of its photos, and Windows and macOS put
    both into one folder.
    """
    if len(photos.classes) < 2:
        raise _too_few_classes(_shown(photos.folder), photos.classes)
    spellings: dict[str, str] = {}
    for label in photos.classes:
        other = spellings.setdefault(folded(label), label)
        if other != label:
            raise DatasetError(
                f"{_shown(photos.folder)} has the classes {quoted(other)} and {quoted(label)}, which differ only in "
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
        raise _too_few_classes(f"The train split of {_shown(folder)}", classes)
    for split, of_split in photos.items():
        unknown = sorted(label for label, paths in of_split.items() if paths and label not in classes)
        if unknown:
            alike = [quoted(label) for label in classes if folded(label) == folded(unknown[0])]
            remedy = f"rename it to {alike[0]}" if alike else "add photos of it to the train split"
            raise DatasetError(
                f"The {split} split has the class {quoted(unknown[0])}, which the train split lacks: {remedy} in "
                f"{_shown(folder)}, or remove it."
            )
    if not any(photos["validation"].values()):
        raise DatasetError(
            f"The validation split of {_shown(folder)} has no photos, which are needed to judge each epoch. {LAYOUT}."
        )
    return classes


def _collected(folder: Path) -> Contents:
    passed_over: finding.PassedOver = {}
    photos = {"": _photos_by_class(folder, passed_over, folder)}
    return Contents(folder, photos, _frozen(passed_over), {"": folder})


def _contents(folder: Path) -> Contents:
    inner = _without_wrapping(folder)
    splits = _split_folders(inner)
    passed_over: finding.PassedOver = {}
    if splits:
        for path in _folders(inner):
            if path not in splits.values():
                _pass_over(passed_over, OTHER_FOLDER, [path], inner)
    places = splits or {"": inner}
    photos = {name: _photos_by_class(path, passed_over, inner) for name, path in places.items()}
    if not any(paths for of_split in photos.values() for paths in of_split.values()):
        raise DatasetError(f"{_shown(folder)} has no photos in folders of classes. {LAYOUT}.")
    return Contents(folder, photos, _frozen(passed_over), places)


def _frozen(passed_over: finding.PassedOver) -> dict[str, tuple[str, ...]]:
    return {reason: tuple(names) for reason, names in passed_over.items()}


def _shown(path: Path | str, most: int = 240) -> str:
    """A path or name for a sentence: readable, on one line and never long."""
    return printable_name(path_text(PurePath(path)), most)


def _without_wrapping(folder: Path) -> Path:
    """The folder with the splits or classes, in `folder` or in folders that hold nothing else."""
    inner = folder
    for _ in range(MOST_WRAPPING):
        folders = _folders(inner)
        if len(folders) != 1 or _is_split(folders[0]):
            return inner if len(folders) > 1 or any(map(_is_split, folders)) else folder
        inner = folders[0]
    return folder


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_leftover(path.name) and path.is_dir())


def _split_name(folder: Path) -> str:
    name = folder.name.strip().lower()
    return OTHER_NAMES.get(name, name)


def _is_split(folder: Path) -> bool:
    return _split_name(folder) in SPLITS


def _split_folders(folder: Path) -> dict[str, Path]:
    """The folder of each split; none if those with a split's name are classes.

    A toy train is a class: other folders beside it have photos of their own, and there are not two splits with classes.
    Raises DatasetError if two folders are the same split.
    """
    inner = _folders(folder)
    named = [path for path in inner if _is_split(path)]
    if any(_has_files(path) for path in inner if path not in named) and sum(map(bool, map(_folders, named))) < 2:
        return {}
    folders: dict[str, Path] = {}
    for path in named:
        name = _split_name(path)
        if name in folders:
            raise DatasetError(
                f"{_shown(folder)} has two folders for the {name} split: {_shown(folders[name].name, 60)} and "
                f"{_shown(path.name, 60)}. Put all of its photos into one of them."
            )
        folders[name] = path
    return folders


def _has_files(folder: Path) -> bool:
    return any(not is_leftover(path.name) and path.is_file() for path in folder.iterdir())


def _photos_by_class(folder: Path, passed_over: finding.PassedOver, root: Path) -> dict[str, list[Path]]:
    """The photos of a split by class, from the class folders and the folders below them.

    The name of a class is NFC, since programs write accents in two ways.
    """
    photos: dict[str, list[Path]] = {}
    classes = _folders(folder)
    if len(classes) > MOST_CLASSES:  # before all of them are walked
        raise DatasetError(
            f"{_shown(folder)} must have at most {MOST_CLASSES:,} classes, got {len(classes):,}. Each folder counts as "
            "a class: check that they are not the photos' own folders."
        )
    for path in classes:
        of_class = photos.setdefault(unicodedata.normalize("NFC", name_text(path.name)).strip(), [])
        for found in finding.files(path):
            if found.reason:
                _pass_over(passed_over, found.reason, [found.path], root)
            else:
                of_class.append(found.path)
    beside = [path for path in folder.iterdir() if not is_leftover(path.name) and not path.is_dir()]
    _pass_over(passed_over, NO_CLASS, sorted(beside), root)
    return photos


def _pass_over(passed_over: finding.PassedOver, reason: str, paths: list[Path], root: Path) -> None:
    if paths:
        passed_over.setdefault(reason, []).extend(path_text(path.relative_to(root)) for path in paths)


def _split(photos: Mapping[str, list[Path]], classes: tuple[str, ...]) -> Split:
    pairs = [(path, label) for label, name in enumerate(classes) for path in photos.get(name, [])]
    return Split(tuple(path for path, _ in pairs), tuple(label for _, label in pairs))
