"""Every key of the session's state, with its type. `pages.frame.values` explains the two kinds.

No other module of the pages touches `st.session_state`; keys of buttons and charts, which hold nothing, stand where
they are drawn.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.answering.pieces import Work
from core.augment.recipe import Recipe
from core.augment.transform import Setting
from core.files.cache import Cleaned
from core.machine import Load
from core.photos.album import Batch
from core.photos.photo import Photo
from core.runs.config import RunConfig
from pages.frame.values import Control, Key

# The app

INSIDE_APP = Key[bool]("inside-app", bool)  # whether app.py is around the page
PAGE = Key[str]("page", str)  # the page that is drawn
LEAVING = Key[tuple[str, str, int] | None]("leaving", lambda: None)  # from which page, to which, and the how manieth
LEFT = Key[int]("left", int)  # how often a button has led away
ENDED_RUNS = Key[set[str] | None]("ended-runs", lambda: None)  # those whose end this session knows of

# The photo in hand

PHOTO_SOURCE = Control[str]("photo-source")
PHOTO_DATASET = Control[str]("photo-dataset")
OWN_PHOTOS = Key[dict[str, Photo]]("own-photos", dict)  # by source: the latest uploaded, the latest taken


def photo_class(dataset: str) -> Control[str]:
    return Control(f"photo-class-{dataset}")


def photo_number(dataset: str, label: str) -> Control[int]:
    return Control(f"photo-number-{dataset}-{label}")


# The recipe in hand, and Augment


@dataclass(frozen=True)
class RecipeRequest:
    """Steps whose settings shall be those of the sliders."""

    steps: Recipe
    replace: bool  # whether they are the whole recipe in hand from now on


RECIPE = Key[tuple[str, ...]]("recipe", lambda: ("rotation",))  # the keys of its transforms, in their order
RECIPE_REQUEST = Key[RecipeRequest | None]("recipe-request", lambda: None)
TRANSFORM = Control[str]("augment-transform")  # the one whose sliders are shown
AUGMENT_SEED = Control[int]("augment-seed")
AUGMENT_VIEW = Control[str]("augment-view")
STARTING_POINT = Control[str]("augment-start-from")
RECIPE_NAME = Control[str]("augment-save-as")
AUGMENT_PHOTO = Key[Photo | None]("augment-photo", lambda: None)  # the last one drawn
AUGMENT_LINK_READ = Key[bool]("augment-link-read", bool)


def transform_setting(transform: str, name: str) -> Control[Setting]:
    """A parameter of a transform, or its "probability"."""
    return Control(f"transform-{transform}-{name}")


# Train's form


@dataclass(frozen=True)
class FormRequest:
    """Settings that shall be put into Train's form."""

    settings: RunConfig
    source: str  # "run", "better" or "link"
    message: str = ""  # to be told when they are there


USE_AUGMENTS_RECIPE = Key[bool]("train-use-augments-recipe", bool)  # asked for on Augment, done when the form is drawn
FORM_RESET = Key[bool]("train-form-reset", bool)  # the form shall be set back to what it proposes
FORM_REQUEST = Key[FormRequest | None]("train-form-request", lambda: None)
TRAIN_LINK_READ = Key[bool]("train-link-read", bool)
FORM_OPEN = Control[bool]("train-form-open")
FORM_NOTICES = Key[list[str]]("train-form-notices", list)  # what could not be taken over, until the next start
OTHER_RECIPES = Key[dict[str, Recipe]]("train-other-recipes", dict)  # by source: of a run, a link, a better model
DATASET = Control[str]("train-dataset")
DENSE_COUNT = Control[int]("train-dense-count")
EARLY_STOPPING = Control[bool]("train-early-stopping")
PATIENCE = Control[int]("train-patience")
STUDY = Control[str]("train-study")
GRID = Control[str]("train-grid")
RUN_NAME = Control[str]("train-run-name")
START_ERROR = Key[tuple[str, str]]("train-start-error", lambda: ("", ""))  # a sentence, and the settings it is about
STARTED = Key[tuple[int, str]]("train-started", lambda: (0, ""))  # how often something was started, the latest run
STARTED_SEEN = Key[int]("train-started-seen", int)  # as far as the page has taken notice of it


def form_setting(name: str, kind: str = "") -> Control[Any]:
    """A setting of a run; `kind` names what its value depends on, where it is remembered for each kind apart."""
    return Control(f"train-{name}-{kind}" if kind else f"train-{name}")


def tuning_setting(name: str, kind: str = "") -> Control[Any]:
    """A setting of the fine-tuning."""
    return Control(f"train-tune-{name}-{kind}" if kind else f"train-tune-{name}")


def dense_units(place: int) -> Control[int]:
    """The size of a dense layer; the first is 1."""
    return Control(f"train-dense-{place}")


# Train's runs, and Compare

RUN = Control[str]("train-run")  # the run in view
TRAIN_LOG_SCALE = Control[bool]("train-log-scale")
CONTINUED = Key[int]("train-continued", int)  # how often a run was made from another one
LOADS = Key[list[Load]]("train-loads", list)  # the machine's last readings
COMPARE_DATASET = Control[str]("compare-dataset")
COMPARE_LOG_SCALE = Control[bool]("compare-log-scale")


def run_device(run_id: str) -> Control[str]:
    """The device that a waiting run is moved to."""
    return Control(f"run-device-{run_id}")


def retry_device(run_id: str) -> Control[str]:
    return Control(f"retry-device-{run_id}")


def more_epochs(run_id: str) -> Control[int]:
    return Control(f"more-epochs-{run_id}")


def tuning_epochs(run_id: str) -> Control[int]:
    return Control(f"tuning-epochs-{run_id}")


def new_name(run_id: str) -> Control[str]:
    return Control(f"new-name-{run_id}")


# Predict

MODEL = Control[str]("predict-model")
EXACT_FIGURES = Control[bool]("predict-exact-figures")
TRAY = Key[dict[str, Batch]]("predict-tray", dict)
TRAY_NOTICES = Key[list[str]]("predict-notices", list)
UPLOADED = Key[dict[str, set[str]]]("predict-uploaded", dict)  # by uploader: the ids of its files in the tray
BEGINNINGS = Key[int]("predict-beginnings", int)  # how often *Start over* was chosen
FIRST_SOURCE = Key[str]("predict-first-source", lambda: "Photos")
ANSWERS = Key[dict[tuple[str, str], Work]]("predict-answers", dict)  # by model: its folder and date
CLOSER = Key[str]("predict-closer", str)  # the photo that is looked at; empty: none
GALLERY = Key[tuple[str, ...]]("predict-gallery", tuple)  # the photos that are shown, in their order
GALLERY_PAGE = Key[tuple[str, int]]("predict-gallery-page", lambda: ("", 1))  # and the choice of photos it belongs to
WITH_MAP = Key[bool]("predict-with-map", bool)  # whether the closer look shows where the model looked
MAP_OPACITY = Control[int]("predict-map-opacity")


def map_label(photo: str) -> Control[str]:
    """The answer whose places the map of a photo shows."""
    return Control(f"predict-map-label-{photo}")


PICTURES = Key[dict[tuple[str, ...], Any]]("predict-pictures", dict)
HEAT_MAPS = Key[dict[tuple[str, ...], Any]]("predict-heat-maps", dict)


def caution(rates: tuple[float, ...]) -> Control[float]:
    """The rate of false alarms, for models that have thresholds at these rates."""
    return Control("predict-caution-" + "-".join(f"{rate:g}" for rate in rates))


def predict(what: str) -> Control[Any]:
    """A control of Predict that is new, and as at first, after *Start over*."""
    beginning = BEGINNINGS.get()
    return Control(f"predict-{what}-{beginning}" if beginning else f"predict-{what}")


# The way to a better model, and Data

BETTER_WANTED = Key[bool]("better-wanted", bool)  # a person was sent to Data for the photos
BETTER_SETTINGS = Key[RunConfig | None]("better-settings", lambda: None)  # as they were put into the form
DATA_MESSAGE = Key[str]("data-message", str)  # what was added last
DATA_ERROR = Key[str]("data-error", str)  # why the last dataset could not be added
NEW_FOLDER = Control[str]("data-folder")
NEW_FOLDER_NAME = Control[str]("data-folder-name")
NEW_ZIP = Control[Any]("data-zip")
NEW_ZIP_NAME = Control[str]("data-zip-name")
ZIP_WANTED = Key[bool]("data-zip-wanted", bool)  # *Add zip* was clicked, and the zip is not unpacked yet
CHECK = Key[str]("data-check", str)  # the dataset whose photos shall be read
REMARKS = Key[dict[str, list[str]]]("data-remarks", dict)  # by dataset: what its check said
CLEANINGS = Key[int]("data-cleanings", int)
CLEANED = Key[Cleaned | None]("data-cleaned", lambda: None)


def widget_value(key: str) -> Any:
    """What an uploader or a camera holds, for its callback; None if it is gone."""
    return st.session_state.get(key)
