"""New datasets: a folder that stays where it is, or a zip that is unpacked into the workspace."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core import words, workspace
from core.datasets import arranging, catalogue, folders, splitting, titles, unpacking
from core.datasets.catalogue import Dataset, Entry
from core.datasets.folders import Contents
from core.datasets.measures import Progress
from core.datasets.splitting import SHARES, Splits
from core.errors import DatasetError
from core.files import atomic, leftovers, records


def add_folder(title: str, folder: Path, shares: Sequence[float] = SHARES, progress: Progress | None = None) -> Dataset:
    """Add a dataset folder under a title, without copying its photos.

    If the folder has no splits, one by `shares` is made, with `progress` while its photos are read. Raises
    DatasetError, and IncompleteError, after the dataset was added, if its photos must be sorted into classes first.
    """
    titles.check_new(title)
    splitting.check_shares(shares)
    try:
        place = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{words.quoted(str(folder))} is not a valid path of a folder. Check it.") from None
    photos = folders.contents(place)
    name = titles.free_name(title)
    with new_dataset(title, name) as own:
        _split_if_needed(own, name, photos, shares, progress)
        entry = Entry(folder=str(place), title=title.strip(), is_collected=_waits(photos))
        records.write(own / catalogue.ENTRY, entry)
    return catalogue.load(name)


def add_zip(
    title: str,
    archive: Path | BinaryIO,
    progress: Callable[[float], None] | None = None,
    code_page: str = "",
    shares: Sequence[float] = SHARES,
    measuring: Progress | None = None,
) -> Dataset:
    """Unpack a zip of photos into the workspace and add it under a title.

    `progress` gets the share unpacked, 0 to 1. `code_page` is for names that don't say theirs. If the zip has no
    splits, one by `shares` is made, with `measuring` while the photos are read. Raises DatasetError,
    AmbiguousNamesError if the names can be read in several ways, and IncompleteError as `add_folder` does.
    """
    titles.check_new(title)
    splitting.check_shares(shares)
    leftovers.sweep()
    name = titles.free_name(title)
    with new_dataset(title, name) as own:
        photos = own / catalogue.PHOTOS
        photos.mkdir()
        passed_over = unpacking.unpack(archive, photos, progress, code_page)
        with _zip_explained(photos):
            contents = folders.contents(photos)
            _split_if_needed(own, name, contents, shares, measuring)
        entry = Entry(
            folder=catalogue.PHOTOS, passed_over=passed_over, title=title.strip(), is_collected=_waits(contents)
        )
        records.write(own / catalogue.ENTRY, entry)
    return catalogue.load(name)


def summary(dataset: Dataset) -> str:
    """What a dataset has: '212 photos in 3 classes, split 170/21/21 by 64 sessions.'"""
    sizes = [len(split) for split in dataset.splits.values()]
    text = f"{words.count(sum(sizes), 'photo')} in {words.classes(len(dataset.classes))}"
    splits = splitting.read(dataset.own_folder)
    if splits is None:
        return f"{text}."
    text += f", split {'/'.join(f'{size:,}' for size in sizes)} by {words.count(splits.sessions, 'session')}."
    if splits.divided:
        text += " The sessions are too few to keep each in one split, so scores will look better than they are."
    return text


@contextmanager
def new_dataset(title: str, name: str) -> Iterator[Path]:
    """The own folder of a new dataset, which appears when the block ends. Raises DatasetError if another was faster."""
    try:
        with atomic.new_folder(workspace.datasets() / name) as own:
            yield own
    except FileExistsError:
        titles.check_new(title)
        raise DatasetError(
            f"Somebody added a dataset with nearly the same name as {words.quoted(title.strip())} at the same time. "
            "Try again."
        ) from None


def _split_if_needed(
    own: Path, name: str, photos: Contents, shares: Sequence[float], progress: Progress | None
) -> None:
    """Split photos that have no splits, and make sure that something can be learned from the dataset."""
    if _waits(photos):  # the photos are sorted first, then split
        splitting.write(own, Splits(date=records.now()))
        return
    arranging.check_classes(photos)
    splits = None
    if photos.needs_splits:
        splits = splitting.by_session(name, photos, shares, progress=progress)
    arranging.listing(photos, splits.splits if splits else None)
    if splits:
        splitting.write(own, splits)


def _waits(photos: Contents) -> bool:
    """Whether photos must be sorted into classes before anything can be learned from them."""
    return bool(photos.loose) and len(photos.classes) < 2


@contextmanager
def _zip_explained(photos: Path) -> Iterator[None]:
    """Raise DatasetError with paths in the zip instead of the folder that is about to go."""
    try:
        yield
    except DatasetError as error:
        sentence = str(error).replace(f"{photos}{os.sep}", "").replace(str(photos), "the zip")
        raise DatasetError(sentence[:1].upper() + sentence[1:]) from None
