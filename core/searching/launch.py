"""Keep the process of each search alive until the search has ended."""

import time

from core import workspace
from core.files import processes, read_only
from core.searching import folder

STARTING = 15.0  # s that a new process has to take its lock before the next start
LOG = "search.log"


def ensure_process() -> None:
    """Start the process of each unfinished search that has none; not on a read-only server.

    Two at once do no harm: one finds the lock taken.
    """
    if read_only.is_on() or not workspace.searches().is_dir():
        return
    for search in folder.unfinished():
        mark = search.folder / "started"
        if search.is_alive or (mark.exists() and 0 <= time.time() - mark.stat().st_mtime < STARTING):
            continue
        mark.touch()
        processes.start("core.searching.process", LOG, search.id)
