"""What has changed in the folder of a run, so that another machine can follow it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.answering import model_files
from core.files import atomic
from core.files.names import is_reserved

HOME = frozenset({"config.json", "notes.json", "stop", "worker.lock", *model_files.NETWORK})  # never sent back
GROWING = ("metrics.jsonl", "worker.log")  # only their new lines are sent
LAST = ("report.json", "status.json")  # sent at the end of a run, since a page takes its state from them


@dataclass(frozen=True)
class Piece:
    """The content of a file from `start` on; what was before stays."""

    start: int
    content: bytes


class Changes:
    """The changes in a folder since they were last taken."""

    def __init__(self, folder: Path) -> None:
        """Take the folder's files of now as known."""
        self._folder = folder
        self._known: dict[str, tuple[int, int, int]] = {name: _state(path) for name, path in self._files().items()}

    def take(self, leave: tuple[str, ...] = ()) -> dict[str, Piece]:
        """The changed files by name, except those to `leave`. The backup comes first: the curves must not lack an
        epoch that it has."""
        files = self._files()
        pieces: dict[str, Piece] = {}
        for name in sorted(files.keys() - set(leave), key=lambda name: (name in GROWING, name)):
            try:
                state = _state(files[name])
                if state != self._known.get(name):
                    pieces[name] = self._piece(name, files[name], state)
            except FileNotFoundError:  # being replaced
                continue
        return pieces

    def forget(self, names: Mapping[str, Piece] | set[str]) -> None:
        """These did not arrive: they are sent again, as a whole."""
        for name in names:
            self._known.pop(name, None)

    def _piece(self, name: str, path: Path, state: tuple[int, int, int]) -> Piece:
        before = self._known.get(name)
        inode, size, _ = state
        grew = name in GROWING and before is not None and before[0] == inode and before[1] <= size
        start = before[1] if grew and before else 0
        with path.open("rb") as file:
            file.seek(start)
            content = file.read()
        self._known[name] = (inode, start + len(content), state[2])
        return Piece(start, content)

    def _files(self) -> dict[str, Path]:
        return {
            entry.name: Path(entry.path)
            for entry in os.scandir(self._folder)
            if entry.is_file() and entry.name not in HOME and not entry.name.startswith(".")
        }


def apply(folder: Path, pieces: Mapping[str, Piece]) -> set[str]:
    """Write the pieces into a folder; returns the names of those that don't fit and must be sent as a whole.

    The curves come before the backup and the status last, so that whoever looks finds no file ahead of the others.
    Raises OSError.
    """
    misfits = set()
    for name in sorted(pieces, key=lambda name: (name in LAST, name == "status.json", name not in GROWING, name)):
        if not is_plain(name):
            continue
        piece = pieces[name]
        if not piece.start:
            atomic.write(folder / name, lambda file, piece=piece: file.write(piece.content))  # type: ignore[misc]
        elif not _append(folder / name, piece):
            misfits.add(name)
    return misfits


def is_plain(name: str) -> bool:
    """Whether another machine may write a file with that name into a folder."""
    return Path(name).name == name and not name.startswith(".") and name not in HOME and not is_reserved(name)


def _append(path: Path, piece: Piece) -> bool:
    """Append the piece if the file ends where it starts."""
    try:
        with path.open("r+b", buffering=0) as file:
            if file.seek(0, os.SEEK_END) != piece.start:
                return False
            file.write(piece.content)
    except FileNotFoundError:
        return False
    return True


def _state(path: Path) -> tuple[int, int, int]:
    """Inode, size and time: they differ after every change."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
