"""The cost of training as the number of photos grows: time should grow in proportion, memory should stay flat.

One run each with 500, 1,500, 3,068 and 30,000 training photos (the real ones, linked repeatedly under new names), by
the real worker: MobileNetV2 at 150 px, dense 100, an empty workspace. Reading, the bank pass and the median epoch are
timed separately. Memory is the worker's peak: its resident memory, and the part that is its own. The difference is
mapped files (libraries, packed photos, features), which the system frees when other programs need memory.
Prints a table and, as its last line, {"growth": {photos: {"seconds": …, "mb": …, "own_mb": …}}, "linear": ratio}, where
`seconds` is the sum of the three stages and `linear` is the seconds per photo with the most photos, divided by those
with the fewest.

Needs the ImageNet weights of MobileNetV2 (`$KERAS_HOME`) and 4 GB of disk. `--quick` runs only 500 and 1,500.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks import _real
from core.datasets import adding
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look, read_curves
from core.runs.records import RunState
from core.runs.stages import Stage

COUNTS = (500, 1500, 3068, 30_000)
SIZE, EPOCHS = 150, 5
MOST_MB = 3000
PATIENCE = 1800.0  # s


@dataclass(frozen=True)
class Cost:
    """The cost of a run."""

    reading: float  # s, of the training photos
    banking: float  # s, one view of them
    epoch: float  # s, the median
    mb: float  # peak of the resident memory
    own_mb: float  # peak without mapped files

    @property
    def seconds(self) -> float:
        return self.reading + self.banking + self.epoch


def link_photos(folder: Path, count: int) -> Path:
    """Create a dataset of `count` training photos with the real class shares and validation and test photos."""
    for split in ("validation", "test"):
        (folder / split).symlink_to(_real.PHOTOS / split)
    photos = sorted((_real.PHOTOS / "train").glob("*/*.jpg"))
    step = max(1, len(photos) // count)  # so that a few photos still come from all classes
    for number, photo in enumerate(islice(cycle(photos[::step]), count)):
        place = folder / "train" / photo.parent.name
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.jpg").symlink_to(photo)
    return folder


def cost(count: int) -> Cost:
    """Train once on `count` photos in a new workspace; returns the cost."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as photos:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", link_photos(Path(photos), count))
        run_id = queue.put(config(dataset=dataset.name, image_size=SIZE, dense_layers=(100,), epochs=EPOCHS))
        with _real.worker() as worker:
            return watch(run_id, worker)


def watch(run_id: str, worker: "subprocess.Popen[bytes]") -> Cost:
    """Follow a run to its end; returns the time of its stages and the memory of its worker."""
    process = psutil.Process(worker.pid)
    began: dict[str, float] = {}  # stage → time when first seen
    first_epoch = 0.0  # when it ended
    most = most_own = 0
    until = time.monotonic() + PATIENCE
    while not (run := look(run_id)).ended:
        if time.monotonic() > until or worker.poll() is not None:
            raise RuntimeError(f"The run did not end: {run.status}")
        now = time.monotonic()
        began.setdefault(run.status.stage, now)
        if not first_epoch and len(read_curves(run.folder)):
            first_epoch = now
        memory = process.memory_info()
        most = max(most, memory.rss)
        most_own = max(most_own, memory.rss - getattr(memory, "shared", 0))
        time.sleep(0.02)
    if run.state is not RunState.DONE:
        raise RuntimeError(f"{run_id} {run.status}")
    seconds = [epoch.seconds for epoch in read_curves(run.folder).epochs]
    return Cost(
        reading=began[Stage.READING_VALIDATION.words] - began[Stage.READING_TRAIN.words],
        banking=first_epoch - seconds[0] - began[Stage.EPOCHS.words],
        epoch=statistics.median(seconds),
        mb=most / 1e6,
        own_mb=most_own / 1e6,
    )


def measure(counts: Sequence[int]) -> dict[str, Any]:
    """Print a line for each number of photos; returns the figures for the last line."""
    print(f"{'photos':>8}{'reading, s':>12}{'bank, s':>10}{'epoch, s':>10}{'ms/photo':>10}{'MB':>8}{'own MB':>8}")
    costs = {}
    for count in counts:
        costs[count] = run = cost(count)
        print(
            f"{count:>8,}{run.reading:>12.1f}{run.banking:>10.1f}{run.epoch:>10.2f}{1e3 * run.seconds / count:>10.2f}"
            f"{run.mb:>8.0f}{run.own_mb:>8.0f}",
            flush=True,
        )
    print(f"MB: resident memory with mapped files; own MB: without them. Target: under {MOST_MB:,} MB.")
    linear = (costs[counts[-1]].seconds / counts[-1]) / (costs[counts[0]].seconds / counts[0])
    figures = {
        str(count): {"seconds": round(run.seconds, 2), "mb": round(run.mb), "own_mb": round(run.own_mb)}
        for count, run in costs.items()
    }
    return {"growth": figures, "linear": round(linear, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 and 1,500 photos only")
    counts = COUNTS[:2] if parser.parse_args().quick else COUNTS
    _real.prepare()
    print(json.dumps(measure(counts)))


if __name__ == "__main__":
    main()
