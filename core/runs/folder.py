"""A run's folder, read: what its files say about it. Pure functions of files, with no worker and no page in them."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import RunError, SettingsError
from core.files import atomic
from core.files.locks import is_held
from core.runs.config import RunConfig, config


class RunState(StrEnum):
    """What a person is told about a run."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"  # its worker died; the next one goes on
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


MEMORY, GPU_MEMORY = "memory", "gpu memory"  # causes of a failure
AUTO = "auto"  # the device of a run for which nobody chose one
ENDED = frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED})


@dataclass(frozen=True)
class Status:
    """status.json, which only the worker writes."""

    phase: RunState
    stage: str = ""  # what is being done, in words
    progress: float = 0.0  # of the whole run, 0 to 1
    time_left: float | None = None  # s, where it can be told
    attempts: int = 0  # workers that have taken it up
    error: str = ""  # a sentence
    warning: str = ""  # a sentence: the run goes on
    model: str = ""  # the saved model that it became
    device: str = ""  # what it was trained on, in words; several when a later worker went on elsewhere
    cause: str = ""  # of a failure that has a remedy: MEMORY or GPU_MEMORY
    updated: float = 0.0  # s since 1970


@dataclass(frozen=True)
class Run:
    """One look at a run's folder."""

    id: str
    folder: Path
    config: RunConfig
    state: RunState
    status: Status
    name: str
    device: str = AUTO  # what it shall be trained on: see core.runs.devices

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def created(self) -> datetime:
        """Local time; the id starts with it (a folder that somebody named anew has the time of its files)."""
        try:
            return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S")
        except ValueError:
            return datetime.fromtimestamp(self.folder.stat().st_mtime)


Version = tuple[int, int, int]
_ended: dict[Path, tuple[list[Version | None], Run]] = {}  # as last read; the versions of its files tell whether anew


def folder_of(run_id: str) -> Path:
    """The run's folder. Raises RunError when there is no such run."""
    folder = workspace.runs() / run_id
    if not run_id or run_id.startswith(".") or folder.parent != workspace.runs() or not folder.is_dir():
        raise RunError(f"There is no run {run_id!r}; `python -m core runs` lists those there are.")
    return folder


def ids() -> list[str]:
    """All runs, the oldest first."""
    return [folder.name for folder in _folders()]


def _folders() -> list[Path]:
    runs = workspace.runs()
    try:
        names = sorted(name for name in os.listdir(runs) if not name.startswith("."))  # noqa: PTH208
    except FileNotFoundError:
        return []
    return [folder for name in names if _version(folder := runs / name, "config.json")]


def _version(folder: Path, name: str) -> Version | None:
    """Tells one version of a file from the next; None where there is no file."""
    try:
        file = os.stat(f"{folder}/{name}")  # noqa: PTH116 (a Path made of it takes twice as long)
    except OSError:
        return None
    return file.st_mtime_ns, file.st_size, file.st_ino


def look(run_id: str) -> Run:
    """The run as its files tell it now. Raises RunError for a run that is gone or whose config can't be read."""
    return _look(folder_of(run_id))


def _look(folder: Path) -> Run:
    """What the files say; a run that has ended is read anew only when one of them has changed."""
    versions = [_version(folder, name) for name in ("config.json", "status.json", "notes.json")]
    known = _ended.get(folder)
    if known and known[0] == versions:
        return known[1]
    run = _read(folder, versions[0])
    if run.status.phase in ENDED:
        _ended[folder] = versions, run
    return run


def _read(folder: Path, version: Version | None) -> Run:
    if version is None:
        raise RunError(f"The settings of run {folder.name} are gone (config.json). Delete the run.")
    read = _parsed(folder, version)
    notes = atomic.read_json(folder / "notes.json")
    noted = notes if isinstance(notes, dict) else {}
    status = read_status(folder)
    now = state(folder, status)
    if now is RunState.INTERRUPTED:  # or it has ended since its status was read
        status = read_status(folder)
        now = state(folder, status)
    name = noted.get("name") or read.name or described(read)
    return Run(folder.name, folder, read, now, status, name, str(noted.get("device") or AUTO))


@lru_cache(maxsize=4096)
def _parsed(folder: Path, version: Version) -> RunConfig:
    """The config, checked once for each version of its file: all runs are looked at every second."""
    settings = atomic.read_json(folder / "config.json")
    if not isinstance(settings, dict):
        raise RunError(f"The settings of run {folder.name} are damaged (config.json). Delete the run.")
    try:
        return config(**settings)
    except (SettingsError, TypeError) as error:
        raise RunError(f"The settings of run {folder.name} can't be read: {error}") from None


def look_all() -> list[Run]:
    """All runs that can be read, the newest first."""
    runs = []
    for folder in reversed(_folders()):
        try:
            runs.append(_look(folder))
        except RunError:
            continue  # deleted since it was listed, or damaged: no reason to hide the others
    return runs


def read_status(folder: Path) -> Status:
    """status.json; without one the run is queued. Raises RunError for one that no worker wrote."""
    value = atomic.read_json(folder / "status.json")
    if not isinstance(value, dict):
        return Status(RunState.QUEUED)
    if value.get("phase") not in set(RunState):
        raise RunError(f"The status of run {folder.name} is damaged (status.json). Delete the run.")
    known = {name: value[name] for name in Status.__dataclass_fields__ if name in value}
    return Status(**{**known, "phase": RunState(value["phase"])})


def state(folder: Path, status: Status | None = None) -> RunState:
    """The run's state as its files tell it, or as a status that was read from them does.

    A run whose status says *running* while nobody holds its lock has lost its worker; that is derived here and never
    written, so a crash can't leave a lie behind. A queued run that was asked to stop has stopped.
    """
    phase = (status or read_status(folder)).phase
    if phase is RunState.RUNNING and not is_held(folder / "worker.lock"):
        return RunState.INTERRUPTED
    if phase is RunState.QUEUED and (folder / "stop").exists():
        return RunState.STOPPED
    return phase


@dataclass(frozen=True)
class Curves:
    """metrics.jsonl: the finished epochs, and the running means of the one in progress."""

    epochs: tuple[Mapping[str, float], ...]  # epoch (from 0), loss, accuracy, val_loss, val_accuracy, seconds
    within: Mapping[str, float] | None = None  # epoch, batch, batches, loss, accuracy

    def __len__(self) -> int:
        return len(self.epochs)

    def column(self, name: str) -> list[float]:
        return [epoch.get(name, math.nan) for epoch in self.epochs]

    @property
    def fine_tuned(self) -> int:
        """How many of the epochs are of the stage in which the backbone learns too."""
        return sum(epoch.get("stage") == 1 for epoch in self.epochs)

    @property
    def best(self) -> Mapping[str, float] | None:
        """The epoch of the highest validation accuracy; of several the one with the lowest validation loss."""
        return max(self.epochs, key=lambda epoch: (epoch["val_accuracy"], -epoch["val_loss"]), default=None)


def read_curves(folder: Path) -> Curves:
    """The curves written so far; half a last line is left for the next look."""
    try:
        lines = (folder / "metrics.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Curves(())
    epochs: dict[int, dict[str, float]] = {}
    within = None
    for line in lines:
        try:
            values = json.loads(line)
            epoch = int(values["epoch"])
        except (ValueError, TypeError, KeyError):
            continue
        if "val_loss" in values:
            epochs[epoch] = values
            within = None
        else:
            within = values
    return Curves(tuple(epochs[epoch] for epoch in sorted(epochs)), within)


def planned_epochs(settings: RunConfig, curves: Curves) -> int:
    """How many epochs the run has when it is over, both stages together, as far as its curves tell."""
    if not settings.fine_tune:
        return settings.epochs
    first = len(curves) - curves.fine_tuned if curves.fine_tuned else settings.epochs
    return first + settings.fine_tune.epochs


def read_report(folder: Path) -> Any | None:
    """report.json: the evaluation of the best epoch, once there is one."""
    return atomic.read_json(folder / "report.json")


def described(settings: RunConfig) -> str:
    """A run's settings in a few words, for those that nobody named."""
    dense = " + ".join(f"dense {size}" for size in settings.dense_layers) or "no dense layer"
    words = [
        settings.backbone,
        f"{settings.image_size} px",
        dense,
        f"dropout {settings.dropout:g}",
        f"lr {settings.learning_rate:g}",
    ]
    if settings.augments:
        words.append("augmented")
    if settings.fine_tune:
        words.append(f"fine-tuned{_last(settings.fine_tune.blocks)}")
    return ", ".join(words)


def _last(blocks: int | None) -> str:
    return f", last {blocks} block{'s' if blocks > 1 else ''}" if blocks else ""
