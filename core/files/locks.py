"""Locks on files and folders: whether one is held, and marks of what is in use."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


CAN_HOLD_FOLDERS = sys.platform != "win32"
A_TRY = 1.0  # s of waiting, after which the disk is looked at again


@contextlib.contextmanager
def alone(path: Path, seconds: float) -> Iterator[None]:
    """Hold the filelock at `path` until the block ends; waits for it for so many seconds at most.

    Raises TimeoutError, and OSError if the disk can't take the lock: filelock itself would wait for that as well.
    """
    from filelock import FileLock, Timeout  # it imports asyncio, and most pages only read

    until, lock = time.monotonic() + seconds, FileLock(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        path.open("ab").close()
        try:
            lock.acquire(timeout=max(0.0, min(A_TRY, until - time.monotonic())))
            break
        except Timeout:
            if time.monotonic() >= until:
                raise
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Mark a folder as in use until the block ends or the process dies, wherever the folder is moved meanwhile.

    Windows can't lock folders, and some network disks can't lock at all: there the mark is missing.
    """
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


@contextlib.contextmanager
def unused(path: Path) -> Iterator[bool]:
    """Whether nobody has marked a file or folder as in use; until the block ends, nobody else can. Raises OSError.

    Always true on Windows, where open files can't be deleted anyway.
    """
    if sys.platform == "win32":
        yield True
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether another process holds the filelock at `path`.

    Never creates the file (a deleted run folder must not come back). It tries a shared lock on POSIX systems, and the
    byte that filelock locks on Windows, and releases it at once; processes that want the lock wait a few seconds.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except PermissionError:
        return True  # Windows refuses to open some locked files
    except OSError:
        return False
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
