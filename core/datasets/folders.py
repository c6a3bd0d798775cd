"""Dataset folders, listed and checked: `{train,validation,test}/<class>/<photo>`, or `<class>/<photo>`."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from core.errors import DatasetError
from core.files.names import BYTES, is_leftover, name_text, path_text, printable_name
from core.photos import finding

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
    loose: tuple[Path, ...] = ()  # photos beside the folders of classes, until a review gives them a class

    @property
    def needs_splits(self) -> bool:
        """Whether the folders don't say which photos are for training and which for validation."""
        return not all(any(self.photos.get(split, {}).values()) for split in ("train", "validation"))

    @property
    def classes(self) -> list[str]:
        """The classes with photos, sorted."""
        return sorted({label for of_split in self.photos.values() for label, paths in of_split.items() if paths})

    def rows(self) -> list[tuple[str, str, Path]]:
        """Split, class and path of each photo, without the loose ones."""
        return [
            (split, label, path)
            for split, of_split in self.photos.items()
            for label, paths in of_split.items()
            for path in paths
        ]

    def names(self, paths: Iterable[Path]) -> list[str]:
        """The photos' names: their paths below the folder, with / between the folders."""
        return photo_names(self.folder, paths)


def photo_names(folder: Path, paths: Iterable[Path]) -> list[str]:
    """The paths of photos below a folder, as text with / between the folders."""
    start = len(folder.as_posix().rstrip("/")) + 1  # relative_to takes ten times as long
    texts = (path.as_posix()[start:] for path in paths)
    return [path_text(PurePosixPath(text)) if BYTES.search(text) else text for text in texts]


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
            f"There is no folder {shown(folder)}. Check the path; it must lie on the machine that runs the app."
        )
    try:
        return _collected(folder) if is_collected else _contents(folder)
    except PermissionError as error:
        raise DatasetError(
            f"This program may not read {shown(Path(error.filename))}. Change its permissions, or copy the photos."
        ) from None
    except OSError as error:  # a disk that fails, or was taken out meanwhile
        raise DatasetError(
            f"{shown(folder)} can't be read ({error.strerror}). Check the folder and its disk."
        ) from None


def _collected(folder: Path) -> Contents:
    passed_over: finding.PassedOver = {}
    photos, loose = {"": _photos_by_class(folder, passed_over, folder)}, _loose(folder, passed_over, folder)
    return Contents(folder, photos, _frozen(passed_over), {"": folder}, loose)


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
    loose: tuple[Path, ...] = ()
    if splits:
        for path in splits.values():
            _pass_over(passed_over, NO_CLASS, _beside(path), inner)
    else:
        loose = _loose(inner, passed_over, inner)
    if not loose and not any(paths for of_split in photos.values() for paths in of_split.values()):
        raise DatasetError(f"{shown(folder)} has no photos in folders of classes. {LAYOUT}.")
    return Contents(folder, photos, _frozen(passed_over), places, loose)


def _beside(folder: Path) -> list[Path]:
    """The files beside the folders of classes."""
    return sorted(path for path in folder.iterdir() if not is_leftover(path.name) and not path.is_dir())


def _loose(folder: Path, passed_over: finding.PassedOver, root: Path) -> tuple[Path, ...]:
    """The photos beside the folders of classes."""
    found = [finding.of_file(path) for path in _beside(folder)]
    for each in found:
        if each.reason:
            _pass_over(passed_over, each.reason, [each.path], root)
    return tuple(each.path for each in found if not each.reason)


def _frozen(passed_over: finding.PassedOver) -> dict[str, tuple[str, ...]]:
    return {reason: tuple(names) for reason, names in passed_over.items()}


def shown(path: Path | str, most: int = 240) -> str:
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
                f"{shown(folder)} has two folders for the {name} split: {shown(folders[name].name, 60)} and "
                f"{shown(path.name, 60)}. Put all of its photos into one of them."
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
            f"{shown(folder)} must have at most {MOST_CLASSES:,} classes, got {len(classes):,}. Each folder counts as "
            "a class: check that they are not the photos' own folders."
        )
    for path in classes:
        of_class = photos.setdefault(unicodedata.normalize("NFC", name_text(path.name)).strip(), [])
        for found in finding.files(path):
            if found.reason:
                _pass_over(passed_over, found.reason, [found.path], root)
            else:
                of_class.append(found.path)
    return photos


def _pass_over(passed_over: finding.PassedOver, reason: str, paths: list[Path], root: Path) -> None:
    if paths:
        passed_over.setdefault(reason, []).extend(path_text(path.relative_to(root)) for path in paths)
