"""What a run's folder holds as JSON, as records: its status, its notes, its curves' lines and its report."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field, ValidationError

from core.answering.card import SplitScores
from core.errors import RunError
from core.files import records
from core.files.records import Record

MEMORY, GPU_MEMORY = "memory", "gpu memory"  # causes of a failure
AUTO = "auto"  # the device of a run for which nobody chose one
MOST_EPOCHS = 10**6  # far beyond what a run can have


class RunState(StrEnum):
    """What a person is told about a run."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"  # its worker died; the next one goes on
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED})


class Status(Record):
    """status.json, which only the worker writes."""

    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the run."

    phase: RunState
    stage: str = ""  # what is being done, in words
    progress: float = Field(default=0.0, ge=0)  # of the whole run, 0 to 1
    time_left: float | None = None  # s, where it can be told
    attempts: int = Field(default=0, ge=0)  # workers that have taken it up
    error: str = ""  # a sentence
    warning: str = ""  # a sentence: the run goes on
    model: str = ""  # the saved model that it became
    device: str = ""  # what it was trained on, in words; several when a later worker went on elsewhere
    cause: str = ""  # of a failure that has a remedy: MEMORY or GPU_MEMORY
    updated: float = 0.0  # s since 1970


class Notes(Record):
    """notes.json: what page and shell may change later. What a later release adds to it outlives a change made here."""

    model_config = ConfigDict(extra="allow")
    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the file; the run then has the name from its settings."

    name: str = ""  # empty: the one from the settings
    note: str = ""
    device: str = AUTO  # what it shall be trained on: see core.runs.devices


class Report(Record):
    """report.json: the evaluation of the best epoch."""

    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the run; a model that it saved stays."

    labels: tuple[str, ...]
    best_epoch: int = Field(ge=0)
    scores: SplitScores
    temperature: float | None = None
    model: str  # the saved model


class Epoch(Record):
    """A line of metrics.jsonl for a whole epoch."""

    epoch: int = Field(ge=0, lt=MOST_EPOCHS)
    stage: int = 0  # 1 while the backbone is fine-tuned
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float = 0.0


class PartialEpoch(Record):
    """A line of metrics.jsonl within an epoch: the means over its batches so far."""

    epoch: int = Field(ge=0, lt=MOST_EPOCHS)
    batch: int = Field(ge=0)  # batches that are done
    batches: int = Field(ge=1)
    loss: float
    accuracy: float


def is_whole(line: str) -> bool:
    """Whether a line of metrics.jsonl tells of a whole epoch."""
    return '"val_loss"' in line


def from_line(line: str) -> Epoch | PartialEpoch | None:
    """What a line of metrics.jsonl tells; None for one that is damaged, cut off or of a newer version."""
    try:
        return records.parse(line, Epoch) if is_whole(line) else records.parse(line, PartialEpoch)
    except ValidationError:
        return None
