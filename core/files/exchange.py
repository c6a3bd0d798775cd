"""Files of the cache that another machine may already have: on a machine of a cluster, each is computed only once.

Whoever computes such a file does it within `turn`. On a machine of its own that changes nothing.
"""

import glob
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

Turn = Callable[[Path], AbstractContextManager[object]]
_turns: list[Turn] = []  # at most one


def use(turn: Turn) -> None:
    """Let `turn` surround the computation of shared files in this process.

    Before the block it may bring the file, and after the block it may pass it on.
    """
    _turns[:] = [turn]


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Within the block nobody else computes the file; look at the beginning whether it has arrived."""
    if not _turns:
        yield
        return
    with _turns[0](path):
        yield


def stored(path: Path) -> Path | None:
    """The file at the path, or one whose name has the hash of its content as well; None if there is neither."""
    if path.is_file():
        return path
    return next(iter(sorted(path.parent.glob(f"{glob.escape(path.stem)}-*{path.suffix}"))), None)
