"""Train the queued runs of a cluster: `python -m models.cluster --address HOST:PORT`.

It takes its lock before it imports Ray, so a second one started at the same time exits at once.
"""

import argparse
import os
import sys

from filelock import FileLock, Timeout

from core import machine, workspace
from core.errors import AppError
from core.files import leftovers, processes
from core.runs import cluster, launch

IDLE_SECONDS = 300.0  # after that it exits and leaves the cluster


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.cluster", description="Train queued runs on a cluster.")
    parser.add_argument("--address", required=True, help="HOST:PORT, as `ray start --head` prints it")
    parser.add_argument(
        "--idle",
        type=float,
        default=processes.idle_seconds(IDLE_SECONDS),
        help="seconds without work after which it exits (default: %(default)s)",
    )
    arguments = parser.parse_args()
    worker = cluster.device_of(arguments.address)
    if not cluster.address_of(worker):
        parser.error(f"--address must be HOST:PORT, such as 192.168.0.7:6379, got {arguments.address!r}")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    workspace.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(launch.lock_of(worker))
    try:
        lock.acquire(timeout=2)
    except Timeout:
        print("another process serves this cluster; this one exits")
        return 0
    with lock:
        try:
            cluster.check(arguments.address)
            from models.cluster.connection import connect
            from models.cluster.dispatcher import Dispatcher

            connection = connect(arguments.address)
        except AppError as error:
            launch.note_trouble(worker, str(error))
            print(error, file=sys.stderr)
            return 1
        launch.clear_starts(worker)
        leftovers.sweep()
        machine.give_way()
        Dispatcher(connection).drain(arguments.idle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
