"""Checks whether a lock is held, without taking it."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


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
