"""Dataset folders, listed and checked: `{train,validation,test}/<class>/<photo>`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError
from core.photos.formats import SUFFIXES

SPLITS = ("train", "validation", "test")
OTHER_NAMES = {"val": "validation", "valid": "validation", "training": "train", "testing": "test"}
LAYOUT = "A dataset has the folders train, validation and test, each with one sub-folder of photos per class"


@dataclass(frozen=True)
class Split:
    """The photos of one split, sorted by class and name."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]  # positions in the dataset's classes

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Listing:
    """The content of a dataset's folder. The test split may be empty, the other two are not."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]


def listing(folder: Path) -> Listing:
    """The content of a dataset folder. Raises DatasetError when nothing can be learned from it."""
    try:
        exists = folder.is_dir()
    except (OSError, ValueError):  # a path that is too long or contains a NUL
        exists = False
    if not exists:
        raise DatasetError(
            f"There is no folder {folder}. Check the path; it must lie on the machine that runs the app."
        )
    try:
        return _listed(folder)
    except PermissionError as error:
        raise DatasetError(
            f"This program may not read {error.filename}. Change its permissions, or copy the photos."
        ) from None


def _listed(folder: Path) -> Listing:
    splits = _split_folders(folder)
    for name in ("train", "validation"):
        if name not in splits:
            others = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_dir())[:8]) or "no folders"
            raise DatasetError(f"{folder} has no {name} split (found: {others}). {LAYOUT}.")
    photos = {name: _photos_by_class(path) for name, path in splits.items()}
    classes = tuple(sorted(name for name, paths in photos["train"].items() if paths))
    if len(classes) < 2:
        content = f"only the class {classes[0]!r}" if classes else "no photos in sub-folders"
        raise DatasetError(f"{splits['train']} must have at least two classes with photos, got {content}. {LAYOUT}.")
    for name in photos:
        unknown = sorted(label for label, paths in photos[name].items() if paths and label not in classes)
        if unknown:
            raise DatasetError(
                f"The {name} split has the class {unknown[0]!r}, which the train split lacks: add photos of it to "
                f"{splits['train']} or remove it."
            )
    if not any(photos["validation"].values()):
        raise DatasetError(f"{splits['validation']} has no photos, which are needed to judge each epoch. {LAYOUT}.")
    return Listing(classes, {name: _split(photos.get(name, {}), classes) for name in SPLITS})


def _split_folders(folder: Path) -> dict[str, Path]:
    folders = {}
    for path in sorted(folder.iterdir()):
        name = OTHER_NAMES.get(path.name.lower(), path.name.lower())
        if path.is_dir() and name in SPLITS:
            folders[name] = path
    return folders


def _photos_by_class(folder: Path) -> dict[str, list[Path]]:
    return {
        path.name: sorted(
            photo for photo in path.iterdir() if photo.suffix.lower() in SUFFIXES and photo.name[0] != "."
        )
        for path in folder.iterdir()
        if path.is_dir() and path.name[0] != "."
    }


def _split(photos: Mapping[str, list[Path]], classes: tuple[str, ...]) -> Split:
    pairs = [(path, label) for label, name in enumerate(classes) for path in photos.get(name, [])]
    return Split(tuple(path for path, _ in pairs), tuple(label for _, label in pairs))
