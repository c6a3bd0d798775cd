"""The parts of the session's state that are more than a plain value."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.augment.recipe import Recipe
from core.datasets.growing import Growth
from core.datasets.thumbnails import Thumbnail
from core.runs.config import RunConfig


@dataclass(frozen=True)
class Leaving:
    """A button is opening another page."""

    start: str  # title of the old page
    target: str  # the new page
    number: int  # of the departure
    query: Mapping[str, str]  # of the new page's address


@dataclass(frozen=True)
class RecipeRequest:
    """Steps to put on the sliders."""

    steps: Recipe
    replace: bool  # whether they also become the current recipe


@dataclass(frozen=True)
class FormRequest:
    """Settings to put into Train's form."""

    settings: RunConfig
    source: str  # "run", "better" or "link"
    message: str = ""  # shown once the form is filled


@dataclass
class WallState:
    """What a wall of photos remembers. It is changed in place, so no click can end a run in the middle of a change."""

    lock: threading.Lock = field(default_factory=threading.Lock)  # a run may begin before the last one has ended
    photo: str = ""  # the name of the photo in the dialog; empty = none
    page: int = 0  # request to turn to this page; 0 = none
    errors: list[str] = field(default_factory=list)  # of acts that failed, until they are shown
    kind: str = ""  # request to show the findings of this kind; empty = none
    pictures: dict[Path, Thumbnail] = field(default_factory=dict)  # of the current page


@dataclass
class TakenAway:
    """Which model's files are offered in the dialog *Take the model away*. It is changed in place."""

    page: str = ""  # its title; the dialog belongs to this page
    model: str = ""  # empty: the dialog is closed
    names: dict[str, dict[str, str]] = field(default_factory=dict)  # by model: what the web page shows for labels
    table: dict[str, str] = field(default_factory=dict)  # what the table of names started with: edits come on top of it
    openings: int = 0  # each has a table of its own

    def close(self) -> None:
        self.model = ""


@dataclass
class ShownPhotos:
    """Which photos Compare shows. It is changed in place, so no click can end a run in the middle of a change."""

    cell: tuple[str, str] | None = None  # of the confusion matrix: true class, answer
    page: int = 1
    photo: str = ""  # the key of the photo in the dialog; empty: none
    matrix: int = 0  # number of the matrix: a new one has no selected cell, which a click would only deselect

    def open_cell(self, label: str, answer: str) -> None:
        """Show the photos of a cell."""
        self.cell, self.page = (label, answer), 1

    def start_again(self) -> None:
        """Show no cell."""
        self.cell, self.page, self.matrix = None, 1, self.matrix + 1

    def turn_to(self, page: int) -> None:
        """Show this page."""
        self.page = page

    def close_photo(self) -> None:
        """Close the dialog."""
        self.photo = ""


@dataclass
class Drop:
    """Photos that were dropped into an uploader."""

    files: tuple[UploadedFile, ...]
    target: Any  # where they belong, as the page was when they were dropped
    notices: list[tuple[bool, str]] | None = None  # what became of them; None until they are added


@dataclass
class Intake:
    """What is remembered of photos that were added. It is changed in place, so no click can end a run in the middle."""

    lock: threading.Lock = field(default_factory=threading.Lock)  # a run may begin before the last one has ended
    drops: list[Drop] = field(default_factory=list)  # requests to add photos, in order
    dropped: set[str] = field(default_factory=set)  # the ids of all files that were ever in `drops`
    notices: list[tuple[bool, str]] = field(default_factory=list)  # of the last ones: (is good, sentence)
    growths: dict[Any, list[Growth]] = field(default_factory=dict)  # by session of the camera, and what the photos show
    failed: list[Any] = field(default_factory=list)  # what the camera took and could not be added


@dataclass
class LessonState:
    """What Teach remembers of a lesson. It is changed in place, so no click can end a run in the middle of a change."""

    intake: Intake = field(default_factory=Intake)
    camera: str = ""  # the kind that the camera takes photos of; empty: none
    album: str = ""  # the kind whose photos are all shown; empty: none
    is_changed: bool = False  # a fragment has changed the lesson: the page is drawn again
    batch: tuple[str, ...] = ()  # the photos being labelled
    answers: dict[str, str] = field(default_factory=dict)  # the model's answers to them
    saved: str = ""  # what became of the last *Save*

    def show_camera(self, kind: str) -> None:
        """Let the camera take photos of a kind; empty: of none."""
        self.camera = kind

    def show_album(self, kind: str) -> None:
        """Show all photos of a kind; empty: of none."""
        self.album = kind


@dataclass(frozen=True)
class CorrectedAnswer:
    """What a person said about a photo on Predict."""

    label: str  # the class; empty: none of the model's
    answer: str  # what the model had said
    model: str  # its name
    dataset: str = ""  # where the photo is kept; empty: nowhere
    photo: str = ""  # its name there


@dataclass
class Corrections:
    """What people put right on Predict. It is changed in place, so no click can end a run in the middle of a change."""

    answers: dict[str, CorrectedAnswer] = field(default_factory=dict)  # by photo
    steps: list[dict[str, CorrectedAnswer | None]] = field(default_factory=list)  # what stood there before, by photo
    changes: int = 0  # of what is kept; the page then tells another number of corrections
    is_keeping: bool | None = None  # whether corrected photos are kept on this machine; None: nobody was asked yet
    wall: WallState = field(default_factory=WallState)
