"""Looking whether a lock is held, without touching it."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def is_held(path: Path) -> bool:
    """Whether another process holds the filelock at `path`.

    Never creates the file (a deleted run folder must not come back). On POSIX systems it asks for a shared lock, on
    Windows for the byte that filelock locks, and gives it back at once; whoever wants the lock waits a few seconds.
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
