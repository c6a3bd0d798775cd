"""Files that others made, opened so that none of them can hang the program or fill its memory.

Only regular files are opened. A pipe would wait for a writer that never comes, and a device may have no end, whatever
its name says. All errors are OSErrors whose `strerror` fits into a sentence.
"""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from core import words

PIECE = 1 << 20  # bytes read at a time where a file has more than its size says
# without waiting for a pipe's writer, and without becoming the program of a terminal; Windows has neither
FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegularError(OSError):
    """A pipe, socket or device."""

    kind = "something else"


class TooLargeError(OSError):
    """A file of more bytes than its reader takes."""


class InvalidNameError(OSError):
    """A name that no file can have, such as one with a NUL character."""


def read(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises OSError: NotRegularError, TooLargeError, InvalidNameError, IsADirectoryError, FileNotFoundError and so on.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise _too_large(path, most)
        content = file.read(size + 1) or b""
        if len(content) <= size:
            return content
        pieces, count = [content], len(content)  # its size says too little, or the file grows
        while count <= most and (piece := file.read(min(PIECE, most + 1 - count))):
            pieces.append(piece)
            count += len(piece)
    if count > most:
        raise _too_large(path, most)
    return b"".join(pieces)


def start(path: Path, count: int) -> bytes:
    """The first `count` bytes of a regular file, or all if it has fewer. Raises OSError as `read` does."""
    with opened(path) as file:
        return file.read(count) or b""


def end(path: Path, most: int) -> str:
    """The last `most` bytes of a regular file as text, such as the end of a log. Raises OSError as `read` does."""
    with opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most))
        return file.read(most).decode("utf-8", "replace")


def opened(path: Path) -> BufferedReader:
    """A regular file, open for reading. Raises OSError as `read` does, whatever the size."""
    try:
        _check(os.stat(path), path)  # noqa: PTH116 (before it is opened: opening may rewind a tape)
        return open(path, "rb", opener=_opener)
    except ValueError:
        raise InvalidNameError(errno.EINVAL, "its name is not valid", str(path)) from None


def is_folder(path: Path) -> bool:
    """Whether there is a folder at `path`. Never raises, as Path.is_dir does for names that are too long."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _opener(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | FLAGS)
    try:
        _check(os.fstat(descriptor), Path(path))  # what was opened may not be what was looked at
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, path: Path) -> None:
    """Raise OSError for anything but a regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for fits, kind in KINDS if fits(status.st_mode)), NotRegularError.kind)
        error = NotRegularError(errno.EINVAL, f"it must be a file, got {kind}", str(path))
        error.kind = kind
        raise error


def _too_large(path: Path, most: int) -> TooLargeError:
    return TooLargeError(errno.EFBIG, f"it must have at most {words.size(most)}, got more", str(path))
