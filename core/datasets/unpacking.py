"""Zips of photos, unpacked into a folder so that neither the zip nor its names can do harm."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from core import words
from core.datasets.folders import SPLITS
from core.errors import AmbiguousNamesError, DatasetError
from core.files import cache, names, zips
from core.files.names import Parts, printable_name
from core.files.zip_errors import SPLIT, NotAZipError, ZipError
from core.files.zips import Entry, Zip
from core.photos import finding, formats

MOST_FILES = 200_000  # beyond it folders get slow on every system; the course's dataset has 3,781
MOST_DIRECTORY = 40_000_000  # bytes of the zip's directory: 200 for each file
MOST_EXAMPLE = 60  # letters of a name, where several are side by side
MOST_LEVELS = 32  # deeper paths outgrow what systems and recursion allow
SPARE_BYTES = 256_000_000  # a disk filled to the last byte breaks the programs beside us

EXPECTED = "Make a zip of a folder that has one sub-folder of photos per class."

Photos = dict[Parts, Entry]
"""Where each photo goes, relative to the destination → the photo in the zip."""


def unpack(
    archive: Path | BinaryIO,
    folder: Path,
    progress: Callable[[float], None] | None = None,
    code_page: str = "",
) -> dict[str, tuple[str, ...]]:
    """Unpack the photos of a zip into `folder`, which must exist and be empty.

    The zip's folders are kept, except those that wrap all photos: everything above `train`/`validation`/`test` or,
    where there are no splits, above the class folders. Files that aren't photos are passed over. `progress` gets 0 to
    1. `code_page` is for names that don't say theirs. Returns the files passed over, by reason. Raises DatasetError,
    with `folder` empty again, for a zip that is unsafe, locked, damaged, too large or without photos, and
    AmbiguousNamesError if it has folders whose names can be read in several ways.
    """
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty")
    name = _name(archive)
    try:
        with _disk_errors_explained(name), closing(_opened(archive, name, code_page)) as opened:
            _check_names(opened, name)
            photos, passed_over = _photos(opened, name)
            _check_sizes(opened, photos, folder, name)
            _write(opened, photos, folder, _Meter(opened, name, _declared(photos), progress))
            return passed_over
    except BaseException:
        _clear(folder)
        raise


class _Meter:
    """Counts what is really unpacked (a zip's directory may lie), refuses bombs and reports progress."""

    def __init__(self, opened: Zip, name: str, declared: int, progress: Callable[[float], None] | None) -> None:
        self.opened = opened
        self.name = name
        self.declared = max(declared, 1)
        self.progress = progress
        self.unpacked = 0
        self.reported = -1.0

    def add(self, count: int) -> None:
        self.unpacked += count
        with _zip_errors_explained(self.name):
            self.opened.check_size(self.unpacked)
        self.report(self.unpacked / self.declared)

    def report(self, done: float) -> None:
        """Pass on whole percents only: a page redraws at every call."""
        if self.progress and done >= min(self.reported + 0.01, 1) and self.reported < 1:
            self.reported = min(done, 1.0)
            self.progress(self.reported)


@contextmanager
def _disk_errors_explained(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in cache.FULL:
            raise _disk_full(name) from error
        raise DatasetError(
            f"{name} can't be unpacked ({error.strerror or error}). Check that the file can be read, or unpack it "
            "yourself and add the folder."
        ) from error


@contextmanager
def _zip_errors_explained(subject: str) -> Iterator[None]:
    try:
        yield
    except NotAZipError as error:
        raise DatasetError(error.sentences(subject, EXPECTED)) from error
    except ZipError as error:
        raise DatasetError(error.sentences(subject)) from error


def _entry_error(error: ZipError, entry: Entry, name: str) -> DatasetError:
    """The error about a photo in the zip called `name`. No context manager: it takes too long for 200,000 entries."""
    return DatasetError(error.sentences(f"{printable_name('/'.join(entry.parts))} in {name}"))


def _opened(archive: Path | BinaryIO, name: str, code_page: str) -> Zip:
    with _zip_errors_explained(name):
        return Zip(archive, MOST_DIRECTORY, code_page)


def _check_names(opened: Zip, name: str) -> None:
    """Raise AmbiguousNamesError if the folders, and so the classes, have several possible names."""
    if len({reading.folders for reading in opened.readings}) < 2:
        return
    choices = {reading.code_page: printable_name(reading.example, MOST_EXAMPLE) for reading in opened.readings}
    raise AmbiguousNamesError(f"{name} does not say how its folders' names are written.", choices)


def _photos(opened: Zip, name: str) -> tuple[Photos, dict[str, tuple[str, ...]]]:
    """The photos of the zip, and the files passed over by reason.

    Of two entries with the same path the last one counts, as in zip programs.
    """
    entries: dict[Parts, Entry] = {}
    others: list[str] = []
    for entry in opened.entries:
        if entry.leads_outside:
            raise DatasetError(
                f"{name} tries to write outside its own folder ({printable_name(entry.path)}), so nothing was "
                "unpacked. Make a new zip from the photos' folder."
            )
        if entry.is_junk:
            continue
        if not finding.is_photo(opened, entry):
            others.append(printable_name(entry.path))
        else:
            try:
                zips.check_readable(entry)
            except ZipError as error:
                raise _entry_error(error, entry, name) from error
            if len(entry.parts) > MOST_LEVELS:
                raise DatasetError(
                    f"{name} must have folders at most {MOST_LEVELS - 1} deep, got {len(entry.parts) - 1}. {EXPECTED}"
                )
            entries[entry.parts] = entry
    if not entries:
        raise DatasetError(f"{name} holds no photos ({words.count(len(opened.entries), 'other file')}). {EXPECTED}")
    if len(entries) > MOST_FILES:
        raise DatasetError(f"{name} must hold at most {MOST_FILES:,} photos, got {len(entries):,}. {SPLIT}")
    paths = [tuple(map(names.safe_name, parts)) for parts in entries]
    wrapping = _wrapping([path[:-1] for path in paths])
    photos = dict(zip(names.distinct_paths([path[wrapping:] for path in paths]), entries.values(), strict=True))
    return photos, {finding.NO_PHOTO: tuple(others)} if others else {}


def _wrapping(folders: Sequence[Parts]) -> int:
    """How many leading folders wrap everything: those above the splits or, without splits, above the classes."""
    shared = _shared(folders)
    splits = [len({_at(folder, depth) for folder in folders} & set(SPLITS)) for depth in range(shared + 1)]
    if any(splits):
        return splits.index(max(splits))
    return max(0, min(shared, min(map(len, folders)) - 1))


def _shared(folders: Sequence[Parts]) -> int:
    """How many leading folders are the same for all."""
    first, last = min(folders), max(folders)
    return next(
        (depth for depth, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(map(len, folders))
    )


def _at(folder: Parts, depth: int) -> str:
    return folder[depth].casefold() if depth < len(folder) else ""


def _check_sizes(opened: Zip, photos: Photos, folder: Path, name: str) -> None:
    """Refuse early what the zip itself says is too much; what it really holds is counted while unpacking."""
    declared = _declared(photos)
    with _zip_errors_explained(name):
        opened.check_size(declared)
    for entry in photos.values():
        try:
            zips.check_entry_size(entry.size, formats.MOST_BYTES)
        except ZipError as error:
            raise _entry_error(error, entry, name) from error
    if declared + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise _disk_full(name, declared)


def _declared(photos: Photos) -> int:
    return sum(entry.size for entry in photos.values())


def _write(opened: Zip, photos: Photos, folder: Path, meter: _Meter) -> None:
    for path, entry in photos.items():
        destination = folder.joinpath(*path)
        destination.parent.mkdir(parents=True, exist_ok=True)
        with destination.open("xb") as file:
            for chunk in _chunks(opened, entry, meter.name):
                meter.add(len(chunk))
                file.write(chunk)
    meter.report(1.0)


def _chunks(opened: Zip, entry: Entry, name: str) -> Iterator[bytes]:
    try:
        yield from opened.chunks(entry, formats.MOST_BYTES)
    except ZipError as error:
        raise _entry_error(error, entry, name) from error


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _disk_full(name: str, needed: int | None = None) -> DatasetError:
    size = f" ({words.size(needed + SPARE_BYTES)} needed)" if needed is not None else ""
    return DatasetError(f"The disk has too little room to unpack {name}{size}. Free some space and try again.")


def _name(archive: Path | BinaryIO) -> str:
    """What to call the archive: an upload has a name, bytes in memory have none."""
    name = archive.name if isinstance(archive, Path) else getattr(archive, "name", None)
    last = name.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(name, str) else ""
    return printable_name(last) or "The file"
