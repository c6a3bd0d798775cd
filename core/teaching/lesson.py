"""A lesson: a dataset whose photos are taken kind by kind, with a model that learns from them at once.

lesson.json lies beside the dataset and says which kinds there are, in the order in which people made them. The photos
are those of an ordinary dataset that grows; what people decide about them is its review.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from core import workspace
from core.datasets import catalogue, growing, labels, review, splitting, titles
from core.datasets.arranging import folded, reviewed
from core.datasets.folders import photo_names
from core.errors import DatasetError
from core.files import locks, records
from core.files.records import Record
from core.files.versions import version
from core.teaching.kinds import NONE
from core.words import listed, quoted

FILE = "lesson.json"
LEAST = 3  # photos of a kind before a model learns it
MOST_KINDS = 100
LOCK_SECONDS = 10.0


class Lesson(Record):
    """lesson.json."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Delete the file: the photos stay, and their classes are the kinds."

    kinds: tuple[str, ...] = ()  # those without photos too
    base: str = "starter"  # the saved model whose network sees the photos
    created: str = ""  # ISO 8601, UTC; models of an earlier lesson of the same name are older


@dataclass(frozen=True)
class Row:
    """A photo of a lesson."""

    path: Path
    name: str  # in the dataset
    kind: str


def is_lesson(name: str) -> bool:
    """Whether the dataset of that name has a lesson."""
    return (catalogue.own_folder(name) / FILE).is_file()


def names() -> list[str]:
    """The datasets with a lesson, the one changed last first."""
    lessons = [name for name in catalogue.names() if name != catalogue.DRAWN and is_lesson(name)]
    return sorted(lessons, key=changed, reverse=True)


def create(title: str, base: str = "starter") -> str:
    """Make a lesson without kinds, and return the name of its dataset. Raises DatasetError."""
    name = growing.create(title)
    _write(name, Lesson(base=base, created=_now()))
    return name


def start(kinds: Sequence[str]) -> str:
    """Make a lesson with kinds as people type them, under a title made of them, and return its name.

    Kinds that are equal but for capitals are one. Raises DatasetError; then nothing was made.
    """
    typed: list[str] = []
    for text in kinds:
        kind = labels.typed(text, [NONE, *typed])
        if kind not in typed:
            typed.append(kind)
    if len(typed) > MOST_KINDS:
        raise DatasetError(f"A lesson must have at most {MOST_KINDS} kinds, got {len(typed)}.")
    name = create(titles.free_title(listed(typed, 3)))
    _write(name, _read(name).model_copy(update={"kinds": tuple(typed)}))
    return name


def open_on(name: str) -> None:
    """Let a dataset have a lesson. Raises DatasetError if no photos can be added to it."""
    name = catalogue.find(name)
    if not growing.can_grow(name):
        raise DatasetError(
            f"The photos of {quoted(catalogue.title(name))} lie in a folder of yours, where this page adds nothing. "
            "Copy the dataset on the Data page, and teach with the copy."
        )
    if not is_lesson(name):
        with _changing(name):
            _write(name, Lesson(created=_now()))


def of(name: str) -> Lesson:
    """The lesson of a dataset; classes with photos that it doesn't list follow. Raises DatasetError."""
    stored = _read(name)
    listed = {folded(kind) for kind in stored.kinds}
    more = [label for label in kinds_with_photos(name) if folded(label) not in listed]
    return stored.model_copy(update={"kinds": (*stored.kinds, *more)})


def rows(name: str) -> list[Row]:
    """The photos that count, with the kinds that the review gives them, spelled as the lesson has them.

    Raises DatasetError.
    """
    photos = reviewed(catalogue.contents_of(name), review.of(name).changes())
    spelled = {folded(kind): kind for kind in _read(name).kinds}
    places = photos.rows()
    row_names = photos.names([path for _, _, path in places])
    return [
        Row(path, row, spelled.setdefault(folded(kind), kind))
        for (_, kind, path), row in zip(places, row_names, strict=True)
    ]


def waiting(name: str) -> list[Row]:
    """The photos that are in no kind yet. Raises DatasetError."""
    dataset = catalogue.unsorted(name)
    paths = dataset.splits["train"].paths
    return [Row(path, row, "") for path, row in zip(paths, photo_names(dataset.folder, paths), strict=True)]


def kinds_with_photos(name: str) -> list[str]:
    """The kinds that have photos, sorted. Raises DatasetError."""
    return sorted({row.kind for row in rows(name)})


def by_kind(name: str) -> dict[str, list[Row]]:
    """The photos of each kind, in the order of the kinds, the newest photo last. Raises DatasetError."""
    by_kind: dict[str, list[Row]] = {kind: [] for kind in _read(name).kinds}
    for row in sorted(rows(name), key=lambda row: _time(row.path)):
        by_kind.setdefault(row.kind, []).append(row)
    return by_kind


def add_kind(name: str, text: str) -> str:
    """Add a kind without photos, and return it as it is written. Raises DatasetError if there is one of that name."""
    with _changing(name):
        before = of(name)
        kind = labels.typed(text, [*before.kinds, NONE])
        if kind in before.kinds:
            raise DatasetError(f"There is a kind {quoted(kind)} already. Add the photos there, or type another name.")
        if len(before.kinds) >= MOST_KINDS:
            raise DatasetError(f"A lesson must have at most {MOST_KINDS} kinds, got one more.")
        _write(name, before.model_copy(update={"kinds": (*before.kinds, kind)}))
    return kind


def add_none(name: str) -> None:
    """Add the kind of photos that show nothing of interest. Raises DatasetError if the lesson has it."""
    add_kind(name, NONE)


def rename_kind(name: str, kind: str, text: str) -> str:
    """Give a kind another name, its photos too, and return it as it is written. Raises DatasetError."""
    with _changing(name):
        before = of(name)
        others = [other for other in before.kinds if other != kind]
        new = labels.typed(text, [*others, NONE])
        if new in others:
            raise DatasetError(f"There is a kind {quoted(new)} already. Move the photos there, or type another name.")
        if new == kind:
            return kind
        if photos := [row.name for row in rows(name) if row.kind == kind]:
            review.decide(name, photos, "class", new)
        _write(
            name, before.model_copy(update={"kinds": tuple(new if other == kind else other for other in before.kinds)})
        )
    return new


def remove_kind(name: str, kind: str) -> None:
    """Leave out the photos of a kind, which `review.undo` brings back, and forget the kind. Raises DatasetError."""
    with _changing(name):
        before = of(name)
        if photos := [row.name for row in rows(name) if row.kind == kind]:
            review.decide(name, photos, "leave out")
        _write(name, before.model_copy(update={"kinds": tuple(other for other in before.kinds if other != kind)}))


def set_base(name: str, base: str) -> None:
    """Let another saved model's network see the photos. Raises DatasetError."""
    with _changing(name):
        _write(name, _read(name).model_copy(update={"base": base}))


def counts(photos: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """The number of photos of each kind that a model can answer with."""
    return {kind: len(rows) for kind, rows in photos.items() if kind != NONE}


def stamp(name: str) -> str:
    """What tells this state of a lesson from others: it changes with each photo and each decision."""
    own = catalogue.own_folder(name)
    photos = own / catalogue.PHOTOS
    parts: list[object] = [version(own, file) for file in (FILE, review.FILE, splitting.FILE, catalogue.PHOTOS)]
    with contextlib.suppress(OSError):
        parts += [(path.name, version(photos, path.name)) for path in sorted(photos.iterdir()) if path.is_dir()]
    return repr(parts)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _read(name: str) -> Lesson:
    return records.read(catalogue.own_folder(name) / FILE, Lesson) or Lesson()


def _write(name: str, lesson: Lesson) -> None:
    records.write(catalogue.own_folder(name) / FILE, lesson)


def changed(name: str) -> int:
    """When the lesson changed last, in ns since 1970."""
    own = catalogue.own_folder(name)
    return max((version(own, file) or (0,))[0] for file in (FILE, review.FILE, splitting.FILE))


def _time(path: Path) -> tuple[int, str]:
    return (version(path.parent, path.name) or (0,))[0], path.name


@contextlib.contextmanager
def _changing(name: str) -> Iterator[None]:
    """Let nobody else change the lesson. Raises DatasetError if somebody does for long, or if it is gone."""
    if not catalogue.own_folder(name).is_dir():
        raise DatasetError(f"There is no dataset {quoted(name)} any more. Reload the page.")
    try:
        with locks.alone(workspace.locks() / f"lesson-{name}.lock", LOCK_SECONDS):
            yield
    except TimeoutError:
        raise DatasetError("Somebody else is changing this lesson. Try again in a moment.") from None
