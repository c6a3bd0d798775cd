"""Work in a process of its own, which outlives the page that started it: its lock says whether it lives, and its file
how far it is."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import AppError
from core.files import processes, records, storage_errors
from core.files.locks import is_held
from core.files.records import Record

STARTING = "starting"
PAUSE = 0.3  # s between two reports

Report = Callable[[float, str], None]
"""Called with the finished share, 0 to 1, and what is being done."""


class Status(Record):
    """How far work in another process is, as its file tells."""

    share: float = 0.0  # 0 to 1
    words: str = ""
    error: str = ""  # a sentence
    running: bool = False  # whether that process lives; looked up, whatever the file says


@dataclass(frozen=True)
class Work:
    """A kind of work, of which one process at a time does the same."""

    name: str  # "check"
    file: Path  # its status; its folder must exist
    lock: Path
    patience: float  # s from the start of the process to its first report, at most

    def start(self, module: str, log: str, *arguments: str) -> None:
        """Start `python -m module` in its own process, unless one is at it. Raises OSError."""
        processes.check(module)
        current = self.status()
        if current and current.running:
            return
        self._write(Status(words=STARTING))
        processes.start(module, log, *arguments)

    def status(self) -> Status | None:
        """How far the work that a page started is; None if none was started, or if its file is damaged."""
        try:
            status = records.read(self.file, Status)
            running = is_held(self.lock)
            if not running:  # it may have ended since the file was read: what stands there now is its last word
                status = records.read(self.file, Status)
            if status is None:
                return None
            if status.words == STARTING and not running:
                running = time.time() - self.file.stat().st_mtime < self.patience  # it has not begun yet
        except (AppError, FileNotFoundError):  # the next one writes it anew
            return None
        if not running and not status.error and status.share < 1:
            error = f"The {self.name} was interrupted. Start it again."
            return status.model_copy(update={"error": error, "running": False})
        return status.model_copy(update={"running": running})

    def forget(self) -> None:
        """Forget how the last one ended."""
        self.file.unlink(missing_ok=True)

    def run(self, work: Callable[[Report], object]) -> None:
        """Do the work in this process, unless another one does it, and write how it goes and ends.

        Of reports in quick succession only the last one is written, a moment later.
        """
        from filelock import FileLock, Timeout

        self.lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.lock, timeout=1):
                try:
                    with _Reports(self._write) as reports:
                        work(reports.report)
                    self._write(Status(share=1.0, words="done"))
                except (AppError, OSError) as error:
                    sentence = storage_errors.sentence(error) if isinstance(error, OSError) else str(error)
                    if not sentence:
                        raise
                    with contextlib.suppress(OSError):
                        self._write(Status(words="failed", error=sentence))
        except Timeout:
            print(f"another {self.name} is running (this is process {os.getpid()})")

    def _write(self, status: Status) -> None:
        records.write(self.file, status)


class _Reports:
    """Writes reports at once, or together with those that follow within `PAUSE`."""

    def __init__(self, write: Callable[[Status], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: Status | None = None
        self._written = -PAUSE
        self._ended = threading.Event()

    def __enter__(self) -> "_Reports":
        threading.Thread(target=self._write_waiting_ones, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with self._lock:
            self._waiting = None

    def report(self, share: float, words: str) -> None:
        with self._lock:
            self._waiting = Status(share=share, words=words)
            if not words or time.monotonic() - self._written > PAUSE:
                self._flush()

    def _write_waiting_ones(self) -> None:
        while not self._ended.wait(PAUSE):
            with self._lock, contextlib.suppress(OSError):  # the work itself meets the full disk, and says so
                self._flush()

    def _flush(self) -> None:
        if self._waiting is not None:
            self._write(self._waiting)
            self._waiting, self._written = None, time.monotonic()
