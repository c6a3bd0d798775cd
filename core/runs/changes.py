"""Whether a dataset has changed between runs, so that a difference between their scores may come from its photos."""

from collections.abc import Sequence

from core.datasets import catalogue, trained_on
from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from core.runs import queue, readings
from core.runs.folder import Run
from core.words import quoted


def change_between(runs: Sequence[Run]) -> str:
    """The sentence that says how the dataset has changed from the oldest of the runs to the others; empty if it hasn't.

    Only finished runs of the oldest run's dataset count, and those of earlier versions don't say what it was.
    """
    states = [(run, state) for run in sorted(runs, key=lambda run: run.id) if (state := state_of(run))]
    for run, state in states[1:]:
        first, before = states[0]
        if run.config.dataset == first.config.dataset and (changes := trained_on.changes(before, state)):
            return (
                f"The dataset {quoted(catalogue.title(run.config.dataset))} has changed between {quoted(first.name)} "
                f"and {quoted(run.name)}: {changes}. So a difference between their scores may come from the photos."
            )
    return ""


def change_within_study(run: Run, now: TrainedOn) -> str:
    """The sentence that says how the dataset has changed since earlier runs of the run's study; empty if it hasn't."""
    for other in queue.members(run.config.study) if run.config.study else ():
        before = state_of(other)
        if before and other.config.dataset == run.config.dataset and (changes := trained_on.changes(before, now)):
            return (
                f"The dataset has changed since {other.name!r} of this study was trained: {changes}. So a difference "
                "between their scores may come from the photos."
            )
    return ""


def state_of(run: Run) -> TrainedOn | None:
    """The photos that a run was trained and scored on; None if that is not known."""
    try:
        report = readings.report(run.folder)
    except RunError:  # the view of this run shows the error
        return None
    return report.trained_on if report else None
