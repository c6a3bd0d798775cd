"""The corrections of a model as a head can learn from them: features, classes and sessions."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.answering.shelf import Model
from core.datasets import measures, sessions
from core.reviewing import features
from core.reviewing.features import Network
from core.teaching import corrections
from core.teaching.fitting import Array, Places
from core.teaching.kinds import NONE
from core.teaching.lesson import LEAST

NO_CLASS = -1


@dataclass(frozen=True)
class CorrectedPhotos:
    """Readable photos. All sequences have their order."""

    new: tuple[str, ...]  # classes that the model does not know
    vectors: Array  # pooled, (photos, features)
    labels: Places  # places in the model's classes and the new ones; NO_CLASS for photos of none of them
    sessions: Places
    keys: frozenset[str]  # of their bytes

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def strangers(self) -> NDArray[np.bool_]:
        """Whether each photo is of none of the classes."""
        marks: NDArray[np.bool_] = self.labels == NO_CLASS
        return marks


def of(model: Model, through: Network, progress: Callable[[int, int], None] | None = None) -> CorrectedPhotos:
    """The corrections of a model, without those of new classes that have too few photos. Raises AppError."""
    rows = corrections.of(model)
    name = corrections.dataset_of(model)
    names, paths = [row.name for row in rows], [row.path for row in rows]
    vectors = features.of(name, names, paths, through, progress)
    measured = measures.of(name, names, paths)
    readable = [place for place in range(len(rows)) if not measured[place].error and np.isfinite(vectors[place]).all()]
    new = _new_classes(model, [rows[place].kind for place in readable])
    classes = (*model.labels, *new)
    usable = [place for place in readable if rows[place].kind in classes or _is_none(model, rows[place].kind)]
    groups = sessions.groups([names[place] for place in usable], [measured[place] for place in usable])
    kinds = [rows[place].kind for place in usable]
    return CorrectedPhotos(
        new=new,
        vectors=vectors[usable],
        labels=np.array([classes.index(kind) if kind in classes else NO_CLASS for kind in kinds], np.intp),
        sessions=np.array(groups, np.intp),
        keys=frozenset(measured[place].key for place in usable),
    )


def waiting(model: Model) -> dict[str, int]:
    """The new classes that have too few photos to be learned, each with its number of photos. Raises DatasetError."""
    counts = corrections.by_class(model)
    return {kind: count for kind, count in counts.items() if _is_new(model, kind) and count < LEAST}


def _new_classes(model: Model, kinds: list[str]) -> tuple[str, ...]:
    return tuple(sorted(kind for kind, count in Counter(kinds).items() if _is_new(model, kind) and count >= LEAST))


def _is_new(model: Model, kind: str) -> bool:
    return kind not in corrections.origin(model).labels and not _is_none(model, kind)


def _is_none(model: Model, kind: str) -> bool:
    """Whether photos of that class are of none of the model's; a model may have a class of that name itself."""
    return kind == NONE and NONE not in corrections.origin(model).labels
