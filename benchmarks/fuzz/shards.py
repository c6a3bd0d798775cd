"""Many inputs, in processes of their own: one that crashes, hangs or takes all memory is an input's fault, not ours."""

import json
import queue
import resource
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzz import stored
from benchmarks.fuzz.kinds import by_name
from benchmarks.fuzz.trial import Fault, attempt, own_workspace
from core import machine

CHUNK = 400  # inputs that a process takes at a time
HANGING = 25.0  # s without a sign of life
MOST_VIRTUAL = 12_000_000_000  # bytes of addresses: whatever takes more gets a MemoryError, and the machine lives on
MOST_LOST = 5  # processes that a kind may kill before it is given up
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    inputs: int = 0
    faults: int = 0
    slowest: float = 0.0  # s
    lost: int = 0  # processes


@dataclass
class Outcome:
    """What became of all inputs."""

    kinds: dict[str, Tally] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    tell: Callable[[Fault], None] | None = None

    @property
    def inputs(self) -> int:
        return sum(tally.inputs for tally in self.kinds.values())

    def of(self, *what: str) -> list[Fault]:
        """The faults of these sorts, such as "traceback" or "slow"."""
        return [fault for fault in self.faults if fault.what in what]

    @property
    def tracebacks(self) -> list[Fault]:
        """The inputs that gave anything but a result or a sentence for people."""
        return self.of("traceback", "sentence", "crash")

    def figures(self) -> dict[str, Any]:
        """The figures for a line of JSON."""
        return {
            "inputs": self.inputs,
            "tracebacks": len(self.tracebacks),
            "slow": len(self.of("slow", "hang")),
            "large": len(self.of("memory")),
            "outside": len(self.of("outside")),
            "seconds": round(self.seconds, 1),
        }


def run(
    count: int,
    seed: int = 0,
    kinds: Iterable[str] = (),
    processes: int | None = None,
    tell: Callable[[Fault], None] | None = None,
) -> Outcome:
    """Try about `count` inputs of these kinds, or of all. The same seed gives the same inputs.

    `tell` hears of faults at once.
    """
    started = time.monotonic()
    wanted = {name: kind for name, kind in by_name().items() if name in set(kinds) or not kinds}
    whole = sum(kind.share for kind in wanted.values())
    outcome = Outcome({name: Tally() for name in wanted}, tell=tell)
    chunks: queue.SimpleQueue[tuple[str, int, int]] = queue.SimpleQueue()
    for name, kind in wanted.items():
        most = max(1, -int(-count * kind.share // whole))
        for first in range(0, most, CHUNK):
            chunks.put((name, first, min(CHUNK, most - first)))
    threads = [
        threading.Thread(target=_drain, args=(chunks, outcome, seed), daemon=True)
        for _ in range(processes or machine.cores())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.faults.sort(key=lambda fault: (fault.kind, fault.number))
    outcome.seconds = time.monotonic() - started
    return outcome


def _drain(chunks: "queue.SimpleQueue[tuple[str, int, int]]", outcome: Outcome, seed: int) -> None:
    """Have a process try chunk after chunk, with a new process for each that is lost."""
    child = _Child()
    try:
        while True:
            try:
                name, first, count = chunks.get_nowait()
            except queue.Empty:
                return
            while count and outcome.kinds[name].lost < MOST_LOST:
                number = first
                for number, seconds, faults in child.tried(name, seed, first, count):
                    _note(outcome, name, seconds, faults)
                    first, count = number + 1, count - 1
                if count:  # the process is gone, and it died of this one
                    what = child.end()
                    outcome.kinds[name].lost += 1
                    _note(outcome, name, 0.0, [Fault(name, seed, first, what[0], what[1], "see the number")])
                    first, count, child = first + 1, count - 1, _Child()
    finally:
        child.end()


def _note(outcome: Outcome, name: str, seconds: float, faults: list[Fault]) -> None:
    tally = outcome.kinds[name]
    tally.inputs, tally.slowest = tally.inputs + 1, max(tally.slowest, seconds)
    tally.faults += bool(faults)
    outcome.faults += faults
    for fault in faults if outcome.tell else ():
        outcome.tell(fault)


class _Child:
    """A process that tries inputs."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "benchmarks.fuzz.shards"], cwd=ROOT, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        self._is_hanging = False
        self._answers = b""

    def tried(self, name: str, seed: int, first: int, count: int) -> Iterator[tuple[int, float, list[Fault]]]:
        """Yield the number, the seconds and the faults of each input; fewer than `count` if the process is lost."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([name, seed, first, count]).encode() + b"\n")
        except BrokenPipeError:
            return
        for _ in range(count):
            line = self._line()
            if line is None:
                return
            number, seconds, faults = json.loads(line)
            yield number, seconds, [Fault(**fault) for fault in faults]

    def _line(self) -> bytes | None:
        """The next answer; None if the process is lost."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._answers:
                if not selector.select(HANGING):
                    self._is_hanging = True
                    return None
                piece = self._process.stdout.read(1 << 16)
                if not piece:
                    return None
                self._answers += piece
        line, _, self._answers = self._answers.partition(b"\n")
        return line

    def end(self) -> tuple[str, str]:
        """End the process; returns what was wrong with it, if anything was."""
        if self._is_hanging:
            self._process.kill()
        else:
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            status = self._process.wait(HANGING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self._is_hanging:
            return "hang", f"no end after {HANGING:.0f} s"
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-3:]
        return "crash", f"the process ended with {status}: {' / '.join(last)}"


def _serve() -> None:
    """Try the chunks that come as lines of JSON, and answer each input with a line."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_VIRTUAL, MOST_VIRTUAL))
    kinds = by_name()
    with own_workspace():
        stored.sound()  # before other kinds leave files that would pass for its records
        for line in sys.stdin:
            name, seed, first, count = json.loads(line)
            for number in range(first, first + count):
                started = time.monotonic()
                faults = attempt(kinds[name], seed, number)
                answer = [number, time.monotonic() - started, [fault.as_dict() for fault in faults]]
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    _serve()
