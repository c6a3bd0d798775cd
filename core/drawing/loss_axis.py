"""The end of a loss axis that shows most runs well, even when one run's loss is far off."""

from collections.abc import Sequence
from statistics import median

from core.runs.folder import Curves

FAR = 4.0  # a run whose usual loss is so many times that of most runs is left off the chart
WORTH = 2.0  # the axis is only cut if it would otherwise be so many times as long
ROOM = 1.05


def off_chart(runs: Sequence[Curves]) -> list[int]:
    """The places of the runs whose validation loss is usually far above that of most runs."""
    usual = {place: median(epoch.val_loss for epoch in run.epochs) for place, run in enumerate(runs) if run.epochs}
    if len(usual) < 2:
        return []
    typical = sorted(usual.values())[(len(usual) - 1) // 2]
    far = [place for place, loss in usual.items() if loss > FAR * typical]
    near = _highest([run for place, run in enumerate(runs) if place in usual and place not in far])
    return far if far and _highest([runs[place] for place in far]) > WORTH * near else []


def end(runs: Sequence[Curves]) -> float | None:
    """The upper end of a linear loss axis; None if the axis can show all runs."""
    far = off_chart(runs)
    return ROOM * _highest([run for place, run in enumerate(runs) if place not in far]) if far else None


def _highest(runs: Sequence[Curves]) -> float:
    return max((max(epoch.loss, epoch.val_loss) for run in runs for epoch in run.epochs), default=0.0)
