"""A dataset as its split and its review make it, written as folders or a zip that any program reads."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core import photos
from core.datasets import catalogue, labels
from core.datasets.catalogue import Dataset
from core.datasets.measures import Progress
from core.errors import DatasetError, PhotoError
from core.files import atomic, cache, names, read_only, storage_errors
from core.files.names import Parts, name_text, path_text, printable_name
from core.words import size

REPORT_EVERY = 16  # photos


def export(name: str, target: Path, progress: Progress | None = None) -> Path:
    """Write the photos of a dataset to `train/<class>/<photo>` and so on, in a new folder or a new .zip.

    Photos stay as they are, byte for byte; names are made safe for every system. Returns the absolute path. Raises
    DatasetError, and leaves nothing half-written.
    """
    read_only.check()  # the target may be anywhere on the disk
    dataset = catalogue.load(name)
    try:
        target = target.expanduser().resolve()
        if dataset.folder.resolve() in (target, *target.parents):
            raise DatasetError(f"{_shown(target)} lies in the dataset's own folder. Choose another place.")
        is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
        if not is_free:
            raise DatasetError(f"{_shown(target)} exists already. Choose another name or delete it first.")
        target.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(target, error) from error
    _check_room(dataset, target.parent)
    with _disk_errors_explained(target):
        if target.suffix.lower() == ".zip" and not target.is_dir():
            atomic.write(target, lambda file: write_zip(dataset, file, progress))
        else:
            if target.is_dir():
                target.rmdir()  # it is empty, and a new one takes its place
            with atomic.new_folder(target) as new:
                _write_folder(dataset, new, progress)
    return target


def write_zip(dataset: Dataset, file: BinaryIO, progress: Progress | None = None) -> None:
    """Write the photos of a dataset as a zip."""
    write_entries(_contents(dataset, progress), file)


def write_entries(photos: Iterable[tuple[Parts, bytes]], file: BinaryIO) -> None:
    """Write photos, each with its path, as a zip. They are stored as they are, since photos are compressed already."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for parts, data in photos:
            entry = zipfile.ZipInfo("/".join(parts), datetime.now().timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def bytes_of(dataset: Dataset) -> int:
    """The bytes of all photos. Photos that are gone count as none."""
    total = 0
    for split in dataset.splits.values():
        for path in split.paths:
            try:
                total += path.stat().st_size
            except OSError:
                continue
    return total


def _write_folder(dataset: Dataset, folder: Path, progress: Progress | None) -> None:
    for parts, data in _contents(dataset, progress):
        place = folder.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(data)


def _contents(dataset: Dataset, progress: Progress | None) -> Iterator[tuple[Parts, bytes]]:
    """Each photo's path in the export, and its bytes."""
    rows = [
        (split, label, path)
        for split, listed in dataset.splits.items()
        for path, label in zip(listed.paths, listed.labels, strict=True)
    ]
    classes = names.distinct_paths([(labels.folder_name(label),) for label in dataset.classes])
    places = names.distinct_paths(
        [(split, *classes[label], names.safe_name(name_text(path.name))) for split, label, path in rows]
    )
    for done, (parts, (_, _, path)) in enumerate(zip(places, rows, strict=True)):
        if progress and done % REPORT_EVERY == 0:
            progress(done, len(rows))
        try:
            yield parts, photos.read_file(path)
        except PhotoError as error:
            raise DatasetError(f"The dataset was not exported: {error}") from None
    if progress:
        progress(len(rows), len(rows))


def _check_room(dataset: Dataset, folder: Path) -> None:
    need = bytes_of(dataset)
    if need + cache.SPARE > shutil.disk_usage(folder).free:
        raise DatasetError(
            f"The disk of {_shown(folder)} has too little room for {size(need)} of photos. Free some space or choose "
            "another place."
        )


@contextmanager
def _disk_errors_explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: Exception) -> DatasetError:
    if isinstance(error, FileExistsError):
        return DatasetError(f"{_shown(target)} exists already. Choose another name or delete it first.")
    if isinstance(error, OSError) and (sentence := storage_errors.sentence(error)):
        return DatasetError(sentence)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a valid path"
    return DatasetError(f"{_shown(target)} can't be written ({reason}). Choose another place.")


def _shown(path: Path) -> str:
    return printable_name(path_text(path))
