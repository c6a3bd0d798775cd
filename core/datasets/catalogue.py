"""The known datasets: people's folders, unpacked zips, and the drawn garments, which need no download."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import Field

from core import words, workspace
from core.datasets import drawn, unpacking
from core.datasets.folders import Split, listing
from core.errors import DatasetError
from core.files import atomic, damage, leftovers, records
from core.files.damage import Damaged
from core.files.names import is_reserved
from core.files.records import Record
from core.files.versions import Remembered

DRAWN = "drawn-garments"
CLOTHING = "clothing"  # the name of the offered download
ENTRY = "dataset.json"
DRAWING_SECONDS = 120.0  # to wait for another process that draws the garments; they take three


class Entry(Record):
    """dataset.json: where a dataset's photos lie."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Remove the dataset and add it again."
    HOLDS_PATHS: ClassVar = True

    folder: str  # absolute, or relative to the file's own folder
    passed_over: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # of a zip: reason → files not unpacked


@dataclass(frozen=True)
class Dataset:
    """A dataset's photos by split. Each photo is read when it is needed, and skipped if its file is gone by then."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    passed_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason → files that are not taken

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


def load(name: str) -> Dataset:
    """The dataset of that name. The drawn garments are drawn on first use (a few seconds). Raises DatasetError."""
    if name == DRAWN:
        return _dataset(DRAWN, _drawn_folder())
    folder = workspace.datasets() / name
    if not _is_name(name) or not folder.is_dir():
        raise DatasetError(
            f"There is no dataset {words.quoted(name)}; there are: {words.listed(names())}. Add one on the Data page."
        )
    entry = _entries.get(folder)
    return _dataset(name, folder / entry.folder, entry.passed_over)


def add_folder(name: str, folder: Path) -> Dataset:
    """Add a dataset folder under a name, without copying its photos. Raises DatasetError."""
    check_new(name)
    try:
        place = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{words.quoted(str(folder))} is not a valid path of a folder. Check it.") from None
    dataset = _dataset(name, place)
    with _race_explained(name), atomic.new_folder(workspace.datasets() / name) as own:
        records.write(own / ENTRY, Entry(folder=str(dataset.folder)))
    return dataset


def add_zip(
    name: str, archive: Path | BinaryIO, progress: Callable[[float], None] | None = None, code_page: str = ""
) -> Dataset:
    """Unpack a zip of photos into the workspace and add it under a name.

    `code_page` is for names that don't say theirs. Raises DatasetError, and AmbiguousNamesError if they can be read in
    several ways.
    """
    check_new(name)
    leftovers.sweep()
    place = workspace.datasets() / name
    with _race_explained(name), atomic.new_folder(place) as unpacked:
        photos = unpacked / "photos"
        photos.mkdir()
        passed_over = unpacking.unpack(archive, photos, progress, code_page)
        _check_unpacked(photos)
        records.write(unpacked / ENTRY, Entry(folder="photos", passed_over=passed_over))
    return load(name)


def _check_unpacked(photos: Path) -> None:
    """Raise DatasetError as `listing` does, with paths in the zip instead of the folder that is about to go."""
    try:
        listing(photos)
    except DatasetError as error:
        raise DatasetError(str(error).replace(f"{photos}{os.sep}", "").replace(str(photos), "The zip")) from None


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
    if not _is_name(name) or not place.is_dir():
        raise DatasetError(f"There is no dataset {words.quoted(name)} to remove; there are: {words.listed(names())}.")
    shutil.rmtree(place)


def name_for(path: str) -> str:
    """A dataset name for a file or folder: 'My Clothes.zip' becomes 'my-clothes'."""
    stem = Path(path).name.lower().removesuffix(".zip")
    return re.sub(r"[^a-z0-9_]+", "-", stem).strip("-_")[:60].rstrip("-_") or "photos"


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name)) and not is_reserved(name)


def check_new(name: str) -> None:
    """Raise DatasetError when no dataset can be added under that name."""
    if not _is_name(name):
        raise DatasetError(
            f"{words.quoted(name)} can't be a dataset's name. Use up to 60 lower-case letters, digits, - and _, such "
            f"as {name_for(name)!r}."
        )
    if name == DRAWN or (workspace.datasets() / name).exists():
        raise DatasetError(f"There is a dataset {name!r} already. Choose another name or remove it first.")


def _dataset(name: str, folder: Path, passed_over: Mapping[str, tuple[str, ...]] | None = None) -> Dataset:
    photos = listing(folder)
    return Dataset(name, folder, photos.classes, photos.splits, {**photos.passed_over, **(passed_over or {})})


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
