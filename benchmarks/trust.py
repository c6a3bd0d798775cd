"""Whether the app keeps working and loses nothing: `python -m benchmarks.trust [--quick] [--part NAME]`.

Five parts: many people at once, killed processes, failing disks, inputs that nobody should send, and the stored records
of all versions. Prints a table and, as its last line, JSON. docs/trust.md explains each part. The exit status is 1 if
anything was lost, or gave anything but a result or a sentence.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks import _disk, _kills, _load, _versions
from benchmarks.fuzz import shards

MOVE_SECONDS = 1.0  # p95 of a slider's move
MOST_GROWTH = 150.0  # MB of the server's memory, from the middle of the load to its end
QUICK_ROUNDS, QUICK_HASTE = 10, 0.3
MOST_SLOWDOWN = 0.5  # of the training beside the people


@dataclass
class Part:
    """What came of one part."""

    figures: dict[str, Any]
    lost: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)


def load(quick: bool) -> Part:
    """Thirty people for five minutes beside a study."""
    outcome = _load.run(seconds=30.0 if quick else 300.0)
    part = Part(outcome.as_json(), lost=list(outcome.foreign), tracebacks=list(outcome.errors))
    if outcome.move_p95 > MOVE_SECONDS:
        part.lost.append(f"a slider's move takes {outcome.move_p95:.2f} s (p95), at most {MOVE_SECONDS:g} s expected")
    if outcome.growth > MOST_GROWTH and not quick:
        part.lost.append(f"the server's memory grew by {outcome.growth:.0f} MB")
    if outcome.slowdown > MOST_SLOWDOWN and not quick:
        part.lost.append(f"the training lost {outcome.slowdown:.0%} of its speed")
    return part


def kills(quick: bool) -> Part:
    """Processes killed at random points."""
    outcome = _kills.run(QUICK_ROUNDS, haste=QUICK_HASTE) if quick else _kills.run()
    return Part(outcome.as_json(), outcome.lost, outcome.tracebacks)


def disk(quick: bool) -> Part:
    """A disk that is full, read-only or gone."""
    outcome = _disk.run(("full",) if quick else tuple(_disk.FAULTS))
    return Part(outcome.as_json(), outcome.lost, outcome.tracebacks)


def fuzz(quick: bool) -> Part:
    """Inputs that nobody should send."""
    outcome = shards.run(5_000 if quick else 50_000)
    tracebacks = [str(fault) for fault in outcome.tracebacks]
    return Part(
        outcome.figures(), [str(fault) for fault in outcome.faults if fault not in outcome.tracebacks], tracebacks
    )


def versions(quick: bool) -> Part:
    """Stored records of every version so far."""
    figures = _versions.run()
    return Part(figures, tracebacks=list(figures.pop("problems")))


PARTS: dict[str, Callable[[bool], Part]] = {
    "load": load, "kills": kills, "disk": disk, "fuzz": fuzz, "versions": versions,
}  # fmt: skip
BESIDE = "kills"  # with --quick it runs beside all but the load: it mostly waits


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether the app keeps working and loses nothing.")
    parser.add_argument("--quick", action="store_true", help="a share of it, in under three minutes")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part")
    arguments = parser.parse_args()
    names = arguments.part or list(PARTS)
    parts: dict[str, Part] = {}
    if arguments.quick and "load" in names:  # alone
        parts["load"] = _tried("load", quick=True)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
        waiting = beside.submit(_tried, BESIDE, True) if arguments.quick and BESIDE in names else None
        for name in names:
            if name not in parts and not (waiting and name == BESIDE):
                parts[name] = _tried(name, arguments.quick)
        if waiting:
            parts[BESIDE] = waiting.result()
    print(
        json.dumps(
            {
                "rounds": _figure(parts, "kills", "rounds"),
                "places": _figure(parts, "disk", "places"),
                "inputs": _figure(parts, "fuzz", "inputs"),
                "sessions": _figure(parts, "load", "sessions"),
                "samples": _figure(parts, "versions", "samples"),
                "move_p95_s": _figure(parts, "load", "move_p95_s"),
                "lost": sum(len(part.lost) for part in parts.values()),
                "tracebacks": sum(len(part.tracebacks) for part in parts.values()),
            }
        )
    )
    return int(any(part.lost or part.tracebacks for part in parts.values()))


def _tried(name: str, quick: bool) -> Part:
    """The part, printed as a line of the table with what was wrong."""
    started = time.monotonic()
    part = PARTS[name](quick)
    figures = "  ".join(f"{key} {value}" for key, value in part.figures.items())
    wrong = [f"           {sentence[:300]}" for sentence in (*part.lost, *part.tracebacks)]
    print("\n".join([f"{name:<10} {time.monotonic() - started:6.0f} s  {figures}", *wrong]), flush=True)
    return part


def _figure(parts: dict[str, Part], name: str, key: str) -> Any:
    return parts[name].figures.get(key) if name in parts else None


if __name__ == "__main__":
    sys.exit(main())
