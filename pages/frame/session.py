"""Every key of the session's state, with its type. `pages.frame.values` explains the two kinds.

No other module of the pages touches `st.session_state`. Keys of buttons and charts hold no value; they are defined
where the button or chart is drawn.
"""

from typing import Any

import streamlit as st

from core.answering.pieces import Work
from core.augment.recipe import Recipe
from core.augment.transform import Setting
from core.files.cache import Cleaned
from core.health.findings import Finding
from core.machine import Load
from core.photos.album import Batch
from core.photos.photo import Photo
from core.runs.config import RunConfig
from pages.frame.state import (
    Corrections,
    FormRequest,
    Intake,
    Leaving,
    LessonState,
    RecipeRequest,
    ShownPhotos,
    TakenAway,
    WallState,
)
from pages.frame.values import Control, Key

# The app

INSIDE_APP = Key[bool]("inside-app", bool)  # whether app.py draws the page
PAGE = Key[str]("page", str)  # the title of the page being drawn
LEAVING = Key[Leaving | None]("leaving", lambda: None)  # a button leads to another page
DEPARTURES = Key[int]("left", int)  # how often a button has led to another page
BROWSER = Key[str]("browser", str)  # its name, once the password of a shared server was given
ENDED_RUNS = Key[set[str] | None]("ended-runs", lambda: None)  # runs whose end needs no message any more
TAKEN_AWAY = Key[TakenAway]("taken-away", TakenAway)

# The photo on Augment

PHOTO_SOURCE = Control[str]("photo-source")
PHOTO_DATASET = Control[str]("photo-dataset")
OWN_PHOTOS = Key[dict[str, Photo]]("own-photos", dict)  # the latest photo by source: upload or camera


def photo_class(dataset: str) -> Control[str]:
    return Control(f"photo-class-{dataset}")


def photo_number(dataset: str, label: str) -> Control[int]:
    return Control(f"photo-number-{dataset}-{label}")


# The current recipe, and Augment

RECIPE = Key[tuple[str, ...]]("recipe", lambda: ("rotation",))  # keys of its transforms, in order
RECIPE_REQUEST = Key[RecipeRequest | None]("recipe-request", lambda: None)
TRANSFORM = Control[str]("augment-transform")  # the transform whose sliders are shown
AUGMENT_SEED = Control[int]("augment-seed")
AUGMENT_PHOTO = Key[Photo | None]("augment-photo", lambda: None)  # the photo last drawn
AUGMENT_LINK_READ = Key[bool]("augment-link-read", bool)
PRESENTED = Key[str]("augment-presented", str)  # "projector" while the projector view is open; else empty
PRESENTED_ADDRESS = Key[str]("augment-presented-address", str)  # the same in the address when it was last drawn


def augment(what: str) -> Control[Any]:
    """A choice on Augment."""
    return Control(f"augment-{what}")


def transform_setting(transform: str, name: str) -> Control[Setting]:
    """A parameter of a transform, or its "probability"."""
    return Control(f"transform-{transform}-{name}")


# Train's form

USE_AUGMENTS_RECIPE = Key[bool]("train-use-augments-recipe", bool)  # requested on Augment, carried out on Train
WITH_AND_WITHOUT = Key[int | None]("train-with-and-without", lambda: None)  # likewise: number of starts at the click
FORM_RESET = Key[bool]("train-form-reset", bool)  # request to go back to the proposed settings
FORM_REQUEST = Key[FormRequest | None]("train-form-request", lambda: None)
TRAIN_LINK_READ = Key[bool]("train-link-read", bool)
FORM_OPEN = Control[bool]("train-form-open")
FORM_NOTICES = Key[list[str]]("train-form-notices", list)  # settings that could not be used
OTHER_RECIPES = Key[dict[str, Recipe]]("train-other-recipes", dict)  # by source: run, link or better model
DATASET = Control[str]("train-dataset")
DENSE_COUNT = Control[int]("train-dense-count")
EARLY_STOPPING = Control[bool]("train-early-stopping")
PATIENCE = Control[int]("train-patience")
STUDY = Control[str]("train-study")
GRID = Control[str]("train-grid")
RUN_NAME = Control[str]("train-run-name")
START_ERROR = Key[tuple[str, str]]("train-start-error", lambda: ("", ""))  # the sentence, and its settings
STARTED = Key[tuple[int, str]]("train-started", lambda: (0, ""))  # number of starts, id of the latest run
STARTED_SEEN = Key[int]("train-started-seen", int)  # number of starts that the page has shown


def form_setting(name: str, kind: str = "") -> Control[Any]:
    """A setting of a run. With `kind`, each kind (of dataset, of backbone) has a value of its own."""
    return Control(f"train-{name}-{kind}" if kind else f"train-{name}")


def tuning_setting(name: str, kind: str = "") -> Control[Any]:
    """A setting of the fine-tuning."""
    return Control(f"train-tune-{name}-{kind}" if kind else f"train-tune-{name}")


def dense_units(place: int) -> Control[int]:
    """The size of a dense layer; the first is 1."""
    return Control(f"train-dense-{place}")


# Train's runs, and Compare

RUN = Control[str]("train-run")  # the selected run
TRAIN_LOG_SCALE = Control[bool]("train-log-scale")
CONTINUED = Key[int]("train-continued", int)  # number of runs made from another run
LOADS = Key[list[Load]]("train-loads", list)  # recent readings of the machine's load
COMPARE_SCOPE = Control[str]("compare-scope")  # which runs are listed: see core.comparing.scopes
COMPARE_TICKED = Key[tuple[str, ...]]("compare-ticked", tuple)  # ids of the runs that are compared
COMPARE_ADDRESS = Key[dict[str, str]]("compare-address", dict)  # the address of the page when it was last drawn
COMPARE_LOG_SCALE = Control[bool]("compare-log-scale")
COMPARE_TABLES = Key[int]("compare-tables", int)  # how often the program has ticked runs: a new table starts with them
COMPARE_COLOURS = Key[dict[str, int]]("compare-colours", dict)  # by id: the place of a drawn run in the palette
COMPARE_PHOTOS = Key[ShownPhotos]("compare-photos-shown", ShownPhotos)


def compare(what: str) -> Control[Any]:
    """A filter or a choice on Compare."""
    return Control(f"compare-{what}")


def of_run(what: str, run_id: str) -> Control[Any]:
    """A control about a run: its "device", its new "name" or "note", the number of "more" epochs."""
    return Control(f"run-{what}-{run_id}")


def of_study(what: str, study: str) -> Control[str]:
    """A control about a study: its new "name", or the "run" whose details are shown."""
    return Control(f"study-{what}-{study}")


# Predict

MODEL = Control[str]("predict-model")
EXACT_FIGURES = Control[bool]("predict-exact-figures")
TRAY = Key[dict[str, Batch]]("predict-tray", dict)
TRAY_NOTICES = Key[list[str]]("predict-notices", list)
UPLOADED = Key[dict[str, set[str]]]("predict-uploaded", dict)  # by uploader: ids of its files in the tray
BEGINNINGS = Key[int]("predict-beginnings", int)  # number of clicks on *Start over*
FIRST_SOURCE = Key[str]("predict-first-source", lambda: "Photos")
ANSWERS = Key[dict[tuple[str, str], Work]]("predict-answers", dict)  # by model: its folder and its date
OPEN_PHOTO = Key[str]("predict-closer", str)  # the photo in the dialog; empty = none
GALLERY = Key[tuple[str, ...]]("predict-gallery", tuple)  # the photos in the gallery, in order
GALLERY_PAGE = Key[tuple[str, int]]("predict-gallery-page", lambda: ("", 1))  # the filter and its page
WITH_MAP = Key[bool]("predict-with-map", bool)  # whether the Grad-CAM map is shown
CORRECTIONS = Key[Corrections]("predict-corrections", Corrections)
PUT_RIGHT = Control[bool]("predict-put-right")  # whether the grid takes the gallery's place
NEW_KIND = Control[str]("predict-new-kind")  # typed above the grid
MAP_OPACITY = Control[int]("predict-map-opacity")


def map_label(photo: str) -> Control[str]:
    """The answer that the Grad-CAM map of a photo is about."""
    return Control(f"predict-map-label-{photo}")


PICTURES = Key[dict[tuple[str, ...], Any]]("predict-pictures", dict)
HEAT_MAPS = Key[dict[tuple[str, ...], Any]]("predict-heat-maps", dict)


def caution(rates: tuple[float, ...]) -> Control[float]:
    """The rate of false alarms, for models that have thresholds at these rates."""
    return Control("predict-caution-" + "-".join(f"{rate:g}" for rate in rates))


def predict(what: str) -> Control[Any]:
    """A control of Predict that *Start over* resets."""
    beginning = BEGINNINGS.get()
    return Control(f"predict-{what}-{beginning}" if beginning else f"predict-{what}")


# The way to a better model, and Data

BETTER_WANTED = Key[bool]("better-wanted", bool)  # the person came to Data for the photos
BETTER_SETTINGS = Key[RunConfig | None]("better-settings", lambda: None)  # as put into the form
DATA_MESSAGE = Key[str]("data-message", str)  # the last success
DATA_ERROR = Key[str]("data-error", str)  # why the last dataset could not be added
NEW_FOLDER = Control[str]("data-folder")
NEW_FOLDER_NAME = Control[str]("data-folder-name")
NEW_ZIP = Control[Any]("data-zip")
NEW_ZIP_NAME = Control[str]("data-zip-name")
# an uploaded file, and the code pages that fit its names → the names
ZIP_READINGS = Key[tuple[str, dict[str, str]]]("data-zip-readings", lambda: ("", {}))
ZIP_CODE_PAGE = Control[str]("data-zip-code-page")
ZIP_WANTED = Key[bool]("data-zip-wanted", bool)  # request to unpack the zip
OPEN_DATASET = Key[str]("data-open", str)  # the dataset that is looked at from the inside; empty: none
DATA_ADDRESS = Key[str]("data-address", str)  # the dataset in the address of the page when it was last drawn
DATA_SECTION = Control[str]("data-section")
SORT_CLASSES = Key[dict[str, list[str]]]("data-sort-classes", dict)  # by dataset: classes without photos so far
SORT_CLASS = Control[str]("data-sort-class")  # the name of a new one
CLEANINGS = Key[int]("data-cleanings", int)
HEALTH = Key[list[Finding] | None]("data-health", lambda: None)  # the last examination
CLEANED = Key[Cleaned | None]("data-cleaned", lambda: None)

# The overview and the map of a dataset on Data

AVERAGES = Key[set[str]]("data-averages", set)  # the datasets whose average pictures are shown


def photo_map(dataset: str, control: str) -> Control[Any]:
    """A control of the map of a dataset's photos."""
    return Control(f"data-map-{control}-{dataset}")


# The wall of photos on Data

GRID_ACTS = Key[dict[str, int]]("grid-acts", dict)  # by grid in the browser: number of the last act taken


def queue(dataset: str, what: str) -> Control[Any]:
    """A control of the queue of a dataset's findings."""
    return Control(f"data-queue-{what}-{dataset}")


QUEUE_PAGES = Key[dict[tuple[str, str], int]]("data-queue-pages", dict)  # by dataset and kind of finding
WALLS = Key[dict[str, WallState]]("walls", dict)  # by name


def wall(name: str, what: str) -> Control[Any]:
    """A filter, or the number of the page, of a wall of photos."""
    return Control(f"wall-{what}-{name}")


# Data: adding, collecting and managing datasets

FOLDER_WANTED = Key[bool]("data-folder-wanted", bool)  # request to add the folder
COLLECTION = Control[str]("data-collection")  # the dataset that gets photos; empty: a new one
COLLECTION_TITLE = Control[str]("data-collection-title")
COLLECTION_CLASS = Control[str]("data-collection-class")
COLLECTION_SOURCE = Control[str]("data-collection-source")
COLLECTION_UPLOADS = Control[Any]("data-collection-uploads")
COLLECTED = Key[Intake]("data-collected", Intake)
SPLIT_WANTED = Key[str]("data-split-wanted", str)  # request to split this dataset anew
COPY_WANTED = Key[str]("data-copy-wanted", str)  # request to copy this dataset
EXPORT_WANTED = Key[str]("data-export-wanted", str)  # request to write this dataset to a folder
MANAGED = Key[tuple[str, bool, str]]("data-managed", lambda: ("", True, ""))  # dataset, is good, what became of it


def shares(place: str) -> Control[tuple[int, int]]:
    """The ends of the training and the validation photos, in percent, for a new dataset or a new split."""
    return Control(f"data-shares-{place}")


def managed(what: str, dataset: str) -> Control[Any]:
    """A field about a dataset: its new title, the seed of its split, the folder of its export."""
    return Control(f"data-{what}-{dataset}")


# Teach

OPEN_LESSON = Key[str]("teach-open", str)  # the lesson that is open; empty: none
TEACH_ADDRESS = Key[str]("teach-address", str)  # the lesson in the address of the page when it was last drawn
LESSON_START = Control[str]("teach-start")  # the kinds of a new lesson
LESSON_DATASET = Control[str]("teach-dataset")  # a dataset to teach with
TEACH_SECTION = Control[str]("teach-section")
LESSONS = Key[dict[str, LessonState]]("teach-lessons", dict)  # by name
QUESTION_SOURCE = Control[str]("teach-question-source")  # of the photo that the model is asked about
QUESTION = Control[Any]("teach-question")


def lesson_state(name: str) -> LessonState:
    """What Teach remembers of a lesson."""
    return LESSONS.get().setdefault(name, LessonState())


def lesson(name: str, what: str, kind: str = "") -> Control[Any]:
    """A control of a lesson, or of one of its kinds."""
    return Control(f"teach-{what}-{name}-{kind}" if kind else f"teach-{what}-{name}")


# The camera, on Data and Teach

CAMERA_TAKEN = Key[dict[str, int]]("camera-taken", dict)  # by camera in the browser: number of the last photo taken
CAMERA_TARGETS = Key[list[Any]]("camera-targets", list)  # what the photos are of; the browser knows only the places
COLLECTION_MADE = Key[dict[str, str]]("data-collection-made", dict)  # title → the dataset made for it


def put_right(photo: str, what: str) -> Control[str]:
    """What a person chooses or types for a photo in the closer look: its "class", or the name of a new "kind"."""
    return Control(f"predict-right-{what}-{photo}")


def widget_value(key: str) -> Any:
    """The value of an uploader or camera, for its callback; None if the widget no longer exists."""
    return st.session_state.get(key)
