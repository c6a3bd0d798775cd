"""What a model can learn from in a lesson: its readable photos, with their features and sessions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.augment import recipe
from core.datasets import measures, sessions
from core.reviewing import features
from core.reviewing.features import Network
from core.teaching import lesson
from core.teaching.fitting import Array, Places
from core.teaching.kinds import NONE

MOST_MIRRORED = 2000  # photos; with more, mirror images take long and teach little
MIRROR = recipe.from_json([{"transform": "horizontal_flip", "probability": 1.0}])
Progress = Callable[[str, int, int], None]
"""Called with (what is being done, photos done, photos in total)."""


@dataclass(frozen=True)
class Material:
    """The photos of a lesson. All sequences have their order."""

    kinds: tuple[str, ...]  # that a model can answer with: those with enough photos
    names: tuple[str, ...]  # of the photos in the dataset
    keys: tuple[str, ...]  # the photos' content
    labels: Places  # places in `kinds`
    sessions: tuple[int, ...]
    vectors: Array  # pooled, (photos, features)
    mirrored: Array  # those of the photos' mirror images, or none: (photos or 0, features)
    strangers: Array  # those of the photos that show nothing of interest: (photos, features)
    twins: tuple[tuple[str, ...], ...]  # names of photos that are the same and of different kinds
    unreadable: int  # photos that can't be read, and are not used

    def __len__(self) -> int:
        return len(self.names)


def of(name: str, through: Network, progress: Progress | None = None) -> Material:
    """The material of the lesson of that dataset; photos are read where the cache lacks them. Raises AppError."""
    by_kind = lesson.by_kind(name)
    photos = [row for rows in by_kind.values() for row in rows]
    names, paths = [row.name for row in photos], [row.path for row in photos]
    measured = measures.of(name, names, paths, _step(progress, "Reading photos"))
    vectors = features.of(name, names, paths, through, _step(progress, "Computing features"))
    readable = [place for place, measure in enumerate(measured) if not measure.error and _is_finite(vectors[place])]
    groups = sessions.groups([names[place] for place in readable], [measured[place] for place in readable])
    enough = _enough([photos[place].kind for place in readable])
    kinds = tuple(kind for kind in by_kind if kind in enough)
    places = [place for place in readable if photos[place].kind in kinds]
    mirrored = vectors[:0]
    if len(photos) <= MOST_MIRRORED:
        reflected = replace(through, name=f"{through.name}-mirrored", steps=MIRROR)
        step = _step(progress, "Computing features of mirror images")
        mirrored = features.of(name, names, paths, reflected, step)[places]
    session_of = dict(zip(readable, groups, strict=True))
    return Material(
        kinds=kinds,
        names=tuple(names[place] for place in places),
        keys=tuple(measured[place].key for place in places),
        labels=np.array([kinds.index(photos[place].kind) for place in places], np.intp),
        sessions=tuple(session_of[place] for place in places),
        vectors=vectors[places],
        mirrored=mirrored,
        strangers=vectors[[place for place in readable if photos[place].kind == NONE]],
        unreadable=len(photos) - len(readable),
        twins=_twins([(measured[place].key, photos[place].kind, names[place]) for place in readable]),
    )


@dataclass(frozen=True)
class Unsorted:
    """Readable photos that nobody has sorted into a kind yet."""

    names: tuple[str, ...]
    vectors: Array  # (photos, features)


def waiting(name: str, through: Network, progress: Progress | None = None) -> Unsorted:
    """The unsorted photos of the lesson of that dataset. Raises AppError."""
    rows = lesson.waiting(name)
    if not rows:
        return Unsorted((), np.zeros((0, 0), np.float32))
    vectors = features.of(
        f"{name}.unsorted",
        [row.name for row in rows],
        [row.path for row in rows],
        through,
        _step(progress, "Looking at unsorted photos"),
    )
    places = [place for place in range(len(rows)) if _is_finite(vectors[place])]
    return Unsorted(tuple(rows[place].name for place in places), vectors[places])


def _step(progress: Progress | None, words: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(words, done, total)) if progress else None


def _is_finite(vector: NDArray[np.float32]) -> bool:
    return bool(np.isfinite(vector).all())


def _enough(kinds: Sequence[str]) -> set[str]:
    return {kind for kind, count in Counter(kinds).items() if count >= lesson.LEAST and kind != NONE}


def _twins(photos: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, ...], ...]:
    """The names of photos with the same content and of different kinds, from (content, kind, name)."""
    by_key: dict[str, dict[str, str]] = defaultdict(dict)
    for key, kind, name in photos:
        by_key[key].setdefault(kind, name)
    return tuple(tuple(of_key.values()) for of_key in by_key.values() if len(of_key) > 1)
