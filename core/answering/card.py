"""A saved model's card (card.json) and the scores on it, as records."""

from typing import ClassVar

from pydantic import Field, JsonValue, field_validator, model_validator

from core.answering.doubt import FALSE_ALARMS, Thresholds
from core.answering.sets import SetLimits
from core.backbone import LARGEST_IMAGE
from core.datasets.trained_on import TrainedOn
from core.errors import ModelError
from core.files.records import Part, Record

FEW = 50  # validation photos; of these a share of 90 % has an interval of 17 points


class ClassScores(Part):
    """How good the answers are for one class."""

    label: str
    count: int  # photos of the class
    correct: int
    recall: float | None = None  # None without photos of the class
    precision: float | None = None  # None if no answer named the class


class Scores(Part):
    """How good the answers are on the photos of one split."""

    accuracy: float | None  # None without photos
    correct: int
    count: int
    interval: tuple[float, float]  # the accuracy's 95 % interval
    loss: float | None = None
    calibration_error_before: float | None = None  # at temperature 1; None on old cards too
    calibration_error: float | None = None
    per_class: tuple[ClassScores, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()  # rows are true classes, columns the answers
    wrong: tuple[int, ...] | None = None  # places in the split, for comparisons; None on old cards


class SplitScores(Part):
    """The scores on the splits that were not used to learn the weights."""

    validation: Scores
    test: Scores | None = None  # None if the dataset has no test photos

    @field_validator("validation")
    @classmethod
    def _has_photos(cls, scores: Scores) -> Scores:
        if scores.accuracy is None:
            raise ValueError("validation.accuracy must be a number.")
        return scores

    @property
    def validation_accuracy(self) -> float:
        assert self.validation.accuracy is not None
        return self.validation.accuracy

    @property
    def test_accuracy(self) -> float | None:
        return self.test.accuracy if self.test else None

    @property
    def by_split(self) -> dict[str, Scores]:
        return {"validation": self.validation, **({"test": self.test} if self.test else {})}


class Share(Part):
    """So many of so many pictures."""

    noticed: int
    count: int


class HeldOut(Part):
    """The accuracy on validation and test photos from sessions without a training photo, which flatter less."""

    correct: int
    count: int


class TeacherFacts(Part):
    """The model that this one was distilled from."""

    name: str
    accuracy: float | None = None  # on the validation photos


class FileFacts(Part):
    """The size of a model's file, and its SHA-256."""

    bytes: int
    hash: str


class Taught(Part):
    """A model that learned from few photos: its validation scores are those of heads that had not seen the session."""

    sessions: int  # of its photos
    penalty: float  # of the head's fit
    single: tuple[str, ...] = ()  # classes whose photos are of one session, so that their scores flatter


class ImportFacts(Part):
    """Where a model from elsewhere came from, and what was found out about it."""

    file: str  # its name
    pixels: str  # the range of its pixels, a key of core.importing.pixels
    labels: str  # where the labels came from: "given", "file" or "dataset"
    measured: dict[str, float] = Field(default_factory=dict)  # accuracy on some photos by range of pixels
    warnings: tuple[str, ...] = ()  # sentences


class CorrectionFacts(Part):
    """What a version of a model learned from people's corrections of its answers, and what that changed."""

    origin: str  # the model that was corrected first; each version starts from it, with all corrections
    previous: str  # the version before
    photos: int  # corrections that it learned from
    sittings: int = 0  # in which they were taken
    new: tuple[str, ...] = ()  # classes that the origin does not know
    none: int = 0  # of the corrections, photos of none of the classes
    gained: int = 0  # validation photos that the version before got wrong and this one gets right
    lost: int = 0  # the other way round
    scored: int = 0  # validation photos; without any, the scores on the card are those of the origin
    judged: int = 0  # corrections of a class, each answered by a head that had not seen its session
    right_before: int = 0  # of these, how many the version before got right
    right: int = 0  # and how many such a head
    noticed_before: int = 0  # of `none`, how many the origin called none of its classes
    noticed: int = 0  # and how many are noticed by a doubt that had not seen their session
    old_photos: int = 0  # training photos that held the old answers in place


class Card(Record):
    """The facts about a saved model. Fields with a default are missing on cards of earlier versions."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Delete the model's folder or train the model again."

    name: str = ""
    run: str = ""  # the run that made it; empty for the model that ships with the project
    teacher: TeacherFacts | None = None
    licence: str = ""
    created: str  # ISO 8601, UTC
    labels: tuple[str, ...] = Field(min_length=1)
    image_size: int = Field(ge=1, le=LARGEST_IMAGE)  # px
    temperature: float = Field(gt=0)
    thresholds: Thresholds  # below them an answer is doubted, at FALSE_ALARMS
    entropy_weight: float = Field(default=0.0, ge=0)  # see core/answering/likeness.py; 0 on old cards, for lessons
    thresholds_at: dict[float, Thresholds] = Field(default_factory=dict)  # by rate of false alarms
    sets: dict[float, SetLimits] = Field(default_factory=dict)  # by certainty; empty on cards of earlier versions
    dataset: str
    fingerprint: str = ""  # of the dataset's photos, classes and splits
    trained_on: TrainedOn | None = None  # the same in detail; None on cards of earlier versions
    photos: dict[str, int] = Field(default_factory=dict)  # by split
    best_epoch: int = 0
    receipt: str = ""  # of what it trained on, see core.augment.receipt; empty without augmentation and on old cards
    agreement: float | None = None  # the largest difference from Keras' logits
    scores: SplitScores
    taught: Taught | None = None  # None if it was trained on training photos and scored on others
    corrected: CorrectionFacts | None = None  # None if it did not learn from corrections
    imported: ImportFacts | None = None  # None if it was trained here
    held_out: HeldOut | None = None  # None if not measured; only the starter's is
    strangers: Share | None = None  # pictures without clothes that it called none of these; None on old cards
    config: dict[str, JsonValue] = Field(default_factory=dict)  # the RunConfig
    architecture: str = ""  # the key of its network in core.backbones; cards of earlier versions have it in the config
    versions: dict[str, str] = Field(default_factory=dict)  # of the libraries
    files: dict[str, FileFacts] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_labels(self) -> "Card":
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("labels must differ from each other.")
        sizes = {
            len(rows)
            for scores in self.scores.by_split.values()
            for rows in (scores.per_class, scores.confusion, *scores.confusion)
        }
        if sizes - {0, len(self.labels)}:
            raise ValueError(f"the scores must be those of its {len(self.labels)} labels.")
        return self

    def was_scored_like(self, other: "Card") -> bool:
        """Whether both were scored on the same validation photos. Of two cards that don't say it, whether they have the
        same dataset and classes."""
        if self.trained_on and other.trained_on:
            return self.trained_on.has_same("validation", other.trained_on)
        if self.fingerprint or other.fingerprint:
            return self.fingerprint == other.fingerprint
        return self.dataset == other.dataset and set(self.labels) == set(other.labels)

    def competes_with(self, other: "Card") -> bool:
        """Whether the scores of both tell which model is better: the same classes, the same validation photos."""
        return set(self.labels) == set(other.labels) and self.was_scored_like(other)

    @property
    def network(self) -> str:
        """The key of its network in core.backbones. The backbone in its config may be another saved model."""
        return self.architecture or str(self.config.get("backbone", ""))

    @property
    def is_calibrated_on_few(self) -> bool:
        """Whether its percentages come from too few photos to be trusted."""
        return self.scores.validation.count < FEW

    @property
    def limits(self) -> dict[float, Thresholds]:
        """The thresholds by rate of false alarms, lowest rate first; old cards have those of FALSE_ALARMS only."""
        return dict(sorted({**self.thresholds_at, FALSE_ALARMS: self.thresholds}.items()))
