"""What a check has found in a dataset: each finding with its photos, its reason and a remedy."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from core import words
from core.datasets import catalogue, review
from core.datasets.review import Action, Wish
from core.errors import DatasetError
from core.files import records
from core.files.names import printable_name
from core.files.records import Part, Record
from core.files.versions import Remembered

FILE = "findings.json"  # beside the dataset, and gone with it: another one may get the same name


class Kind(StrEnum):
    """What is wrong. The values are stored: never rename them."""

    UNREADABLE = "unreadable"
    BLANK = "blank"
    DARK = "dark"
    BLURRED = "blurred"
    TINY = "tiny"
    EXTREME = "extreme"
    COPY_ACROSS_SPLITS = "copy-across-splits"
    COPY_ACROSS_CLASSES = "copy-across-classes"
    COPY = "copy"
    LABEL = "label"
    BACKDROP = "backdrop"
    FEW = "few"
    MISSING = "missing"
    IMBALANCE = "imbalance"
    ONE_SESSION = "one-session"
    SIMILAR_NAMES = "similar-names"
    PASSED_OVER = "passed-over"


UNUSABLE = (Kind.UNREADABLE, Kind.BLANK, Kind.DARK, Kind.BLURRED, Kind.TINY, Kind.EXTREME)
COPIES = (Kind.COPY_ACROSS_SPLITS, Kind.COPY_ACROSS_CLASSES, Kind.COPY)
TITLES = {
    Kind.UNREADABLE: "Unreadable",
    Kind.BLANK: "Blank",
    Kind.DARK: "Too dark",
    Kind.BLURRED: "Blurred",
    Kind.TINY: "Tiny",
    Kind.EXTREME: "Extreme proportions",
    Kind.COPY_ACROSS_SPLITS: "Copies in different splits",
    Kind.COPY_ACROSS_CLASSES: "Copies in different classes",
    Kind.COPY: "Copies in one class",
    Kind.LABEL: "Doubtful class",
    Kind.BACKDROP: "Same backdrop in different splits",
    Kind.FEW: "Too few photos",
    Kind.MISSING: "Class missing in a split",
    Kind.IMBALANCE: "Imbalance",
    Kind.ONE_SESSION: "A class from one session",
    Kind.SIMILAR_NAMES: "Similar class names",
    Kind.PASSED_OVER: "Files passed over",
}
EXPLANATIONS = {
    Kind.UNREADABLE: "Training skips these files.",
    Kind.BLANK: "Nothing can be learned from a photo of one colour.",
    Kind.DARK: "The garment is hardly visible.",
    Kind.BLURRED: "Details such as collars and seams are gone.",
    Kind.TINY: "The photo has fewer pixels than a network needs.",
    Kind.EXTREME: "The square that networks see squashes the garment.",
    Kind.COPY_ACROSS_SPLITS: "A model that has learned a photo knows its copy, so the score on it means nothing.",
    Kind.COPY_ACROSS_CLASSES: "One of the classes is wrong.",
    Kind.COPY: "Copies get the same random changes in every epoch, so they add nothing but weight.",
    Kind.LABEL: "A classifier that has not seen the photo finds its class unlikely.",
    Kind.BACKDROP: "A model may recognise the backdrop from its training photos instead of the garment.",
    Kind.FEW: "A class with so few photos is hardly learned.",
    Kind.MISSING: "Nothing can be said about a class without photos in this split.",
    Kind.IMBALANCE: "A model may prefer the large class. Class weights on Train balance them.",
    Kind.ONE_SESSION: "All photos of the class were taken together, so a model may learn their backdrop.",
    Kind.SIMILAR_NAMES: "Two classes may be one.",
    Kind.PASSED_OVER: "These files are no photos of a class.",
}
Remedy = Literal["leave out", "class", "split", ""]


class Finding(Part):
    """Something that a person should look at."""

    kind: Kind
    photos: tuple[str, ...] = ()  # names; the first ones are those to decide about
    about: int = 1  # how many of them
    reason: str = ""  # a sentence
    remedy: Remedy = ""  # what we would do
    to: str = ""  # the class or split

    @property
    def sentence(self) -> str:
        """What is wrong, with the photo's name."""
        return f"{printable_name(self.photos[0])}: {self.reason}" if len(self.photos) == 1 else self.reason

    @property
    def doubtful(self) -> tuple[str, ...]:
        """The photos to decide about."""
        return self.photos[: self.about]


class Effect(Part):
    """What the findings mean for the score of a model on a split."""

    model: str
    split: str
    photos: int
    right: int
    without_twins: tuple[int, int] | None = None  # (right, photos) of those without a copy or backdrop in training
    doubtful_labels: int = 0

    @property
    def sentence(self) -> str:
        """The score, and what it is without photos that the model may have known."""
        parts = [f"On {self.split}, {self.model} is right on {_score(self.right, self.photos)}."]
        if self.without_twins:
            known = words.count(self.photos - self.without_twins[1], "photo")
            parts.append(
                f"Without the {known} with a copy or the same backdrop in training: {_score(*self.without_twins)}."
            )
        if self.doubtful_labels:
            verb = "is" if self.doubtful_labels == 1 else "are"
            parts.append(f"{words.count(self.doubtful_labels, 'photo')} {verb} of a doubtful class.")
        return " ".join(parts)


def _score(right: int, photos: int) -> str:
    return f"{right} of {photos} photos ({right / max(photos, 1):.3f})".replace("(0.", "(.")


class Findings(Record):
    """The result of a check."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Check the dataset again."
    HOLDS_PATHS: ClassVar = True

    date: str = ""  # ISO 8601, local time
    photos: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    effects: tuple[Effect, ...] = ()
    listed: dict[str, int] = Field(default_factory=dict)  # photos by split when they were checked

    def unsettled(self, settled: Collection[tuple[str, str]]) -> list[Finding]:
        """The findings that nothing was decided about; `settled` has (photo, reason), see `review.Review.settled`."""
        return [
            finding
            for finding in self.findings
            if not finding.doubtful or any((photo, finding.kind.value) not in settled for photo in finding.doubtful)
        ]

    def kinds(self, settled: Collection[tuple[str, str]] = ()) -> dict[str, Kind]:
        """The kind of the first finding about each photo, but for those that are settled."""
        kinds: dict[str, Kind] = {}
        for finding in self.findings:
            for photo in finding.doubtful:
                if (photo, finding.kind.value) not in settled:
                    kinds.setdefault(photo, finding.kind)
        return kinds

    def problems(self, settled: Collection[tuple[str, str]] = ()) -> dict[str, str]:
        """The first problem of each photo that is not settled, in a word or two."""
        return {photo: TITLES[kind] for photo, kind in self.kinds(settled).items()}


def _read(folder: Path) -> Findings | None:
    return records.read(folder / FILE, Findings)


_findings = Remembered((FILE,), _read)


def read(dataset: str) -> Findings | None:
    """The result of the last check of a dataset; None if there is none, or if its file is damaged."""
    try:
        return _findings.get(catalogue.own_folder(dataset))
    except DatasetError:
        return None


def write(dataset: str, findings: Findings) -> None:
    """Store the result of a check. Raises DatasetError if the dataset has been removed meanwhile."""
    folder = catalogue.own_folder(dataset)
    if not folder.is_dir():
        raise DatasetError(f"The dataset {words.quoted(dataset)} was removed while it was checked.")
    records.write(folder / FILE, findings)


def decide(dataset: str, photos: Sequence[str], action: Action, to: str = "") -> None:
    """Record a decision about photos, with the findings about them as reasons. Raises DatasetError."""
    found = read(dataset)
    kinds = found.kinds() if found else {}
    review.record(dataset, [Wish(photo, action, to, str(kinds.get(photo, ""))) for photo in photos])
