"""Many people at once, while a study trains: how long things take, what goes wrong, what the training loses.

Sessions talk to a real server by websocket (benchmarks._tab) and act like people (benchmarks._people). A study of the
drawn garments trains in a real worker, first alone, then beside the people. `python -m benchmarks._load --sessions 30
--seconds 300`. Prints a table and, as its last line, JSON.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import psutil

from benchmarks import _loop
from benchmarks._people import Notes, Person
from benchmarks._server import Server, serve
from core.datasets import catalogue
from core.runs import launch, queue
from core.runs.config import config
from core.runs.folder import look_all, read_curves
from core.runs.records import RunState

EVERY = 5.0  # s between two looks at the memory
ALONE = 20.0  # s at most that the study trains without people
ARRIVAL = 0.25  # s between two people who arrive
WARM = 0.25  # of the time: the memory of the first part is not compared, as all pages and models are loaded then
STARTED = 180.0  # s until the study trains


@dataclass
class Outcome:
    """What came of the load."""

    sessions: int
    seconds: float
    acts: dict[str, list[float]] = field(default_factory=dict)  # seconds by kind
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # what somebody saw of others
    megabytes: list[float] = field(default_factory=list)  # of the server
    server_cores: float = 0.0  # cores that the server used
    own_cores: float = 0.0  # cores that the people used
    busy_cores: float = 0.0  # cores that all programs of the machine used, the training and strangers included
    epoch_alone: float = 0.0  # s, the median
    epoch_beside: float = 0.0

    @property
    def moves(self) -> int:
        return len(self.acts.get("move", []))

    @property
    def move_p95(self) -> float:
        """Seconds from a slider's move to its pictures, the 95th percentile."""
        return percentile(self.acts.get("move with pictures", []), 95)

    @property
    def growth(self) -> float:
        """MB that the server's memory grew from the middle of the time to its end; medians of two quarters."""
        quarter = len(self.megabytes) // 4
        if not quarter:
            return 0.0
        middle = statistics.median(self.megabytes[2 * quarter : 3 * quarter])
        return statistics.median(self.megabytes[-quarter:]) - middle

    @property
    def slowdown(self) -> float:
        """The share of the study's speed that the people cost: 0.5 = half as fast."""
        return 1 - self.epoch_alone / self.epoch_beside if self.epoch_alone and self.epoch_beside else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "sessions": self.sessions,
            "moves": self.moves,
            "move_p50_s": round(percentile(self.acts.get("move with pictures", []), 50), 2),
            "move_p95_s": round(self.move_p95, 2),
            "errors": len(self.errors),
            "foreign": len(self.foreign),
            "memory_mb": round(max(self.megabytes, default=0)),
            "growth_mb": round(self.growth, 1),
            "training_slowed": round(self.slowdown, 2),
        }


def percentile(values: list[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else 0.0


def run(sessions: int = 30, seconds: float = 300.0, training: bool = True, pace: float = 1.0) -> Outcome:
    """Let so many people use a new server for so long, with a study beside them unless `training` is False."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        mock.patch.dict(os.environ, {"FITTING_ROOM_HOME": folder, "FITTING_ROOM_IDLE": "5"}),
    ):
        outcome = Outcome(sessions, seconds)
        catalogue.load(catalogue.DRAWN)
        try:
            with serve(Path(folder)) as server:
                if training:
                    outcome.epoch_alone = _train_alone(min(ALONE, seconds / 3))
                _loop.run(_live(server, outcome, pace))
                outcome.errors += server.faults()
        finally:
            _end_training()
    return outcome


def _train_alone(seconds: float) -> float:
    """Start a study and return its median seconds per epoch while nobody uses the app."""
    settings = {"dataset": catalogue.DRAWN, "backbone": "small_cnn", "image_size": 64, "study": "load"}
    for number in range(8):
        queue.put(config(**settings, epochs=40, early_stopping=None, dropout=number / 10, name=f"dropout {number}"))
    launch.ensure_worker()
    until = time.monotonic() + STARTED
    while not _epochs_since(0.0) and time.monotonic() < until:
        time.sleep(0.2)
    started = time.time()
    time.sleep(seconds)
    return statistics.median(_epochs_since(started) or [0.0])


def _epochs_since(moment: float) -> list[float]:
    """Seconds of the epochs of runs that trained after this moment, without each run's first, which compiles."""
    seconds: list[float] = []
    for run in look_all():
        file = run.folder / "metrics.jsonl"
        if file.exists() and file.stat().st_mtime >= moment:
            back = file.stat().st_mtime
            for epoch in reversed(read_curves(run.folder).epochs[1:]):
                back -= epoch.seconds
                if back >= moment:
                    seconds.append(epoch.seconds)
    return seconds


def _end_training() -> None:
    for run in look_all():
        if not run.ended:
            queue.stop(run.id)
    end = time.monotonic() + 30
    while launch.is_working() and time.monotonic() < end:
        time.sleep(0.2)


async def _live(server: Server, outcome: Outcome, pace: float) -> None:
    notes = Notes(seconds=outcome.acts) if outcome.acts else Notes()
    people = [Person(number, server.port, notes, pace) for number in range(outcome.sessions)]
    until, began = time.monotonic() + outcome.seconds, time.time()
    cpu, own, busy = server.cpu_seconds(), time.process_time(), _busy_seconds()

    async def arrive(person: Person) -> None:
        await asyncio.sleep(ARRIVAL * person.number)
        await person.live(until)

    async def look() -> None:
        while time.monotonic() < until:
            outcome.megabytes.append(server.megabytes())
            await asyncio.sleep(EVERY)

    await asyncio.gather(look(), *(arrive(person) for person in people))
    took = time.time() - began
    outcome.server_cores = (server.cpu_seconds() - cpu) / took
    outcome.own_cores = (time.process_time() - own) / took
    outcome.busy_cores = (_busy_seconds() - busy) / took
    outcome.acts, outcome.errors, outcome.foreign = dict(notes.seconds), notes.errors, notes.foreign
    outcome.epoch_beside = statistics.median(_epochs_since(began) or [0.0])
    failed = [run for run in look_all() if run.state is RunState.FAILED]
    outcome.errors += [f"the run {run.name} failed: {run.status.error}" for run in failed]


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def report(outcome: Outcome) -> None:
    """Print a table for people."""
    print(f"{'':<28}{'times':>7}{'p50':>8}{'p95':>8}{'most':>8}")
    for kind, seconds in sorted(outcome.acts.items()):
        row = (percentile(seconds, 50), percentile(seconds, 95), max(seconds, default=0.0))
        print(f"{kind:<28}{len(seconds):>7}" + "".join(f"{value:>8.2f}" for value in row))
    cores = f"{outcome.server_cores:.2f}, people {outcome.own_cores:.2f}, all programs {outcome.busy_cores:.2f}"
    print(f"cores in use: server {cores}")
    print(f"memory in MB: {' '.join(f'{value:.0f}' for value in outcome.megabytes)}")
    print(f"epoch of the study, s: {outcome.epoch_alone:.2f} alone, {outcome.epoch_beside:.2f} beside the people")
    for sentence in (*outcome.errors[:20], *outcome.foreign[:20]):
        print(f"    {sentence}")
    print(json.dumps(outcome.as_json()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--without-training", action="store_true")
    arguments = parser.parse_args()
    outcome = run(arguments.sessions, arguments.seconds, not arguments.without_training)
    report(outcome)
    sys.exit(1 if outcome.errors or outcome.foreign else 0)


if __name__ == "__main__":
    main()
