"""Looks at the test photos of a dataset other than those of its runs: evaluations, checks, and runs that are deleted.

looks.jsonl lies beside the dataset. It only grows, by a line for each look, and stays when the dataset is split anew:
the photos are the same, so some of them were looked at.
"""

import contextlib
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from core.datasets import catalogue
from core.errors import DatasetError
from core.files import records, regular
from core.files.records import Record
from core.files.versions import Remembered

FILE = "looks.jsonl"
MOST_BYTES = 1_000_000  # 10,000 looks; after so many, nobody asks for the exact number


class Look(Record):
    """A line of looks.jsonl: a score on the test photos that somebody has seen."""

    ERROR: ClassVar = DatasetError

    date: str = ""  # ISO 8601, local time
    run: str = ""  # the deleted run whose score it was; empty for an evaluation or a check


def note(dataset: str, run: str = "") -> None:
    """Count a look at the test photos of the dataset of that name.

    Counting must not keep a score from anybody: on a full or read-only disk, and when the dataset is gone, it is left.
    """
    if not is_here(dataset):
        return
    path = catalogue.own_folder(dataset) / FILE
    line = records.line(Look(date=records.now(), run=run))
    with contextlib.suppress(OSError):
        if path.is_symlink() or (path.exists() and not path.is_file()):  # opening a pipe would wait for its reader
            return
        with path.open("ab") as file:
            if file.tell() + len(line) <= MOST_BYTES:
                file.write(line.encode())


def of(dataset: str) -> tuple[Look, ...]:
    """The looks that were noted, without lines that can't be read."""
    return _looks.get(catalogue.own_folder(dataset)) if is_here(dataset) else ()


def is_here(dataset: str) -> bool:
    """Whether there is a dataset of that name on this machine, with photos that somebody can have looked at."""
    return catalogue.is_name(dataset) and regular.is_folder(catalogue.own_folder(dataset))


def _read(folder: Path) -> tuple[Look, ...]:
    try:
        lines = regular.read(folder / FILE, MOST_BYTES).splitlines()
    except OSError:
        return ()
    looks = []
    for line in lines:
        with contextlib.suppress(ValidationError):
            looks.append(records.parse(line, Look))
    return tuple(looks)


_looks = Remembered((FILE,), _read)
