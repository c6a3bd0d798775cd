"""Learn from corrections: a new version of a model, made in a process of its own, which says what it gained and lost.

Each version starts from the model that was corrected first, with all corrections so far, so nothing is learned twice or
forgotten. The other versions stay.
"""

import sys
from collections.abc import Callable

import numpy as np

from core import machine, workspace
from core.answering import classifier, shelf
from core.answering.shelf import Model
from core.datasets import catalogue
from core.errors import ModelError
from core.files.background import Report, Status, Work
from core.reviewing import features
from core.teaching import corrected_photos, corrections, gains, old_photos, version

STARTING = 20.0  # s from the start of the process to its first report, at most
NOTHING = "There are no corrections to learn from. Correct some answers first."


def learn(name: str, report: Report = lambda share, words: None) -> Model:
    """Make a new version of the model of that name, and return it. Raises AppError, OSError."""
    previous = shelf.model(name)
    first = corrections.origin(previous)

    def step(start: float, share: float, words: str) -> Callable[[int, int], None]:
        return lambda done, total: report(start + share * done / max(1, total), f"{words}: {done:,} of {total:,}")

    through = features.of_model(first)
    corrected = corrected_photos.of(first, through, step(0.0, 0.3, "Reading the corrected photos"))
    if not len(corrected):
        raise ModelError(NOTHING)
    before = classifier.load(first)
    length = float(np.linalg.norm(corrected.vectors, axis=1).mean())
    measuring, reading = step(0.3, 0.2, "Looking at the old photos"), step(0.5, 0.2, "Reading the old photos")
    past = old_photos.of(first, before.likeness, through, corrected.keys, length, measuring, reading)
    report(0.7, "Learning")
    learned = version.learn(before, past, corrected)
    report(0.8, "Judging what has changed")
    facts = gains.of(previous, before, past, corrected, learned)
    report(0.95, "Saving")
    return version.save(first, learned, facts)


def start(name: str) -> None:
    """Let a process learn from the corrections of a model, unless one does. Raises AppError, OSError."""
    dataset = corrections.dataset_of(shelf.model(name))
    if not dataset:
        raise ModelError(NOTHING)
    _work(dataset).start("core.teaching.learning", f"learn-{dataset}.log", dataset, name)


def status(dataset: str) -> Status | None:
    """How far the learning from a dataset of corrections is; None if none was started, or if its file is damaged."""
    return _work(dataset).status() if dataset else None


def forget(dataset: str) -> None:
    """Forget how the last learning ended."""
    _work(dataset).forget()


def versions(model: Model) -> list[Model]:
    """The versions of a model, the newest first and the one that was corrected first last."""
    first = corrections.origin(model)
    later = corrections.versions_of(corrections.first_name(first))
    return [*(each for each in later if each.name != first.name), first]


def _work(dataset: str) -> Work:
    """The status lies beside the corrections, and goes with them."""
    own = catalogue.own_folder(dataset)
    return Work("learning", own / "learning.json", workspace.locks() / f"learn-{dataset}.lock", STARTING)


def _main(dataset: str, name: str) -> None:
    from threadpoolctl import threadpool_limits

    machine.give_way()
    with threadpool_limits(1, "blas"):  # several threads only slow down such small products
        _work(dataset).run(lambda report: learn(name, report))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
