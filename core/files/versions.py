"""What was read from files, remembered until one of them changes: pages read all runs and models every second."""

import contextlib
import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Generic, TypeVar

Version = tuple[int, int, int]
T = TypeVar("T")


def version(folder: Path, name: str) -> Version | None:
    """A version stamp of a file in a folder, or None if it does not exist."""
    try:
        file = os.stat(f"{folder}/{name}")  # noqa: PTH116 (a Path takes twice as long)
    except (OSError, ValueError):
        return None
    return file.st_mtime_ns, file.st_size, file.st_ino


class Remembered(Generic[T]):
    """What `read` makes of the files of a folder. Errors are not remembered: a disk may only be away for a moment."""

    def __init__(
        self,
        names: tuple[str, ...],
        read: Callable[[Path], T],
        is_final: Callable[[T], bool] = lambda value: True,
        most: int = 10_000,
    ) -> None:
        """`names` are the files that count. A value that is not final is read again each time. At most so many values
        stay in memory."""
        self._names, self._read, self._is_final, self._most = names, read, is_final, most
        self._content: dict[Path, tuple[list[Version | None], T]] = {}

    def get(self, folder: Path) -> T:
        """What `read` returns for the folder, or raises."""
        versions = [version(folder, name) for name in self._names]
        before = self._content.get(folder)
        if before and before[0] == versions:
            return before[1]
        value = self._read(folder)
        if self._is_final(value):
            self._content.pop(folder, None)
            self._content[folder] = versions, value
            _trim(self._content, self._most)
        return value


class Latest(Generic[T]):
    """Values made from things in memory, such as runs: each again only when its stamp is another object or no longer
    equal. At most so many stay: those that were asked for first are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._content: dict[Hashable, tuple[object, T]] = {}

    def get(self, key: Hashable, stamp: object, make: Callable[[], T]) -> T:
        """The value for the key, as `make` has made it for the same stamp."""
        known = self._content.get(key)
        if known and (known[0] is stamp or known[0] == stamp):
            return known[1]
        value = make()
        self._content.pop(key, None)
        self._content[key] = stamp, value
        _trim(self._content, self._most)
        return value


def _trim(content: dict[Any, Any], most: int) -> None:
    """Forget what was stored first."""
    while len(content) > most:
        with contextlib.suppress(StopIteration, KeyError, RuntimeError):  # another thread was quicker
            del content[next(iter(content))]
