"""Files of others: only regular ones are opened, so none can hang the program or fill its memory."""

import os
import socket
import time
import tracemalloc
from pathlib import Path

import pytest

from core.files import regular

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither pipes nor devices in folders")
SECONDS = 1.0  # far more than any of these takes, and far less than a wait for a writer


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"abc" * 1000)
    assert regular.read(path, 3000) == b"abc" * 1000
    assert regular.start(path, 4) == b"abca"
    (tmp_path / "empty").touch()
    assert regular.read(tmp_path / "empty", 0) == b""


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"abc")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "photo.jpg")
    assert regular.read(tmp_path / "link.jpg", 10) == b"abc"


@POSIX
@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a device"])
def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo.jpg"
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path.symlink_to("/dev/zero")
    started = time.monotonic()
    for read in (lambda: regular.read(path, 100), lambda: regular.start(path, 4), lambda: regular.opened(path)):
        with pytest.raises(regular.NotRegularError, match=f"got {kind}"):
            read()
    assert time.monotonic() - started < SECONDS


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        regular.read(tmp_path, 100)


@POSIX
def test_what_takes_the_place_of_a_file_after_the_look_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").touch()
    as_file = (tmp_path / "photo.jpg").stat()
    os.mkfifo(tmp_path / "pipe.jpg")
    monkeypatch.setattr(regular.os, "stat", lambda path: as_file)
    with pytest.raises(regular.NotRegularError):
        regular.read(tmp_path / "pipe.jpg", 100)


def test_a_file_that_is_too_large_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(regular.TooLargeError, match="at most 200 MB"):
            regular.read(path, 200_000_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has files of an unknown size")
def test_a_file_whose_size_says_nothing_is_read_to_its_end(tmp_path: Path) -> None:
    status = Path("/proc/self/status")
    assert status.stat().st_size == 0
    assert b"VmPeak" in regular.read(status, 100_000)
    with pytest.raises(regular.TooLargeError):
        regular.read(status, 100)


@pytest.mark.parametrize("name", ["a\0b.jpg", "a\ud800b.jpg"])
def test_a_name_that_no_file_can_have_is_an_os_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"not valid|No such file"):
        regular.read(tmp_path / name, 100)
    assert not regular.is_folder(tmp_path / name)


def test_a_name_of_5000_characters_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        regular.read(tmp_path / ("n" * 5000), 100)
    assert not regular.is_folder(tmp_path / ("n" * 5000))
    assert regular.is_folder(tmp_path)
