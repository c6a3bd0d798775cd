"""What a report is about: the runs with what their files say, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core import words
from core.comparing import conclusion, differences, pairs, table
from core.comparing.conclusion import Conclusion
from core.comparing.table import Row
from core.datasets import catalogue
from core.errors import RunError
from core.runs import readings
from core.runs.folder import Run
from core.words import quoted


@dataclass(frozen=True)
class Material:
    """Runs on the same photos."""

    runs: tuple[Run, ...]

    @property
    def dataset(self) -> str:
        return self.runs[0].config.dataset

    @cached_property
    def unreadable(self) -> dict[str, str]:
        """By a run's id: why its scores can't be read."""
        reasons = {}
        for run in self.runs:
            try:
                readings.report(run.folder)
            except RunError as error:
                reasons[run.id] = str(error)
        return reasons

    @cached_property
    def trained(self) -> list[Run]:
        """The runs with an epoch and readable scores, in their order."""
        return [run for run in self.runs if run.id not in self.unreadable and readings.summary(run.folder).epochs]

    @cached_property
    def conclusion(self) -> Conclusion | None:
        return conclusion.of([run for run in self.runs if run.id not in self.unreadable])

    @property
    def winner(self) -> Run | None:
        """The run with the best validation accuracy; None if no run has finished an epoch."""
        return next(iter(pairs.best_first(self.trained)), None)

    @cached_property
    def split(self) -> str:
        """The split that the runs are compared on."""
        return pairs.split_for(self.trained)

    @cached_property
    def rows(self) -> list[Row]:
        return table.rows(self.runs)

    @cached_property
    def differing(self) -> list[str]:
        """The settings in which the runs differ."""
        return differences.differing(self.runs)


def of(runs: Sequence[Run]) -> Material:
    """Raises RunError if there is no run, or if the runs are on several datasets."""
    if not runs:
        raise RunError("A report needs at least one run. Name a study or runs.")
    datasets = dict.fromkeys(run.config.dataset for run in runs)
    if len(datasets) > 1:
        titles = words.listed(quoted(catalogue.title(name)) for name in datasets)
        raise RunError(
            f"The runs must be on the same dataset, got {titles}: scores on different photos say nothing about "
            "settings. Choose runs on one of them."
        )
    return Material(tuple({run.id: run for run in runs}.values()))
