"""Making sure that a worker lives whenever there is something to do."""

import os
import subprocess
import sys
import time
from typing import Any

from core import workspace
from core.runs import queue
from core.runs.locks import is_held

DEVICE = "auto"
_started: list[subprocess.Popen[bytes]] = []  # so that those that end are reaped, and no zombie is left
STARTING = 10.0  # s that a new worker has to take its lock before another one is started


def is_working() -> bool:
    """Whether a worker process lives."""
    return is_held(workspace.locks() / f"worker-{DEVICE}.lock")


def ensure_worker() -> bool:
    """Start a worker when something waits and none lives; returns whether one was started.

    The worker is a process of its own that outlives page, browser and shell. Two started at once do no harm: the
    second finds the lock taken and ends.
    """
    if is_working() or not queue.waiting():
        return False
    mark = workspace.locks() / "worker.started"
    try:
        if 0 <= time.time() - mark.stat().st_mtime < STARTING:
            return False
    except FileNotFoundError:
        pass
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    start_process("models.worker", "worker.log")
    return True


def start_process(module: str, log: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `python -m module` detached from this process, printing into a file under the workspace."""
    workspace.locks().mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "FITTING_ROOM_HOME": str(workspace.home()),
        "PYTHONUNBUFFERED": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    detached: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        detached = {"creationflags": 0x00000008 | 0x00000200}  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
    with (workspace.locks() / log).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=workspace.PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **detached,
        )
    _started[:] = [*(other for other in _started if other.poll() is None), process]
    return process
