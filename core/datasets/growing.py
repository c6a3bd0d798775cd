"""Datasets that grow: made under a title and filled class by class, or unpacked from a zip and added to later."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.datasets import catalogue, changing, existing, labels, measures, placing, review, splitting, titles
from core.datasets.adding import new_dataset
from core.datasets.catalogue import Entry
from core.datasets.existing import Existing
from core.datasets.folders import Contents
from core.datasets.measures import Measure
from core.datasets.placing import Row
from core.datasets.review import Wish
from core.datasets.splitting import SplitName, Splits
from core.errors import DatasetError
from core.files import atomic, cache, names, records
from core.photos import formats
from core.words import quoted, size

NO_PHOTO = Measure(error=f"It must be {formats.names()}.")
LONGEST_SESSION = 50  # letters, of up to four bytes each; a file name has at most 255 bytes
Photo = tuple[str, bytes]
"""A file name, as an upload has it, and the bytes."""


@dataclass(frozen=True)
class Growth:
    """What became of new photos."""

    label: str  # their class
    names: tuple[str, ...]  # in the dataset
    refused: tuple[str, ...] = ()  # a sentence for each file that is no photo
    copies: int = 0  # photos that are there already, or were given twice
    known: frozenset[str] = frozenset()  # the names of those that the dataset had before
    back: int = 0  # how many of those had been left out, moved or not sorted yet, until they were added again


def create(title: str) -> str:
    """Make a dataset without photos, and return its name. Raises DatasetError."""
    titles.check_new(title)
    name = titles.free_name(title)
    with new_dataset(title, name) as own:
        (own / catalogue.PHOTOS).mkdir()
        records.write(own / splitting.FILE, Splits(date=records.now()))
        records.write(own / catalogue.ENTRY, Entry(folder=catalogue.PHOTOS, title=title.strip(), is_collected=True))
    return name


def can_grow(name: str) -> bool:
    """Whether the photos of a dataset lie in the workspace, so that more can be added."""
    try:
        return name != catalogue.DRAWN and catalogue.entry(name).folder == catalogue.PHOTOS
    except DatasetError:
        return False


def counts(name: str) -> dict[str, int]:
    """The number of photos of each class as they lie in the dataset's folder. Raises DatasetError."""
    return dict(sorted(Counter(label for _, label, _ in catalogue.contents_of(name).rows()).items()))


def add_photos(name: str, label: str, photos: Sequence[Photo], session: str = "") -> Growth:
    """Add photos to a class, which may be new, of a dataset in the workspace.

    Photos of one `session` get its name and numbers in a row, so that they are known to belong together; others keep
    their own names. Each photo gets the split of its session, or the one that lacks photos of the class most. A photo
    that the class had once, or that nobody has sorted yet, is not stored again: by a decision in the review it gets the
    class. Raises DatasetError, and OSError when the disk fails; then nothing was added.
    """
    name = catalogue.find(name)
    if not can_grow(name):
        raise DatasetError(
            f"The photos of {quoted(catalogue.title(name))} lie in {catalogue.entry(name).folder}. Add photos there: "
            "they count when you open the dataset again."
        )
    _check_room(photos)
    with changing.alone(name):
        before = catalogue.contents_of(name)
        label = labels.typed(label, before.classes)
        if not photos:
            return Growth(label, ())
        files = _write(catalogue.own_folder(name), before, label, photos, session)
        try:
            rows = {row.path: row for row in placing.rows(name)}
            old_rows = [row for path, row in rows.items() if path not in files]
            same = existing.of_class(label, existing.of(name, before, old_rows))
            new, refused, known = _sorted_out(files, {path: row.measure for path, row in rows.items()}, same)
            back = [photo.name for photo in known if not photo.is_in(label)]
            if back:
                review.record(name, [wish for photo in back for wish in review.class_wishes(photo, label)])
            new_rows = [rows[path] for path in new]
            added = _share_out(name, [*old_rows, *new_rows], new_rows) if new_rows else []
        except BaseException:
            _delete(files)
            raise
        return _growth(label, added, refused, known, len(back), len(photos))


def add_loose(name: str, photos: Sequence[Photo]) -> Growth:
    """Add photos that are in no class yet to a dataset in the workspace; those that it has stay where they are.

    Of these, photos that were left out come back. Raises DatasetError, and OSError when the disk fails; then nothing
    was added.
    """
    name = catalogue.find(name)
    if not can_grow(name) or not catalogue.entry(name).is_collected:
        raise DatasetError(f"Unsorted photos can't be added to {quoted(catalogue.title(name))}. Give them a class.")
    _check_room(photos)
    with changing.alone(name):
        folder = catalogue.own_folder(name) / catalogue.PHOTOS
        before = catalogue.contents_of(name)
        same = existing.by_content(existing.of(name, before, placing.rows(name)))
        files = _write_files(catalogue.own_folder(name), folder, photos, [_given_name(given) for given, _ in photos])
        try:
            measured = dict(zip(files, measures.measured(list(files)), strict=True))
            new, refused, known = _sorted_out(files, measured, same)
            back = [photo.name for photo in known if photo.change.left_out]
            if back:
                review.record(name, [Wish(photo, "keep") for photo in back])
        except BaseException:
            _delete(files)
            raise
        return _growth("", before.names(new), refused, known, len(back), len(photos))


def _growth(
    label: str, added: Sequence[str], refused: Sequence[str], known: Sequence[Existing], back: int, given: int
) -> Growth:
    copies = given - len(added) - len(refused)
    return Growth(label, tuple(added), tuple(refused), copies, frozenset(photo.name for photo in known), back)


def _check_room(photos: Sequence[Photo]) -> None:
    need = sum(len(data) for _, data in photos)
    if need + cache.SPARE > cache.free():
        raise DatasetError(f"The disk has too little room for {size(need)} of photos. Free some space and try again.")


def _write(own: Path, before: Contents, label: str, photos: Sequence[Photo], session: str) -> dict[Path, str]:
    """Write photos into the folder of their class, in training if there are splits. Returns each path's given name."""
    folder = _class_folder(before, "train", label)
    folder.mkdir(parents=True, exist_ok=True)
    if session:
        first = _next_number(before, session)
        wished = [f"{_session_name(session)}-{first + n:04d}{_suffix(*photo)}" for n, photo in enumerate(photos)]
    else:
        wished = [_given_name(given) for given, _ in photos]
    return _write_files(own, folder, photos, wished)


def _given_name(given: str) -> str:
    """The name for the file of an upload."""
    return labels.folder_name(PurePosixPath(given.replace("\\", "/")).name or "photo")


def _write_files(own: Path, folder: Path, photos: Sequence[Photo], wished: Sequence[str]) -> dict[Path, str]:
    """Write photos into a folder under these names, or similar free ones. Returns each path's given name."""
    existing = [(path.name,) for path in folder.iterdir()]
    distinct = names.distinct_paths([*existing, *((name,) for name in wished)])[len(existing) :]
    files = {folder / name: given for (name,), (given, _) in zip(distinct, photos, strict=True)}
    try:
        # beside the photos and not among them, so that a clean-up finds what a killed process leaves
        with atomic.scratch_folder(own / "new-photos") as scratch:
            for path, (_, data) in zip(files, photos, strict=True):
                atomic.write(scratch / path.name, lambda file, data=data: file.write(data))  # type: ignore[misc]
                (scratch / path.name).rename(path)
    except BaseException:
        _delete(files)
        raise
    return files


def _class_folder(contents: Contents, split: str, label: str) -> Path:
    """Where photos of a class lie, or will lie, in that split or in the dataset without splits."""
    place = contents.places.get("") or contents.places.get(split) or next(iter(contents.places.values())).parent / split
    of_class = contents.photos.get("" if "" in contents.places else split, {}).get(label)
    if of_class:
        return place / of_class[0].relative_to(place).parts[0]  # its name may be another form of the label
    return place / labels.folder_name(label)


def _next_number(contents: Contents, session: str) -> int:
    """The number after those of the photos that a session has already, in any class."""
    start = f"{_session_name(session)}-"
    stems = [path.stem for _, _, path in contents.rows()]
    numbers = [stem.removeprefix(start) for stem in stems if stem.startswith(start)]
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def _session_name(session: str) -> str:
    """The start of the names of a session's photos, short enough for a number and a suffix behind it."""
    return names.safe_name(session[:LONGEST_SESSION])


def _suffix(given: str, data: bytes) -> str:
    suffix = PurePosixPath(given).suffix.lower()
    if suffix in formats.SUFFIXES:
        return suffix
    return ".jpg" if data.startswith(b"\xff\xd8\xff") else ".png" if data.startswith(b"\x89PNG") else ""


def _delete(files: Iterable[Path]) -> None:
    """Delete new files, and their folder if that was new too."""
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()


def _sorted_out(
    files: Mapping[Path, str], measured: Mapping[Path, Measure], same: Mapping[str, Existing]
) -> tuple[list[Path], list[str], list[Existing]]:
    """The files that are new photos; sentences about what is no photo; the photos of which others are copies.

    `same` are photos that the dataset has, by content. Deletes all files but those of the new photos.
    """
    new: dict[str, Path] = {}
    known: dict[str, Existing] = {}
    refused: list[str] = []
    for path, given in files.items():
        measure = measured.get(path, NO_PHOTO)
        if measure.error:
            refused.append(f"{names.printable_name(given)} was not added. {measure.error}")
        elif measure.key in same:
            known[measure.key] = same[measure.key]
        else:
            new.setdefault(measure.key, path)
    _delete(files.keys() - set(new.values()))
    return list(new.values()), refused, list(known.values())


def _share_out(name: str, rows: Sequence[Row], new: Sequence[Row]) -> list[str]:
    """Give each new photo its split, and return the photos' names."""
    own, photos = catalogue.own_folder(name), catalogue.contents_of(name)
    stored = splitting.read(own)
    groups = placing.sessions_of(rows)
    placed = placing.splits_of(rows, groups, new, stored.shares if stored else splitting.SHARES)
    if not stored and not photos.needs_splits:
        moved = [_moved(photos, row, placed[row.name]) for row in new]
        return catalogue.contents_of(name).names(moved)
    stored = stored or Splits()
    if not placing.is_complete(rows, new):  # nothing could be learned so far, so nobody minds another split
        stored = splitting.by_session(name, photos, stored.shares, stored.seed)
    else:
        if stored.divided:
            placed = placing.divided(rows, new, stored) or placed
        stored = stored.model_copy(update={"splits": {**stored.splits, **placed}, "sessions": len(set(groups))})
    records.write(own / splitting.FILE, stored)
    return [row.name for row in new]


def _moved(photos: Contents, row: Row, split: SplitName) -> Path:
    """Move a new photo from the folder of the training split to that of its own, and return its path."""
    if split == "train":
        return row.path
    folder = _class_folder(photos, split, row.label)
    folder.mkdir(parents=True, exist_ok=True)
    ((name,),) = names.distinct_paths([*((path.name,) for path in folder.iterdir()), (row.path.name,)])[-1:]
    row.path.rename(folder / name)
    return folder / name
