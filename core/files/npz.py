"""NumPy's .npz files as the program writes them: checked before their arrays are read, and never unpickled."""

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.files import regular

DAMAGE = (
    OSError, EOFError, KeyError, TypeError, ValueError, OverflowError, SyntaxError, MemoryError, RecursionError,
    NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class ArraysError(Exception):
    """A file without the expected arrays. The message ends a sentence: "… is damaged (it is missing)"."""


def load(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays in a file, by name. Raises ArraysError if it is missing, damaged or of another kind."""
    try:
        with regular.opened(path) as file:
            _check_size(file)
            with np.load(file, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise ArraysError("it is missing") from None
    except DAMAGE as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or "its end is missing"
        raise ArraysError(reason.splitlines()[0][:200]) from None


def _check_size(file: BinaryIO) -> None:
    """Raise ValueError if the arrays are larger than the file.

    `np.savez` doesn't compress, so the program wrote no such file: a few kilobytes could ask for all the memory.
    """
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if unpacked > size:
        raise ValueError("it is compressed, or its sizes are wrong")
