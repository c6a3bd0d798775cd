"""The worker: one process per device that drains the queue of run folders. Started as `python -m models.worker`.

It takes its lock before Keras is imported, so a second one started at the same time ends at once.
"""

import argparse
import contextlib
import importlib
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from core import workspace
from core.errors import AppError, RunError
from core.runs import devices, launch, queue
from core.runs.folder import Run, read_status
from core.runs.records import AUTO, ENDED, RunState
from models import failures, reading
from models.record import Progress, Stopped

IDLE_SECONDS = 300.0  # after that the worker ends and frees the GPU
POLL_SECONDS = 0.3
FULL_SECONDS = 3.0  # between two attempts to write on a disk that is full
MOST_ATTEMPTS = 2  # a run that has killed its worker twice is failed
DIED_TWICE = (
    "The training process died twice during this run, perhaps for want of memory. "
    "Try a smaller image size or batch size."
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.worker", description="Train whatever is queued.")
    parser.add_argument(
        "--idle",
        type=float,
        default=_idle(),
        help="seconds without work after which it ends (default: %(default)s)",
    )
    parser.add_argument("--device", default=AUTO, help="cpu, gpu-0, gpu-1 … (default: whatever Keras finds)")
    given = parser.parse_args()
    worker = devices.worker_of(given.device)
    os.environ.update(devices.environment(worker))  # before Keras is imported
    workspace.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(launch.lock_of(worker))
    try:
        lock.acquire(timeout=2)
    except Timeout:
        print("another worker lives; this one ends")
        return
    with lock:
        launch.has_started(worker)
        drain(given.idle, worker)


def _idle() -> float:
    try:
        return float(os.environ.get("FITTING_ROOM_IDLE", IDLE_SECONDS))
    except ValueError:
        print("FITTING_ROOM_IDLE is no number of seconds; the default is taken")
        return IDLE_SECONDS


def drain(idle: float, worker: str = AUTO) -> None:
    """Do the runs that wait for this worker one after another until there has been nothing to do for `idle` seconds."""
    last = time.monotonic()
    while time.monotonic() - last < idle:
        run = next(iter(queue.waiting(worker)), None)
        if run is None:
            time.sleep(POLL_SECONDS)
            continue
        # the run's folder was deleted under our hands, or somebody else holds it: the next look tells
        with contextlib.suppress(FileNotFoundError, Timeout):
            try:
                do(run, worker)
            except OSError as error:
                if not failures.is_full(error):
                    raise
                # not even a sentence finds room: the run waits, and goes on once there is some
                _say(f"run {run.id} waits: {failures.FULL}")
                time.sleep(min(FULL_SECONDS, idle))
                continue
        last = time.monotonic()


def do(run: Run, worker: str = AUTO) -> None:
    """Do one run, whatever becomes of it. Raises OSError where the disk is so full that it can't be written down."""
    with FileLock(run.folder / "worker.lock", timeout=5), _printing_into(run.folder / "worker.log"):
        if not (run.folder / "config.json").exists():  # deleted a moment ago, and made anew by taking the lock
            shutil.rmtree(run.folder, ignore_errors=True)
            raise FileNotFoundError(run.folder)
        progress = Progress(run.folder)
        if progress.attempts >= MOST_ATTEMPTS:
            progress.end(RunState.FAILED, DIED_TWICE)
            return
        progress.take_up()
        on_gpu = False
        try:
            keras_on_its_way = threading.Thread(target=importlib.import_module, args=("models.job",))
            keras_on_its_way.start()  # some seconds, once per worker, while the photos are read
            try:
                dataset, packs = reading.read(run.config, progress)
            finally:
                keras_on_its_way.join()
            from models import accelerator, job

            on_gpu = accelerator.tell(worker, progress)
            report = job.train(run, dataset, packs, progress)
        except Stopped:
            progress.end(RunState.STOPPED, error="Stopped before an epoch was finished, so there is no model.")
        except AppError as error:
            _say(f"failed: {error}")
            progress.end(RunState.FAILED, str(error))
        except Exception as error:
            if not run.folder.is_dir():
                raise FileNotFoundError(run.folder) from error
            _say(traceback.format_exc())
            sentence, cause = failures.explained(error, on_gpu)
            progress.end(RunState.FAILED, sentence, cause=cause)
        else:
            ended = RunState.STOPPED if progress.is_asked_to_stop() else RunState.DONE
            progress.end(ended, model=report.model)
        finally:
            if read_status(run.folder).phase in ENDED:  # one that is only interrupted needs its backup
                with contextlib.suppress(ImportError, RunError):
                    _forget(run.folder)


def _forget(folder: Path) -> None:
    """Free what only this run needed: on the disk, and in Keras' memory of graphs."""
    if "keras" in sys.modules:
        import keras

        from models import job

        job.clean_up(folder)
        keras.backend.clear_session()


def _say(words: str) -> None:
    """Print, unless the disk takes no more: a log is not worth a run."""
    with contextlib.suppress(OSError):
        print(words, flush=True)


@contextlib.contextmanager
def _printing_into(path: Path) -> Iterator[None]:
    """Everything printed by this process, by libraries in C too, goes into the run's log meanwhile."""
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
