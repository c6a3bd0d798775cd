"""The check of a dataset in a process of its own, which outlives the page that started it."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from core import machine, workspace
from core.datasets import catalogue
from core.errors import AppError, DatasetError
from core.files import processes, records
from core.files.locks import is_held
from core.files.records import Record
from core.reviewing import effects, findings, inspection, stored_map, subject
from core.reviewing.findings import Findings

STARTING = 15.0  # s from the start of the process to its first report, at most
SHARES = {  # of the time that each step takes, as measured on 3,781 photos
    "Reading the photos": (0.0, 0.35),
    "Computing features": (0.35, 0.3),
    "Comparing photos": (0.65, 0.2),
    "Judging the classes": (0.85, 0.07),
    "Drawing the map": (0.92, 0.03),
    "Asking the best model": (0.95, 0.05),
}


class Status(Record):
    """How far a check in another process is, as its file tells."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Start the check again."

    share: float = 0.0  # 0 to 1
    words: str = ""
    error: str = ""  # a sentence
    running: bool = False  # whether that process lives; looked up, whatever the file says


def check(name: str, progress: Callable[[float, str], None] | None = None) -> Findings:
    """Check a dataset, and store what was found. Raises DatasetError, ModelError."""
    started = time.monotonic()

    def report(words: str, done: int, total: int) -> None:
        if progress:
            start, share = SHARES[words]
            progress(start + share * done / max(total, 1), f"{words}: {done:,} of {total:,}" if total > 1 else words)

    dataset = catalogue.load(name)
    inspected = subject.of(dataset, progress=report)
    found = inspection.inspect(inspected, report)
    report("Drawing the map", 0, 1)
    stored_map.draw(inspected)
    report("Asking the best model", 0, 1)
    result = Findings(
        date=datetime.now().astimezone().isoformat(timespec="seconds"),
        photos=len(inspected.names),
        findings=tuple(found),
        effects=effects.of(inspected, found),
        listed={split: len(listed) for split, listed in dataset.splits.items()},
        seconds=round(time.monotonic() - started, 1),
    )
    findings.write(dataset.name, result)
    return result


def start(name: str) -> None:
    """Start a check in its own process, unless one is running."""
    current = status(name)
    if current and current.running:
        return
    _write(name, Status(words="Starting"))
    processes.start("core.reviewing.check", f"check-{name}.log", name)


def status(name: str) -> Status | None:
    """How far the check that a page started is; None when none was started, or when its file is damaged."""
    try:
        running = is_held(_lock(name))
        current = records.read(_file(name), Status)
    except DatasetError:
        return None
    if current is None:
        return None
    if current.words == "Starting" and not running:
        running = time.time() - _file(name).stat().st_mtime < STARTING  # the process has not started its work yet
    if not running and not current.error and current.share < 1:
        return current.model_copy(update={"error": "The check was interrupted. Start it again.", "running": False})
    return current.model_copy(update={"running": running})


def forget(name: str) -> None:
    """Forget how the last check ended."""
    _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    return workspace.locks() / f"check-{name}.json"


def _lock(name: str) -> Path:
    return workspace.locks() / f"check-{name}.lock"


def _write(name: str, status: Status) -> None:
    _file(name).parent.mkdir(parents=True, exist_ok=True)
    records.write(_file(name), status)


def _main(name: str) -> None:
    from filelock import FileLock, Timeout

    machine.give_way()
    last = [0.0]

    def report(share: float, words: str) -> None:
        if time.monotonic() - last[0] > 0.3:
            last[0] = time.monotonic()
            _write(name, Status(share=share, words=words))

    try:
        with FileLock(_lock(name), timeout=1):
            try:
                check(name, report)
                _write(name, Status(share=1.0, words="Done"))
            except AppError as error:
                _write(name, Status(words="Failed", error=str(error)))
    except Timeout:
        print(f"another check of {name} is running")


if __name__ == "__main__":
    _main(sys.argv[1])
