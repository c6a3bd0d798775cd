"""The runs of benchmarks.gpu: three ways to train, through the real worker, with an eye on the GPU meanwhile."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import fmean, median
from typing import Any

import psutil

from benchmarks import _real
from core import machine
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run

LOOK_SECONDS = 0.5


@dataclass
class Result:
    """What a run did, and what it took."""

    name: str
    epochs: int  # finished
    wanted: int
    seconds: float  # the whole run, compilation included
    epoch_s: float  # the median epoch after the first one, which compiles
    photos_per_s: float  # trained and scored, in such an epoch
    accuracy: float  # validation
    device: str
    note: str
    gpu_busy: float | None = None  # share of the run
    memory_mb: float = 0.0  # the most: of the GPU, or of the process without one
    busy: list[float] = field(default_factory=list, repr=False)

    def figures(self) -> dict[str, Any]:
        """For the line of JSON."""
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()
                if key not in ("name", "busy")}  # fmt: skip


def train(runs: Mapping[str, dict[str, Any]], deadline: float) -> list[Result]:
    """Train runs with these settings, one after another; those that are not finished at the deadline are stopped."""
    results = []
    with _real.worker() as process:
        watched = psutil.Process(process.pid)
        for name, settings in runs.items():
            run_id, began = queue.put(config(**settings)), time.monotonic()
            memory, busy = 0.0, []
            while not (run := folder.look(run_id)).ended and process.poll() is None:
                if time.monotonic() > deadline:
                    break
                gpus = machine.gpus()
                memory = max(memory, gpus[0].memory * gpus[0].memory_bytes if gpus else _memory(watched))
                busy += [gpu.busy for gpu in gpus[:1]]
                time.sleep(LOOK_SECONDS)
            result = _result(name, folder.look(run_id), time.monotonic() - began)
            result.memory_mb, result.gpu_busy = memory / 1e6, fmean(busy) if busy else None
            results.append(result)
            if not run.ended:
                result.note = "The time was up. " + result.note
                break
    return results


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss)
    except psutil.Error:
        return 0.0


def _result(name: str, run: Run, seconds: float) -> Result:
    settings, epochs = run.config, folder.read_curves(run.folder).epochs
    wanted = settings.epochs + (settings.fine_tune.epochs if settings.fine_tune else 0)
    last = [epoch.seconds for epoch in epochs if epoch.stage == bool(settings.fine_tune)][1:]
    photos = len(queue.catalogue.load(settings.dataset).splits["train"])
    epoch = median(last) if last else 0.0
    note = run.status.error or run.status.warning
    best = max((epoch.val_accuracy for epoch in epochs), default=0.0)
    rate = photos / epoch if epoch else 0.0
    return Result(name, len(epochs), wanted, seconds, epoch, rate, best, run.status.device, note)
