"""Files that a machine of the cluster gets once: read where they lie if it sees them there, else out of Ray's store."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core import words, workspace
from core.errors import ClusterError
from core.files import arrays, atomic, cache, locks

PATIENCE = 3600.0  # s to wait for another run on this machine that places or computes the same file
PIECE = 64_000_000  # bytes of a file that are one object in Ray's store
COPIES = "FITTING_ROOM_NODE_COPIES"  # set on a machine whose shared disk is slow
PIXELS, INDEX = "pixels.npy", "index.json"

Fetch = Callable[[Path], Iterable[bytes]]
"""Gives the content of a file of the workspace's machine, piece by piece."""


@dataclass(frozen=True)
class Source:
    """A file on the machine of the workspace."""

    path: Path
    bytes: int
    mark: str  # of its content

    @classmethod
    def of(cls, path: Path) -> "Source":
        return cls(path, path.stat().st_size, _mark(path))

    @property
    def is_visible(self) -> bool:
        """Whether this machine sees the same file at the same place: on a shared disk, or as the same machine."""
        if os.environ.get(COPIES):
            return False
        try:
            return self.path.stat().st_size == self.bytes and _mark(self.path) == self.mark
        except OSError:
            return False


@dataclass(frozen=True)
class PackSource:
    """The packed photos of a split on the machine of the workspace."""

    pixels: Source
    index: Source

    @classmethod
    def of(cls, folder: Path) -> "PackSource":
        return cls(Source.of(folder / PIXELS), Source.of(folder / INDEX))

    def place(self, fetch: Fetch, machine: str) -> Path:
        """The folder with these photos that this machine can read."""
        if self.pixels.is_visible and self.index.is_visible:
            return self.pixels.path.parent
        name = f"{self.pixels.path.parent.name}-{self.index.mark[:8]}"
        folder = workspace.cache() / "pixels" / name
        with alone(folder):
            for source in (self.pixels, self.index):
                place(source, folder / source.path.name, fetch, machine)
        return folder


def place(source: Source, target: Path, fetch: Fetch, machine: str) -> None:
    """Write the file to `target` on this machine, unless it is there. Raises ClusterError if the disk has no room."""
    if target.is_file() and target.stat().st_size == source.bytes and _mark(target) == source.mark:
        cache.touch(target)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        cache.make_room(source.bytes)
        if cache.free() < source.bytes:
            raise ClusterError(_full(source, machine))
        if source.is_visible:
            with source.path.open("rb") as original:
                atomic.write(target, lambda file: shutil.copyfileobj(original, file))
        else:
            atomic.write(target, lambda file: _write(file, fetch(source.path)))
    except OSError as error:
        if error.errno in cache.FULL:
            raise ClusterError(_full(source, machine)) from error
        raise ClusterError(unwritable(machine, error)) from error


def unwritable(machine: str, error: OSError) -> str:
    """The sentence for a machine whose disk can't be written."""
    return (
        f"The machine {machine} of the cluster can't write to {workspace.home()} ({error.strerror or error}). Set "
        "FITTING_ROOM_NODE there to a folder on a disk with room, and start its part of the cluster again."
    )


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Within the block no other run on this machine places or computes that file."""
    digest = hashlib.blake2b(str(path).encode(), digest_size=8).hexdigest()
    with locks.alone(workspace.locks() / f"placing-{digest}.lock", PATIENCE):
        yield


def pieces(path: Path) -> Iterator[bytes]:
    """The content of a file, PIECE bytes at a time."""
    with path.open("rb") as file:
        cache.hold(file)
        while content := file.read(PIECE):
            yield content


def _write(file: BinaryIO, content: Iterable[bytes]) -> None:
    for piece in content:
        file.write(piece)


def _mark(path: Path) -> str:
    """What tells the content from others: the checksum at an array's end, a hash for other files."""
    with path.open("rb") as file:
        if path.suffix == ".npy":
            file.seek(-arrays.TAIL, 2)
            return file.read().hex()
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _full(source: Source, machine: str) -> str:
    return (
        f"The disk of the machine {machine} of the cluster is full: {source.path.name} needs "
        f"{words.size(source.bytes)}, and {words.size(cache.free())} are free below {workspace.home()}. Make room "
        "there, or set FITTING_ROOM_NODE to a folder on another disk and start its part of the cluster again."
    )
