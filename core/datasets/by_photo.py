"""Facts about the photos of a dataset, kept in the cache photo by photo: only what is new is computed.

The file is an npz of plain arrays. One of them has the names and the stamps of the photos' files, as JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core import workspace
from core.files import atomic, cache, npz, versions

T = TypeVar("T")
Arrays = Mapping[str, NDArray[Any]]
PHOTOS = "photos"  # the array with names and stamps


@dataclass(frozen=True)
class Store(Generic[T]):
    """The facts of one kind about the photos of one dataset."""

    path: Path
    to_arrays: Callable[[Sequence[T]], Arrays]
    from_arrays: Callable[[Arrays], Iterable[T]]  # may raise what damaged arrays lead to: see DAMAGE

    def fill(
        self,
        names: Sequence[str],
        paths: Sequence[Path],
        compute: Callable[[Sequence[int]], Iterable[tuple[int, T]]],
        are_all: bool = True,
    ) -> list[T]:
        """The facts about photos, in their order. `compute` gets the places of those that the cache lacks.

        What was computed before an exception is kept. If these `are_all` photos of the dataset, the cache drops what it
        has of others.
        """
        stamps = [_stamp(path) for path in paths]
        known = self._read()
        missing = [
            place
            for place, (name, stamp) in enumerate(zip(names, stamps, strict=True))
            if not stamp or known.get(name, ("",))[0] != stamp
        ]
        try:
            for place, fact in compute(missing) if missing else ():
                known[names[place]] = stamps[place], fact
        finally:
            if missing:
                self._write({name: known[name] for name in names if name in known} if are_all else known)
        return [known[name][1] for name in names]

    def stored(self) -> dict[str, T]:
        """What the cache has, by name."""
        return {name: fact for name, (_, fact) in self._read().items()}

    def _read(self) -> dict[str, tuple[str, T]]:
        """The facts by name, with the stamps; empty if there are none, or if the file is damaged."""
        try:
            arrays = npz.load(self.path)
            photos = [(str(name), str(stamp)) for name, stamp in from_text(arrays[PHOTOS])]
            facts = self.from_arrays(arrays)
            known = {name: (stamp, fact) for (name, stamp), fact in zip(photos, facts, strict=True)}
        except DAMAGE:
            return {}
        cache.touch(self.path)
        return known

    def _write(self, known: Mapping[str, tuple[str, T]]) -> None:
        """Store facts. Without room on the disk they are computed again the next time."""
        photos = as_text([(name, stamp) for name, (stamp, _) in known.items()])
        arrays = {PHOTOS: photos, **self.to_arrays([fact for _, fact in known.values()])}
        with suppress(OSError):
            cache.make_room(sum(array.nbytes for array in arrays.values()))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(self.path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


DAMAGE = (npz.ArraysError, KeyError, TypeError, ValueError, IndexError, AttributeError)


def path_of(dataset: str, kind: str) -> Path:
    """The file for one kind of facts about the dataset of that name."""
    return workspace.cache() / "measures" / f"{dataset}.{kind}.npz"  # no dataset's name has a dot


def as_text(value: object) -> NDArray[np.uint8]:
    """A value as JSON in an array of bytes."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def from_text(array: NDArray[Any]) -> Any:
    """The value that `as_text` has stored. Raises ValueError."""
    return json.loads(array.tobytes())


def as_stored(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to 16 bits, so that facts are the same with and without the cache."""
    return array.astype(np.float16).astype(np.float32)


def _stamp(path: Path) -> str:
    """What tells this state of a file from others; empty if there is no file."""
    return "-".join(map(str, versions.version(path.parent, path.name) or ()))
