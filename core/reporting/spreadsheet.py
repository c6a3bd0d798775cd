"""Runs as plain records for other programs: the columns of the CSV file and of the shell's JSON."""

from collections.abc import Sequence
from typing import Any

from core.answering.card import Scores
from core.comparing import table
from core.comparing.table import Row
from core.runs import folder
from core.runs.folder import Run
from core.runs.settings import SETTINGS

DIGITS = 6  # of shares and losses


def records(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A record for each run, all with the same keys; missing values are None. Settings have their field's name."""
    return [_record(row) for row in table.rows(runs)]


def _record(row: Row) -> dict[str, Any]:
    run, by_split = row.run, folder.scores(row.run.folder)
    settings = run.config.model_dump(mode="json")
    return {
        "id": run.id,
        "name": run.name,
        "state": str(run.state),
        "study": run.config.study,
        **{name: settings[name] for name in SETTINGS},
        "epochs_trained": row.epochs,
        "best_epoch": row.best_epoch,
        "validation_accuracy": _rounded(row.validation_accuracy),
        "validation_loss": _rounded(row.validation_loss),
        **_counts("validation", by_split.get("validation")),
        "test_accuracy": _rounded(row.test_accuracy),
        **_counts("test", by_split.get("test")),
        "course_accuracy": row.course_accuracy,
        "seconds": round(row.seconds, 1),
        "model": run.status.model or None,
        "error": run.status.error or None,
        "note": run.notes.note or None,
    }


def _counts(split: str, score: Scores | None) -> dict[str, float | None]:
    """How many photos of the split are right, and the ends of the accuracy's 95 % interval."""
    low, high = score.interval if score else (None, None)
    return {
        f"{split}_correct": score.correct if score else None,
        f"{split}_count": score.count if score else None,
        f"{split}_low": _rounded(low),
        f"{split}_high": _rounded(high),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
