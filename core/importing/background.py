"""A model from elsewhere is brought in by a process of its own, which outlives the page that started it."""

import shutil
from pathlib import Path
from typing import BinaryIO

from core import machine, workspace
from core.answering import shelf
from core.answering.shelf import Model
from core.errors import AppError, SettingsError
from core.files import atomic, names, records
from core.files.background import Report, Status, Work
from core.files.records import Record
from core.importing import bringing, files
from core.importing.pixels import MEASURE

STARTING = 20.0  # s from the start of the process to its first report, at most
FOLDER = "brought"  # in the scratch folder, for the file while it is read


class Wanted(Record):
    """What is being brought in, or was last."""

    file: str
    title: str
    dataset: str
    labels: tuple[str, ...] = ()
    pixels: str = MEASURE
    model: str = ""  # the name of the saved model, once there is one


def start(file: BinaryIO, wanted: Wanted) -> None:
    """Start bringing a model in. Raises AppError if the file can't be one, or while another is brought in; OSError."""
    if (state := status()) is not None and state.running:
        raise SettingsError("Another model is being brought in. Wait until it is finished.")
    path = _place(wanted)
    folder = path.parent
    workspace.locks().mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        atomic.write(path, lambda target: shutil.copyfileobj(file, target))
        files.check(path)
        records.write(_request(), wanted)
    except (AppError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _work().start("core.importing.background", "import.log")


def status() -> Status | None:
    """How far the last one is; None if there was none, or if it was forgotten."""
    return _work().status()


def wanted() -> Wanted | None:
    """What the last one was about; None if there was none."""
    try:
        return records.read(_request(), Wanted)
    except AppError:  # damaged: the next one writes it anew
        return None


def model() -> Model | None:
    """The saved model that the last one became; None if it did not, or if it was deleted since. Raises ModelError."""
    last = wanted()
    return shelf.find(last.model) if last is not None else None


def forget() -> None:
    """Forget how the last one ended."""
    _work().forget()


def _work() -> Work:
    return Work("import", workspace.locks() / "import.json", workspace.locks() / "import.lock", STARTING)


def _request() -> Path:
    return workspace.locks() / "import-wanted.json"


def _bring(report: Report) -> None:
    last = wanted()
    if last is None:
        raise SettingsError("What was to be imported can't be read any more. Choose the file again.")
    path = _place(last)
    try:
        found = bringing.bring(path, last.title, last.dataset, last.labels, last.pixels, report)
        records.write(_request(), last.model_copy(update={"model": found.name}))
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def _place(wanted: Wanted) -> Path:
    """Where the file lies while it is read. A browser may say any name: only its last part counts."""
    return workspace.scratch() / FOLDER / names.safe_name(wanted.file.replace("\\", "/").rpartition("/")[2])


def _main() -> None:
    machine.give_way()
    _work().run(_bring)


if __name__ == "__main__":
    _main()
