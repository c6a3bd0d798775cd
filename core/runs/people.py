"""Who put which runs into the queue: for the limit of each person on a shared server.

It is known only as long as the app runs, and is written nowhere: a name has no place in a run that is handed on.
"""

import threading
from collections.abc import Iterable

from core.runs import queue
from core.serving import limits

_queued: dict[str, set[str]] = {}  # by person: the ids of runs that wait, or waited when somebody last asked
_lock = threading.Lock()


def check_queue(person: str, more: int) -> None:
    """Raise AppError if `more` runs are too many, for the queue or for this person."""
    waiting = {run.id for run in queue.waiting()}
    with _lock:
        for name, ids in list(_queued.items()):
            ids &= waiting
            if not ids:
                del _queued[name]
        own = len(_queued.get(person, ()))
    limits.check_queue(len(waiting), more)
    limits.check_queue_of_person(own, more)


def note(person: str, run_ids: Iterable[str]) -> None:
    """Remember who put these runs into the queue."""
    with _lock:
        _queued.setdefault(person, set()).update(run_ids)
