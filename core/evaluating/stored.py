"""The evaluations in the workspace, one folder for each: the figures as JSON, the answers behind them as arrays."""

import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core import workspace
from core.errors import ModelError
from core.evaluating.record import Evaluation
from core.files import atomic, damage, records
from core.files.damage import Damaged
from core.files.versions import Remembered
from core.runs import predictions
from core.runs.predictions import Predictions
from core.words import quoted

FILE = "evaluation.json"


@dataclass(frozen=True)
class Stored:
    """An evaluation with its folder."""

    folder: Path
    evaluation: Evaluation

    @property
    def id(self) -> str:
        return self.folder.name


def write(evaluation: Evaluation, answers: Predictions) -> Stored:
    """Store an evaluation with the answers behind it. Raises OSError."""
    folder = workspace.evaluations() / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
    with atomic.new_folder(folder) as new:
        predictions.write(new, {evaluation.split: answers})
        records.write(new / FILE, evaluation)
    return Stored(folder, evaluation)


def every() -> list[Stored]:
    """All evaluations that can be read, newest first."""
    return sorted(_sorted_out()[0], key=lambda stored: (stored.evaluation.date, stored.id), reverse=True)


def damaged() -> list[Damaged]:
    """The evaluations that can't be read."""
    return _sorted_out()[1]


def delete(name: str) -> None:
    """Delete the evaluation with that id. Raises ModelError if there is none."""
    folder = workspace.evaluations() / name
    if folder not in _folders():
        raise ModelError(f"There is no evaluation {quoted(name)} any more.")
    shutil.rmtree(folder)


def _sorted_out() -> tuple[list[Stored], list[Damaged]]:
    return damage.sorted_out("evaluation", _folders(), _stored.get)


def _folders() -> list[Path]:
    try:
        return sorted(path for path in workspace.evaluations().iterdir() if path.name[0] != "." and path.is_dir())
    except OSError:
        return []


def _read(folder: Path) -> Stored:
    evaluation = records.read(folder / FILE, Evaluation)
    if evaluation is None:
        raise ModelError(f"{folder / FILE} is missing. {Evaluation.REMEDY}")
    return Stored(folder, evaluation)


_stored = Remembered((FILE,), _read)
