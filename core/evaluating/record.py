"""evaluation.json: how good a saved model is on the photos of a split, figure by figure."""

from typing import ClassVar

from pydantic import Field

from core import words
from core.answering.card import ClassScores, Scores
from core.errors import ModelError
from core.files.records import Part, Record

Interval = tuple[float, float]  # 95 %


class Proportion(Part):
    """How many photos of a part were answered right."""

    correct: int = Field(ge=0)
    count: int = Field(ge=1)
    interval: Interval  # of the accuracy

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


class Bin(Proportion):
    """Photos whose answers have about the same probability."""

    confidence: float  # their mean probability, calibrated


class Kept(Proportion):
    """The photos whose answers have at least this probability."""

    confidence: float


class Undoubted(Proportion):
    """The photos whose answers are not doubted at the model's thresholds for a rate of false alarms."""

    rate: float


class Group(Proportion):
    """Photos that are alike in size, brightness or proportions."""

    low: float  # the smallest and the largest value in the group
    high: float


class ClassFigures(ClassScores):
    """How good the answers are for one class, with intervals. An interval is None where the figure is."""

    answers: int = 0  # photos that were answered with this class
    f1: float | None = None  # None without photos of the class
    recall_interval: Interval | None = None
    precision_interval: Interval | None = None
    f1_interval: Interval | None = None


class Figures(Scores):
    """The scores on a split, and all that an evaluation adds to those on a card."""

    per_class: tuple[ClassFigures, ...] = ()
    top_3_accuracy: float | None = None  # None for a model of three classes or fewer, which can't miss
    top_3_interval: Interval | None = None
    macro_f1: float | None = None  # the mean of the classes with photos
    macro_f1_interval: Interval | None = None
    reliability: tuple[Bin, ...] = ()  # bins without photos are left out
    coverage: tuple[Kept, ...] = ()  # from the surest answer alone to all of them
    aurc: float | None = None  # area under the risk-coverage curve: the mean risk, lower is better
    undoubted: tuple[Undoubted, ...] = ()  # by rate of false alarms, lowest rate first
    groups: dict[str, tuple[Group, ...]] = Field(default_factory=dict)  # by key of core.evaluating.photo_facts


class Evaluation(Record):
    """A saved model's answers to the photos of a split, in figures."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Delete the evaluation and evaluate the model again."

    date: str = ""  # ISO 8601, local time
    seconds: float = 0.0
    model: str
    learned_from: str = ""  # the model's dataset
    dataset: str
    title: str = ""  # what people called the dataset
    split: str
    content: str = ""  # a hash of the photos with their classes: equal ones were evaluated on the same photos
    labels: tuple[str, ...] = Field(min_length=1)  # the classes that the model knows
    temperature: float = Field(default=1.0, gt=0)
    change: str = ""  # how the photos differ from those of the model's card, in a sentence
    left_out: dict[str, int] = Field(default_factory=dict)  # photos by class that the model doesn't know
    unreadable: int = 0  # photos that could not be read
    figures: Figures

    @property
    def left_out_sentence(self) -> str:
        """Which photos were left out, and why; empty if none were."""
        if not self.left_out:
            return ""
        classes = words.listed(f"{name} ({count:,})" for name, count in self.left_out.items())
        return (
            f"{words.count(sum(self.left_out.values()), 'photo')} of {words.classes(len(self.left_out))} that the "
            f"model does not know were left out: {classes}."
        )

    @property
    def absent(self) -> tuple[str, ...]:
        """The classes that the model knows and that have no photos here."""
        return tuple(score.label for score in self.figures.per_class if not score.count)

    @property
    def is_on_training_photos(self) -> bool:
        """Whether the model may have learned from these very photos."""
        return self.split == "train" and self.dataset == self.learned_from
