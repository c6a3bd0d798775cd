"""A run's folder, read: what its files say about it. Pure functions of files, with no worker and no page in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from core import workspace
from core.answering.card import Scores
from core.errors import RunError, SettingsError
from core.files import atomic, records
from core.files.locks import is_held
from core.runs.config import RunConfig, config
from core.runs.records import AUTO, ENDED, Epoch, Notes, PartialEpoch, Report, RunState, Status, from_line, is_whole


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
    settings = _parsed(folder, version)
    notes = read_notes(folder)
    status = read_status(folder)
    now = state(folder, status)
    if now is RunState.INTERRUPTED:  # or it has ended since its status was read
        status = read_status(folder)
        now = state(folder, status)
    name = notes.name or settings.name or described(settings)
    return Run(folder.name, folder, settings, now, status, name, notes.device or AUTO)


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
    """status.json; without one the run is queued. Raises RunError."""
    return records.read(folder / "status.json", Status) or Status(phase=RunState.QUEUED)


def read_notes(folder: Path) -> Notes:
    """notes.json, empty where there is none. Raises RunError."""
    return records.read(folder / "notes.json", Notes) or Notes()


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

    epochs: tuple[Epoch, ...]
    within: PartialEpoch | None = None

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def fine_tuned(self) -> int:
        """How many of the epochs are of the stage in which the backbone learns too."""
        return sum(epoch.stage == 1 for epoch in self.epochs)

    @property
    def best(self) -> Epoch | None:
        """The epoch of the highest validation accuracy; of several the one with the lowest validation loss."""
        return max(self.epochs, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss), default=None)


def read_curves(folder: Path) -> Curves:
    """The curves written so far; a line that can't be read, such as half a last one, is left out."""
    try:
        lines = (folder / "metrics.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Curves(())
    epochs: dict[int, Epoch] = {}
    begun: list[str] = []  # lines of the epoch in progress
    for line in lines:
        if not is_whole(line):
            begun.append(line)
        elif isinstance(epoch := from_line(line), Epoch):
            epochs[epoch.epoch] = epoch
            begun.clear()
    partial = (from_line(line) for line in reversed(begun))
    within = next((epoch for epoch in partial if isinstance(epoch, PartialEpoch)), None)
    return Curves(tuple(epochs[number] for number in sorted(epochs)), within)


def planned_epochs(settings: RunConfig, curves: Curves) -> int:
    """How many epochs the run has when it is over, both stages together, as far as its curves tell."""
    if not settings.fine_tune:
        return settings.epochs
    first = len(curves) - curves.fine_tuned if curves.fine_tuned else settings.epochs
    return first + settings.fine_tune.epochs


def read_report(folder: Path) -> Report | None:
    """report.json: the evaluation of the best epoch, once there is one. Raises RunError."""
    return records.read(folder / "report.json", Report)


def scores(folder: Path) -> Mapping[str, Scores]:
    """The scores of the best epoch by split, for lists of runs; empty without a report that can be read."""
    try:
        report = read_report(folder)
    except RunError:  # whoever looks at this run alone is told
        return {}
    return report.scores.by_split if report else {}


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
