"""An exported service under load: `python -m benchmarks.serve [--quick]`.

The starter's service is installed in an environment of its own and started on loopback. First all real test photos are
compared with the answers of the saved model, then 30 clients send photos for 20 s, each as soon as it has its answer.
Prints a table and, as its last line, JSON. The exit status is 1 after an error.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from benchmarks import _loop, _real, _service
from benchmarks._http import Connection
from core.answering import classifier, shelf
from core.answering.shelf import Model
from core.exporting import making
from core.exporting.forms import SERVICE

CLIENTS, SECONDS = 30, 20.0
QUICK_SECONDS, QUICK_PHOTOS = 4.0, 40
KIND = {"Content-Type": "image/jpeg"}
MOST_DIFFERENCE = 1e-3  # of a probability


@dataclass
class Load:
    """What came of the load."""

    seconds: float
    waits: list[float] = field(default_factory=list)  # s of each request that got an answer
    statuses: Counter[int] = field(default_factory=Counter)  # 0 = no response
    retry_after: set[str | None] = field(default_factory=set)  # what the refused were told
    megabytes: float = 0.0  # of the process, at the end

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.waits) / self.seconds

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 200)

    def percentile(self, percent: float) -> float:
        """Seconds until the answer."""
        return float(np.percentile(self.waits, percent)) if self.waits else 0.0


def load(running: _service.Running, photos: list[bytes], clients: int, seconds: float) -> Load:
    """Let so many clients send photos for so long. Each starts at another photo."""
    outcome = Load(seconds)
    _loop.run(_load(running, photos, clients, outcome))
    outcome.megabytes = running.process.memory_info().rss / 1e6
    return outcome


async def _load(running: _service.Running, photos: list[bytes], clients: int, outcome: Load) -> None:
    until = time.monotonic() + outcome.seconds

    async def client(number: int) -> None:
        connection = Connection(running.port)
        place = number * len(photos) // clients
        while time.monotonic() < until:
            place = (place + 1) % len(photos)
            began = time.perf_counter()
            try:
                status, headers, body = await connection.request("/predict", "POST", KIND, photos[place])
            except (OSError, asyncio.IncompleteReadError):
                status, headers, body = 0, {}, b""
            outcome.statuses[status] += 1
            if status == 200 and b'"answers"' in body:
                outcome.waits.append(time.perf_counter() - began)
            else:
                outcome.retry_after.add(headers.get("retry-after"))
        connection.close()

    await asyncio.gather(*(client(number) for number in range(clients)))


def differences(running: _service.Running, model: Model, photos: list[bytes]) -> list[float]:
    """For each photo, the largest difference of a probability from the saved model's; infinite if label or doubt
    differ."""
    ours = classifier.load(model)
    found = []
    with httpx.Client(base_url=running.address, trust_env=False, timeout=30) as client:
        for data in photos:
            answer = client.post("/predict", content=data).raise_for_status().json()
            expected = ours.answer(data)
            shares = {each["label"]: each["probability"] for each in answer["answers"]}
            facts = (answer["label"], answer["unsure"], answer["reason"])
            same = facts == (expected.label, expected.unsure, expected.reason)
            difference = max(abs(shares[label] - share) for label, share in expected.probabilities)
            found.append(difference if same else float("inf"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer photos, a shorter load")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    arguments = parser.parse_args()
    _real.prepare()
    files = sorted((_real.PHOTOS / "test").rglob("*.jpg"))
    photos = [path.read_bytes() for path in (files[:: len(files) // QUICK_PHOTOS] if arguments.quick else files)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        archive = place / "starter.zip"
        model = shelf.model(shelf.STARTER)
        making.make(model, SERVICE.key, archive)
        began = time.perf_counter()
        installed = _service.install(archive, place)
        until_installed = time.perf_counter() - began
        began = time.perf_counter()
        with _service.running(installed) as running:
            until_started = time.perf_counter() - began
            found = differences(running, model, photos)
            outcome = load(running, photos, arguments.clients, QUICK_SECONDS if arguments.quick else arguments.seconds)
            faults = running.log.read_text(encoding="utf-8", errors="replace").count("Traceback")
        figures = {
            "zip_mb": round(archive.stat().st_size / 1e6, 1),
            "libraries_mb": round(installed.megabytes),
            "install_s": round(until_installed, 1),
            "start_s": round(until_started, 2),
            "photos_compared": len(photos),
            "difference": float(f"{max(found):.1e}"),
            "clients": arguments.clients,
            "requests_per_s": round(outcome.rate, 1),
            **{f"p{percent}_ms": round(1000 * outcome.percentile(percent)) for percent in (50, 95, 99)},
            "memory_mb": round(outcome.megabytes),
            "errors": outcome.errors + faults,
        }
    for name, figure in figures.items():
        print(f"{name.replace('_', ' '):<24}{figure:>12}")
    if outcome.errors:
        print(f"statuses: {dict(outcome.statuses)}")
    print(json.dumps(figures))
    return 1 if figures["errors"] or not outcome.waits or not max(found) <= MOST_DIFFERENCE else 0


if __name__ == "__main__":
    sys.exit(main())
