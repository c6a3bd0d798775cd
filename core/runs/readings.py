"""Curves and reports of runs, read once for each version of their files, for all sessions of the pages together."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.runs import folder as run_folder
from core.runs.folder import Curves
from core.runs.records import Report

Version = tuple[int, int, int]


@dataclass(frozen=True)
class CurvesReading:
    """A run's curves, and the version of the file that they were read from. Equal versions mean equal curves."""

    folder: Path
    version: Version | None  # None: there is no file yet
    curves: Curves = field(compare=False)


def curves(folder: Path) -> CurvesReading:
    """The run's curves so far."""
    return _curves(folder, _version(folder / "metrics.jsonl"))


def report(folder: Path) -> Report | None:
    """The evaluation of the run's best epoch, or None before it exists. Raises RunError."""
    return _report(folder, _version(folder / "report.json"))


def _version(path: Path) -> Version | None:
    try:
        file = os.stat(path)  # noqa: PTH116 (a Path takes twice as long)
    except OSError:
        return None
    return file.st_mtime_ns, file.st_size, file.st_ino


# A file that changes between its version and its reading is read again at the next call, under its new version.


@lru_cache(maxsize=256)
def _curves(folder: Path, version: Version | None) -> CurvesReading:
    return CurvesReading(folder, version, run_folder.read_curves(folder) if version else Curves(()))


@lru_cache(maxsize=256)
def _report(folder: Path, version: Version | None) -> Report | None:
    return run_folder.read_report(folder) if version else None
