"""What the files in a run's folder say about it. Pure functions of files, without worker or page."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core import workspace
from core.answering.card import Scores
from core.errors import RunError, SettingsError
from core.files import damage, records, regular
from core.files.damage import Damaged
from core.files.locks import is_held
from core.files.versions import Remembered
from core.runs import config
from core.runs.config import RunConfig
from core.runs.records import AUTO, ENDED, Epoch, Notes, PartialEpoch, Report, RunState, Status, from_line, is_whole
from core.words import quoted


@dataclass(frozen=True)
class Run:
    """The contents of a run's folder at one moment."""

    id: str
    folder: Path
    config: RunConfig
    state: RunState
    status: Status
    name: str
    notes: Notes

    @property
    def device(self) -> str:
        """The device to train on: see core.runs.devices."""
        return self.notes.device or AUTO

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def created(self) -> datetime:
        """Local time, from the start of the id. If somebody renamed the folder, its modification time."""
        try:
            return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S")
        except ValueError:
            return datetime.fromtimestamp(self.folder.stat().st_mtime)


MOST_CURVES_BYTES = 64_000_000  # of metrics.jsonl: 10,000 epochs take 3 MB, and lines within epochs 20 MB a day


def folder_of(run_id: str) -> Path:
    """The run's folder. Raises RunError if there is no such run."""
    folder = workspace.runs() / run_id
    if not run_id or run_id.startswith(".") or folder.parent != workspace.runs() or not regular.is_folder(folder):
        raise RunError(f"There is no run {quoted(run_id)}. `python -m core runs` lists all runs.")
    return folder


def _folders() -> list[Path]:
    """The folders of all runs, newest first."""
    runs = workspace.runs()
    try:
        names = sorted((name for name in os.listdir(runs) if not name.startswith(".")), reverse=True)  # noqa: PTH208
    except OSError:
        return []
    return [runs / name for name in names]


def look(run_id: str) -> Run:
    """The run as its files describe it now. Raises RunError if it does not exist or a file of it can't be read."""
    return _runs.get(folder_of(run_id))


def _read(folder: Path) -> Run:
    settings = _settings.get(folder)
    notes = read_notes(folder)
    status = read_status(folder)
    now = state(folder, status)
    if now is RunState.INTERRUPTED:  # perhaps it has ended since its status was read
        status = read_status(folder)
        now = state(folder, status)
    name = notes.name or settings.name or summary(settings)
    return Run(folder.name, folder, settings, now, status, name, notes)


def _read_settings(folder: Path) -> RunConfig:
    try:
        return config.read(folder / "config.json")
    except SettingsError as error:
        raise RunError(f"The settings of run {folder.name} can't be read. {error}") from None


_settings = Remembered(("config.json",), _read_settings)
_runs = Remembered(("config.json", "status.json", "notes.json"), _read, lambda run: run.status.phase in ENDED)


def look_all() -> list[Run]:
    """All runs that can be read, newest first."""
    return _sorted_out()[0]


def damaged() -> list[Damaged]:
    """The runs that can't be read, newest first."""
    return _sorted_out()[1]


def _sorted_out() -> tuple[list[Run], list[Damaged]]:
    return damage.sorted_out("run", _folders(), _runs.get)


def read_status(folder: Path) -> Status:
    """status.json; without it the run is queued. Raises RunError."""
    return records.read(folder / "status.json", Status) or Status(phase=RunState.QUEUED)


def read_notes(folder: Path) -> Notes:
    """notes.json; empty if it does not exist. Raises RunError."""
    return records.read(folder / "notes.json", Notes) or Notes()


def state(folder: Path, status: Status | None = None) -> RunState:
    """The run's state, from its files and from its status, which is read unless you pass it.

    A run whose status says *running* while nobody holds its lock has lost its worker. This is derived here and never
    written, so a crash can't leave a wrong state behind. A queued run with a stop file has stopped.
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
    damaged: int = 0  # lines of finished epochs that can't be read

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def fine_tuned(self) -> int:
        """The number of epochs in the stage in which the backbone learns too."""
        return sum(epoch.stage == 1 for epoch in self.epochs)

    @property
    def best(self) -> Epoch | None:
        """The epoch with the highest validation accuracy; of equal ones the one with the lowest validation loss.

        If the validation photos changed during the run, only epochs that were scored on the latest ones count.
        """
        comparable = [epoch for epoch in self.epochs if epoch.scored_on == self.epochs[-1].scored_on]
        return max(comparable, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss), default=None)


def read_curves(folder: Path) -> Curves:
    """The curves so far. Skips lines that can't be read, such as an incomplete last line."""
    try:
        lines = regular.read(folder / "metrics.jsonl", MOST_CURVES_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return Curves(())
    epochs: dict[int, Epoch] = {}
    unfinished: list[str] = []  # lines of the epoch in progress
    unreadable = 0
    for line in lines:
        if not is_whole(line):
            unfinished.append(line)
        elif isinstance(epoch := from_line(line), Epoch):
            epochs[epoch.epoch] = epoch
            unfinished.clear()
        else:
            unreadable += line is not lines[-1]  # the last one may be being written
    partial = (from_line(line) for line in reversed(unfinished))
    within = next((epoch for epoch in partial if isinstance(epoch, PartialEpoch)), None)
    return Curves(tuple(epochs[number] for number in sorted(epochs)), within, unreadable)


def planned_epochs(settings: RunConfig, curves: Curves) -> int:
    """The number of epochs that the run will have at its end, both stages together, judging by its curves so far."""
    if not settings.fine_tune:
        return settings.epochs
    first = len(curves) - curves.fine_tuned if curves.fine_tuned else settings.epochs
    return first + settings.fine_tune.epochs


def read_report(folder: Path) -> Report | None:
    """report.json: the evaluation of the best epoch, or None before it exists. Raises RunError."""
    return records.read(folder / "report.json", Report)


def scores(folder: Path) -> Mapping[str, Scores]:
    """The scores of the best epoch by split, for lists of runs; empty without a readable report."""
    try:
        report = reports.get(folder)
    except RunError:  # the view of this run shows the error
        return {}
    return report.scores.by_split if report else {}


reports = Remembered(("report.json",), read_report)


def summary(settings: RunConfig) -> str:
    """The settings in a few words, for runs without a name."""
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
        words.append(f"fine-tuned{_last_blocks(settings.fine_tune.blocks)}")
    return ", ".join(words)


def _last_blocks(blocks: int | None) -> str:
    return f", last {blocks} block{'s' if blocks > 1 else ''}" if blocks else ""
