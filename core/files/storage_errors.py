"""Sentences for a disk that is full, read-only, gone or closed to this program."""

import errno

from core import workspace
from core.files import cache
from core.files.read_only import ReadOnlyError

CLOSED = (errno.EACCES, errno.EPERM)
GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN)


def sentence(error: OSError) -> str:
    """What is wrong with the disk and what to do; empty if the error is of another kind."""
    if isinstance(error, ReadOnlyError):
        return str(error)
    name = error.filename2 or error.filename
    what = f"{name} can't be written" if name else "a file can't be written"
    if error.errno in cache.FULL:
        return (
            f"The disk is full: {what}. Make room: delete unused files on Data, under Disk (python -m core disk "
            "--clean), or models and runs that you no longer need."
        )
    if error.errno == errno.EROFS:
        return f"The disk is read-only: {what}. Set FITTING_ROOM_HOME to a folder that can be written to."
    if error.errno in CLOSED and name:
        other = ", or set FITTING_ROOM_HOME to a folder of your own" if _is_ours(str(name)) else ""
        return f"This program may not use {name}. Change its permissions{other}."
    if error.errno in GONE:
        return f"{name or 'A disk'} can't be reached. Check that the disk or network drive is connected."
    is_gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
    if is_gone and name and _is_ours(str(name)):
        return f"{name} vanished. Check that the disk with the workspace is connected, and try again."
    return ""


def _is_ours(name: str) -> bool:
    return name.startswith(str(workspace.home()))
