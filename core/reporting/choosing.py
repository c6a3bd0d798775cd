"""What a report of some runs is called, and which question they answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import words
from core.comparing import differences
from core.datasets import catalogue
from core.runs import groups
from core.runs.folder import Run
from core.runs.settings import SETTINGS

MOST_NAMED = 4  # settings in a question


@dataclass(frozen=True)
class Choice:
    """Runs with a title and a question."""

    runs: tuple[Run, ...]
    title: str
    question: str  # empty if nothing differs


def of(runs: Sequence[Run]) -> Choice:
    """Title and question of these runs: those of their study, if they are all of one."""
    studies = groups.of(reversed(runs))
    is_study = len(studies) == 1 and len(studies[0].runs) == len(runs)
    if is_study and len(runs) > 1:
        title, question = studies[0].name, studies[0].question
    elif len(runs) == 1:
        title, question = runs[0].name, ""
    else:
        datasets = words.listed(dict.fromkeys(catalogue.title(run.config.dataset) for run in runs))
        title, question = f"{words.count(len(runs), 'run')} on {datasets}", ""
    return Choice(tuple(runs), title, question or _question(runs))


def _question(runs: Sequence[Run]) -> str:
    """What can be learned from these runs; empty if nothing differs."""
    names = differences.differing(runs)
    named = [SETTINGS[name].label.lower() for name in names if name not in differences.SEEDS]
    if named:
        return f"Compares different values of {words.listed(named, MOST_NAMED)}."
    return "Compares runs that differ only in their seeds." if names else ""
