"""Learns a lesson again after each change, in a process of its own: the page stays quick, and imports are paid once.

It ends after some minutes in which nothing has changed; a page that needs it starts it again.
"""

import contextlib
import sys
import time
from collections.abc import Callable

from threadpoolctl import threadpool_limits

from core import workspace
from core.answering import shelf
from core.datasets import catalogue
from core.errors import ModelError
from core.files import processes
from core.files.background import Report, Status, Work
from core.reviewing import features
from core.teaching import draft, judging, labelling, lesson, material
from core.teaching.draft import Outcome

IDLE = 300.0  # s without a change after which it ends
POLL, RARE_POLL = 0.1, 0.4  # s between two looks, soon after a change and later
SOON = 20.0  # s
MOST_MISSING = 5  # times in a row that a file is missing
STARTING = 20.0  # s from the start of the process to its first report, at most


class ChangedError(Exception):
    """The lesson has changed, so that what is being computed is of no use."""


def ensure(name: str) -> Status | None:
    """Make sure that a process learns the lesson, and return how far it is. Raises OSError."""
    work = _work(name)
    current = work.status()
    with contextlib.suppress(FileNotFoundError):  # forgotten meanwhile
        if current and current.error and work.file.stat().st_mtime_ns < lesson.changed(name):
            current = None  # the lesson that could not be learned has changed
    if current is None or (not current.running and not current.error):
        work.start("core.teaching.teacher", f"teach-{name}.log", name)
        current = work.status()
    return current


def retry(name: str) -> None:
    """Forget how the last process ended, so that `ensure` starts another."""
    _work(name).forget()


def is_current(name: str, outcome: Outcome | None) -> bool:
    """Whether an outcome is about the present state of the lesson."""
    return outcome is not None and outcome.stamp == lesson.stamp(name)


def learn(
    name: str, report: Report = lambda share, words: None, is_wanted: Callable[[], bool] = lambda: True
) -> Outcome:
    """Learn the lesson as it is now, and store what it has come to. Raises AppError, ChangedError."""
    began = time.monotonic()
    stamp = lesson.stamp(name)

    def step(words: str, done: int, total: int) -> None:
        report(0.9 * done / max(total, 1), f"{words}: {done:,} of {total:,}")

    base, notice = _base(name)
    through = features.of_model(base)
    photos = material.of(name, through, step)
    unsorted = material.waiting(name, through, step)
    outcome = Outcome(
        stamp=stamp,
        twins=photos.twins,
        unreadable=photos.unreadable,
        waiting=len(unsorted.names),
        base=base.name,
        notice=notice,
    )
    if len(photos.kinds) < 2:
        draft.store(name, outcome)
        return outcome
    report(0.9, "Learning")
    judged = judging.judge(photos)
    layer = judging.head_of(photos, judged.penalty)
    folder = draft.write(name, photos, judged, layer, base)
    outcome = outcome.model_copy(update={"draft": folder})
    model = draft.model(name, outcome)
    assert model is not None
    outcome = outcome.model_copy(
        update={
            "photos": draft.reference_names(photos),
            "mistakes": draft.mistakes(photos, judged, model.card.temperature),
            "suggestions": labelling.suggestions(unsorted, photos, model),
            "seconds": round(time.monotonic() - began, 2),
        }
    )
    draft.store(name, outcome)

    def tick() -> None:
        if not is_wanted():
            raise ChangedError

    outcome = outcome.model_copy(update={"curve": judging.learning_curve(photos, judged, tick)})
    draft.store(name, outcome)
    return outcome


def _base(name: str) -> tuple[shelf.Model, str]:
    """The model whose network sees the photos, and a notice if it had to be another one than chosen."""
    wanted, notice = lesson.of(name).base, ""
    if wanted != shelf.STARTER:
        try:
            return shelf.model(wanted), notice
        except ModelError:
            notice = (
                f"The model {wanted!r} that this lesson was built on is gone. The starter's network takes its place."
            )
    return shelf.read(features.SHIPPED), notice


def attend(name: str, report: Report, idle: float = IDLE) -> None:
    """Learn the lesson whenever it has changed, until nothing has for `idle` seconds. Raises AppError."""
    last, missing = time.monotonic(), 0
    while time.monotonic() - last < idle:
        if not (catalogue.own_folder(name) / lesson.FILE).is_file():
            return  # removed
        if is_current(name, draft.read(name)):
            time.sleep(POLL if time.monotonic() - last < SOON else RARE_POLL)
            continue
        stamp = lesson.stamp(name)
        try:
            learn(name, report, lambda stamp=stamp: lesson.stamp(name) == stamp)  # type: ignore[misc]
            report(0.99, "")  # there is nothing to do
            missing = 0
        except ChangedError:
            pass
        except FileNotFoundError:  # a photo, or the lesson, has just gone; a file that stays away is a fault
            missing += 1
            if missing > MOST_MISSING:
                raise
            time.sleep(RARE_POLL)
        last = time.monotonic()


def _work(name: str) -> Work:
    return Work(
        "lesson", catalogue.own_folder(name) / "teaching.json", workspace.locks() / f"teach-{name}.lock", STARTING
    )


def _main(name: str) -> None:
    # People wait for this, so it does not give way to others. Several threads only slow down such small products.
    with threadpool_limits(1, "blas"):
        _work(name).run(lambda report: attend(name, report, processes.idle_seconds(IDLE)))


if __name__ == "__main__":
    _main(sys.argv[1])
