"""Arrays in files of the cache: written row by row, checked when they are opened, mapped instead of read.

A file is NumPy's .npy with a checksum at its end. Damaged files are deleted; their owners compute them again.
"""

import contextlib
import io
import math
import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.files import atomic, cache, regular

Array = NDArray[Any]

MARK = b"CRC32 \n\0"
TAIL = len(MARK) + 4  # bytes after the array
PIECE = 2**22  # bytes read at a time for the checksum
_sound: dict[tuple[int, int], tuple[int, int]] = {}  # (device, inode) → (size, time) of files checked by this process


class Rows:
    """An array file that is written row by row, so that memory use stays flat. Every method may raise OSError."""

    def __init__(self, path: Path, dtype: Any, row: tuple[int, ...], count: int) -> None:
        """Create the file for about `count` rows; `row` is the shape of a single row."""
        self._dtype, self._row, self._count = np.dtype(dtype), row, 0
        self._expected = count * math.prod(row) * self._dtype.itemsize
        self._has_evicted = False
        # plain writes, not a mapping: on a full disk they raise an error, where a mapping kills the process
        self._file = path.open("x+b", buffering=0)
        cache.hold(self._file)
        self._start = self._end = len(self._header(0))
        try:
            self._write(self._header(0), 0)
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: Array) -> None:
        """Add rows at the end. After an OSError, earlier rows are still there."""
        assert rows.shape[1:] == self._row
        content = np.ascontiguousarray(rows, self._dtype).reshape(-1).view(np.uint8)
        self._write(content.data, self._end)
        self._end += len(content)
        self._count += len(rows)

    def written(self) -> Array:
        """The rows written so far, read from the file."""
        self._file.seek(self._start)
        rows = np.empty((self._count, *self._row), self._dtype)
        view = rows.reshape(-1).view(np.uint8).data
        while len(view):
            read = self._file.readinto(view)
            if not read:
                raise OSError("the file ended early")
            view = view[read:]
        return rows

    def finish(self) -> None:
        """Write the number of rows and the checksum, and close the file."""
        header = self._header(self._count)
        assert len(header) == self._start  # NumPy leaves room for the digits
        self._write(header, 0)
        self._write(MARK + _checksum(self._file, self._end).to_bytes(4, "big"), self._end)
        self.close()

    def close(self) -> None:
        self._file.close()

    def _header(self, count: int) -> bytes:
        buffer = io.BytesIO()
        shape = (count, *self._row)
        npy.write_array_header_1_0(
            buffer, {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        )
        return buffer.getvalue()

    def _write(self, content: bytes | memoryview, place: int) -> None:
        self._file.seek(place)
        view = memoryview(content)
        while len(view):  # a disk that is nearly full takes only a part
            try:
                view = view[self._file.write(view) or 0 :]
            except OSError as error:
                if self._has_evicted or error.errno not in cache.FULL:
                    raise
                self._has_evicted = True
                if not cache.evict(max(len(view), self._expected - place)):
                    raise


def store(path: Path, chunks: Iterable[Array], count: int) -> tuple[Array, OSError | None]:
    """Write chunks of `count` rows in total into the file `path` and map it.

    Returns the array and None, or, when the disk doesn't take it, the array in memory and the reason. An exception
    raised by `chunks` leaves no file behind.
    """
    temporary = atomic.temporary_name(path)
    rows: Rows | None = None
    memory: Array | None = None
    failure: OSError | None = None
    done = 0
    try:
        for chunk in chunks:
            if failure is None:
                try:
                    if rows is None:
                        cache.make_room(count * chunk[0].nbytes)
                        path.parent.mkdir(parents=True, exist_ok=True)
                        rows = Rows(temporary, chunk.dtype, chunk.shape[1:], count)
                    rows.append(chunk)
                except OSError as error:
                    failure = error
                    memory = _in_memory(rows, chunk, count)
            if memory is not None:
                memory[done : done + len(chunk)] = chunk
            done += len(chunk)
        if memory is None and rows is not None:
            try:
                rows.finish()
                _rename(temporary, path)
                stored = mapped(path, count)
                if stored is not None:
                    return stored, None
                raise OSError("the file vanished at once")
            except OSError as error:
                failure = error
                memory = _in_memory(rows, chunk, count)
        return (np.zeros((0, 0), np.float32) if memory is None else memory), failure
    finally:
        if rows is not None:
            rows.close()
        _discard(temporary)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _in_memory(rows: Rows | None, like: Array, count: int) -> Array:
    """An array in memory for all rows, filled with those written so far."""
    memory = np.empty((count, *like.shape[1:]), like.dtype)
    if rows is not None:
        written = rows.written()
        memory[: len(written)] = written
    return memory


def _rename(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except PermissionError:
        if not path.exists():  # Windows never replaces a mapped file, and another process stored the same array
            raise


def mapped(path: Path, count: int) -> Array | None:
    """The file's array of `count` rows, mapped read-only and protected from the clean-up while it is mapped.

    None when there is no such file. A file that is damaged or holds something else is deleted.
    """
    try:
        file = regular.opened(path)
    except OSError:
        return None
    with file:
        array = _read(file, count)
    if array is None:
        _discard(path)
    return array


def _read(file: BinaryIO, count: int) -> Array | None:
    try:
        stat = os.fstat(file.fileno())
        cache.hold(file)
        if npy.read_magic(file) != (1, 0):
            return None
        shape, fortran, dtype = npy.read_array_header_1_0(file)
        start = file.tell()
        size = math.prod(shape) * dtype.itemsize
        if fortran or dtype.hasobject or shape[:1] != (count,) or start + size + TAIL != stat.st_size:
            return None
        place, state = (stat.st_dev, stat.st_ino), (stat.st_size, stat.st_mtime_ns)
        if _sound.get(place) != state:  # once per process, and again when another process used or changed it
            file.seek(0)
            checksum = _checksum(file, start + size)
            if file.read(TAIL) != MARK + checksum.to_bytes(4, "big"):
                return None
        _sound[place] = (stat.st_size, os.fstat(file.fileno()).st_mtime_ns)  # after `hold` changed it
        if not size:
            return np.zeros(shape, dtype)
        return np.memmap(file, dtype, "r", start, shape)
    except Exception:  # NumPy's reader raises anything on a damaged header
        return None


def release(array: Array) -> None:
    """Let the system take back the memory of a mapped array; while it is in the system's file cache, reading it again
    costs next to nothing. Without this, a pass over 30,000 photos of 150 px counts as 2 GB of this process."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None and hasattr(mapping, "madvise"):  # Windows has none
        mapping.madvise(mmap.MADV_DONTNEED)


def _checksum(file: io.FileIO | BinaryIO, end: int) -> int:
    """CRC-32 of the file's first `end` bytes; leaves the file positioned there."""
    file.seek(0)
    checksum, left = 0, end
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise OSError("the file ended early")
        checksum, left = zlib.crc32(piece, checksum), left - len(piece)
    return checksum
