"""How long the rest of a study takes, judging by its runs that have ended."""

import time
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from core.runs.config import RunConfig
from core.runs.folder import Run
from core.runs.records import RunState

STALE = 3.0  # times as long as a run usually takes
LATEST = 3  # runs by which the pace is judged: the first ones compute what the others share


def seconds_left(runs: Sequence[Run], now: float | None = None) -> float | None:
    """The seconds until all runs of a study have ended, if one device trains them in their order.

    None until two of them have been trained, and if none is waiting. An estimate from settings alone knows neither how
    fast this machine is today nor what the runs share, and jumps whenever one run ends and the next begins.
    """
    trained = [run for run in runs if run.state is RunState.DONE and run.status.updated]
    rest = [run for run in runs if not run.ended]
    if len(trained) < 2 or not rest:
        return None
    trained.sort(key=lambda run: run.status.updated)
    latest = trained[-LATEST - 1 :]
    steps = [(after.status.updated - before.status.updated) / _work(after.config) for before, after in pairwise(latest)]
    pace = median(steps)  # s for each unit of work: not the mean, since the machine may have been off for a night
    since = max(0.0, (time.time() if now is None else now) - latest[-1].status.updated)
    if since > STALE * pace * _work(rest[0].config):  # nobody trains it now, or something else takes long
        return None
    return max(1.0, pace * sum(_work(run.config) for run in rest) - since)


def _work(settings: RunConfig) -> float:
    """How much a run has to do, in units that only runs of one study share."""
    epochs = settings.epochs + (settings.fine_tune.epochs if settings.fine_tune else 0)
    return epochs * settings.image_size**2
