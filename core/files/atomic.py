"""Files that are always either the old or the new version, never half-written."""

import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

PAUSES = (0.01, 0.03, 0.1, 0.3)  # s


def write(path: Path, writer: Callable[[BinaryIO], object]) -> None:
    """Replace `path` with what `writer` writes into a binary file; after an error the old file is still there."""
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            writer(file)
        _replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _replace(temporary: Path, path: Path) -> None:
    """Replace `path`; Windows refuses that while another process reads the old file, which only takes a moment."""
    for pause in PAUSES:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replace `path` with `value` as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    # file names on old disks may hold bytes that aren't UTF-8: written as escapes, they break nothing
    write(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))


def read_json(path: Path) -> Any | None:
    """The JSON value in `path`, or None if there is no such file or it is not valid JSON."""
    try:
        return json.loads(read_bytes(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None


def read_bytes(path: Path) -> bytes:
    """The file's content; on Windows again after a moment where it is just being replaced."""
    for pause in PAUSES:
        try:
            return path.read_bytes()
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
    return path.read_bytes()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path`: renamed to `path` after the block, deleted if the block raises.

    Raises FileExistsError when `path` exists at the end of the block.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp makes it private
        if path.exists():
            raise FileExistsError(path)
        try:
            temporary.rename(path)
        except OSError:
            if path.exists():  # created since the check
                raise FileExistsError(path) from None
            raise
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
