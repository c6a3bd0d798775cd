"""Curves and reports of runs, read once for each version of their files, for all sessions of the pages together."""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.files.versions import Remembered, Version, version
from core.runs import folder as run_folder
from core.runs.folder import Curves
from core.runs.records import Epoch, Report

FRESH = 0.9  # s; pages look every second


@dataclass(frozen=True)
class CurvesReading:
    """A run's curves, and the version of the file that they were read from. Equal versions mean equal curves."""

    folder: Path
    version: Version | None  # None: there is no file yet
    curves: Curves = field(compare=False)


def curves(folder: Path) -> CurvesReading:
    """The run's curves so far."""
    return _curves(folder, version(folder, "metrics.jsonl"))


def recent_curves(folder: Path) -> CurvesReading:
    """The run's curves, at most FRESH seconds old.

    A run that trains writes several lines a second. People who watch it look at different moments, each with figures of
    its own; this way all share one state a second.
    """
    now = time.monotonic()
    moment, reading = _recent.get(folder, (-FRESH, None))
    if reading is None or now - moment >= FRESH:
        reading = curves(folder)
        _recent[folder] = now, reading
    return reading


@dataclass(frozen=True)
class Summary:
    """What lists tell of a run's curves."""

    epochs: int
    best: Epoch | None
    seconds: float  # that its epochs took


def summary(folder: Path) -> Summary:
    """The summary of the run's curves so far. It takes less memory than the curves of a thousand runs."""
    return _summaries.get(folder)


def _summary(folder: Path) -> Summary:
    found = run_folder.read_curves(folder)
    return Summary(len(found), found.best, sum(epoch.seconds for epoch in found.epochs))


_summaries = Remembered(("metrics.jsonl",), _summary)


def report(folder: Path) -> Report | None:
    """The evaluation of the run's best epoch, or None before it exists. Raises RunError."""
    return run_folder.reports.get(folder)


_recent: dict[Path, tuple[float, CurvesReading]] = {}

# A file that changes between its version and its reading is read again at the next call, under its new version.


@lru_cache(maxsize=256)
def _curves(folder: Path, stamp: Version | None) -> CurvesReading:
    return CurvesReading(folder, stamp, run_folder.read_curves(folder) if stamp else Curves(()))
