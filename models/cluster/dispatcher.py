"""The worker of a cluster: it hands each waiting run to Ray, and records the end of those that Ray gives up."""

import time
import traceback
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError, TaskCancelledError

from core.errors import AppError
from core.runs import cluster, devices, queue
from core.runs.folder import Run, look
from core.runs.records import RunState
from models.cluster.connection import Connection

POLL_SECONDS = 0.3
PULSE_SECONDS = 5.0  # between two looks at the keeper
KEEPER_SECONDS = 300.0  # it may be packing photos; a dead one is noticed at once
GIVEN_UP = (
    "The machines of the cluster that trained this run died again and again. Look at their logs below /tmp/ray, or "
    "train the run on this machine."
)


class Dispatcher:
    """The runs that Ray has, and how they end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._worker = cluster.device_of(connection.address)
        self._tasks: dict[str, Any] = {}  # run → reference of its result
        self._refused: set[str] = set()  # runs whose end can't be recorded
        self._pulse = time.monotonic()

    def drain(self, idle: float) -> None:
        """Serve until no run has waited or been trained for `idle` seconds. Raises RayError if the cluster is gone."""
        last = time.monotonic()
        while self._tasks or time.monotonic() - last < idle:
            for run in queue.waiting(self._worker):
                if run.id not in self._tasks and run.id not in self._refused:
                    self._submit(run)
            self._cancel_unwanted()
            if self._tasks:
                last = time.monotonic()
            self._wait()
            if time.monotonic() - self._pulse > PULSE_SECONDS:
                ray.get(self._connection.keeper.pulse.remote(), timeout=KEEPER_SECONDS)
                self._pulse = time.monotonic()

    def _submit(self, run: Run) -> None:
        try:
            self._tasks[run.id] = self._connection.submit(run.id, run.config)
        except AppError as error:
            self._fail(run.id, str(error))

    def _wait(self) -> None:
        """Wait a moment for runs that end."""
        if not self._tasks:
            time.sleep(POLL_SECONDS)
            return
        done, _ = ray.wait(list(self._tasks.values()), timeout=POLL_SECONDS)
        for run_id in [run_id for run_id, task in self._tasks.items() if task in done]:
            self._end(run_id, self._tasks.pop(run_id))

    def _end(self, run_id: str, task: Any) -> None:
        """Record why a run has ended, unless the keeper has done it."""
        try:
            sentence = ray.get(task)
        except TaskCancelledError:
            return
        except RayTaskError as error:
            if isinstance(error.cause, RayActorError):  # the keeper is dead
                raise
            print("".join(traceback.format_exception(error)), flush=True)
            sentence = (
                f"Training on the cluster ended with an unexpected error ({type(error.cause).__name__}: "
                f"{str(error.cause)[:200]}). See the log of the training process for details."
            )
        except RayError as error:
            print(f"run {run_id}: {error}", flush=True)
            sentence = GIVEN_UP
        if sentence:
            self._fail(run_id, sentence)

    def _fail(self, run_id: str, sentence: str) -> None:
        try:
            ray.get(self._connection.keeper.fail.remote(run_id, sentence))
        except RayTaskError as error:
            self._refused.add(run_id)
            print(f"run {run_id} is passed over: {error.cause}", flush=True)

    def _cancel_unwanted(self) -> None:
        """Take back the runs that were cancelled, moved or deleted before a machine had room for them."""
        for run_id, task in self._tasks.items():
            try:
                run = look(run_id)
            except AppError:
                continue  # deleted: the keeper tells the node
            is_waiting = run.state in (RunState.QUEUED, RunState.STOPPED)
            if is_waiting and (run.state is RunState.STOPPED or devices.worker_of(run.device) != self._worker):
                ray.cancel(task)
