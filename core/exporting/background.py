"""A model's file in the making, in a process of its own, which outlives the page that started it."""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from core import machine, workspace
from core.answering import shelf
from core.answering.shelf import Model
from core.exporting import forms, making, onnx_file
from core.files import cache
from core.files.background import Status, Work

STARTING = 20.0  # s from the start of the process to its first report, at most


Names = Mapping[str, str]
"""What a form shows instead of some of the model's labels, by label."""
OWN: Names = {}


def start(model: Model, key: str, names: Names = OWN) -> None:
    """Start making the form in its own process, unless one is at it. Raises AppError, OSError."""
    forms.form(key).check(names)
    work = _work(model, key, names)
    work.file.parent.mkdir(parents=True, exist_ok=True)
    work.start("core.exporting.background", "export.log", str(model.folder), key, json.dumps(dict(names)))


def status(model: Model, key: str, names: Names = OWN) -> Status | None:
    """How far the file that a page wants is; None if nobody has started it for this version of the model."""
    return _work(model, key, names).status()


def file(model: Model, key: str, names: Names = OWN) -> Path | None:
    """The finished file, which a clean-up of the caches may delete; None if there is none."""
    path = _folder(model, key, names) / forms.form(key).file_name(model.name)
    if not path.is_file() or (state := status(model, key, names)) is None or state.running:
        return None
    cache.touch(path)
    return path


def forget(model: Model, key: str, names: Names = OWN) -> None:
    """Forget how the last one ended."""
    _work(model, key, names).forget()


def _work(model: Model, key: str, names: Names) -> Work:
    """The lock lies beside the file, so a clean-up leaves both alone while the process lives."""
    folder = _folder(model, key, names)
    return Work("export", folder / "status.json", folder / "work.lock", STARTING)


def _folder(model: Model, key: str, names: Names) -> Path:
    text = json.dumps(dict(names), sort_keys=True).encode()
    suffix = f"-{hashlib.blake2b(text, digest_size=8).hexdigest()}" if names else ""
    return workspace.cache() / onnx_file.KIND / f"{onnx_file.digest(model)}-{key}{suffix}"


def _main(folder: str, key: str, encoded: str) -> None:
    machine.give_way()
    model, names = shelf.read(Path(folder)), json.loads(encoded)
    path = _folder(model, key, names) / forms.form(key).file_name(model.name)
    _work(model, key, names).run(lambda report: making.make(model, key, path, report, names))


if __name__ == "__main__":
    _main(*sys.argv[1:])
