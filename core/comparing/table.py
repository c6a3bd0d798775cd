"""Runs as the rows of a table: their settings, scores, time and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.answering import shelf
from core.comparing import differences
from core.files.versions import Latest
from core.runs import folder, readings, studies
from core.runs.folder import Run
from core.runs.settings import SETTINGS

SETTINGS_SHOWN = tuple(name for name in SETTINGS if name != "dataset")


@dataclass(frozen=True)
class Row:
    """What a table tells of a run. Accuracies are shares, 0 to 1."""

    run: Run
    epochs: int
    best_epoch: int | None  # from 1
    validation_accuracy: float | None
    validation_loss: float | None
    test_accuracy: float | None
    test_correct: int | None
    test_count: int | None
    test_interval: tuple[float, float] | None  # 95 %
    seconds: float  # that its epochs took
    model_bytes: int | None  # of its saved model; None if there is none

    course_accuracy: float | None  # Machine Learning Zoomcamp's figure for the same experiment

    def setting(self, name: str) -> str:
        return differences.texts(self.run)[name]

    @property
    def started(self) -> datetime:
        return self.run.created


def rows(runs: Sequence[Run]) -> list[Row]:
    """The rows of these runs, in their order."""
    sizes = {model.card.run: sum(facts.bytes for facts in model.card.files.values()) for model in shelf.models()}
    return [_remembered(run, sizes.get(run.id)) for run in runs]


def _remembered(run: Run, model_bytes: int | None) -> Row:
    """The run's row, made once for a run that has ended."""
    if not run.ended:
        return _row(run, model_bytes)
    return _rows.get(run.id, (run, model_bytes), lambda: _row(run, model_bytes))


_rows: Latest[Row] = Latest(differences.MOST_REMEMBERED)


def _row(run: Run, model_bytes: int | None) -> Row:
    summary, by_split = readings.summary(run.folder), folder.scores(run.folder)
    best, test = summary.best, by_split.get("test")
    return Row(
        run=run,
        epochs=summary.epochs,
        best_epoch=best.epoch + 1 if best else None,
        validation_accuracy=best.val_accuracy if best else None,
        validation_loss=best.val_loss if best else None,
        test_accuracy=test.accuracy if test else None,
        test_correct=test.correct if test else None,
        test_count=test.count if test else None,
        test_interval=test.interval if test else None,
        seconds=summary.seconds,
        model_bytes=model_bytes,
        course_accuracy=studies.course_accuracy(run.config),
    )
