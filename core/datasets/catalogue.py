"""The known datasets: people's folders, unpacked zips, and the drawn garments, which need no download."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from core import words, workspace
from core.datasets import arranging, drawn, review, splitting
from core.datasets.arranging import Change, listing, reviewed
from core.datasets.folders import Contents, Split, contents
from core.errors import DatasetError, IncompleteError
from core.files import atomic, damage, read_only, records
from core.files.damage import Damaged
from core.files.names import is_reserved
from core.files.records import Record
from core.files.versions import Remembered

DRAWN = "drawn-garments"
CLOTHING = "clothing"  # the name of the offered download
DRAWN_TITLE = "Drawn garments (built in)"
ENTRY = "dataset.json"
PHOTOS = "photos"  # the folder of photos in the workspace
DRAWING_SECONDS = 120.0  # to wait for another process that draws the garments; they take three


class Entry(Record):
    """dataset.json: where a dataset's photos lie."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Remove the dataset and add it again."
    HOLDS_PATHS: ClassVar = True

    folder: str  # absolute, or relative to the file's own folder
    title: str = ""  # as a person typed it; empty: the name
    is_collected: bool = False  # photos were added class by class: each folder is a class, whatever its name
    passed_over: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # of a zip: reason → files not unpacked


@dataclass(frozen=True)
class Dataset:
    """A dataset's photos by split. Each photo is read when it is needed, and skipped if its file is gone by then."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    passed_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason → files that are not taken
    title: str = ""  # for people
    waiting: int = 0  # loose photos that must be sorted into classes before they count

    @property
    def own_folder(self) -> Path:
        """Where the split, the review and other facts about the dataset lie."""
        return own_folder(self.name)

    @property
    def is_drawn(self) -> bool:
        return self.name == DRAWN


def own_folder(name: str) -> Path:
    """Where the split, the review and other facts about the dataset of that name lie."""
    return workspace.datasets() / name


def names() -> list[str]:
    """The names of all datasets: people's own in alphabetical order, then the drawn garments."""
    return [*(path.name for path in added() if (path / ENTRY).exists()), DRAWN]


def damaged() -> list[Damaged]:
    """The datasets that can't be used because the file that says where their photos lie is damaged or missing."""
    return damage.sorted_out("dataset", added(), _entries.get)[1]


def added() -> list[Path]:
    """The folders of people's own datasets, in alphabetical order."""
    try:
        folders = sorted(path for path in workspace.datasets().iterdir() if path.name[0] != "." and path.is_dir())
    except OSError:
        return []
    return [path for path in folders if path.name != DRAWN]


def _read_entry(folder: Path) -> Entry:
    entry = records.read(folder / ENTRY, Entry)
    if entry is None:
        raise DatasetError(f"{folder / ENTRY} is missing, so nothing says where the photos lie. {Entry.REMEDY}")
    return entry


_entries = Remembered((ENTRY,), _read_entry)


def load(name: str, reviewed: bool = True) -> Dataset:
    """The dataset of that name or title, without its review if it is not `reviewed`.

    The drawn garments are drawn on first use (a few seconds). Raises DatasetError.
    """
    name = find(name)
    return _dataset(name, entry(name), reviewed)


def find(text: str) -> str:
    """The name of the dataset with that name or title. Raises DatasetError if there is none."""
    if text == DRAWN or (is_name(text) and (workspace.datasets() / text).is_dir()):
        return text
    for name in names():
        if is_name(name) and folded(title(name)) == folded(text):
            return name
    raise DatasetError(
        f"There is no dataset {words.quoted(text)}; there are: {words.listed(map(title, names()))}. Add one on the "
        "Data page."
    )


def title(name: str) -> str:
    """What people call the dataset."""
    if name == DRAWN:
        return DRAWN_TITLE
    if not is_name(name):  # runs, links and models may name anything
        return name
    try:
        return _entries.get(workspace.datasets() / name).title or name
    except DatasetError:  # removed, or damaged
        return name


def entry(name: str) -> Entry:
    """What is stored about the dataset of that name or title. Raises DatasetError."""
    name = find(name)
    return Entry(folder=str(_drawn_folder())) if name == DRAWN else _entries.get(workspace.datasets() / name)


def contents_of(name: str) -> Contents:
    """The photos of a dataset as they lie in its folder, whatever its split and review say. Raises DatasetError."""
    return _contents(find(name), entry(name))


def _contents(name: str, entry: Entry) -> Contents:
    return contents(workspace.datasets() / name / entry.folder, entry.is_collected)


def is_name(name: str) -> bool:
    """Whether a dataset may have that name, which is also its folder's. Its title may be any text."""
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name)) and not is_reserved(name)


def folded(title: str) -> str:
    """A title as it is compared with others."""
    return unicodedata.normalize("NFC", title).strip().casefold()


def _dataset(name: str, entry: Entry, reviewed: bool) -> Dataset:
    own = workspace.datasets() / name
    photos = _contents(name, entry)
    splits = splitting.read(own)
    changes = review.read(own).changes() if reviewed else None
    try:
        found = listing(photos, splits.splits if splits else None, changes)
    except DatasetError:
        if entry.is_collected:
            raise IncompleteError(_incomplete(entry.title or name, photos, changes or {})) from None
        raise
    passed_over = {**found.passed_over, **entry.passed_over}
    shown = DRAWN_TITLE if name == DRAWN else entry.title or name
    waiting = len(arranging.unsorted(photos, changes or {}))
    return Dataset(name, photos.folder, found.classes, found.splits, passed_over, shown, waiting)


def _incomplete(title: str, photos: Contents, changes: Mapping[str, Change]) -> str:
    """What a dataset needs that was made class by class, and whose photos are too few yet or mostly left out."""
    if waiting := len(arranging.unsorted(photos, changes)):
        return (
            f"{words.count(waiting, 'photo')} of {words.quoted(title)} must be sorted into classes before a model can "
            "learn from them. Sort them on the Data page."
        )
    photos = reviewed(photos, changes)
    count = words.count(len(photos.rows()), "photo")
    return (
        f"{words.quoted(title)} needs at least two classes with two photos each before a model can learn from it, got "
        f"{count} in {words.classes(len(photos.classes))}. Add photos on the Data page, or split "
        "the dataset anew if all of them are in one split."
    )


def unsorted(name: str) -> Dataset:
    """The photos of a dataset that nobody has sorted into a class yet, with the classes that there are.

    They are in one split, and their label is -1. Raises DatasetError.
    """
    name = find(name)
    photos, changes = contents_of(name), review.read(workspace.datasets() / name).changes()
    paths = tuple(arranging.unsorted(photos, changes))
    classes = tuple(reviewed(photos, changes).classes)
    return Dataset(name, photos.folder, classes, {"train": Split(paths, (-1,) * len(paths))}, {}, title(name))


def is_drawn_yet() -> bool:
    """Whether the drawn garments are on disk; if not, loading them takes a few seconds."""
    return (workspace.datasets() / DRAWN / "photos").is_dir()


def _drawn_folder() -> Path:
    folder = workspace.datasets() / DRAWN / "photos"
    if not folder.is_dir():
        from filelock import FileLock, Timeout  # it imports asyncio, and the drawings are drawn once

        workspace.locks().mkdir(parents=True, exist_ok=True)
        lock = workspace.locks() / f"{DRAWN}.lock"
        try:
            with FileLock(lock, timeout=DRAWING_SECONDS):  # a page and a worker may need them at the same time
                if not folder.is_dir():
                    with read_only.lifted(), atomic.new_folder(folder) as new:  # nobody's work, and every page needs it
                        drawn.draw(new)
        except Timeout:  # also when the folder of the lock is gone: filelock tries for ever
            raise DatasetError(
                f"The garments could not be drawn: {lock} is held by another process or can't be written. Try "
                "again, or delete that file."
            ) from None
    return folder


def check_photos(name: str, photos: Sequence[str]) -> None:
    """Raise DatasetError if a photo is not in the dataset's folder."""
    folder = contents_of(name)
    known = set(folder.names([*(path for _, _, path in folder.rows()), *folder.loose]))
    if unknown := [photo for photo in photos if photo not in known]:
        raise DatasetError(
            f"There is no photo {words.quoted(unknown[0])} in the dataset. Give its path below the dataset's folder, "
            f"such as {words.quoted(min(known))}."
        )
