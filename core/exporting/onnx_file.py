"""A saved model's ONNX file, which is also what the web page and the service are made of: made once, then cached."""

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import workspace
from core.answering import model_files, shelf
from core.answering.file_errors import damaged
from core.answering.shelf import Model
from core.exporting import process
from core.files import atomic, cache, regular
from core.files.background import Report

KIND = "onnx"  # of the cache
VERSION = 1  # of what the files hold: files of other versions are made anew


def write(onnx_path: Path, model: Model, path: Path) -> None:
    """Write the ONNX file as it is. Raises OSError."""
    with onnx_path.open("rb") as source:
        atomic.write(path, lambda target: shutil.copyfileobj(source, target))


@contextmanager
def of(model: Model, report: Report) -> Iterator[Path]:
    """The model's ONNX file, made if need be, which is not deleted before the block ends. Raises AppError, OSError.

    The name of a cached file has the hash of what it was made of and that of its content, so that a damaged one is
    made anew.
    """
    folder = workspace.cache() / KIND
    stem = _digest(model)
    path = _cached(folder, stem)
    if path is None:
        folder.mkdir(parents=True, exist_ok=True)
        cache.make_room(2 * (model.folder / model_files.BACKBONE).stat().st_size)
        temporary = folder / f".{stem}.{secrets.token_hex(4)}"  # the name of a temporary file, which a clean-up finds
        try:
            process.run("models.onnx_model", model, temporary, report)
            path = temporary.replace(folder / f"{stem}-{_hash(temporary)}.onnx")
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    with path.open("rb") as file:
        cache.hold(file)
        yield path


def _cached(folder: Path, stem: str) -> Path | None:
    for path in folder.glob(f"{stem}-*.onnx"):
        if path.name == f"{stem}-{_hash(path)}.onnx":
            return path
        path.unlink(missing_ok=True)
    return None


def _digest(model: Model) -> str:
    """The hash of all that the file is made of: 32 hex digits. Raises ModelError if a file is missing."""
    parts = [str(VERSION), model.name]
    for name in shelf.FILES:
        facts = model.card.files.get(name)
        try:
            parts.append(facts.hash if facts else _hash(model.folder / name))
        except OSError as error:
            raise damaged(model.folder / name, error.strerror) from None
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _hash(path: Path) -> str:
    with regular.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
