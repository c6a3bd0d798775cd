"""Corrections: photos that a person kept because a model's answer was wrong, with the right class, as a dataset.

corrections.json lies beside the dataset and says which model they are for, and what it had answered. A photo that is
corrected again moves to the other class; what a person takes back is left out. Both are decisions in the review.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core import photos, words, workspace
from core.answering import shelf
from core.answering.shelf import Model
from core.datasets import catalogue, growing, labels, review, titles
from core.datasets.review import Wish
from core.errors import AppError, DatasetError
from core.files import locks, records
from core.files.records import Part, Record
from core.files.versions import Remembered
from core.files.versions import version as file_version
from core.teaching import lesson
from core.teaching.kinds import NONE

FILE = "corrections.json"
LOCK_SECONDS = 60.0  # to wait for somebody else, who may be keeping a hundred photos
Photo = tuple[str, bytes, str, str]
"""A file name, the bytes, the right class and the class that the model had answered."""


class Correction(Part):
    """A photo that was corrected."""

    photo: str  # its name in the dataset
    key: str  # of its bytes
    answer: str  # the model's
    date: str = ""  # ISO 8601, local time; of the last correction


class Corrections(Record):
    """corrections.json: the corrections of one model."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Remove the dataset on the Data page. Its photos can be corrected again."
    HOLDS_PATHS: ClassVar = True

    model: str  # its name
    created: str = ""  # its date: another model may get its name
    photos: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Added:
    """What became of corrections."""

    dataset: str
    names: tuple[str, ...]  # of each photo in the dataset, in the given order; empty for one that was refused
    refused: tuple[str, ...] = ()  # a sentence for each photo that can't be kept


_corrections = Remembered((FILE,), lambda folder: records.read(folder / FILE, Corrections))


def origin(model: Model) -> Model:
    """The model from which versions start: the one that was corrected first. If it is gone, the oldest version left."""
    facts = model.card.corrected
    if facts is None:
        return model
    with contextlib.suppress(AppError):  # damaged by now
        if first := shelf.find(facts.origin):
            return first
    return next(reversed(versions_of(facts.origin)), model)


def versions_of(first: str) -> list[Model]:
    """The versions of the model of that name, which may be gone, the newest first."""
    later = [model for model in shelf.models() if model.card.corrected and model.card.corrected.origin == first]
    return sorted(later, key=lambda model: file_version(model.folder, "card.json") or (0, 0, 0), reverse=True)


def first_name(model: Model) -> str:
    """The name of the model that was corrected first, which may be gone."""
    return model.card.corrected.origin if model.card.corrected else model.name


def dataset_of(model: Model) -> str:
    """The name of the dataset of a model's corrections; empty if there are none."""
    first = origin(model)
    for folder in catalogue.added():
        try:
            stored = _corrections.get(folder)
        except DatasetError:
            continue
        if stored and stored.model == first_name(first) and _is_date_of(first, stored.created):
            return folder.name
    return ""


def _is_date_of(first: Model, created: str) -> bool:
    """Whether corrections of a model with that date are those of `first`, or those with which it was made."""
    if first.card.corrected:
        return created <= first.created
    return first.name == shelf.STARTER or created == first.created


def of(model: Model) -> list[lesson.Row]:
    """The corrections of a model: photos that are not left out, with the classes that people gave them.

    Raises DatasetError if the dataset is damaged.
    """
    name = dataset_of(model)
    return lesson.rows(name) if name else []


def by_class(model: Model) -> dict[str, int]:
    """The number of corrections of each class, the largest first. Raises DatasetError."""
    return dict(Counter(row.kind for row in of(model)).most_common())


def typed(model: Model, text: str) -> str:
    """The class that a person means: one of the model's, one of earlier corrections, or a new one.

    Raises DatasetError if no class can be called so.
    """
    return labels.typed(text, _known(model))


def add(model: Model, corrected: Sequence[Photo]) -> Added:
    """Keep corrections of a model. Photos that can't be read are refused in a sentence.

    Raises DatasetError, and OSError when the disk fails; what was added until then is kept, and can be added again.
    """
    first = origin(model)
    by_label = _by_label(model, corrected)
    with _changing():
        name = dataset_of(first) or _create(first)
        own = catalogue.own_folder(name)
        stored = records.read(own / FILE, Corrections) or _none_yet(first)
        existing = set(_paths(name))
        by_key = {each.key: each for each in stored.photos if each.photo in existing}
        refused, wishes = list[str](), list[Wish]()
        for label, some in by_label.items():
            new = {key: photo for key, photo in some.items() if key not in by_key}
            growth = growing.add_photos(name, label, [(given, data) for given, data, _, _ in new.values()])
            refused += growth.refused
            for photo in (*growth.names, *growth.known):
                key = photos.key(photos.read_file(_paths(name)[photo]))
                by_key[key] = Correction(photo=photo, key=key, answer="")
            for key, (_, _, _, answer) in some.items():
                if key not in by_key:
                    continue  # refused
                by_key[key] = by_key[key].model_copy(update={"answer": answer, "date": records.now()})
                if key not in new:
                    wishes += _wishes(by_key[key].photo, label)
            records.write(own / FILE, stored.model_copy(update={"photos": tuple(by_key.values())}))
        if wishes:
            review.record(name, wishes)
    keys = [photos.key(data) for _, data, _, _ in corrected]
    return Added(name, tuple(by_key[key].photo if key in by_key else "" for key in keys), tuple(refused))


def is_there(dataset: str) -> bool:
    """Whether a dataset of corrections has not been removed."""
    return bool(dataset) and catalogue.own_folder(dataset).is_dir()


def arrange(changes: Mapping[str, Mapping[str, str | None]]) -> None:
    """Put corrections into other classes, by dataset and photo; None leaves them out, as if they had not been made.

    Raises DatasetError, and OSError when the disk fails; then nothing has changed.
    """
    done: list[tuple[str, int]] = []
    try:
        for dataset, places in changes.items():
            wishes = [wish for name, label in places.items() for wish in _wishes(name, label)]
            if wishes:
                done.append((dataset, review.record(dataset, wishes)))
    except (AppError, OSError):
        for dataset, step in done:
            with contextlib.suppress(AppError, OSError):
                review.undo(dataset, step)
        raise


def _wishes(name: str, label: str | None) -> list[Wish]:
    if label is None:
        return [Wish(name, "leave out", reason="correction taken back")]
    return review.class_wishes(name, label)


def _known(model: Model) -> list[str]:
    """The classes that a correction can name as they are: the model's, and those of earlier corrections."""
    return [*model.labels, *origin(model).labels, NONE, *by_class(model)]


def _by_label(model: Model, corrected: Sequence[Photo]) -> dict[str, dict[str, Photo]]:
    """The photos of each class, by their key. Of two corrections of one photo, the last counts."""
    known = _known(model)
    last: dict[str, tuple[str, Photo]] = {}
    for photo in corrected:
        label = labels.typed(photo[2], known)
        known.append(label)
        last[photos.key(photo[1])] = label, photo
    found: dict[str, dict[str, Photo]] = {}
    for key, (label, photo) in last.items():
        found.setdefault(label, {})[key] = photo
    return found


def _create(model: Model) -> str:
    """Make the dataset for the corrections of a model, and return its name."""
    name = growing.create(titles.free_title(f"Corrections of {words.printable(model.title)}"))
    own = catalogue.own_folder(name)
    records.write(own / FILE, _none_yet(model))
    return name


def _none_yet(first: Model) -> Corrections:
    return Corrections(model=first_name(first), created=first.created)


def _paths(name: str) -> dict[str, Path]:
    """Where the photos of a dataset lie, by name, those that are left out too."""
    contents = catalogue.contents_of(name)
    paths = [path for _, _, path in contents.rows()]
    return dict(zip(contents.names(paths), paths, strict=True))


@contextlib.contextmanager
def _changing() -> Iterator[None]:
    """Let nobody else keep corrections until the block ends. Raises DatasetError."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.alone(workspace.locks() / "corrections.lock", LOCK_SECONDS))
        except TimeoutError:
            raise DatasetError("Somebody else is keeping corrections. Try again in a moment.") from None
        yield
