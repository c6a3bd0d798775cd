"""What several pages share: the error box, the photo picker, pictures, the status line."""

import math
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core import machine, photos
from core.answering import shelf
from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.datasets import catalogue, drawn
from core.datasets.catalogue import Dataset
from core.errors import AppError
from core.photos.formats import SUFFIXES
from core.runs import launch
from core.runs.folder import RunState, look_all
from pages import _navigation as navigation
from pages import _toasts as toasts
from pages import _words as words

UPLOAD_TYPES = sorted(suffix.removeprefix(".") for suffix in SUFFIXES)
LATE = "shown-before"  # what controls showed before their last change, and when that was
LATE_SECONDS = 3.0  # in which a busy browser may not have heard of it
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}


@contextmanager
def errors() -> Iterator[None]:
    """Show what a person can mend as one sentence, and go on with the rest of the page."""
    try:
        yield
    except AppError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def theme() -> str:
    """ "light" or "dark", as the person's browser shows it; figures are coloured for it."""
    return "dark" if st.context.theme.type == "dark" else "light"


@st.cache_data(show_spinner=False)
def icon() -> Image.Image:
    """The browser tab's icon, drawn here: one from the web would be missing offline."""
    return drawn.garment("t-shirt", 7, 64)


def kept(key: str, default: Any) -> dict[str, Any]:
    """The arguments `key` and `persist_state` of a widget whose value is remembered for the session; at first it is
    `default`, afterwards st.session_state[key].

    Without `persist_state` Streamlit forgets the state of widgets that are not drawn, and with it a form while one
    looks at another page. It also tells the browser the value again where a click ended the run that was to tell it;
    else the browser would begin with an empty field, and that would be what the form holds (decision 16).
    """
    st.session_state.setdefault(key, default)
    return {"key": key, "persist_state": "session"}


def kept_choice(key: str, options: Collection[Any]) -> dict[str, Any]:
    """`kept` for a choice among options that may vanish: the first of them takes the place of one that is lost."""
    first = next(iter(options))
    if st.session_state.get(key, first) not in options:
        st.session_state[key] = first
    return kept(key, first)


def shown(key: str, value: Any) -> str:
    """The key of a control that shows `value`, which other things change too.

    A browser that has not heard of a change yet sends with the next click once more what it showed before. That looks
    like a choice and would undo the change, whatever made it; the control's callback asks `is_choice` (decision 16).
    """
    if st.session_state.get(key, value) != value:
        st.session_state.setdefault(LATE, {})[key] = (st.session_state[key], time.monotonic())
    st.session_state[key] = value
    return key


def is_choice(key: str) -> bool:
    """Whether what a control of `shown` has now was chosen by a person (in its callback)."""
    before, since = st.session_state.get(LATE, {}).get(key, (None, -math.inf))
    return st.session_state[key] != before or time.monotonic() - since > LATE_SECONDS


def header(title: str, sentence: str) -> None:
    """A page's title and the one sentence that says what it is for."""
    navigation.ensure_app()
    st.title(title)
    st.markdown(f":gray[{sentence}]")


@st.fragment(run_every=3)
def status_line() -> None:
    """What is going on here, in one line."""
    runs = look_all()
    toasts.announce(runs)
    running = next((run for run in runs if run.state is RunState.RUNNING), None)
    queued = sum(run.state in (RunState.QUEUED, RunState.INTERRUPTED) for run in runs)
    if queued:
        launch.ensure_worker()
    load = machine.load()
    gpu = f" · GPU {load.gpus[0].busy:.0%}" if load.gpus else ""
    if running:
        others = f", {queued} waiting" if queued else ""
        st.caption(f":material/play_circle: Training, {running.status.progress:.0%}{others} · CPU {load.cpu:.0%}{gpu}")
    elif queued:
        st.caption(f":material/hourglass_top: {queued} waiting for the training process")
    else:
        count = len(shelf.models())
        saved = f"{count} saved model{'s' if count != 1 else ''}" if count else "No saved model yet"
        st.caption(f":material/check_circle: {saved} · CPU {load.cpu:.0%}{gpu}")


def goto(page: str, label: str, icon: str, primary: bool = False) -> None:
    """A button that leads to another page."""
    kind = "primary" if primary else "secondary"
    if st.button(label, icon=icon, type=kind, width="stretch", key=f"goto-{page}-{label}"):
        navigation.switch(page)


@dataclass(frozen=True)
class Photo:
    """The photo in hand: its bytes, and what to call it."""

    data: bytes
    name: str
    place: str = ""  # dataset/class/number, for links; an uploaded one has none

    @property
    def number(self) -> int:
        return photos.key_number(photos.key(self.data))


def dataset_picker(key: str, label: str = "Dataset") -> Dataset | None:
    """Choose one of the datasets; None where it can't be read (a sentence says why)."""
    names = catalogue.names()
    name = st.selectbox(
        label, names, **kept_choice(key, names), format_func=dataset_label, help="Add more on the Data page."
    )
    with errors():
        return load_dataset(name)
    return None


def dataset_label(name: str) -> str:
    return "Drawn garments (built in)" if name == catalogue.DRAWN else name


def load_dataset(name: str) -> Dataset:
    """A dataset; where the drawn garments are not on the disk yet, with a word on why it takes some seconds."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        with st.spinner("Drawing 600 garments, once …"):
            return catalogue.load(name)
    return catalogue.load(name)


def take_to_train(steps: Recipe, seed: int) -> None:
    """Go to Train with a recipe and its seed."""
    st.session_state["train-recipe"] = recipe.dumps(steps)
    st.session_state["train-recipe-is-new"] = True
    st.session_state["train-augmentation-seed"] = seed
    navigation.switch("train")


def photo_picker() -> Photo:
    """The photo in hand: of a dataset, uploaded or taken. Remembered while one moves between the pages."""
    source = st.segmented_control(
        "Photo",
        ["Dataset", "Upload", "Camera"],
        required=True,
        **kept("photo-source", "Dataset"),
        help="Where the photo comes from. An uploaded one stays in memory and is not kept.",
    )
    if source == "Dataset":
        return _photo_of_dataset()
    if source == "Upload":
        given = st.file_uploader("A photo", type=UPLOAD_TYPES, key="photo-upload", label_visibility="collapsed")
    else:
        given = st.camera_input("Take a photo", key="photo-camera", label_visibility="collapsed")
    remembered = f"photo-{source}"
    if given is not None:
        st.session_state[remembered] = Photo(given.getvalue(), given.name)
    photo = st.session_state.get(remembered)
    if photo is None:
        st.caption("Until then, a drawn dress.")
        return example("dress", 3)
    return photo


def _photo_of_dataset() -> Photo:
    dataset = dataset_picker("photo-dataset")
    if dataset is None:
        return example("dress", 3)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Class", dataset.classes, **kept(f"photo-class-{dataset.name}", dataset.classes[0]))
        split = dataset.splits["train"]
        paths = [path for path, i in zip(split.paths, split.labels, strict=True) if dataset.classes[i] == label]
        number = st.number_input(
            f"Photo 1 to {len(paths)}",
            1,
            len(paths),
            **kept(f"photo-number-{dataset.name}-{label}", 1),
            help="Which of the class's training photos.",
        )
    path = paths[number - 1]
    return Photo(photos.read_file(path), path.name, f"{dataset.name}/{label}/{number}")


def pick_photo(place: str) -> None:
    """Choose the photo that a link names, where it is here (before the picker is drawn)."""
    name, _, rest = place.partition("/")
    label, _, number = rest.partition("/")
    try:
        dataset = load_dataset(name)
        position = dataset.classes.index(label)
    except (AppError, ValueError):
        st.toast(f"The photo of the link, {place}, is not here.", icon=":material/image_not_supported:")
        return
    most = dataset.splits["train"].labels.count(position)
    st.session_state["photo-source"] = "Dataset"
    st.session_state["photo-dataset"] = name
    st.session_state[f"photo-class-{name}"] = label
    st.session_state[f"photo-number-{name}-{label}"] = (
        max(1, min(int(number), most)) if number.isdecimal() and len(number) < 10 else 1
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _drawing(label: str, number: int, size: int) -> bytes:
    return photos.png(np.asarray(drawn.garment(label, number, size)))


def example(label: str, number: int, size: int = 299) -> Photo:
    """One drawn garment, for pages that have nothing else to show."""
    return Photo(_drawing(label, number, size), f"a drawn {label}")


@st.cache_data(max_entries=64, show_spinner=False)
def square(data: bytes, size: int) -> np.ndarray:
    """The photo as the networks see it. Raises PhotoError."""
    return photos.square(data, size)


@st.cache_data(max_entries=128, show_spinner=False)
def thumbnail(data: bytes, side: int = 480) -> Image.Image:
    """The photo upright and in its own proportions, small enough to show quickly. Raises PhotoError."""
    image = Image.fromarray(photos.decode(data, at_least=side))
    image.thumbnail((side, side))
    return image


def picture(pixels: np.ndarray, alt: str, caption: str | None = None) -> None:
    """Show uint8 (height, width, 3) as it is: as PNG, or Streamlit would make a JPEG of it and change the pixels."""
    st.image(preview.encoded(pixels), caption=caption, width="stretch", output_format="PNG", alt=alt)
