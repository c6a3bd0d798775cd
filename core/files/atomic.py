"""Files that are always either the old or the new version, never half-written."""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from core.files import locks, regular

MOST_BYTES = 1_000_000  # of a small JSON file without a record
LONGEST_START = 200  # bytes of a temporary name that are those of the file; file systems take 255 in all
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}", re.DOTALL)
TEMPORARY_FOLDER = re.compile(r"\..+\.[0-9a-z_]{8}", re.DOTALL)
PAUSES = (0.01, 0.03, 0.1, 0.3)  # s
T = TypeVar("T")


def write(path: Path, writer: Callable[[BinaryIO], object]) -> None:
    """Replace `path` with what `writer` writes into a binary file; after an error the old file is still there."""
    temporary = temporary_name(path)
    try:
        with temporary.open("xb") as file:
            writer(file)
        _patiently(lambda: temporary.replace(path))
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename, error.filename2 = str(path), None  # not the temporary name, which nobody knows
        raise


def link(source: Path, target: Path) -> None:
    """Give a file a second name, so that its content is stored once; a copy if the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as original:
            write(target, lambda file: shutil.copyfileobj(original, file))


def temporary_name(path: Path) -> Path:
    """A new hidden name beside `path`."""
    name = path.name.lstrip(".").encode("utf-8", "surrogateescape")[:LONGEST_START].decode("utf-8", "ignore") or "_"
    return path.with_name(f".{name}.{secrets.token_hex(4)}")


def is_temporary(name: str, is_folder: bool) -> bool:
    """Whether a file or folder was given such a name. Earlier versions gave folders other letters and _ too."""
    return (TEMPORARY_FOLDER if is_folder else TEMPORARY).fullmatch(name) is not None


def _patiently(action: Callable[[], T]) -> T:
    """Do it, on Windows again after a moment: it refuses while another process reads or replaces the same file."""
    for pause in PAUSES:
        try:
            return action()
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
    return action()


def write_json(path: Path, value: Any) -> None:
    """Replace `path` with `value` as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    # file names on old disks may hold bytes that aren't UTF-8: written as escapes, they break nothing
    write(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))


def read_json(path: Path) -> Any | None:
    """The JSON value in `path`, or None if the file can't be read or is not valid JSON."""
    try:
        return json.loads(read_bytes(path, MOST_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes, even if another process is just replacing it. Raises OSError."""
    return _patiently(lambda: regular.read(path, most))


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path`: renamed to `path` after the block, deleted if the block raises.

    Raises FileExistsError when `path` exists at the end of the block.
    """
    with scratch_folder(path) as temporary:
        yield temporary
        if path.exists():
            raise FileExistsError(path)
        try:
            temporary.rename(path)
        except OSError:
            if path.exists():  # created since the check
                raise FileExistsError(path) from None
            raise


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path`, deleted after the block. If the process is killed, a clean-up finds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    temporary.mkdir()
    try:
        with locks.in_use(temporary):
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
