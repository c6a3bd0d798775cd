"""A workspace that this process may not change: the app's on a server that only shows things.

The process asks at the lowest place, where Python itself is about to open a file for writing, or to make, move or
delete something: no function has to remember it, and none can forget it (decision 41). Only what costs nothing to lose
is written: the caches, locks, and logs of processes. Other processes, such as the command line and a worker, never call
`enforce`, so they may change everything.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import AppError

SENTENCE = (
    "This server is read-only: you can look at everything, augment and predict, but change nothing. Whoever runs the "
    "server can change things on the command line."
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PATHS = {  # event of Python that changes the disk → which of its arguments are paths
    "os.chmod": (0,), "os.link": (1,), "os.mkdir": (0,), "os.remove": (0,), "os.rename": (0, 1), "os.rmdir": (0,),
    "os.symlink": (1,), "os.truncate": (0,), "os.utime": (0,), "shutil.move": (0, 1), "shutil.rmtree": (0,),
}  # fmt: skip
RELATIVE = {"os.remove": 1, "os.rmdir": 1}  # → the argument that names a folder by its descriptor, else -1


class ReadOnlyError(AppError, OSError):
    """A change of a workspace that this process may not change.

    It is an OSError too, so that what survives a read-only disk, such as a note that is only nice to have, survives
    this as well.
    """

    def __init__(self, sentence: str = SENTENCE) -> None:
        super().__init__(sentence)
        self.errno, self.strerror = errno.EROFS, "the server is read-only"

    def __str__(self) -> str:
        return str(self.args[0])


_is_on: Callable[[], bool] | None = None  # None until `enforce`
_lifted: ContextVar[bool] = ContextVar("lifted", default=False)


def enforce(setting: Callable[[], bool]) -> None:
    """From now on, refuse changes of the workspace in this process while `setting()` is true or raises AppError.

    Python can't take such a hook back, so it is only set where it is wanted.
    """
    global _is_on
    if _is_on is None and _value(setting):
        sys.addaudithook(_hook)
        _is_on = setting


def is_on() -> bool:
    """Whether this process may not change the workspace."""
    return _is_on is not None and not _lifted.get() and _value(_is_on)


def check() -> None:
    """Raise ReadOnlyError if this process may not change the workspace.

    For what the hook can't see or allows: deleting caches, and starting processes that change something.
    """
    if is_on():
        raise ReadOnlyError


@contextmanager
def lifted() -> Iterator[None]:
    """Allow changes until the block ends: for what the program itself needs, such as the drawn garments."""
    token = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(token)


def _value(setting: Callable[[], bool]) -> bool:
    try:
        return setting()
    except AppError:
        return True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Called by Python for every event. It returns at once for nearly all of them."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and is_on() and not _is_free(path):
            raise ReadOnlyError
    elif event in PATHS and is_on():
        for place in PATHS[event]:
            folder = arguments[RELATIVE[event]] if event in RELATIVE else -1
            # below a folder's descriptor: part of a deletion that was asked about as a whole
            if folder == -1 and not _is_free(arguments[place], event == "os.mkdir"):
                raise ReadOnlyError


def _is_free(path: object, is_folder: bool = False) -> bool:
    """Whether a path may be written: it is outside the workspace, in the caches, or a lock or log.

    A folder that exists is not made again, and the way to the caches may be made.
    """
    if not isinstance(path, str | bytes | os.PathLike):  # the number of an open file
        return True
    with contextlib.suppress(ValueError):  # an invalid name: the system refuses it
        place, home = Path(os.path.abspath(os.fsdecode(path))), workspace.home()  # noqa: PTH100
        for own in {place, _resolved(place)}:
            if not own.is_relative_to(home):
                continue
            if is_folder and (own in (home, workspace.locks()) or own.is_dir()):
                continue
            is_log = own.suffix == ".log" and own.parent == workspace.locks()
            if not (is_log or own.suffix == ".lock" or own.is_relative_to(workspace.cache())):
                return False
    return True


def _resolved(path: Path) -> Path:
    """The path with the links in its folders followed; a link at its end stays, since it is what would be written."""
    return Path(os.path.realpath(path.parent), path.name)
