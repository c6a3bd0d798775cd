"""Making sure that a worker lives on each device that has something to do."""

import time
from pathlib import Path

from core import workspace
from core.files import atomic, processes
from core.files.locks import is_held
from core.runs import devices, queue

STARTING = 10.0  # s that a new worker has to take its lock before another one is started
MANY_STARTS = 3  # in vain; after so many the page says so, and the next ones are further apart
LATER = 60.0  # s between these
LOG = "worker.log"


def lock_of(worker: str) -> Path:
    """The lock that a device's worker holds for life."""
    return workspace.locks() / f"worker-{worker}.lock"


def is_working() -> bool:
    """Whether any worker process lives."""
    return any(is_held(lock) for lock in workspace.locks().glob("worker-*.lock"))


def ensure_worker() -> bool:
    """Start a worker on each device that a run waits for and where none lives; returns whether one was started.

    The worker is a process of its own that outlives page, browser and shell. Two started at once do no harm: the
    second finds the lock taken and ends.
    """
    wanted = {devices.worker_of(run.device) for run in queue.waiting()}
    started = [_start(worker) for worker in sorted(wanted) if not is_held(lock_of(worker))]
    return any(started)


def _start(worker: str) -> bool:
    mark = _mark(worker)
    starts, last = _starts(mark)
    if 0 <= time.time() - last < (STARTING if starts < MANY_STARTS else LATER):
        return False
    mark.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(mark, starts + 1)
    try:
        processes.start("models.worker", LOG, "--device", worker)
    except OSError as error:
        with (workspace.locks() / LOG).open("a", encoding="utf-8") as log:
            log.write(f"The training process could not be started: {error}\n")
        return False
    return True


def has_started(worker: str) -> None:
    """Called by a worker that has taken its lock: earlier starts in vain are forgotten."""
    _mark(worker).unlink(missing_ok=True)


def trouble() -> str | None:
    """A sentence where a worker has been started several times and never came to life, else None."""
    for mark in workspace.locks().glob("worker-*.started"):
        starts, last = _starts(mark)
        enough = starts > MANY_STARTS or (starts == MANY_STARTS and time.time() - last >= STARTING)
        if enough and not is_held(mark.with_suffix(".lock")) and queue.waiting():
            return (
                f"The training process was started {starts} times and ended each time before it could take a run. "
                "What it said stands below; where a package is missing or broken, `make env` mends it. "
                "It is tried again each minute."
            )
    return None


def last_words(most: int = 4000) -> str:
    """The end of what workers have printed outside of runs."""
    try:
        return (workspace.locks() / LOG).read_text(encoding="utf-8", errors="replace")[-most:].strip()
    except FileNotFoundError:
        return ""


def _mark(worker: str) -> Path:
    return workspace.locks() / f"worker-{worker}.started"


def _starts(mark: Path) -> tuple[int, float]:
    """How often the worker was started since it last lived, and when (s since 1970)."""
    try:
        last = mark.stat().st_mtime
    except FileNotFoundError:
        return 0, 0.0
    count = atomic.read_json(mark)
    return (count if isinstance(count, int) else 1), last
