"""Array files: written as they come, equal when they are read, and held in memory where the disk refuses."""

import errno
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.files import arrays
from tests.full_disk import limit_disk

ROWS = np.arange(70, dtype=np.float32).reshape(10, 7)


def chunks(size: int = 4) -> Iterator[np.ndarray]:
    for start in range(0, len(ROWS), size):
        yield ROWS[start : start + size]


@pytest.mark.parametrize("size", [1, 4, 10])
def test_what_is_written_is_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "deep" / "a.npy"
    stored, trouble = arrays.store(path, chunks(size), len(ROWS))
    assert trouble is None
    for array in (stored, arrays.mapped(path, len(ROWS)), np.load(path)):
        assert np.array_equal(array, ROWS)
        assert array.dtype == np.float32
    assert isinstance(stored, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        stored[0] = 0
    assert [path.name for path in path.parent.iterdir()] == ["a.npy"]


def test_nothing_is_no_file(tmp_path: Path) -> None:
    assert arrays.mapped(tmp_path / "a.npy", 3) is None
    stored, trouble = arrays.store(tmp_path / "a.npy", [], 0)
    assert (stored.shape, trouble) == ((0, 0), None)


def test_fewer_rows_than_announced(tmp_path: Path) -> None:
    rows = arrays.Rows(tmp_path / "a.npy", np.uint8, (2, 2), 1_000_000)
    rows.append(np.full((3, 2, 2), 7, np.uint8))
    rows.finish()
    assert np.load(tmp_path / "a.npy").tolist() == [[[7, 7], [7, 7]]] * 3
    assert arrays.mapped(tmp_path / "a.npy", 1_000_000) is None


@pytest.mark.parametrize("most", [0, 130, 200, 340, 408], ids=["header", "first", "middle", "last", "checksum"])
def test_where_the_disk_is_full_all_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    limit_disk(monkeypatch, most)
    stored, trouble = arrays.store(tmp_path / "a.npy", chunks(), len(ROWS))
    assert trouble is not None
    assert trouble.errno == errno.ENOSPC
    assert np.array_equal(stored, ROWS)
    assert list(tmp_path.iterdir()) == []


def test_each_byte_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    arrays.store(path, chunks(), len(ROWS))
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(bytes([*content[:place], content[place] ^ 16, *content[place + 1 :]]))
        assert arrays.mapped(path, len(ROWS)) is None, place
        assert not path.exists()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert arrays.mapped(path, len(ROWS)) is None, length
    path.write_bytes(content)
    assert arrays.mapped(path, len(ROWS)) is not None


def test_a_file_is_checked_once_while_nobody_touches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npy"
    arrays.store(path, chunks(), len(ROWS))
    monkeypatch.setattr(zlib, "crc32", lambda *_: pytest.fail("read again"))
    for _ in range(3):
        assert np.array_equal(arrays.mapped(path, len(ROWS)), ROWS)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts pages as Linux does")
def test_a_released_array_takes_no_memory_and_can_be_read(tmp_path: Path) -> None:
    rows = np.arange(8_000_000, dtype=np.float32).reshape(2_000_000, 4)
    stored, _ = arrays.store(tmp_path / "a.npy", [rows], len(rows))
    process = psutil.Process()
    total = rows.sum(dtype=np.float64)
    assert stored.sum(dtype=np.float64) == total
    before = process.memory_info().shared
    arrays.release(stored)
    assert process.memory_info().shared < before - 0.9 * rows.nbytes
    assert stored.sum(dtype=np.float64) == total
    arrays.release(rows)  # nothing is mapped: nothing happens
    assert rows.sum(dtype=np.float64) == total
