"""The JSON files in a run's folder as records: its status, its notes, the lines of its curves and its report."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field, ValidationError

from core.answering.card import SplitScores
from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from core.files import records
from core.files.records import Record

MEMORY, GPU_MEMORY = "memory", "gpu memory"  # causes of a failure
AUTO = "auto"  # the device of a run without a choice
MOST_EPOCHS = 10**6  # far more than a run can have


class RunState(StrEnum):
    """A run's state, as the page and the shell show it."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"  # its worker died; the next one continues it
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED})


class Status(Record):
    """status.json, which only the worker writes."""

    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the run."

    phase: RunState
    stage: str = ""  # the current stage, in words
    progress: float = Field(default=0.0, ge=0)  # of the whole run, 0 to 1
    time_left: float | None = None  # s; None if unknown
    attempts: int = Field(default=0, ge=0)  # workers that have started or continued it
    error: str = ""  # a sentence
    warning: str = ""  # a sentence; the run continues
    model: str = ""  # the saved model
    device: str = ""  # the device it was trained on, in words; several if a later worker used another one
    receipt: str = ""  # of what it trains on, see core.augment.receipt; empty without augmentation and in old files
    cause: str = ""  # of a failure with a remedy: MEMORY or GPU_MEMORY
    updated: float = 0.0  # s since 1970


class Notes(Record):
    """notes.json: what page and shell may change later. Fields of later releases survive a change made here."""

    model_config = ConfigDict(extra="allow")
    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the file; the run then has the name from its settings."

    name: str = ""  # empty: the name from the settings
    note: str = ""
    study_name: str = ""  # of the run's study; empty: the study's own title
    is_starred: bool = False
    is_archived: bool = False  # left out of lists unless asked for
    device: str = AUTO  # to train on: see core.runs.devices


class Report(Record):
    """report.json: the evaluation of the best epoch."""

    ERROR: ClassVar = RunError
    REMEDY: ClassVar = "Delete the run; a model that it saved stays."

    labels: tuple[str, ...]
    best_epoch: int = Field(ge=0)
    scores: SplitScores
    temperature: float | None = None
    model: str  # the saved model
    trained_on: TrainedOn | None = None  # None in reports of earlier versions
    receipt: str = ""  # of what it trained on; empty without augmentation and in reports of earlier versions


class Epoch(Record):
    """A line of metrics.jsonl for a whole epoch."""

    epoch: int = Field(ge=0, lt=MOST_EPOCHS)
    stage: int = 0  # 1 while the backbone is fine-tuned
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float = 0.0
    scored_on: str = ""  # a hash of the validation photos; empty if unknown


class PartialEpoch(Record):
    """A line of metrics.jsonl within an epoch: the means over its batches so far."""

    epoch: int = Field(ge=0, lt=MOST_EPOCHS)
    batch: int = Field(ge=0)  # finished batches
    batches: int = Field(ge=1)
    loss: float
    accuracy: float


def is_whole(line: str) -> bool:
    """Whether a line of metrics.jsonl belongs to a whole epoch."""
    return '"val_loss"' in line


def from_line(line: str) -> Epoch | PartialEpoch | None:
    """The record in a line of metrics.jsonl; None if the line is damaged, cut off or of a newer version."""
    try:
        return records.parse(line, Epoch) if is_whole(line) else records.parse(line, PartialEpoch)
    except ValidationError:
        return None
