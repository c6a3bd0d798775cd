"""Arrays in files of the cache: written as they come, checked when they are opened, mapped instead of read.

A file is NumPy's own (.npy), with a checksum behind it. What is damaged is deleted, and its owner computes it anew.
"""

import contextlib
import io
import math
import mmap
import os
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.files import cache

Array = NDArray[Any]

MARK = b"CRC32 \n\0"
TAIL = len(MARK) + 4  # bytes behind the array
PIECE = 2**22  # bytes read at a time for the checksum
_sound: dict[tuple[int, int], tuple[int, int]] = {}  # (device, inode) → (size, time) of files that were checked here


class Rows:
    """An array file in the making, row by row, so that memory stays flat. Every method may raise OSError."""

    def __init__(self, path: Path, dtype: Any, row: tuple[int, ...], count: int) -> None:
        """A new file for about `count` rows; `row` is the shape of one."""
        self._dtype, self._row, self._count = np.dtype(dtype), row, 0
        self._expected = count * math.prod(row) * self._dtype.itemsize
        self._has_asked = False
        # plain writes, not a mapping: a full disk is an error that can be told, where a mapping ends the process
        self._file = path.open("x+b", buffering=0)
        cache.hold(self._file)
        self._start = self._end = len(self._header(0))
        try:
            self._write(self._header(0), 0)
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: Array) -> None:
        """Add rows at the end. After an OSError those before are still there."""
        assert rows.shape[1:] == self._row
        content = np.ascontiguousarray(rows, self._dtype).reshape(-1).view(np.uint8)
        self._write(content.data, self._end)
        self._end += len(content)
        self._count += len(rows)

    def so_far(self) -> Array:
        """What was written, read back."""
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
        while len(view):  # a disk that fills up takes a part first
            try:
                view = view[self._file.write(view) or 0 :]
            except OSError as error:
                if self._has_asked or error.errno not in cache.FULL:
                    raise
                self._has_asked = True
                if not cache.give_up(max(len(view), self._expected - place)):
                    raise


def kept(path: Path, chunks: Iterable[Array], count: int) -> tuple[Array, OSError | None]:
    """Write chunks of `count` rows into the file `path` and map it.

    Where the disk doesn't take them they are held in memory, and the second value says why. What the chunks raise
    leaves nothing behind.
    """
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
    rows: Rows | None = None
    memory: Array | None = None
    trouble: OSError | None = None
    done = 0
    try:
        for chunk in chunks:
            if trouble is None:
                try:
                    if rows is None:
                        cache.make_room(count * chunk[0].nbytes)
                        path.parent.mkdir(parents=True, exist_ok=True)
                        rows = Rows(temporary, chunk.dtype, chunk.shape[1:], count)
                    rows.append(chunk)
                except OSError as error:
                    trouble = error
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
                trouble = error
                memory = _in_memory(rows, chunk, count)
        return (np.zeros((0, 0), np.float32) if memory is None else memory), trouble
    finally:
        if rows is not None:
            rows.close()
        _discard(temporary)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _in_memory(rows: Rows | None, like: Array, count: int) -> Array:
    """Room for all rows, with those that were written so far."""
    memory = np.empty((count, *like.shape[1:]), like.dtype)
    if rows is not None:
        before = rows.so_far()
        memory[: len(before)] = before
    return memory


def _rename(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except PermissionError:
        if not path.exists():  # Windows replaces no file that is mapped; another process stored the same one
            raise


def mapped(path: Path, count: int) -> Array | None:
    """The file's array of `count` rows, mapped read-only and marked as used for as long as it is mapped.

    None where there is no such file; one that is damaged or holds something else is deleted.
    """
    try:
        file = path.open("rb")
    except OSError:
        return None
    with file:
        found = _read(file, count)
    if found is None:
        _discard(path)
    return found


def _read(file: io.BufferedReader, count: int) -> Array | None:
    try:
        seen = os.fstat(file.fileno())
        cache.hold(file)
        if npy.read_magic(file) != (1, 0):
            return None
        shape, fortran, dtype = npy.read_array_header_1_0(file)
        start = file.tell()
        size = math.prod(shape) * dtype.itemsize
        if fortran or dtype.hasobject or shape[:1] != (count,) or start + size + TAIL != seen.st_size:
            return None
        place, state = (seen.st_dev, seen.st_ino), (seen.st_size, seen.st_mtime_ns)
        if _sound.get(place) != state:  # once per process, or when somebody else used or changed it
            file.seek(0)
            checksum = _checksum(file, start + size)
            if file.read(TAIL) != MARK + checksum.to_bytes(4, "big"):
                return None
        _sound[place] = (seen.st_size, os.fstat(file.fileno()).st_mtime_ns)  # as `hold` left it
        if not size:
            return np.zeros(shape, dtype)
        return np.memmap(file, dtype, "r", start, shape)
    except Exception:  # NumPy's reader raises whatever it likes on a damaged header
        return None


def release(array: Array) -> None:
    """Let the system take back the memory of a mapped array's pages; reading them again costs next to nothing while
    they are in its file cache. Without it a pass over 30,000 photos of 150 px would count as 2 GB of this process."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None and hasattr(mapping, "madvise"):  # Windows has no such call
        mapping.madvise(mmap.MADV_DONTNEED)


def _checksum(file: io.FileIO | io.BufferedReader, end: int) -> int:
    """CRC-32 of the file's first `end` bytes; leaves the file there."""
    file.seek(0)
    checksum, left = 0, end
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise OSError("the file ended early")
        checksum, left = zlib.crc32(piece, checksum), left - len(piece)
    return checksum
