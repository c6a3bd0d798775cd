"""Keep a worker running on each device that has something to do."""

import time
from pathlib import Path

from core import workspace
from core.files import atomic, processes, read_only, regular
from core.files.locks import is_held
from core.runs import cluster, devices, queue

STARTING = 10.0  # s that a new worker has to take its lock before the next start
MANY_STARTS = 3  # after so many failed starts the page says so, and further ones are LATER apart
LATER = 60.0  # s
MOST_STARTS = 10**6  # a number beyond it was not written by this program
LOG = "worker.log"


def lock_of(worker: str) -> Path:
    """The lock that a device's worker holds for life."""
    return workspace.locks() / f"worker-{_name(worker)}.lock"


def _name(worker: str) -> str:
    """The worker's name as a part of file names."""
    return worker.replace(":", "-")


def is_working() -> bool:
    """Whether any worker process lives."""
    return any(is_held(lock) for lock in workspace.locks().glob("worker-*.lock"))


def ensure_worker() -> bool:
    """Start a worker on each device that has waiting runs but no worker. Return whether any was started.

    A worker is a separate process that outlives page, browser and shell. Two at once do no harm: the second one finds
    the lock taken and ends. A read-only server starts none: whoever queued the runs has started one.
    """
    if read_only.is_on():
        return False
    workers = {devices.worker_of(run.device) for run in queue.waiting()}
    starts = [_start(worker) for worker in sorted(workers) if not is_held(lock_of(worker))]
    return any(starts)


def _start(worker: str) -> bool:
    mark = _mark(worker)
    starts, last = _starts(mark)
    if 0 <= time.time() - last < (STARTING if starts < MANY_STARTS else LATER):
        return False
    mark.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(mark, starts + 1)
    address = cluster.address_of(worker)
    try:
        if address:
            processes.start("models.cluster", LOG, "--address", address)
        else:
            processes.start("models.worker", LOG, "--device", worker)
    except OSError as error:
        with (workspace.locks() / LOG).open("a", encoding="utf-8") as log:
            log.write(f"The training process could not be started: {error}\n")
        return False
    return True


def clear_starts(worker: str) -> None:
    """Forget earlier failed starts. A worker calls this once it can take runs."""
    _mark(worker).unlink(missing_ok=True)
    _reason(_mark(worker)).unlink(missing_ok=True)


def note_trouble(worker: str, sentence: str) -> None:
    """Write down why a worker can't take runs, for `trouble`."""
    atomic.write_json(_reason(_mark(worker)), sentence)


def trouble() -> str | None:
    """A sentence if a worker has failed to start several times or has said why it can't, else None."""
    for mark in workspace.locks().glob("worker-*.started"):
        reason = atomic.read_json(_reason(mark))
        if isinstance(reason, str) and not is_held(mark.with_suffix(".lock")) and _has_waiting(mark):
            return reason
        starts, last = _starts(mark)
        has_failed = starts > MANY_STARTS or (starts == MANY_STARTS and time.time() - last >= STARTING)
        if has_failed and not is_held(mark.with_suffix(".lock")) and queue.waiting():
            return (
                f"The training process started {starts} times and always ended before it could take a run. "
                "See its output below. If a package is missing or broken, run `make env`. "
                "The process starts again every minute."
            )
    return None


def log_tail(most: int = 4000) -> str:
    """The end of the workers' output outside of runs."""
    try:
        return regular.end(workspace.locks() / LOG, most).strip()
    except OSError:
        return ""


def _mark(worker: str) -> Path:
    return workspace.locks() / f"worker-{_name(worker)}.started"


def _reason(mark: Path) -> Path:
    return mark.with_suffix(".trouble")


def _has_waiting(mark: Path) -> bool:
    """Whether runs wait for the worker with that mark."""
    return any(_mark(devices.worker_of(run.device)) == mark for run in queue.waiting())


def _starts(mark: Path) -> tuple[int, float]:
    """The number of failed starts since the worker last ran, and the time of the last one (s since 1970)."""
    try:
        last = mark.stat().st_mtime
    except OSError:
        return 0, 0.0
    count = atomic.read_json(mark)
    return (count if isinstance(count, int) and 0 <= count < MOST_STARTS else 1), last
