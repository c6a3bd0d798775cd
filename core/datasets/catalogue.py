"""The datasets that are known here: folders of people, unpacked zips, and the drawn garments that need no download."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from filelock import FileLock

from core import workspace
from core.datasets import drawn
from core.datasets.folders import Split, listing
from core.errors import DatasetError
from core.files import atomic, records
from core.files.records import Record
from core.photos import archives

DRAWN = "drawn-garments"
CLOTHING = "clothing"  # what the offered download is called


class Entry(Record):
    """dataset.json: where a dataset's photos lie."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Remove the dataset and add it again."

    folder: str  # absolute, or relative to the file's own folder


@dataclass(frozen=True)
class Dataset:
    """A dataset's photos by split. Paths are read when they are needed; a photo that vanished meanwhile is skipped."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    splits: Mapping[str, Split]

    @property
    def is_drawn(self) -> bool:
        return self.name == DRAWN


def names() -> list[str]:
    """The datasets that can be loaded: people's own by name, the drawn garments last."""
    folder = workspace.datasets()
    added = [path.parent.name for path in folder.glob("*/dataset.json") if path.parent.name[0] != "."]
    return [*sorted(name for name in added if name != DRAWN), DRAWN]


def load(name: str) -> Dataset:
    """The dataset of that name; the drawn garments are drawn on first use (some seconds). Raises DatasetError."""
    if name == DRAWN:
        return _dataset(DRAWN, _drawn_folder())
    entry = records.read(workspace.datasets() / name / "dataset.json", Entry) if _is_name(name) else None
    if entry is None:
        raise DatasetError(f"There is no dataset {name!r}; there are: {', '.join(names())}. Add one on the Data page.")
    return _dataset(name, workspace.datasets() / name / entry.folder)


def add_folder(name: str, folder: Path) -> Dataset:
    """Make a dataset folder known under a name, without copying its photos. Raises DatasetError."""
    check_new(name)
    try:
        place = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{str(folder)[:200]!r} can't be a folder's path. Check it.") from None
    dataset = _dataset(name, place)
    own = workspace.datasets() / name
    own.mkdir(parents=True, exist_ok=True)
    records.write(own / "dataset.json", Entry(folder=str(dataset.folder)))
    return dataset


def add_zip(name: str, archive: Path | BinaryIO, progress: Callable[[float], None] | None = None) -> Dataset:
    """Unpack a zip of photos into the workspace and make it known under a name. Raises DatasetError."""
    check_new(name)
    place = workspace.datasets() / name
    with _named_once(name), atomic.new_folder(place) as unpacked:
        photos = unpacked / "photos"
        photos.mkdir()
        archives.unpack(archive, photos, progress)
        _check_unpacked(photos)
        records.write(unpacked / "dataset.json", Entry(folder="photos"))
    return load(name)


def _check_unpacked(photos: Path) -> None:
    """`listing`, whose sentence then names places in the zip instead of a folder that is about to vanish."""
    try:
        listing(photos)
    except DatasetError as error:
        raise DatasetError(str(error).replace(f"{photos}{os.sep}", "").replace(str(photos), "The zip")) from None


@contextmanager
def _named_once(name: str) -> Iterator[None]:
    """Two may add a dataset of the same name at the same time: the second is told."""
    try:
        yield
    except FileExistsError:
        check_new(name)
        raise


def remove(name: str) -> None:
    """Forget a dataset: unpacked photos are deleted, a folder that was only referred to stays as it is."""
    place = workspace.datasets() / name
    if not _is_name(name) or not place.is_dir():
        raise DatasetError(f"There is no dataset {name!r} to remove; there are: {', '.join(names())}.")
    shutil.rmtree(place)


def name_for(path: str) -> str:
    """A dataset name made from a file or folder name: 'My Clothes.zip' becomes 'my-clothes'."""
    stem = Path(path).name.lower().removesuffix(".zip")
    return re.sub(r"[^a-z0-9_]+", "-", stem).strip("-_")[:60].rstrip("-_") or "photos"


def _is_name(name: str) -> bool:
    shaped = re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name) is not None
    return shaped and not archives.RESERVED.fullmatch(name)


def check_new(name: str) -> None:
    """Raises DatasetError when no dataset can be added under that name."""
    if not _is_name(name):
        raise DatasetError(
            f"{name!r} can't be a dataset's name; use up to 60 small letters, digits, - and _: {name_for(name)!r}."
        )
    if name == DRAWN or (workspace.datasets() / name).exists():
        raise DatasetError(f"There is a dataset {name!r} already; choose another name or remove that one first.")


def _dataset(name: str, folder: Path) -> Dataset:
    found = listing(folder)
    return Dataset(name, folder, found.classes, found.splits)


def is_drawn_yet() -> bool:
    """Whether the drawn garments lie on the disk; if not, loading them takes some seconds."""
    return (workspace.datasets() / DRAWN / "photos").is_dir()


def _drawn_folder() -> Path:
    folder = workspace.datasets() / DRAWN / "photos"
    if not folder.is_dir():
        workspace.locks().mkdir(parents=True, exist_ok=True)
        with FileLock(workspace.locks() / f"{DRAWN}.lock"):  # a page and a worker may want them at the same time
            if not folder.is_dir():
                with atomic.new_folder(folder) as new:
                    drawn.draw(new)
    return folder
