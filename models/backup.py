"""The backup of a run in progress: what it takes to go on after an interruption, or in another run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from models import carry
from models.record import Progress, read_arrays


@dataclass(frozen=True)
class Backup:
    """The content of a run's backup.npz."""

    arrays: list[NDArray[Any]]
    facts: dict[str, Any]  # such as its stage and the stage's first epoch
    trained_on: TrainedOn

    def check_network(self, now: str) -> None:
        """Raise RunError if the features that its head learned from came from another network than this digest's."""
        before = self.facts.get("network", "")  # backups of earlier versions have none
        if before != now:
            raise RunError(
                "The saved model that is the backbone was replaced by another one with the same name since the earlier "
                "epochs were trained. Start a new run, or give the former model its name back."
            )


def read_backup(folder: Path, progress: Progress) -> Backup | None:
    """The run's backup; None without one, or, with a warning, if nobody knows which classes it has learned."""
    content = read_arrays(folder / "backup.npz")
    if content is None:
        return None
    arrays, facts = content
    trained_on = carry.state(facts, folder)
    if trained_on is None:
        progress.warn(
            "The run's backup is of an earlier version and doesn't say which classes it learned, so the run started "
            "again from the beginning."
        )
        return None
    return Backup(arrays, facts, trained_on)
