"""Which runs and saved models bear a receipt: they trained on the same pixels (see `core.augment.receipt`)."""

from dataclasses import dataclass

from core.answering import shelf
from core.runs import folder


@dataclass(frozen=True)
class Bearers:
    """The names of runs and saved models with the same receipt."""

    runs: tuple[str, ...]
    models: tuple[str, ...]


def bearers(receipt: str) -> Bearers:
    """The runs, newest first, and the saved models with this receipt; nobody bears an empty one."""
    if not receipt:
        return Bearers((), ())
    return Bearers(
        tuple(run.name for run in folder.look_all() if run.status.receipt == receipt),
        tuple(model.name for model in shelf.models() if model.card.receipt == receipt),
    )
