"""Which runs are listed together on Compare: those of a study or a search, or all of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import words
from core.datasets import catalogue
from core.runs import groups, readings
from core.runs.folder import Run

STUDY, DATASET = "study", "on"  # also the parameters of the address


@dataclass(frozen=True)
class Scope:
    """Runs that can be compared: scores on different photos say nothing about settings."""

    kind: str  # STUDY or DATASET
    name: str  # the runs' `study`, or the dataset's name
    label: str
    runs: tuple[Run, ...]  # a study's in its order, a search's with its trials last, a dataset's newest first

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


def of(runs: Sequence[Run]) -> list[Scope]:
    """The scopes of these runs, which are newest first: the latest study first, then the others and the datasets.

    A study counts once two of its runs have finished an epoch.
    """
    studies = []
    for group in groups.of(runs):
        if (
            not all(run.notes.is_archived for run in group.runs)
            and sum(readings.summary(run.folder).epochs > 0 for run in group.runs) > 1
        ):
            label = f"{group.name}: {words.count(len(group.runs), 'run')}, {group.created:%d %b %H:%M:%S}"
            trials_last = sorted(group.runs, key=lambda run: run.config.trial)
            studies.append(Scope(STUDY, group.study, label, tuple(trials_last)))
    by_dataset: dict[str, list[Run]] = {}
    for run in runs:
        if run.config.trial:  # hundreds of them, which nobody can predict with; they are in the scope of their search
            continue
        by_dataset.setdefault(run.config.dataset, []).append(run)
    datasets = [
        Scope(DATASET, name, f"All runs on {_title(name)} ({len(members):,})", tuple(members))
        for name, members in by_dataset.items()
    ]
    return [*studies, *datasets]


def _title(dataset: str) -> str:
    return catalogue.title(dataset)
