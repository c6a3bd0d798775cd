"""`streamlit run app.py` on loopback, in a process of its own, with a workspace of its own."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0  # s until the app answers
CONTEXT = 40  # lines of the log after an error
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal
FAULT = re.compile(r"Traceback \(most recent call last\)|\b(ERROR|CRITICAL)\b|Uncaught")


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    log: Path
    process: psutil.Process

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def megabytes(self) -> float:
        """The memory of the process, in MB."""
        return float(self.process.memory_info().rss / 1e6)

    def cpu_seconds(self) -> float:
        """The processor time that the process has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def faults(self) -> list[str]:
        """What the log says of errors: each line with what follows it."""
        lines = COLOURS.sub("", self.log.read_text(encoding="utf-8", errors="replace")).splitlines()
        return ["\n".join(lines[i : i + CONTEXT]) for i, line in enumerate(lines) if FAULT.search(line)]


@contextmanager
def serve(home: Path) -> Iterator[Server]:
    """Start the app, wait until it answers, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    options = ["--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    variables = {**os.environ, "FITTING_ROOM_HOME": str(home)}
    log = home / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen([*command, *options], cwd=PROJECT, env=variables, stdout=output, stderr=output)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health")
        yield Server(port, log, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_healthy(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"The app did not answer within {PATIENCE:.0f} s.")
