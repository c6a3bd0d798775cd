"""The known datasets: people's folders, unpacked zips, and the drawn garments, which need no download."""

import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import Field

from core import words, workspace
from core.datasets import drawn, review, splitting, unpacking
from core.datasets.folders import Contents, Split, contents, listing
from core.datasets.measures import Progress
from core.datasets.splitting import SHARES
from core.errors import DatasetError
from core.files import atomic, damage, leftovers, records
from core.files.damage import Damaged
from core.files.names import is_reserved
from core.files.records import Record
from core.files.versions import Remembered

DRAWN = "drawn-garments"
CLOTHING = "clothing"  # the name of the offered download
DRAWN_TITLE = "Drawn garments (built in)"
LONGEST_TITLE = 80  # characters
ENTRY = "dataset.json"
DRAWING_SECONDS = 120.0  # to wait for another process that draws the garments; they take three


class Entry(Record):
    """dataset.json: where a dataset's photos lie."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Remove the dataset and add it again."
    HOLDS_PATHS: ClassVar = True

    folder: str  # absolute, or relative to the file's own folder
    title: str = ""  # as a person typed it; empty: the name
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

    @property
    def own_folder(self) -> Path:
        """Where the split, the review and other facts about the dataset lie."""
        return workspace.datasets() / self.name

    @property
    def is_drawn(self) -> bool:
        return self.name == DRAWN


def names() -> list[str]:
    """The names of all datasets: people's own in alphabetical order, then the drawn garments."""
    return [*(path.name for path in _added() if (path / ENTRY).exists()), DRAWN]


def damaged() -> list[Damaged]:
    """The datasets that can't be used because the file that says where their photos lie is damaged or missing."""
    return damage.sorted_out("dataset", _added(), _entries.get)[1]


def _added() -> list[Path]:
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
    if name == DRAWN:
        return _dataset(DRAWN, Entry(folder=str(_drawn_folder())), reviewed)
    return _dataset(name, _entries.get(workspace.datasets() / name), reviewed)


def find(text: str) -> str:
    """The name of the dataset with that name or title. Raises DatasetError if there is none."""
    if text == DRAWN or (_is_name(text) and (workspace.datasets() / text).is_dir()):
        return text
    for name in names():
        if _folded(title(name)) == _folded(text):
            return name
    raise DatasetError(
        f"There is no dataset {words.quoted(text)}; there are: {words.listed(map(title, names()))}. Add one on the "
        "Data page."
    )


def title(name: str) -> str:
    """What people call the dataset."""
    if name == DRAWN:
        return DRAWN_TITLE
    try:
        return _entries.get(workspace.datasets() / name).title or name
    except DatasetError:  # removed, or damaged
        return name


_title = title  # where a parameter has that name


def contents_of(name: str) -> Contents:
    """The photos of a dataset as they lie in its folder, whatever its split and review say. Raises DatasetError."""
    if name == DRAWN:
        return contents(_drawn_folder())
    folder = workspace.datasets() / name
    return contents(folder / _entries.get(folder).folder)


def add_folder(title: str, folder: Path, shares: Sequence[float] = SHARES, progress: Progress | None = None) -> Dataset:
    """Add a dataset folder under a title, without copying its photos.

    If the folder has no splits, one by `shares` is made. Raises DatasetError.
    """
    check_new(title)
    try:
        place = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{words.quoted(str(folder))} is not a valid path of a folder. Check it.") from None
    photos = contents(place)
    name = free_name(title)
    with _race_explained(title), atomic.new_folder(workspace.datasets() / name) as own:
        _split_if_needed(own, name, photos, shares, progress)
        records.write(own / ENTRY, Entry(folder=str(place), title=title.strip()))
    return load(name)


def add_zip(
    title: str,
    archive: Path | BinaryIO,
    progress: Callable[[float], None] | None = None,
    code_page: str = "",
    shares: Sequence[float] = SHARES,
) -> Dataset:
    """Unpack a zip of photos into the workspace and add it under a title.

    `code_page` is for names that don't say theirs. If the zip has no splits, one by `shares` is made. Raises
    DatasetError, and AmbiguousNamesError if the names can be read in several ways.
    """
    check_new(title)
    leftovers.sweep()
    name = free_name(title)
    place = workspace.datasets() / name
    with _race_explained(title), atomic.new_folder(place) as unpacked:
        photos = unpacked / "photos"
        photos.mkdir()
        passed_over = unpacking.unpack(archive, photos, progress, code_page)
        with _zip_explained(photos):
            _split_if_needed(unpacked, name, contents(photos), shares)
        records.write(unpacked / ENTRY, Entry(folder="photos", passed_over=passed_over, title=title.strip()))
    return load(name)


def _split_if_needed(
    own: Path, name: str, photos: Contents, shares: Sequence[float], progress: Progress | None = None
) -> None:
    """Split photos that have no splits, and make sure that something can be learned from the dataset."""
    splits = None
    if photos.needs_splits:
        splits = splitting.by_session(name, photos, shares, progress=progress)
    listing(photos, splits.splits if splits else None)
    if splits:
        splitting.write(own, splits)


@contextmanager
def _zip_explained(photos: Path) -> Iterator[None]:
    """Raise DatasetError with paths in the zip instead of the folder that is about to go."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(str(error).replace(f"{photos}{os.sep}", "").replace(str(photos), "the zip")) from None


@contextmanager
def _race_explained(name: str) -> Iterator[None]:
    """Raise DatasetError when somebody else added a dataset of the same name at the same time."""
    try:
        yield
    except FileExistsError:
        check_new(name)
        raise


def remove(name: str) -> None:
    """Remove a dataset: unpacked photos are deleted, a folder that was added stays as it is. Raises DatasetError."""
    place = workspace.datasets() / name
    if not _is_name(name) or name == DRAWN or not place.is_dir():
        raise DatasetError(f"There is no dataset {words.quoted(name)} to remove; there are: {words.listed(names())}.")
    shutil.rmtree(place)


def name_for(path: str) -> str:
    """A dataset name for a file, folder or title: 'My Clothes.zip' becomes 'my-clothes'."""
    stem = Path(path).name.lower().removesuffix(".zip")
    return re.sub(r"[^a-z0-9_]+", "-", stem).strip("-_")[:60].rstrip("-_") or "photos"


def free_name(title: str) -> str:
    """The name that a new dataset of that title gets; a number tells it from others."""
    name = name_for(title.replace("/", " "))
    if is_reserved(name) or name == DRAWN:
        name = f"{name[:55]}-data"
    taken = {path.name for path in _added()}
    numbered = (f"{name[:55]}-{number}" for number in range(2, 10_000))
    return name if name not in taken else next(free for free in numbered if free not in taken)


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name)) and not is_reserved(name)


def check_new(title: str) -> None:
    """Raise DatasetError when no dataset can be added under that title."""
    if not title.strip() or len(title.strip()) > LONGEST_TITLE or not title.strip().isprintable():
        raise DatasetError(
            f"A dataset's name must have 1 to {LONGEST_TITLE} printable characters, got {words.quoted(title)}."
        )
    taken = {_folded(other) for name in names() for other in (name, _title(name))}
    if _folded(title) in taken or (_is_name(title) and (workspace.datasets() / title).exists()):
        raise DatasetError(
            f"There is a dataset {words.quoted(title.strip())} already. Choose another name or remove it first."
        )


def _folded(title: str) -> str:
    return unicodedata.normalize("NFC", title).strip().casefold()


def _dataset(name: str, entry: Entry, reviewed: bool) -> Dataset:
    own = workspace.datasets() / name
    photos = contents(own / entry.folder)
    splits = splitting.read(own)
    changes = review.read(own).changes() if reviewed else None
    found = listing(photos, splits.splits if splits else None, changes)
    passed_over = {**found.passed_over, **entry.passed_over}
    shown = DRAWN_TITLE if name == DRAWN else entry.title or name
    return Dataset(name, photos.folder, found.classes, found.splits, passed_over, shown)


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
                    with atomic.new_folder(folder) as new:
                        drawn.draw(new)
        except Timeout:  # also when the folder of the lock is gone: filelock tries for ever
            raise DatasetError(
                f"The garments could not be drawn: {lock} is held by another process or can't be written. Try "
                "again, or delete that file."
            ) from None
    return folder
