"""Continue another run: the same settings for more epochs, or its best weights at another image size."""

import shutil
from pathlib import Path

from core.errors import RunError
from core.files import atomic, records
from core.runs.config import RunConfig
from core.runs.folder import Run, folder_of, look, read_curves

MAY_DIFFER = {"epochs", "early_stopping", "fine_tune", "image_size", *RunConfig.OF_ONE_RUN}


def grows(config: RunConfig) -> bool:
    """Whether the run starts from the best weights of its parent at another image size: small before big."""
    return config.parent is not None and look(config.parent).config.image_size != config.image_size


def take_over(run: Run) -> None:
    """Copy the parent's backup and finished epochs into the run's folder, unless the run has its own.

    Raises RunError if the parent no longer exists, has other settings or has no backup.
    """
    if run.config.parent is None or (run.folder / "backup.npz").exists():
        return
    place = _matching_parent(run)
    if grows(run.config):
        if not run.config.fine_tune:
            raise RunError("A run that continues another run at a different image size needs fine_tune.")
        return
    lines = "".join(map(records.line, read_curves(place).epochs))
    atomic.write(run.folder / "metrics.jsonl", lambda file: file.write(lines.encode()))
    for name in ("labels.json", "backup.npz"):  # the backup last: with it, the run has taken over
        if (place / name).exists():
            _copy(place / name, run.folder / name)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original:
        atomic.write(target, lambda file: shutil.copyfileobj(original, file))


def best_weights(run: Run) -> Path:
    """The file with the best weights of the run's parent. Raises RunError."""
    return _matching_parent(run) / "best.npz"


def _matching_parent(run: Run) -> Path:
    """The parent's folder, if this run can continue it. Raises RunError if not."""
    parent = str(run.config.parent)
    try:
        place, config = folder_of(parent), look(parent).config
    except RunError:
        raise RunError(f"The parent run {parent} no longer exists, so it can't be continued.") from None
    settings = run.config.model_dump(exclude=MAY_DIFFER)
    if config.fine_tune and not run.config.fine_tune:
        raise RunError(f"The parent run {parent} was fine-tuned, so this run needs fine_tune too.")
    differs = [name for name, value in config.model_dump(exclude=MAY_DIFFER).items() if value != settings[name]]
    if differs:
        raise RunError(f"This run continues {parent}, so these settings must be the same: {', '.join(differs)}.")
    for name in ("backup.npz", "best.npz"):
        if not (place / name).is_file():
            raise RunError(f"The parent run {parent} has no {name} to continue from. Start a new run.")
    return place
