"""A disk that fills up."""

import errno
import io
from collections.abc import Callable
from pathlib import Path

import pytest


def limit_disk(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Let the disk take only the first `room` bytes of each new file, as a full disk does: a part, then an error."""

    def taken(place: int, count: int) -> int:
        if place >= room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return min(count, room - place)

    replace_disk(monkeypatch, taken)


def replace_disk(monkeypatch: pytest.MonkeyPatch, taken: Callable[[int, int], int]) -> None:
    """Write new files to a disk where `taken` returns how many of `count` bytes at `place` it takes, or raises."""

    class File(io.FileIO):
        def write(self, content: bytes) -> int:
            return super().write(memoryview(content)[: taken(self.tell(), len(content))])

    opened = Path.open

    def opener(path: Path, mode: str = "r", *rest: object, **options: object) -> object:
        return File(path, mode.replace("b", "")) if "x" in mode else opened(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", opener)
