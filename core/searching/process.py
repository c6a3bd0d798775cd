"""The process of a search: `python -m core.searching.process ID`. It proposes trials and follows them; a worker trains.

It holds the search's lock for life. Killed, it is started again by whoever looks, and goes on from its own record.
"""

import sys
import time
import traceback

from filelock import FileLock, Timeout

from core import machine
from core.errors import AppError
from core.files import records
from core.runs import queue
from core.searching import folder, trials
from core.searching.records import Phase, Progress, TrialState
from core.searching.trials import StoppedError


def main(search_id: str) -> None:
    search = folder.look(search_id)
    try:
        with FileLock(search.folder / folder.LOCK, timeout=1):
            machine.give_way()
            run(search_id)
    except Timeout:
        print(f"the search {search_id} already has a process")


def run(search_id: str) -> None:
    """Carry the search to its end and record how it ended."""
    search = folder.look(search_id)
    if search.has_ended:
        return
    try:
        from core.searching.course import Course

        Course(search).run()
    except StoppedError:
        _end(search_id, Phase.STOPPED)
    except AppError as error:
        _end(search_id, Phase.FAILED, str(error))
    except Exception:
        print(f"{time.strftime('%F %T')} search {search_id}\n{traceback.format_exc()}", flush=True)
        _end(search_id, Phase.FAILED, f"The search met an unexpected error. It is described in {folder.LOG_PLACE}.")


def _end(search_id: str, phase: Phase, error: str = "") -> None:
    """Record the end; trials that are still open are stopped."""
    queue.stop_study(search_id)
    search = folder.look(search_id)
    progress: Progress = search.progress
    closed = tuple(
        trials.ended(trial, trials.read(trial.run)) if trial.state is TrialState.RUNNING else trial
        for trial in progress.trials
    )
    records.write(
        search.folder / folder.PROGRESS,
        progress.model_copy(update={"phase": phase, "error": error, "words": "", "trials": closed}),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
