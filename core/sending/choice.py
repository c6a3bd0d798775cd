"""Which runs can go to another tool: those that have ended and have epochs."""

from collections.abc import Sequence

from core.errors import RunError
from core.runs import readings
from core.runs.folder import Run
from core.words import quoted

SHOWN = 5  # sentences about runs that are left out, in an error


def ready(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The runs that can go to other tools, and a sentence for each of the others."""
    found, sentences = [], []
    for run in runs:
        if not run.ended:
            sentences.append(f"{quoted(run.name)} is left out: it is {run.state}. Wait until it has ended.")
        elif not readings.summary(run.folder).epochs:
            sentences.append(f"{quoted(run.name)} is left out: it has no finished epoch.")
        else:
            found.append(run)
    return found, sentences


def ready_or_error(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """Like `ready`. Raises RunError if every run is left out."""
    found, sentences = ready(runs)
    if not found:
        more = f" {len(sentences) - SHOWN:,} more are left out." if len(sentences) > SHOWN else ""
        raise RunError(" ".join(sentences[:SHOWN]) + more if sentences else "Choose at least one run.")
    return found, sentences
