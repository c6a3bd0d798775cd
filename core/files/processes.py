"""Background processes that outlive the page or the shell that started them."""

import os
import subprocess
import sys
from typing import Any

from core import environment, workspace
from core.files import read_only

ONLY_CACHES = ("core.exporting.background",)  # what these write can be made again
_started: list[subprocess.Popen[bytes]] = []  # polled, so that none stays a zombie after it ends


def check(module: str) -> None:
    """Raise ReadOnlyError if this process may change nothing, and so may not start one that does."""
    if module not in ONLY_CACHES:
        read_only.check()


def start(module: str, log: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `python -m module` detached from this process, with its output in the file `log` under the workspace.

    Raises ReadOnlyError as `check` does, and OSError.
    """
    check(module)
    workspace.locks().mkdir(parents=True, exist_ok=True)
    variables = {
        **os.environ,
        "FITTING_ROOM_HOME": str(workspace.home()),
        "PYTHONUNBUFFERED": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # the same for JAX, which would take three quarters of the memory
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    detached: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        detached = {"creationflags": 0x00000008 | 0x00000200}  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
    with (workspace.locks() / log).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=workspace.PROJECT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **detached,
        )
    _started[:] = [*(other for other in _started if other.poll() is None), process]
    return process


def idle_seconds(usual: float) -> float:
    """The seconds without work after which a background process ends: `$FITTING_ROOM_IDLE`, or as usual."""
    return environment.number("FITTING_ROOM_IDLE", usual, "a number of seconds")
