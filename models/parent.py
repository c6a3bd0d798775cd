"""Going on from another run: the same settings for more epochs, or its best weights at another image size."""

import shutil
from pathlib import Path

from core.errors import RunError
from core.files import atomic, records
from core.runs.config import RunConfig
from core.runs.folder import Run, folder_of, look, read_curves

MAY_DIFFER = {"epochs", "early_stopping", "fine_tune", "image_size", "name", "study", "parent"}


def grows(config: RunConfig) -> bool:
    """Whether the run starts from the best weights of its parent at another image size: small before big."""
    return config.parent is not None and look(config.parent).config.image_size != config.image_size


def take_over(run: Run) -> None:
    """Put the parent's backup and its finished epochs into the run's folder, where the run has none of its own yet.

    Raises RunError when the parent is gone, has other settings or keeps no backup.
    """
    if run.config.parent is None or (run.folder / "backup.npz").exists():
        return
    place = _fitting(run)
    if grows(run.config):
        if not run.config.fine_tune:
            raise RunError("A run that goes on from another one at another image size needs fine_tune.")
        return
    lines = "".join(map(records.line, read_curves(place).epochs))
    atomic.write(run.folder / "metrics.jsonl", lambda file: file.write(lines.encode()))
    with (place / "backup.npz").open("rb") as theirs:
        atomic.write(run.folder / "backup.npz", lambda file: shutil.copyfileobj(theirs, file))


def best_weights(run: Run) -> Path:
    """The file with the best weights of the run's parent. Raises RunError."""
    return _fitting(run) / "best.npz"


def _fitting(run: Run) -> Path:
    """The parent's folder, if this run can go on from it."""
    parent = str(run.config.parent)
    try:
        place, theirs = folder_of(parent), look(parent).config
    except RunError:
        raise RunError(f"The run {parent} that this one goes on from is no longer here.") from None
    ours = run.config.model_dump(exclude=MAY_DIFFER)
    if theirs.fine_tune and not run.config.fine_tune:
        raise RunError(f"The run {parent} was fine-tuned, so one that goes on from it needs fine_tune too.")
    differs = [name for name, value in theirs.model_dump(exclude=MAY_DIFFER).items() if value != ours[name]]
    if differs:
        raise RunError(f"This run goes on from {parent}, so these settings must be the same: {', '.join(differs)}.")
    for name in ("backup.npz", "best.npz"):
        if not (place / name).is_file():
            raise RunError(f"The run {parent} keeps no {name} to go on from; start a new run.")
    return place
