"""What can be done with a dataset as a whole: remove it, give it another title, copy it, split it anew."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from core import workspace
from core.datasets import arranging, catalogue, changing, looks, review, splitting, titles
from core.datasets.adding import new_dataset
from core.datasets.catalogue import Dataset
from core.datasets.measures import Progress
from core.datasets.splitting import SHARES, Splits
from core.errors import DatasetError
from core.files import atomic, cache, records
from core.words import listed, quoted, size


def remove(name: str) -> None:
    """Remove a dataset: unpacked photos are deleted, a folder that was added stays as it is. Raises DatasetError."""
    place = catalogue.own_folder(catalogue.find(name))
    if not place.is_dir():
        raise DatasetError(
            f"There is no dataset {quoted(name)} to remove; there are: "
            f"{listed(map(catalogue.title, catalogue.names()))}."
        )
    away = atomic.temporary_name(place)  # at once: a process that writes into it meanwhile must not bring it back
    place.rename(away)
    shutil.rmtree(away)


def rename(name: str, title: str) -> None:
    """Give a dataset another title. Its name for links, runs and models stays. Raises DatasetError."""
    name = catalogue.find(name)
    if name == catalogue.DRAWN:
        raise DatasetError("The drawn garments can't be renamed. Copy them under another name.")
    with changing.alone(name):
        titles.check_new(title, except_of=name)
        entry = catalogue.entry(name).model_copy(update={"title": title.strip()})
        records.write(catalogue.own_folder(name) / catalogue.ENTRY, entry)


def copy(name: str, title: str, progress: Progress | None = None) -> Dataset | None:
    """Copy a dataset with its split and its review, and return the copy, or None if it is not complete yet.

    Photos in the workspace are linked, or copied where the disk can't link; a folder that was added is used by both.
    Raises DatasetError.
    """
    name = catalogue.find(name)
    titles.check_new(title)
    entry, own = catalogue.entry(name), catalogue.own_folder(name)
    place = own / entry.folder
    new_name = titles.free_name(title)
    with changing.alone(name), new_dataset(title, new_name) as new:
        for file in (splitting.FILE, review.FILE, looks.FILE):
            if (own / file).exists():
                shutil.copyfile(own / file, new / file)
        if workspace.home() in place.resolve().parents:
            _copy_photos(place, new / catalogue.PHOTOS, progress)
            entry = entry.model_copy(update={"folder": catalogue.PHOTOS})
        records.write(new / catalogue.ENTRY, entry.model_copy(update={"title": title.strip()}))
    with contextlib.suppress(DatasetError):
        return catalogue.load(new_name)
    return None


def split_anew(name: str, shares: Sequence[float] = SHARES, seed: int = 0, progress: Progress | None = None) -> Splits:
    """Split a dataset by the sessions in which its photos were taken. The split before it is kept under its date.

    Raises DatasetError, and changes nothing then.
    """
    name = catalogue.find(name)
    with changing.alone(name):
        photos = arranging.reviewed(catalogue.contents_of(name), review.of(name).changes())
        arranging.check_classes(photos)
        splits = splitting.by_session(name, photos, shares, seed, progress)
        arranging.listing(photos, splits.splits)
        splitting.write(catalogue.own_folder(name), splits)
    return splits


def can_restore_split(name: str) -> bool:
    """Whether a dataset was split anew although its folders are split."""
    try:
        return splitting.read(catalogue.own_folder(name)) is not None and not catalogue.contents_of(name).needs_splits
    except DatasetError:
        return False


def restore_split(name: str) -> None:
    """Use the split of the photos' own folders again. Raises DatasetError if they have none."""
    name = catalogue.find(name)
    with changing.alone(name):
        if catalogue.contents_of(name).needs_splits:
            raise DatasetError(
                f"The folders of {quoted(catalogue.title(name))} are not split into train and validation, so there is "
                "no split to go back to. Split the dataset anew."
            )
        splitting.keep_previous(catalogue.own_folder(name))


def _copy_photos(source: Path, target: Path, progress: Progress | None) -> None:
    """Link or copy all files below a folder."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for done, path in enumerate(files):
        if progress and done % 16 == 0:
            progress(done, len(files))
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:  # a disk without links, or with too many of them
            need = sum(file.stat().st_size for file in files[done:])
            if need + cache.SPARE > cache.free():
                raise DatasetError(
                    f"The disk has too little room for a copy ({size(need)}). Free some space."
                ) from None
            shutil.copy2(path, place)
    target.mkdir(exist_ok=True)
    if progress:
        progress(len(files), len(files))
