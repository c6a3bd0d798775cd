"""Datasets made class by class: type a class, then drop its photos or take them one after another."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.datasets import adding, catalogue, growing, titles
from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.photos import formats
from pages.frame import markdown, page, session
from pages.photos import camera, dataset_picker, intake
from pages.photos.intake import Grow

NEW = ""
CAMERA = "collection-camera"  # its key
SOURCES = ("Photos", "Camera")


@dataclass(frozen=True)
class Target:
    """Where photos go."""

    dataset: str
    title: str  # of a new dataset
    label: str


def take_photos() -> None:
    """Add the photos that have arrived from the camera. Call it before drawing the page, which then shows them."""
    intake.take_photos(CAMERA, session.COLLECTED.get(), _grow(), Target)
    _go_on()


def carry_out() -> None:
    """Add the photos that were dropped, and draw the page again."""
    if intake.carry_out(session.COLLECTED.get(), _grow()):
        st.rerun()


def _grow() -> Grow:
    """What adds photos to a target's class; a new dataset is made for the first of them."""
    made = session.COLLECTION_MADE.get()

    def add(target: Target, photos: Sequence[Photo], sitting: str) -> tuple[Growth, str]:
        dataset = target.dataset or made.get(target.title, NEW)
        if not target.dataset and dataset not in catalogue.names():
            made[target.title] = dataset = growing.create(target.title)
        growth = growing.add_photos(dataset, target.label, photos, sitting)
        return growth, f"the class {growth.label}"

    return add


def _go_on() -> None:
    """Choose the dataset that was made for the title in the field: it is not new any more."""
    if session.COLLECTION.get(NEW) == NEW:
        dataset = session.COLLECTION_MADE.get().get(session.COLLECTION_TITLE.get("").strip(), NEW)
        if dataset in catalogue.names():
            session.COLLECTION.set(dataset)
            session.COLLECTION_TITLE.set("")


def show() -> None:
    """Draw the choice of dataset and class, the ways to add photos, and what there is so far."""
    names = [NEW, *(name for name in catalogue.names() if growing.can_grow(name))]
    dataset = st.selectbox(
        "Dataset",
        names,
        format_func=lambda name: dataset_picker.label(name) if name else "A new dataset",
        help="Photos can be added to datasets that were made here or unpacked from a zip. To add some to a folder, put "
        "them into the folder itself.",
        **session.COLLECTION.choice(names),
    )
    title = ""
    if dataset == NEW:
        title = st.text_input(
            "Name of the dataset",
            placeholder="My wardrobe",
            max_chars=titles.LONGEST_TITLE,
            **session.COLLECTION_TITLE.widget(""),
        ).strip()
    label = st.text_input(
        "Class",
        placeholder="t-shirt",
        help="What the next photos show. Type another class whenever you like.",
        **session.COLLECTION_CLASS.widget(""),
    ).strip()
    if dataset != NEW:
        with page.errors():
            _classes(dataset)
    is_ready = bool(label and (dataset or title))
    _sources(is_ready, Target(dataset, title, label))
    if not is_ready:
        st.caption("Type the name of a class first." if dataset or title else "Type a name and a class first.")
    intake.show(session.COLLECTED.get(), "collection-again", _grow())


def _classes(dataset: str) -> None:
    """Draw the classes with their counts, as buttons that go on with a class, and what is missing so far."""
    with st.container(horizontal=True, gap="small"):
        for label, count in growing.counts(dataset).items():
            st.button(
                f"{markdown.plain(label)} ({count:,})",
                key=f"collection-{dataset}-{label}",
                help="Add more photos of this class.",
                on_click=session.COLLECTION_CLASS.set,
                args=(label,),
            )
    try:
        st.caption(f":material/check_circle: {adding.summary(catalogue.load(dataset))}")
    except AppError as error:
        st.info(markdown.plain(str(error)), icon=":material/info:")


def _sources(is_ready: bool, target: Target) -> None:
    """Draw the uploader or the camera."""
    source = st.segmented_control(
        "Where the photos come from",
        SOURCES,
        default=SOURCES[0],
        required=True,
        key=session.COLLECTION_SOURCE.key,  # not kept for other pages: coming back shows the uploader
        label_visibility="collapsed",
    )
    text = f"Photos of {target.label}" if target.label else "Photos"
    if source == "Camera":
        camera.show(CAMERA, label=text, disabled=not is_ready, target=target)
        return
    intake.uploader(
        text,
        session.COLLECTION_UPLOADS,
        session.COLLECTED.get(),
        target,
        disabled=not is_ready,
        help=f"{formats.limits()} They are stored in this program's workspace.",
    )
