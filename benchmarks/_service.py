"""An exported service as somebody else would run it: unzipped, in an environment of its own, on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60.0  # s until the service answers
OFFLINE = ("Retrying", "ConnectionError", "NewConnectionError", "Temporary failure in name resolution", "timed out")


class NoIndexError(Exception):
    """The package index can't be reached."""


@dataclass(frozen=True)
class Service:
    """An unzipped service and the Python of its environment."""

    folder: Path
    python: Path

    @property
    def packages(self) -> Path:
        """The folder of its libraries."""
        return next(self.python.parents[1].rglob("site-packages"))

    @property
    def megabytes(self) -> float:
        """The size of its libraries, in MB, without the tools that every new environment has."""
        packages = self.packages
        tools = ("pip", "pip-", "setuptools", "pkg_resources", "_distutils_hack")
        files = [path for path in packages.rglob("*") if path.is_file() and not path.is_symlink()]
        return (
            sum(path.stat().st_size for path in files if not path.relative_to(packages).parts[0].startswith(tools))
            / 1e6
        )


@dataclass(frozen=True)
class Running:
    """A service that answers."""

    port: int
    process: psutil.Process
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def install(archive: Path, folder: Path) -> Service:
    """Unzip a service into `folder` and install its requirements beside it. Raises NoIndexError."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "service")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True, capture_output=True)
    python = folder / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    options = ["--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    done = subprocess.run(
        [python, "-m", "pip", "install", *options, "-r", folder / "service" / "requirements.txt"],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        error = NoIndexError if any(sign in done.stderr for sign in OFFLINE) else RuntimeError
        raise error(done.stderr[-2000:])
    return Service(folder / "service", python)


@contextmanager
def running(service: Service, **variables: str) -> Iterator[Running]:
    """Start the service on loopback, wait until it answers, and stop it at the end. `variables` are its settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = service.folder.parent / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [service.python, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"],
            cwd=service.folder,
            env={**os.environ, **variables},
            stdout=output,
            stderr=output,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", log)
        yield Running(port, psutil.Process(process.pid), log)
    finally:
        process.terminate()
        process.wait(20)


def _wait(address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        try:
            with opener.open(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"The service did not answer within {PATIENCE:.0f} s: {log.read_text(errors='replace')[-2000:]}")
