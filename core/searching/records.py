"""What is stored about a search: what it was asked to do, written once, and how far it is, written by its process."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field, JsonValue

from core.errors import SearchError
from core.files.records import Part, Record
from core.runs.records import AUTO
from core.searching.space import Dimension

MOST_MINUTES = 7 * 24 * 60.0
MOST_TRIALS = 500


class StageKey(StrEnum):
    """What a search varies, one stage after the other; each goes on from the best settings of the one before."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "StageKey":
        key = str.__new__(cls, value)
        key._value_, key.label = value, label
        return key

    OWN = "own", "Your settings"  # that a person named; then there is no other stage
    HEAD = "head", "The head"
    AUGMENTATION = "augmentation", "Augmentation"
    FINE_TUNING = "fine-tuning", "Fine-tuning"


class Wanted(Record):
    """search.json: what the search was asked to do."""

    ERROR: ClassVar = SearchError
    REMEDY: ClassVar = "Delete the search."

    base: dict[str, JsonValue]  # the settings to start from, as in a run's config.json
    minutes: float = Field(gt=0, le=MOST_MINUTES)
    stages: tuple[str, ...]  # keys of StageKey
    vary: str = ""  # what OWN varies, as `core.searching.space.parse` reads it
    trials: int = Field(default=MOST_TRIALS, ge=1, le=MOST_TRIALS)  # at most
    parallel: int = Field(default=2, ge=1, le=64)  # trials that are queued at the same time
    seed: int = Field(default=0, ge=0)
    name: str = ""
    device: str = AUTO  # of the runs, see core.runs.devices


class TrialState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    ENDED_EARLY = "ended early"  # others were better after as many epochs
    FAILED = "failed"


class Trial(Part):
    """Settings that were tried, by a run."""

    run: str  # its id
    stage: str
    values: dict[str, JsonValue]  # by the names of the stage's dimensions; empty if they lie outside of its space
    is_base: bool = False  # the settings to start from, as they are
    state: TrialState = TrialState.RUNNING
    value: float | None = None  # what is maximised, see `core.searching.trials`; None without a finished epoch
    accuracy: float | None = None  # of its best epoch on the validation photos


class StageRecord(Part):
    """A stage that has begun."""

    key: str
    base: dict[str, JsonValue]  # the settings that its values change
    dimensions: tuple[Dimension, ...]
    began: float = 0.0  # s that the search had spent by then
    until: float = 0.0  # s that it will have spent when the stage ends
    importance: dict[str, float] = Field(default_factory=dict)  # of each dimension, together 1; empty with few trials
    note: str = ""  # a sentence


class Phase(StrEnum):
    """How far a search is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINAL = "final"  # the best settings are trained again
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = frozenset({Phase.DONE, Phase.STOPPED, Phase.FAILED})


class Progress(Record):
    """progress.json: how far the search is, which only its process writes."""

    ERROR: ClassVar = SearchError
    REMEDY: ClassVar = "Delete the search."

    phase: Phase = Phase.QUEUED
    words: str = ""  # what it does now
    error: str = ""  # a sentence
    spent: float = 0.0  # s that it took so far, without those in which its runs waited for others
    stages: tuple[StageRecord, ...] = ()
    trials: tuple[Trial, ...] = ()
    again: tuple[str, ...] = ()  # runs with the best settings, one for each seed
    base_run: str = ""  # the run with the settings to start from, scored like those
