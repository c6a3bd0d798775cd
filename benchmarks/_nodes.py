"""A Ray cluster of two nodes on this machine's loopback addresses, one of which can be killed."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HEAD, OTHER = "127.0.0.2", "127.0.0.3"  # 127.0.0.1 would become the machine's outer address
PATIENCE = 120.0  # s for a node to start
STORE = 100_000_000  # bytes of Ray's object store on a node


@dataclass
class Cluster:
    """Two nodes with a core each. The second one copies the photos, as a machine without a shared disk does."""

    place: Path
    port: int
    nodes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{HEAD}:{self.port}"

    def start(self, name: str, **environment: str) -> None:
        """Start a node, the head first; `wait` waits for it."""
        own = {"FITTING_ROOM_NODE": str(self.home(name)), **({} if name == HEAD else {"FITTING_ROOM_NODE_COPIES": "1"})}
        self.log(name).unlink(missing_ok=True)
        role = [
            "--head",
            f"--port={self.port}",
            f"--ray-client-server-port={_free_port()}",
            "--include-dashboard=false",
        ]
        role = [*role, f"--temp-dir={self.place / 'ray'}"] if name == HEAD else [f"--address={self.address}"]
        command = [Path(sys.executable).with_name("ray"), "start", *role, f"--node-ip-address={name}", "--num-cpus=1"]
        with self.log(name).open("ab") as log:
            self.nodes[name] = subprocess.Popen(
                [*command, f"--object-store-memory={STORE}", "--disable-usage-stats", "--block"],
                env={**os.environ, **own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until all nodes are a part of the cluster. Raises RuntimeError with their output."""
        until = time.monotonic() + PATIENCE
        for name, process in self.nodes.items():
            while b"Ray runtime started" not in self.log(name).read_bytes():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"The node {name} did not start: {self.log(name).read_text()}")
                time.sleep(0.1)

    def kill(self, name: str) -> None:
        """Kill all processes of a node at once, as when the machine loses its power."""
        process = self.nodes.pop(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
        process.wait()

    def home(self, name: str) -> Path:
        """The folder of the node's own workspace."""
        return self.place / f"node-{name}"

    def log(self, name: str) -> Path:
        return self.place / f"{name}.log"


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Two nodes that only who has this process' environment can use; killed at the end."""
    place = Path(tempfile.mkdtemp(prefix="nodes-", dir="/tmp"))  # Ray's sockets need a short path
    own = Cluster(place, _free_port())
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_health_check_period_ms": "1000",  # a dead node is noticed after five of them
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        own.start(HEAD)
        _wait_for_port(own)
        own.start(OTHER)
        own.wait()
        yield own
    finally:
        for name in list(own.nodes):
            own.kill(name)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HEAD, 0))
        return int(free.getsockname()[1])


def _wait_for_port(own: Cluster) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and own.nodes[HEAD].poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HEAD, own.port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The head did not start: {own.log(HEAD).read_text()}")
