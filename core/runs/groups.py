"""The runs of a study together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import words
from core.errors import RunError
from core.runs import folder, studies
from core.runs.folder import Run
from core.words import quoted

SHOWN = 5  # studies in an error
OTHERS = {  # titles and questions of studies that depend on more than their key
    studies.WITH_AND_WITHOUT: (studies.WITH_AND_WITHOUT_LABEL, studies.WITH_AND_WITHOUT_QUESTION),
    studies.ABLATION: ("Ablation of the recipe", ""),
    studies.GRID: ("Grid", ""),
    studies.SEARCH: ("Search", "Which settings suit these photos best?"),
}


@dataclass(frozen=True)
class Group:
    """The runs that were queued as one study."""

    study: str  # as the runs' settings have it
    runs: tuple[Run, ...]  # the oldest first

    @property
    def is_search(self) -> bool:
        """Whether a search queues its runs, one after the other."""
        return studies.key_of(self.study) == studies.SEARCH

    @property
    def kind(self) -> str:
        """What it is called in sentences."""
        return "search" if self.is_search else "study"

    @property
    def name(self) -> str:
        """What a person called it, or its title."""
        return self.runs[0].notes.study_name or self.title

    @property
    def title(self) -> str:
        """What it is about."""
        key = studies.key_of(self.study)
        study = studies.STUDIES.get(key)
        return study.label if study else OTHERS.get(key, (self.study, ""))[0]

    @property
    def question(self) -> str:
        """Its question in a sentence; empty if it depends on the settings, as of a grid."""
        key = studies.key_of(self.study)
        study = studies.STUDIES.get(key)
        return study.explanation if study else OTHERS.get(key, ("", ""))[1]

    @property
    def created(self) -> datetime:
        return self.runs[0].created

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(run.config.dataset for run in self.runs))

    @property
    def has_ended(self) -> bool:
        return all(run.ended for run in self.runs)


def labels(runs: Iterable[Run]) -> dict[str, str]:
    """The names of runs by id, with the end of the id where a name repeats: a browser tells choices apart by text."""
    every = list(runs)
    counts = Counter(run.name for run in every)
    return {run.id: run.name if counts[run.name] == 1 else f"{run.name} · {run.id[-4:]}" for run in every}


def of(runs: Iterable[Run]) -> list[Group]:
    """The studies among these runs, which are newest first, as the studies are then."""
    by_study: dict[str, list[Run]] = {}
    for run in runs:
        if run.config.study:
            by_study.setdefault(run.config.study, []).append(run)
    return [Group(study, tuple(reversed(members))) for study, members in by_study.items()]


def find(names: Sequence[str]) -> list[Run]:
    """The runs with these ids, and the runs of the studies with these ids or names, each once.

    Raises RunError if there is no such run or study, or if several studies have that name.
    """
    every = folder.look_all()
    by_id, studies = {run.id: run for run in every}, of(every)
    chosen: dict[str, Run] = {}
    for name in names:
        runs = (by_id[name],) if name in by_id else _of_study(name, studies)
        chosen.update((run.id, run) for run in runs)
    return list(chosen.values())


def _of_study(name: str, studies: Sequence[Group]) -> tuple[Run, ...]:
    """The runs of a study. Raises RunError."""
    exact = [study for study in studies if name == study.study]
    found = exact or [study for study in studies if name.strip().casefold() == study.name.casefold()]
    if len(found) > 1:
        listed = words.listed([study.study for study in found], SHOWN)
        raise RunError(f"There are {len(found)} studies with the name {quoted(name)}. Use the id of one: {listed}.")
    if found:
        return found[0].runs
    if name in {item.name for item in folder.damaged()}:
        folder.look(name)  # raises what is wrong with it
    listed = words.listed([quoted(study.name) for study in studies], SHOWN)
    known = f" Studies: {listed}." if studies else ""
    raise RunError(f"There is no run or study {quoted(name)}.{known} `python -m core runs` lists all runs.")
