"""Several machines: a study on one machine and on a Ray cluster of two, and a node that is killed while it trains.

Each "machine" is one core of this one, so that the second one adds as much as a second machine would: two nodes on
loopback addresses, against a worker that may use one core. *Start* is the time from an empty workspace to the end of a
first run of one epoch on each machine: processes, Keras, photos. The study follows. *Waiting* is the mean time from
queueing one of its runs to the run's first sign of life. Then the same study again, and a node is killed as soon as a
run has finished epochs there. A run is *lost* if it does not end with all epochs and a saved model that scores as its
report says.

Prints a table and, as its last line, {"runs": …, "lost": …, "speed_up": …, …}. `--quick` trains fewer runs and epochs.
Linux only.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import _nodes
from core.answering import shelf, trial
from core.datasets import catalogue
from core.errors import AppError
from core.runs import cluster, queue
from core.runs.config import config
from core.runs.folder import Run, look, read_curves, read_report
from core.runs.records import AUTO, RunState

RUNS, EPOCHS = 6, 40
QUICK_RUNS, QUICK_EPOCHS = 2, 8
SETTINGS = {"dataset": catalogue.DRAWN, "backbone": "small_cnn", "image_size": 32, "learning_rate": 0.003}
ONE_CORE = {"FITTING_ROOM_CORES": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
PATIENCE = 900.0  # s
POLL = 0.05  # s


@dataclass
class Timing:
    """How long a study took, in seconds."""

    whole: float  # from queueing to the last saved model
    waiting: float  # mean, from queueing to a run's first sign of life
    training: float  # mean, from there to its end


def study(
    device: str, runs: int, epochs: int, meanwhile: Callable[[list[str]], None] = lambda ids: None
) -> tuple[Timing, int]:
    """Queue the runs and wait for their end. Returns the times and the number of runs that are lost."""
    began = time.perf_counter()
    ids = [queue.put(config(**SETTINGS, epochs=epochs, seed=seed, name=f"seed {seed}"), device) for seed in range(runs)]
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    while len(last) < runs and time.perf_counter() - began < PATIENCE:
        for run_id in ids:
            run = look(run_id)
            if run.state is not RunState.QUEUED:
                first.setdefault(run_id, time.perf_counter() - began)
            if run.ended:
                last.setdefault(run_id, time.perf_counter() - began)
        meanwhile(ids)
        time.sleep(POLL)
    times = [last.get(run_id, PATIENCE) - first.get(run_id, 0.0) for run_id in ids]
    timing = Timing(max(last.values(), default=PATIENCE), statistics.mean(first.values()), statistics.mean(times))
    return timing, sum(is_lost(look(run_id), epochs) for run_id in ids)


def is_lost(run: Run, epochs: int) -> bool:
    """Whether the run misses epochs, or its model, or scores that are those of its report."""
    if run.state is not RunState.DONE or len(read_curves(run.folder)) != epochs:
        return True
    try:
        report, model = read_report(run.folder), shelf.model(run.status.model)
        scores = trial.scores(model, catalogue.load(run.config.dataset), "test")
    except AppError:
        return True
    return report is None or report.scores.test is None or report.scores.test.correct != scores.correct


@contextlib.contextmanager
def serving(module: str, *arguments: str) -> Iterator[None]:
    """A new workspace, and a process of that module which trains its runs with one core."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        catalogue.load(catalogue.DRAWN)
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, "--idle", "600", *arguments],
                env={**os.environ, **ONE_CORE, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=log,
                stderr=log,
            )
            try:
                yield
            finally:
                process.kill()
                process.wait()


def killing(nodes: _nodes.Cluster) -> Callable[[list[str]], None]:
    """Kills the second node as soon as a run has finished epochs on it."""

    def meanwhile(ids: list[str]) -> None:
        for run in map(look, ids):
            there = run.state is RunState.RUNNING and run.status.device.endswith(f"of {_nodes.OTHER}")
            if there and _nodes.OTHER in nodes.nodes and len(read_curves(run.folder)):
                nodes.kill(_nodes.OTHER)

    return meanwhile


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} runs of {QUICK_EPOCHS} epochs")
    quick = parser.parse_args().quick
    runs, epochs = (QUICK_RUNS, QUICK_EPOCHS) if quick else (RUNS, EPOCHS)
    with serving("models.worker"):
        start_alone, _ = study(AUTO, 1, 1)
        alone, lost_alone = study(AUTO, runs, epochs)
    with _nodes.cluster() as nodes, serving("models.cluster", "--address", nodes.address):
        device = cluster.device_of(nodes.address)
        start_together, _ = study(device, 2, 1)
        together, lost_together = study(device, runs, epochs)
        killed, lost_killed = study(device, runs, epochs, killing(nodes))
        was_killed = _nodes.OTHER not in nodes.nodes
    print(
        f"{f'{runs} runs × {epochs} epochs, seconds':<42}{'start':>8}{'whole':>8}{'waiting':>9}{'a run':>8}{'lost':>6}"
    )
    for name, start, timing, lost in (
        ("one machine (a worker with one core)", f"{start_alone.whole:.1f}", alone, lost_alone),
        ("cluster of two machines (a core each)", f"{start_together.whole:.1f}", together, lost_together),
        ("the same, one killed while it trains", "", killed, lost_killed),
    ):
        print(f"{name:<42}{start:>8}{timing.whole:>8.1f}{timing.waiting:>9.1f}{timing.training:>8.1f}{lost:>6}")
    if not was_killed:
        print("No node was killed: no run trained on the second one.")
    figures = {
        "runs": 3 * runs,
        "lost": lost_alone + lost_together + lost_killed,
        "speed_up": round(alone.whole / together.whole, 2),
        "waiting_s": [round(alone.waiting, 1), round(together.waiting, 1)],
        "run_s": [round(alone.training, 1), round(together.training, 1)],
        "start_s": [round(start_alone.whole, 1), round(start_together.whole, 1)],
        "killed_s": round(killed.whole, 1) if was_killed else None,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
