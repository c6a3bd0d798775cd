"""The worker: one process per device that trains the queued runs. Start it with `python -m models.worker`.

It takes its lock before it imports Keras, so a second worker started at the same time exits at once.
"""

import argparse
import contextlib
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from core import machine, workspace
from core.datasets.pack import Pack
from core.errors import AppError, RunError
from core.files import leftovers, processes
from core.runs import bodies, devices, launch, queue
from core.runs.config import RunConfig
from core.runs.folder import Run, read_status
from core.runs.records import AUTO, ENDED, RunState
from models import failures, lean, reading
from models.record import Progress, Stopped

IDLE_SECONDS = 300.0  # after that the worker exits and frees the GPU
POLL_SECONDS = 0.3
FULL_SECONDS = 3.0  # between two attempts to write to a full disk
Read = Callable[[RunConfig, Progress], tuple[tuple[str, ...], dict[str, Pack]]]
"""Gives the classes and the photos by split, and announces the run's stages: see models.reading."""

MOST_ATTEMPTS = 2  # a run that killed its worker twice fails
DIED_TWICE = (
    "The training process died twice during this run, perhaps because memory ran out. "
    "Try a smaller image size or batch size."
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.worker", description="Train the queued runs.")
    parser.add_argument(
        "--idle",
        type=float,
        default=processes.idle_seconds(IDLE_SECONDS),
        help="seconds without work after which the worker exits (default: %(default)s)",
    )
    parser.add_argument(
        "--device", default=AUTO, help="cpu, gpu-0, gpu-1 …, gpus (default: the device that Keras finds)"
    )
    arguments = parser.parse_args()
    worker = devices.worker_of(arguments.device)
    os.environ.update(devices.environment(worker))  # before Keras is imported
    workspace.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(launch.lock_of(worker))
    try:
        lock.acquire(timeout=2)
    except Timeout:
        print("another worker is running; this one exits")
        return
    with lock:
        launch.clear_starts(worker)
        leftovers.sweep()
        machine.give_way()
        drain(arguments.idle, worker)


def drain(idle: float, worker: str = AUTO) -> None:
    """Train the runs that wait for this worker, one after another, until none has come for `idle` seconds."""
    last = time.monotonic()
    refused: set[str] = set()  # runs whose own files this worker can't use; their end can't be recorded
    while time.monotonic() - last < idle:
        run = next((run for run in queue.waiting(worker) if run.id not in refused), None)
        if run is None:
            time.sleep(POLL_SECONDS)
            continue
        # The run's folder was just deleted, or somebody else holds its lock: look again.
        with contextlib.suppress(FileNotFoundError, Timeout):
            try:
                train_run(run, worker)
            except AppError as error:
                refused.add(run.id)
                _log(f"run {run.id} is passed over: {error}")
            except OSError as error:
                if not failures.is_full(error):
                    raise
                # not even the error can be written: the run waits until there is room
                _log(f"run {run.id} waits: {failures.FULL}")
                time.sleep(min(FULL_SECONDS, idle))
                continue
        last = time.monotonic()


def train_run(run: Run, worker: str = AUTO) -> None:
    """Train one run and record how it ended. Raises OSError if the disk is too full even for that."""
    with FileLock(run.folder / "worker.lock", timeout=5), output_to(run.folder / "worker.log"):
        if progress := begin(run):
            train_begun(run, progress, reading.read, worker)


def begin(run: Run) -> Progress | None:
    """Begin or resume a run whose lock is held; None if it has killed its worker too often and so has failed.

    Raises FileNotFoundError if it was just deleted.
    """
    if not (run.folder / "config.json").exists():  # created again by taking the lock
        shutil.rmtree(run.folder, ignore_errors=True)
        raise FileNotFoundError(run.folder)
    progress = Progress(run.folder)
    if progress.attempts >= MOST_ATTEMPTS:
        progress.end(RunState.FAILED, DIED_TWICE)
        return None
    progress.start()
    return progress


def train_begun(run: Run, progress: Progress, read: Read, worker: str = AUTO, machine: str = "") -> None:
    """Train a run that has begun, on the photos that `read` gives, and record how it ended.

    `machine` names this machine if it is one of a cluster. Raises OSError if the disk is too full for the record.
    """
    on_gpu = False
    try:
        keras_import = threading.Thread(target=lean.load, args=("models.job",))
        keras_import.start()  # takes some seconds once per worker, while the photos are read
        try:
            classes, packs = read(run.config, progress)
        finally:
            keras_import.join()
        from models import accelerator, convert, job

        on_gpu = accelerator.report_device(worker, progress, machine)
        missing = convert.what_is_missing()
        if missing and not (run.config.trial or bodies.model_name(run.config.backbone)):  # or no model is to be saved
            progress.warn(f"This run trains, but it can't end as a saved model. {missing}")
        report = job.train(run, classes, packs, progress)
    except Exception as error:
        end_after(error, run, progress, on_gpu)
    else:
        phase = RunState.STOPPED if progress.must_stop() else RunState.DONE
        progress.end(phase, model=report.model)
    finally:
        if read_status(run.folder).phase in ENDED:  # an interrupted run still needs its files
            with contextlib.suppress(ImportError, RunError):
                _free(run.folder)


def end_after(error: Exception, run: Run, progress: Progress, on_gpu: bool = False) -> None:
    """Record how a run ended that raised this error. Raises FileNotFoundError if its folder was deleted meanwhile."""
    if isinstance(error, Stopped):
        progress.end(RunState.STOPPED, error="Stopped before an epoch was finished, so there is no model.")
    elif isinstance(error, AppError):
        _log(f"failed: {error}")
        progress.end(RunState.FAILED, str(error))
    elif not run.folder.is_dir():
        raise FileNotFoundError(run.folder) from error
    else:
        _log("".join(traceback.format_exception(error)))
        sentence, cause = failures.explain(error, on_gpu)
        progress.end(RunState.FAILED, sentence, cause=cause)


def _free(folder: Path) -> None:
    """Free what only this run needed: files on the disk and Keras' graphs in memory."""
    if "keras" in sys.modules:
        import keras

        from models import job

        job.clean_up(folder)
        keras.backend.clear_session()


def _log(words: str) -> None:
    """Print, unless the disk is full: a missing log line must not end the run."""
    with contextlib.suppress(OSError):
        print(words, flush=True)


@contextlib.contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Send everything that this process prints, C libraries included, to the run's log."""
    _flush()
    before = os.dup(1), os.dup(2)
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        _flush()
        for number, old in enumerate(before, start=1):
            os.dup2(old, number)
            os.close(old)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()


if __name__ == "__main__":
    main()
