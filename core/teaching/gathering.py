"""Photos for a lesson: added to a kind or to be sorted, copied from elsewhere, and given a kind later."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from core.datasets import catalogue, exporting, growing, labels, review
from core.datasets.arranging import folded
from core.datasets.growing import Growth, Photo
from core.datasets.measures import Progress
from core.errors import DatasetError, PhotoError
from core.files.names import distinct_paths, printable_name
from core.photos import read_file
from core.teaching import lesson
from core.words import quoted

AT_ONCE = 32  # photos between two steps of the progress


def from_folders(title: str, kinds: Mapping[str, Sequence[Path]], progress: Progress) -> tuple[str, list[str]]:
    """Make a lesson of the photos of each kind, or add them to the lesson of that title.

    Returns its name, and a sentence for each photo that could not be added. Raises DatasetError.
    """
    try:
        name = catalogue.find(title)
    except DatasetError:
        name = lesson.create(title)
    else:
        lesson.open_on(name)
    refused: list[str] = []
    done, total = 0, sum(map(len, kinds.values()))
    for kind, paths in kinds.items():
        for start in range(0, len(paths), AT_ONCE):
            some, unread = _read(paths[start : start + AT_ONCE])
            refused += [*unread, *add_photos(name, kind, some).refused]
            done += len(some) + len(unread)
            progress(done, total)
    return name, refused


def _read(paths: Sequence[Path]) -> tuple[list[Photo], list[str]]:
    """The photos in these files, and a sentence for each that can't be read."""
    photos, refused = list[Photo](), list[str]()
    for path in paths:
        try:
            photos.append((path.name, read_file(path)))
        except PhotoError as error:
            refused.append(f"{printable_name(path.name)} was not added. {error}")
    return photos, refused


def add_photos(name: str, kind: str, photos: Sequence[Photo], session: str = "") -> Growth:
    """Add photos to a kind, as `growing.add_photos` does. Raises DatasetError."""
    growth = growing.add_photos(name, kind, photos, session)
    kinds = lesson.of(name).kinds
    spelled = next((other for other in kinds if folded(other) == folded(growth.label)), growth.label)
    if spelled != growth.label:  # the folder has the kind's name in other capitals
        label_photos(name, [*growth.names, *sorted(growth.known)], spelled)
    return replace(growth, label=spelled)


def add_from(name: str, kind: str, source: str, label: str, most: int) -> Growth:
    """Add photos of a class of another dataset to a kind: at most so many, evenly from all of them.

    Raises DatasetError.
    """
    dataset = catalogue.load(source)
    if label not in dataset.classes:
        raise DatasetError(f"{quoted(dataset.title)} has no class {quoted(label)}. Choose one of its classes.")
    place = dataset.classes.index(label)
    paths = [
        path for split in dataset.splits.values() for path, of in zip(split.paths, split.labels, strict=True)
        if of == place
    ]  # fmt: skip
    step = max(1.0, len(paths) / max(1, most))
    chosen = [paths[int(number * step)] for number in range(min(most, len(paths)))]
    photos, refused = _read(chosen)
    growth = add_photos(name, kind, photos)
    return replace(growth, refused=(*refused, *growth.refused))


def write_zip(name: str, file: BinaryIO) -> None:
    """Write the photos of a lesson as a zip with a folder for each kind; photos stay as they are, byte for byte.

    Raises DatasetError, and PhotoError for a photo that is gone by now.
    """
    rows = lesson.rows(name)
    places = distinct_paths([(labels.folder_name(row.kind), row.path.name) for row in rows])
    exporting.write_entries(((parts, read_file(row.path)) for parts, row in zip(places, rows, strict=True)), file)


def add_unsorted(name: str, photos: Sequence[Photo]) -> Growth:
    """Add photos that are in no kind yet, as `growing.add_loose` does. Raises DatasetError."""
    return growing.add_loose(name, photos)


def label_photos(name: str, photos: Sequence[str], kind: str) -> int:
    """Put photos of the lesson into a kind, and return the step for `review.undo`. Raises DatasetError."""
    return label_each(name, dict.fromkeys(photos, kind))


def label_each(name: str, kinds: Mapping[str, str]) -> int:
    """Put each photo into its kind, all undone at once, and return the step for `review.undo`. Raises DatasetError."""
    return review.record(name, [wish for photo, kind in kinds.items() for wish in review.class_wishes(photo, kind)])
