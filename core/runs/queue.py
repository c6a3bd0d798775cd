"""The queue: the run folders themselves, what page and shell write into them, and the order of the runs."""

import contextlib
import shutil
from typing import Any

from core import workspace
from core.datasets import catalogue
from core.errors import RunError
from core.files import atomic, records
from core.files.locks import is_held
from core.runs import bodies, devices, look_count
from core.runs.config import LONGEST_NAME, RunConfig, config
from core.runs.folder import Run, folder_of, look, look_all, read_curves, read_notes, read_status
from core.runs.ids import RunIds
from core.runs.records import AUTO, ENDED, Notes, RunState

run_ids = RunIds()


def put(settings: RunConfig, device: str = AUTO, study_name: str = "") -> str:
    """Queue a run, perhaps one of a study with a name, and return its id.

    Raises DatasetError if its dataset can't be used, SettingsError if there is no such device or if its backbone is a
    saved model that can't be used.
    """
    catalogue.load(settings.dataset)
    bodies.check(settings.backbone, settings.image_size)
    devices.check(device)
    run_id = run_ids.new()
    with atomic.new_folder(workspace.runs() / run_id) as folder:
        atomic.write_json(folder / "config.json", settings.model_dump(mode="json"))
        if device != AUTO or study_name:
            records.write(folder / "notes.json", Notes(device=device, study_name=study_name[:LONGEST_NAME]))
    return run_id


def retry(run_id: str, device: str | None = None, **changes: Any) -> str:
    """Queue a failed or stopped run again, with its name, its settings and `changes`. Return the new id.

    A trial is tried again as a run of its own, with a model: its search goes on without it. Raises RunError if the run
    has another state or if its parent run can no longer be continued.
    """
    run = look(run_id)
    if run.state not in (RunState.FAILED, RunState.STOPPED):
        raise RunError(f"Run {run_id} must be failed or stopped to be tried again, but it is {run.state}.")
    alone = {"trial": False, "study": None} if run.config.trial else {}
    settings = {**run.config.model_dump(mode="json"), **_new_name(run), **alone, **changes}
    if settings["parent"]:
        _ensure_can_continue(look(settings["parent"]))
    return put(config(**settings), device or _device_or_auto(run))


def train_more(run_id: str, epochs: int) -> str:
    """Queue a run that continues this one for so many more epochs. Return the new id.

    Raises RunError if the run has not ended, has no finished epoch or has no backup.
    """
    run = look(run_id)
    _ensure_can_continue(run)
    _ensure_positive(epochs)
    return put(settings_for_more(run, epochs), _device_or_auto(run))


def settings_for_more(run: Run, epochs: int) -> RunConfig:
    """The settings for `train_more`: so many more epochs of the last stage, without early stopping."""
    changes: dict[str, Any] = {"early_stopping": None}
    curves, settings = read_curves(run.folder), run.config.model_dump(mode="json")
    if run.config.fine_tune:
        changes["fine_tune"] = {**settings["fine_tune"], "epochs": curves.fine_tuned + epochs}
    else:
        changes["epochs"] = len(curves) + epochs
    return _continued(run, f", {epochs} more epoch{'s' if epochs > 1 else ''}", changes)


def fine_tune(run_id: str, epochs: int) -> str:
    """Queue a run that continues this one by fine-tuning its backbone for so many epochs. Return the new id.

    Raises RunError as `train_more` does, and if the backbone has already learned.
    """
    run = look(run_id)
    _ensure_can_continue(run)
    if bodies.model_name(run.config.backbone):
        raise RunError(
            f"The backbone of run {run_id} is a saved model, which stays frozen. Choose another backbone to fine-tune."
        )
    if not has_frozen_backbone(run):
        raise RunError(f"The backbone of run {run_id} has already learned. Train it for more epochs instead.")
    _ensure_positive(epochs)
    return put(settings_for_fine_tuning(run, epochs), _device_or_auto(run))


def settings_for_fine_tuning(run: Run, epochs: int) -> RunConfig:
    """The settings for `fine_tune`. The head has already learned, so it gets no further epoch."""
    changes = {"epochs": len(read_curves(run.folder)), "fine_tune": {"epochs": epochs}}
    return _continued(run, ", fine-tuned", changes)


def has_frozen_backbone(run: Run) -> bool:
    """Whether the run's backbone can still be fine-tuned."""
    return bodies.is_tunable(run.config.backbone) and run.config.fine_tune is None


def _continued(run: Run, ending: str, changes: dict[str, Any]) -> RunConfig:
    shared = {"name": run.name[: LONGEST_NAME - len(ending)] + ending, "parent": run.id, "study": None, "trial": False}
    return config(**{**run.config.model_dump(mode="json"), **shared, **changes})


def _ensure_positive(epochs: int) -> None:
    if epochs < 1:
        raise RunError(f"The number of epochs must be at least 1, got {epochs}.")


def can_continue(run: Run) -> bool:
    """Whether `train_more` would take the run."""
    return run.ended and (run.folder / "backup.npz").exists() and len(read_curves(run.folder)) > 0


def _ensure_can_continue(run: Run) -> None:
    if not run.ended:
        raise RunError(f"Run {run.id} has not ended yet. Stop it or wait for its end before you continue it.")
    if not len(read_curves(run.folder)):
        raise RunError(f"Run {run.id} ended before its first epoch, so it can't be continued. Start it again.")
    if not (run.folder / "backup.npz").exists():
        raise RunError(
            f"Run {run.id} has no backup (backup.npz), so it can't be continued. Start it again with more epochs."
        )


def _new_name(run: Run) -> dict[str, str]:
    """The run's name if somebody renamed it, as a setting."""
    name = read_notes(run.folder).name
    return {"name": name} if name else {}


def _device_or_auto(run: Run) -> str:
    return run.device if run.device in devices.choices() else AUTO


def waiting(worker: str | None = None) -> list[Run]:
    """The runs that wait for a worker, in order: interrupted ones first, then queued ones, oldest first.

    With a worker's name, only the runs for this worker.
    """
    runs = [run for run in reversed(look_all()) if run.state in (RunState.INTERRUPTED, RunState.QUEUED)]
    if worker is not None:
        runs = [run for run in runs if devices.worker_of(run.device) == worker]
    return sorted(runs, key=lambda run: run.state is RunState.QUEUED)


def stop(run_id: str) -> None:
    """Ask a run to stop; it keeps the best epoch so far. Raises RunError if it has already ended."""
    run = look(run_id)
    if run.ended:
        raise RunError(f"Run {run_id} has already ended ({run.state}).")
    (run.folder / "stop").touch()


def members(study: str) -> list[Run]:
    """The runs of a study, oldest first."""
    return [run for run in reversed(look_all()) if run.config.study == study]


def stop_study(study: str) -> None:
    """Cancel a study's queued runs and ask its running ones to stop."""
    for run in reversed(members(study)):  # the last one first, or a worker would take the next one meanwhile
        if not run.ended:
            with contextlib.suppress(FileNotFoundError):  # deleted at this moment
                (run.folder / "stop").touch()


def delete_study(study: str) -> None:
    """Delete all runs of a study; their saved models stay. Raises RunError while a worker trains one of them."""
    runs = members(study)
    if any(_is_training(run) for run in runs):
        raise RunError("A run of this study is training. Stop the study first.")
    for run in runs:
        delete(run.id)


def rename(run_id: str, name: str) -> None:
    """Rename a run."""
    change_notes(run_id, name=name.strip()[:LONGEST_NAME])


def rename_study(study: str, name: str) -> None:
    """Rename a study; with an empty name it has its own title again."""
    for run in members(study):
        change_notes(run.id, study_name=name.strip()[:LONGEST_NAME])


def move(run_id: str, device: str) -> None:
    """Move a queued run to another device. Raises RunError if it has started, SettingsError for an unknown device."""
    run = look(run_id)
    if run.state not in (RunState.QUEUED, RunState.INTERRUPTED):
        raise RunError(f"Run {run_id} must be waiting to move to another device, but it is {run.state}.")
    change_notes(run_id, device=devices.check(device))


def change_notes(run_id: str, **changes: str | bool) -> None:
    """Change the run's notes, or replace damaged ones. Raises RunError for notes of a newer version."""
    path = folder_of(run_id) / "notes.json"
    notes = records.read_to_change(path, Notes) or Notes()
    records.write(path, notes.model_copy(update=changes))


def delete(run_id: str) -> None:
    """Delete a run's folder; a model that it saved stays.

    Raises RunError while a worker trains it, and while a queued run is to continue it.
    """
    folder = folder_of(run_id)
    if is_held(folder / "worker.lock") and read_status(folder).phase not in ENDED:
        raise RunError(f"Run {run_id} is training. Stop it first.")
    if any(run.config.parent == run_id for run in waiting()):
        raise RunError(f"A queued run will continue run {run_id}. Cancel the queued run first.")
    look_count.keep(folder)
    shutil.rmtree(folder)


def _is_training(run: Run) -> bool:
    return not run.ended and is_held(run.folder / "worker.lock")
