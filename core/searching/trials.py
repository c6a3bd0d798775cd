"""A trial followed through its run's folder: how good it is so far, and how it ended."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import RunError
from core.runs import folder as run_folder
from core.runs import queue
from core.runs.folder import Run
from core.runs.records import ENDED, Epoch, RunState
from core.searching.records import Trial, TrialState

LOSS_SHARE = 1e-3  # of the validation loss, taken from the accuracy: it decides between equal ones


class StoppedError(Exception):
    """Somebody asked the search to stop."""


@dataclass(frozen=True)
class Reading:
    """What a trial's run shows now."""

    epochs: tuple[tuple[int, float], ...]  # of the last stage: its number from 0 on, and the best value so far
    best: Epoch | None
    state: RunState | None  # None if the run's folder is gone
    error: str

    @property
    def ended(self) -> bool:
        return self.state is None or self.state in ENDED


def value_of(epoch: Epoch) -> float:
    """The validation accuracy; among equal ones the lower validation loss wins, as everywhere in the program."""
    return epoch.val_accuracy - LOSS_SHARE * epoch.val_loss


def read(run_id: str) -> Reading:
    """The reading of a trial's run."""
    try:
        run: Run = run_folder.look(run_id)
        curves = run_folder.read_curves(run.folder)
    except (RunError, FileNotFoundError):
        return Reading((), None, None, "The run was deleted.")
    last = [epoch for epoch in curves.epochs if epoch.stage == 1] if run.config.fine_tune else list(curves.epochs)
    best, values = float("-inf"), []
    for number, epoch in enumerate(last):
        best = max(best, value_of(epoch))
        values.append((number, best))
    return Reading(tuple(values), curves.best, run.state, run.status.error)


def stop(run_id: str) -> None:
    """Ask a trial's run to stop, unless it has just ended or was deleted."""
    with contextlib.suppress(RunError, FileNotFoundError):
        queue.stop(run_id)


def make_small(run_id: str) -> None:
    """Delete the weights of a trial: nobody continues it, and hundreds of them would fill the disk."""
    with contextlib.suppress(RunError, OSError):
        for name in ("best.npz", "backup.npz"):
            (run_folder.folder_of(run_id) / name).unlink(missing_ok=True)


def best(tried: Sequence[Trial]) -> Trial | None:
    """The best finished trial; None before the first one has finished."""
    finished = [trial for trial in tried if trial.state is TrialState.DONE]
    return max(finished, key=lambda trial: trial.value or 0.0, default=None)


def ended(trial: Trial, reading: Reading) -> Trial:
    """The record of a trial whose run has ended."""
    state = TrialState.DONE
    if reading.state in (None, RunState.FAILED) or reading.best is None:
        state = TrialState.FAILED
    elif reading.state is not RunState.DONE:
        state = TrialState.ENDED_EARLY
    best = reading.best if state is not TrialState.FAILED else None
    return trial.model_copy(
        update={
            "state": state,
            "value": value_of(best) if best else None,
            "accuracy": best.val_accuracy if best else None,
        }
    )
