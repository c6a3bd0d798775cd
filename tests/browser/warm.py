"""Servers that start with their libraries loaded: each is forked from one process that has loaded them.

`streamlit run` spends three seconds of computing on Streamlit, pandas and the parts of the pages before it can answer,
and nearly every test has a server of its own.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from core import workspace

PATIENCE = 60.0  # s


class Loaded:
    """The process that has loaded the libraries. It lives in the workspace of no test."""

    def __init__(self) -> None:
        code = "from tests.browser import warm; warm.main()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=workspace.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, arguments: Sequence[str], environment: dict[str, str], log: Path) -> "Forked":
        """Start `streamlit …` with these arguments; what it prints is added to `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([list(arguments), environment, str(log)]) + "\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=PATIENCE)  # closes the pipes


class Forked:
    """A server that was forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        """Wait for its end, which its parent takes no notice of."""
        until = time.monotonic() + seconds
        while psutil.pid_exists(self.pid) and time.monotonic() < until:
            time.sleep(0.01)


def main() -> None:
    """Load the libraries; then fork a server for each line of the input, and print its process id."""
    from pages.frame import preparation

    for module in ("streamlit.web.bootstrap", "streamlit.web.cli", *preparation.parts()):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets servers that have ended
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _serve(*json.loads(line))
        print(pid, flush=True)


def _serve(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Become a server, and never return."""
    from streamlit.web import cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for opened, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(opened, place)
    sys.argv = ["streamlit", *arguments]
    try:
        cli.main(prog_name="streamlit")
    finally:
        os._exit(1)
