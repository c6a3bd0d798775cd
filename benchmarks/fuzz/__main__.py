"""The command: `python -m benchmarks.fuzz [--quick] [--count N] [--seed N] [--kind NAME] [--number N]`."""

import argparse
import json
import sys

from benchmarks.fuzz import shards
from benchmarks.fuzz.kinds import by_name
from benchmarks.fuzz.trial import attempt, own_workspace

FULL, QUICK = 50_000, 5_000


def main() -> int:
    """Try the inputs, print a table and a line of JSON; the exit status is 1 if any failed."""
    parser = argparse.ArgumentParser(description="Try inputs that nobody should send.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} inputs instead of {FULL:,}")
    parser.add_argument("--count", type=int, help="so many inputs")
    parser.add_argument("--seed", type=int, default=0, help="other inputs for another number")
    parser.add_argument("--kind", action="append", default=[], choices=sorted(by_name()), help="only this kind")
    parser.add_argument("--number", type=int, help="only the input of that number, of one kind")
    arguments = parser.parse_args()
    if arguments.number is not None:
        return _again(arguments.kind[0], arguments.seed, arguments.number)
    count = arguments.count or (QUICK if arguments.quick else FULL)
    outcome = shards.run(count, arguments.seed, arguments.kind, tell=lambda fault: print(fault, flush=True))
    print(f"{'kind':24} {'inputs':>8} {'faults':>8} {'slowest':>9}")
    for name, tally in outcome.kinds.items():
        print(f"{name:24} {tally.inputs:8,} {tally.faults:8,} {tally.slowest:7.2f} s")
    print(json.dumps(outcome.figures()))
    return 1 if outcome.faults else 0


def _again(kind: str, seed: int, number: int) -> int:
    """Try one input alone."""
    with own_workspace():
        faults = attempt(by_name()[kind], seed, number)
    for fault in faults:
        print(fault)
    print("nothing wrong" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
