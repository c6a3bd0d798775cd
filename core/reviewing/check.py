"""The check of a dataset in a process of its own, which outlives the page that started it."""

import sys
import time

from core import machine, workspace
from core.datasets import catalogue
from core.files import records
from core.files.background import Report, Status, Work
from core.reviewing import effects, findings, inspection, stored_map, subject
from core.reviewing.findings import Findings

STARTING = 15.0  # s from the start of the process to its first report, at most
SHARES = {  # of the time that each step takes, as measured on 3,781 photos
    "Reading the photos": (0.0, 0.35),
    "Computing features": (0.35, 0.3),
    "Comparing photos": (0.65, 0.2),
    "Judging the classes": (0.85, 0.07),
    "Drawing the map": (0.92, 0.03),
    "Asking the best model": (0.95, 0.05),
}


def check(name: str, progress: Report | None = None) -> Findings:
    """Check a dataset, and store what was found. Raises DatasetError, ModelError."""
    started = time.monotonic()

    def report(words: str, done: int, total: int) -> None:
        if progress:
            start, share = SHARES[words]
            progress(start + share * done / max(total, 1), f"{words}: {done:,} of {total:,}" if total > 1 else words)

    dataset = catalogue.load(name)
    inspected = subject.of(dataset, progress=report)
    found = inspection.inspect(inspected, report)
    report("Drawing the map", 0, 1)
    stored_map.draw(inspected)
    report("Asking the best model", 0, 1)
    result = Findings(
        date=records.now(),
        photos=len(inspected.names),
        findings=tuple(found),
        effects=effects.of(inspected, found),
        listed={split: len(listed) for split, listed in dataset.splits.items()},
        seconds=round(time.monotonic() - started, 1),
    )
    findings.write(dataset.name, result)
    return result


def start(name: str) -> None:
    """Start a check in its own process, unless one is running. Raises OSError."""
    _work(name).start("core.reviewing.check", f"check-{name}.log", name)


def status(name: str) -> Status | None:
    """How far the check that a page started is; None when none was started, or when its file is damaged."""
    return _work(name).status()


def forget(name: str) -> None:
    """Forget how the last check ended."""
    _work(name).forget()


def _work(name: str) -> Work:
    """The status lies beside the dataset, and goes with it."""
    own = catalogue.own_folder(name)
    return Work("check", own / "check.json", workspace.locks() / f"check-{name}.lock", STARTING)


def _main(name: str) -> None:
    machine.give_way()
    _work(name).run(lambda report: check(name, report))


if __name__ == "__main__":
    _main(sys.argv[1])
