"""How often the test photos of a dataset have been looked at: the more often, the less a score on them tells."""

import contextlib
from pathlib import Path

from core import words
from core.datasets import looks
from core.errors import RunError
from core.files.versions import Remembered
from core.runs import folder


def of(dataset: str) -> int:
    """The looks at a dataset's test photos: runs that were scored on them, deleted ones included, evaluations, checks.

    0 for a dataset that is not on this machine.
    """
    if not looks.is_here(dataset):
        return 0
    noted = looks.of(dataset)
    runs = {run.id for run in folder.look_all() if run.config.dataset == dataset and _has_test.get(run.folder)}
    return len(runs | {look.run for look in noted if look.run}) + sum(not look.run for look in noted)


def sentence(dataset: str) -> str:
    """The number of looks in words, for people who see a test score; empty if it is not known."""
    count = of(dataset)
    if not count:
        return ""
    times = "once" if count == 1 else words.count(count, "time")
    return f"Test photos looked at {times}: the more often you choose by them, the less they tell."


def keep(run_folder: Path) -> None:
    """Note the look of a run that is about to be deleted, if it was scored on test photos."""
    with contextlib.suppress(RunError):  # nobody can have read the score of a damaged run
        run = folder.look(run_folder.name)
        if _has_test.get(run_folder):
            looks.note(run.config.dataset, run.id)


def _was_scored(run_folder: Path) -> bool:
    return "test" in folder.scores(run_folder)


_has_test = Remembered(("report.json",), _was_scored)
