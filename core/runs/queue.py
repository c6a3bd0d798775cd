"""The queue is the run folders themselves: what page and shell write into them, and in which order they are taken."""

import secrets
import shutil
import threading
from datetime import datetime, timedelta

from core import atomic, workspace
from core.datasets import catalogue
from core.errors import RunError
from core.runs.config import RunConfig
from core.runs.folder import ENDED, Run, RunState, folder_of, look, look_all, read_status
from core.runs.locks import is_held

_ids = threading.Lock()
_last = datetime.min


def put(settings: RunConfig) -> str:
    """Queue a run and return its id. Raises DatasetError when its dataset can't be used."""
    catalogue.load(settings.dataset)
    run_id = _new_id()
    with atomic.new_folder(workspace.runs() / run_id) as folder:
        atomic.write_json(folder / "config.json", settings.model_dump(mode="json"))
    return run_id


def _new_id() -> str:
    """The time to the microsecond and four letters; those of one process rise strictly, as the queue's order does."""
    global _last
    with _ids:  # two may be queued between two ticks of the clock
        _last = max(datetime.now(), _last + timedelta(microseconds=1))
        return f"{_last:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"


def waiting() -> list[Run]:
    """The runs that a worker should take, in their order: interrupted ones first, then the oldest queued."""
    runs = [run for run in reversed(look_all()) if run.state in (RunState.INTERRUPTED, RunState.QUEUED)]
    return sorted(runs, key=lambda run: run.state is RunState.QUEUED)


def stop(run_id: str) -> None:
    """Ask a run to stop; it keeps the best epoch so far. Raises RunError when it has ended already."""
    run = look(run_id)
    if run.ended:
        raise RunError(f"Run {run_id} has ended already ({run.state}).")
    (run.folder / "stop").touch()


def rename(run_id: str, name: str) -> None:
    """Give a run another name."""
    folder = folder_of(run_id)
    notes = atomic.read_json(folder / "notes.json")
    atomic.write_json(folder / "notes.json", {**(notes if isinstance(notes, dict) else {}), "name": name.strip()[:80]})


def delete(run_id: str) -> None:
    """Delete a run's folder; a model that it saved stays. Raises RunError while a worker is at it."""
    folder = folder_of(run_id)
    if is_held(folder / "worker.lock") and read_status(folder).phase not in ENDED:
        raise RunError(f"Run {run_id} is being trained; stop it first.")
    shutil.rmtree(folder)
