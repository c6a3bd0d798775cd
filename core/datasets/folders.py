"""Dataset folders, listed and checked: `{train,validation,test}/<class>/<photo>`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from core.errors import DatasetError
from core.files.names import is_leftover, name_text, path_text, printable_name
from core.photos import finding
from core.words import quoted

SPLITS = ("train", "validation", "test")
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}  # before "photos" in sentences
OTHER_NAMES = {"val": "validation", "valid": "validation", "training": "train", "testing": "test", "dev": "validation"}
OTHER_FOLDER = "neither train, validation nor test"
NO_CLASS = "not in a class's folder"
MOST_WRAPPING = 8  # folders around the splits
LAYOUT = "A dataset has the folders train, validation and test, each with one sub-folder of photos per class"


@dataclass(frozen=True)
class Split:
    """The photos of one split, sorted by class, folder and name."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]  # positions in the dataset's classes

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Listing:
    """The content of a dataset's folder. The test split may be empty, the other two are not."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    passed_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason → paths below the folder


def listing(folder: Path) -> Listing:
    """The content of a dataset folder. Raises DatasetError when nothing can be learned from it."""
    try:
        exists = folder.is_dir()
    except (OSError, ValueError):  # a path that is too long or contains a NUL
        exists = False
    if not exists:
        raise DatasetError(
            f"There is no folder {_shown(folder)}. Check the path; it must lie on the machine that runs the app."
        )
    try:
        return _listed(folder)
    except PermissionError as error:
        raise DatasetError(
            f"This program may not read {_shown(Path(error.filename))}. Change its permissions, or copy the photos."
        ) from None
    except OSError as error:  # a disk that fails, or was taken out meanwhile
        raise DatasetError(
            f"{_shown(folder)} can't be read ({error.strerror}). Check the folder and its disk."
        ) from None


def _listed(folder: Path) -> Listing:
    folder = _without_wrapping(folder)
    splits = _split_folders(folder)
    for name in ("train", "validation"):
        if name not in splits:
            others = ", ".join(_shown(path.name, 40) for path in _folders(folder)[:8]) or "no folders"
            raise DatasetError(f"{_shown(folder)} has no {name} split (found: {others}). {LAYOUT}.")
    passed_over: finding.PassedOver = {}
    for path in _folders(folder):
        if path not in splits.values():
            _pass_over(passed_over, OTHER_FOLDER, [path], folder)
    photos = {name: _photos_by_class(path, passed_over, folder) for name, path in splits.items()}
    classes = tuple(sorted(name for name, paths in photos["train"].items() if paths))
    if len(classes) < 2:
        content = f"only the class {quoted(classes[0])}" if classes else "no photos in sub-folders"
        raise DatasetError(
            f"{_shown(splits['train'])} must have at least two classes with photos, got {content}. {LAYOUT}."
        )
    for name in photos:
        unknown = sorted(label for label, paths in photos[name].items() if paths and label not in classes)
        if unknown:
            raise DatasetError(
                f"The {name} split has the class {quoted(unknown[0])}, which the train split lacks: add photos of it "
                f"to {_shown(splits['train'])} or remove it."
            )
    if not any(photos["validation"].values()):
        raise DatasetError(
            f"{_shown(splits['validation'])} has no photos, which are needed to judge each epoch. {LAYOUT}."
        )
    listed = {name: _split(photos.get(name, {}), classes) for name in SPLITS}
    return Listing(classes, listed, {reason: tuple(names) for reason, names in passed_over.items()})


def _shown(path: Path | str, most: int = 240) -> str:
    """A path or name for a sentence: readable, on one line and never long."""
    return printable_name(path_text(PurePath(path)), most)


def _without_wrapping(folder: Path) -> Path:
    """The folder with the splits, if it is the only one in `folder`, or in the only one in that, and so on."""
    inner = folder
    for _ in range(MOST_WRAPPING):
        folders = _folders(inner)
        if len(folders) != 1 or _split_name(folders[0]) in SPLITS:
            return inner if any(_split_name(path) in SPLITS for path in folders) else folder
        inner = folders[0]
    return folder


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_leftover(path.name) and path.is_dir())


def _split_name(folder: Path) -> str:
    name = folder.name.strip().lower()
    return OTHER_NAMES.get(name, name)


def _split_folders(folder: Path) -> dict[str, Path]:
    """The folder of each split. Raises DatasetError if two folders are the same split."""
    folders: dict[str, Path] = {}
    for path in _folders(folder):
        name = _split_name(path)
        if name in folders:
            raise DatasetError(
                f"{_shown(folder)} has two folders for the {name} split: {_shown(folders[name].name, 60)} and "
                f"{_shown(path.name, 60)}. Put all of its photos into one of them."
            )
        if name in SPLITS:
            folders[name] = path
    return folders


def _photos_by_class(folder: Path, passed_over: finding.PassedOver, root: Path) -> dict[str, list[Path]]:
    """The photos of a split by class, from the class folders and the folders below them.

    The name of a class is NFC, since programs write accents in two ways.
    """
    photos: dict[str, list[Path]] = {}
    for path in _folders(folder):
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
