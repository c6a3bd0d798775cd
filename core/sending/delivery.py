"""Runs on their way to another tool in a process of its own, which outlives the page that started it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from core import machine, words, workspace
from core.errors import RunError
from core.files import background, records
from core.files.background import Report, Work
from core.files.records import Record
from core.runs import groups
from core.sending import addresses, choice, mlflow, tensorboard
from core.sending.extras import MLFLOW, TENSORBOARD, Extra

STARTING = 30.0  # s from the start of the process to its first report, at most


class Delivery(Record):
    """What became of the last runs that a page sent to a tool."""

    ERROR: ClassVar = RunError

    date: str
    place: str  # the folder of event files, or MLflow's address
    sentences: tuple[str, ...] = ()


def event_files() -> Path:
    """The folder of the event files that pages write."""
    return workspace.exports() / "tensorboard"


def write_event_files(ids: Sequence[str]) -> None:
    """Start writing the event files of these runs, unless others are being written. Raises AppError, OSError."""
    _start(TENSORBOARD, ids)


def log_in_mlflow(ids: Sequence[str], uri: str, experiment: str) -> None:
    """Start logging these runs in MLflow, unless others are being logged. Raises AppError, OSError."""
    _start(MLFLOW, ids, addresses.address(uri), experiment)


def status(tool: Extra) -> background.Status | None:
    """How far the delivery that a page started is; None if none was started."""
    return _work(tool).status()


def last(tool: Extra) -> Delivery | None:
    """What became of the last delivery; None if there was none."""
    try:
        return records.read(_record(tool), Delivery)
    except RunError:  # the next one writes it anew
        return None


def _start(tool: Extra, ids: Sequence[str], *more: str) -> None:
    tool.check()
    work = _work(tool)
    work.file.parent.mkdir(parents=True, exist_ok=True)
    work.start("core.sending.delivery", f"sending-{tool.module}.log", tool.module, *more, *ids)


def _work(tool: Extra) -> Work:
    file = workspace.exports() / f"{tool.module}.json"
    return Work("delivery", file, workspace.locks() / f"sending-{tool.module}.lock", STARTING)


def _record(tool: Extra) -> Path:
    return workspace.exports() / f"{tool.module}-last.json"


def _deliver(tool: Extra, arguments: Sequence[str], report: Report) -> None:
    """Do the work in this process, and store what became of it."""

    def progress(done: int, total: int) -> None:
        report(done / max(1, total), f"{done:,} of {words.count(total, 'run')}")

    report(0.0, "Reading the runs")
    if tool is TENSORBOARD:
        place = str(event_files())
        runs, sentences = choice.ready_or_error(groups.find(arguments))
        tensorboard.write(runs, event_files(), progress)
        became = [f"{words.count(len(runs), 'run')} {'has' if len(runs) == 1 else 'have'} event files."]
    else:
        place, experiment, *ids = arguments
        runs, sentences = choice.ready_or_error(groups.find(ids))
        became = mlflow.log(runs, place, experiment, progress).sentences()
    records.write(_record(tool), Delivery(date=records.now(), place=place, sentences=(*became, *sentences)))


def _main(module: str, *arguments: str) -> None:
    machine.give_way()
    tool = next(tool for tool in (TENSORBOARD, MLFLOW) if tool.module == module)
    _work(tool).run(lambda report: _deliver(tool, arguments, report))


if __name__ == "__main__":
    _main(*sys.argv[1:])
