"""The queue is the run folders themselves: what page and shell write into them, and in which order they are taken."""

import contextlib
import secrets
import shutil
import threading
from datetime import datetime, timedelta
from typing import Any

from core import workspace
from core.backbones import backbone
from core.datasets import catalogue
from core.errors import RunError
from core.files import atomic, records
from core.files.locks import is_held
from core.runs import devices
from core.runs.config import LONGEST_NAME, RunConfig, config
from core.runs.folder import Run, folder_of, look, look_all, read_curves, read_notes, read_status
from core.runs.records import AUTO, ENDED, Notes, RunState

_ids = threading.Lock()
_last = datetime.min


def put(settings: RunConfig, device: str = AUTO) -> str:
    """Queue a run and return its id.

    Raises DatasetError when its dataset can't be used, SettingsError when there is no such device.
    """
    catalogue.load(settings.dataset)
    devices.checked(device)
    run_id = _new_id()
    with atomic.new_folder(workspace.runs() / run_id) as folder:
        atomic.write_json(folder / "config.json", settings.model_dump(mode="json"))
        if device != AUTO:
            records.write(folder / "notes.json", Notes(device=device))
    return run_id


def _new_id() -> str:
    """The time to the microsecond and four letters; those of one process rise strictly, as the queue's order does."""
    global _last
    with _ids:  # two may be queued between two ticks of the clock
        _last = max(datetime.now(), _last + timedelta(microseconds=1))
        return f"{_last:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"


def again(run_id: str, device: str | None = None, **changes: Any) -> str:
    """Queue a failed or stopped run once more, with its name and settings but for `changes`; returns the new id.

    Raises RunError for a run that is neither, or that goes on from one which can't be gone on from any more.
    """
    run = look(run_id)
    if run.state not in (RunState.FAILED, RunState.STOPPED):
        raise RunError(f"Run {run_id} is {run.state}; only a failed or stopped one can be tried again.")
    settings = {**run.config.model_dump(mode="json"), **_name_given(run), **changes}
    if settings["parent"]:
        _ensure_can_go_on(look(settings["parent"]))
    return put(config(**settings), device or _device_still_there(run))


def more(run_id: str, epochs: int) -> str:
    """Queue a run that goes on from where this one ended, for so many epochs more; returns the new id.

    Raises RunError for a run that has not ended, has no finished epoch or no backup to go on from.
    """
    run = look(run_id)
    _ensure_can_go_on(run)
    _ensure_some(epochs)
    return put(with_more(run, epochs), _device_still_there(run))


def with_more(run: Run, epochs: int) -> RunConfig:
    """The settings with which `more` goes on: in the stage that comes last, and without end but the number given."""
    changes: dict[str, Any] = {"early_stopping": None}
    curves, settings = read_curves(run.folder), run.config.model_dump(mode="json")
    if run.config.fine_tune:
        changes["fine_tune"] = {**settings["fine_tune"], "epochs": curves.fine_tuned + epochs}
    else:
        changes["epochs"] = len(curves) + epochs
    return _going_on(run, f", {epochs} more epoch{'s' if epochs > 1 else ''}", changes)


def fine_tune(run_id: str, epochs: int) -> str:
    """Queue a run that goes on from this one by fine-tuning its backbone for so many epochs; returns the new id.

    Raises RunError where `more` does, and for a run whose backbone has learned already.
    """
    run = look(run_id)
    _ensure_can_go_on(run)
    if not has_frozen_backbone(run):
        raise RunError(f"The backbone of run {run_id} has learned already; train it on for more epochs instead.")
    _ensure_some(epochs)
    return put(with_fine_tuning(run, epochs), _device_still_there(run))


def with_fine_tuning(run: Run, epochs: int) -> RunConfig:
    """The settings with which `fine_tune` goes on. The head has learned: it gets no epoch that it has not had."""
    changes = {"epochs": len(read_curves(run.folder)), "fine_tune": {"epochs": epochs}}
    return _going_on(run, ", fine-tuned", changes)


def has_frozen_backbone(run: Run) -> bool:
    """Whether the run leaves something to fine-tune."""
    return backbone(run.config.backbone).pretrained and run.config.fine_tune is None


def _going_on(run: Run, ending: str, changes: dict[str, Any]) -> RunConfig:
    shared = {"name": run.name[: LONGEST_NAME - len(ending)] + ending, "parent": run.id, "study": None}
    return config(**{**run.config.model_dump(mode="json"), **shared, **changes})


def _ensure_some(epochs: int) -> None:
    if epochs < 1:
        raise RunError(f"{epochs} more epochs were asked for; at least one is needed.")


def can_go_on(run: Run) -> bool:
    """Whether `more` would take the run."""
    return run.ended and (run.folder / "backup.npz").exists() and len(read_curves(run.folder)) > 0


def _ensure_can_go_on(run: Run) -> None:
    if not run.ended:
        raise RunError(f"Run {run.id} has not ended yet; stop it first, or wait, before going on from it.")
    if not len(read_curves(run.folder)):
        raise RunError(f"Run {run.id} ended before its first epoch; there is nothing to go on from. Start it anew.")
    if not (run.folder / "backup.npz").exists():
        raise RunError(f"Run {run.id} has kept no backup (backup.npz) to go on from. Start it anew with more epochs.")


def _name_given(run: Run) -> dict[str, str]:
    """The name that a person gave the run, where it is not the one in its settings."""
    name = read_notes(run.folder).name
    return {"name": name} if name else {}


def _device_still_there(run: Run) -> str:
    return run.device if run.device in devices.choices() else AUTO


def waiting(worker: str | None = None) -> list[Run]:
    """The runs that a worker should take, in their order: interrupted ones first, then the oldest queued.

    With the name of a worker only those that it should take.
    """
    runs = [run for run in reversed(look_all()) if run.state in (RunState.INTERRUPTED, RunState.QUEUED)]
    if worker is not None:
        runs = [run for run in runs if devices.worker_of(run.device) == worker]
    return sorted(runs, key=lambda run: run.state is RunState.QUEUED)


def stop(run_id: str) -> None:
    """Ask a run to stop; it keeps the best epoch so far. Raises RunError when it has ended already."""
    run = look(run_id)
    if run.ended:
        raise RunError(f"Run {run_id} has ended already ({run.state}).")
    (run.folder / "stop").touch()


def members(study: str) -> list[Run]:
    """The runs of a study, the oldest first."""
    return [run for run in reversed(look_all()) if run.config.study == study]


def stop_study(study: str) -> None:
    """Cancel what is queued of a study and ask what is at work to stop."""
    for run in reversed(members(study)):  # the last first, or a worker would take the next one meanwhile
        if not run.ended:
            with contextlib.suppress(FileNotFoundError):  # deleted in this moment
                (run.folder / "stop").touch()


def delete_study(study: str) -> None:
    """Delete all runs of a study; their saved models stay. Raises RunError while a worker is at one of them."""
    runs = members(study)
    if any(_is_at_work(run) for run in runs):
        raise RunError("A run of this study is being trained; stop the study first.")
    for run in runs:
        delete(run.id)


def rename(run_id: str, name: str) -> None:
    """Give a run another name."""
    _note(run_id, name=name.strip()[:LONGEST_NAME])


def move(run_id: str, device: str) -> None:
    """Have a queued run trained on another device. Raises RunError once it has begun, SettingsError for no device."""
    run = look(run_id)
    if run.state not in (RunState.QUEUED, RunState.INTERRUPTED):
        raise RunError(f"Run {run_id} is {run.state}; only a waiting one can move to another device.")
    _note(run_id, device=devices.checked(device))


def _note(run_id: str, **changes: str) -> None:
    """Change the run's notes; damaged ones are replaced. Raises RunError for those of a newer version."""
    path = folder_of(run_id) / "notes.json"
    notes = records.read_to_change(path, Notes) or Notes()
    records.write(path, notes.model_copy(update=changes))


def delete(run_id: str) -> None:
    """Delete a run's folder; a model that it saved stays.

    Raises RunError while a worker is at it, and while a queued run is to go on from it.
    """
    folder = folder_of(run_id)
    if is_held(folder / "worker.lock") and read_status(folder).phase not in ENDED:
        raise RunError(f"Run {run_id} is being trained; stop it first.")
    if any(run.config.parent == run_id for run in waiting()):
        raise RunError(f"A queued run is to go on from run {run_id}; cancel that one first.")
    shutil.rmtree(folder)


def _is_at_work(run: Run) -> bool:
    return not run.ended and is_held(run.folder / "worker.lock")
