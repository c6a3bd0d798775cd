"""A model from elsewhere on Compare: the file, what to know about it, and what it became."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import streamlit as st

from core import words
from core.answering.shelf import Model
from core.datasets import catalogue
from core.errors import SettingsError
from core.importing import background
from core.importing.background import Wanted
from core.importing.files import CHECKS
from core.importing.pixels import MEASURE, SCALINGS
from core.serving import limits
from pages.frame import markdown, page, session, uploads
from pages.frame.values import Control
from pages.photos import dataset_picker

PROGRESS_SECONDS = 1.0  # s between two looks at a model that is being brought in
LONGEST_TITLE = 80  # characters
LONGEST_LABELS = 100_000  # characters: 1,000 classes have room
MEASURED = "Find out on the photos"


def show() -> None:
    """Draw the form, or how far the model is that is being brought in."""
    status = background.status()
    is_running = status is not None and status.running
    box = st.expander(
        "Bring in a model from elsewhere",
        icon=":material/move_to_inbox:",
        expanded=status is not None,
        key="compare-import",
    )
    with box:
        outcome, form = page.parts(2)
        with outcome:
            seconds = PROGRESS_SECONDS if is_running else None
            st.fragment(page.fragment(_outcome), run_every=seconds, key="compare-import-progress")(is_running)
        if not is_running:
            with form, page.errors():
                _form()


def _form() -> None:
    st.markdown(
        "A Keras (`.keras`) or LiteRT (`.tflite`) file of your own, from a course or from another tool. It is measured "
        "on the photos of a dataset; then it answers, doubts and explains like the models that were trained here. "
        "Nothing in the file can run code."
    )
    upload = session.compare("import-file")
    file = st.file_uploader("The model", type=[suffix[1:] for suffix in CHECKS], key=upload.key)
    title = session.compare("import-title")
    with st.container(horizontal=True):
        st.text_input(
            "Name", placeholder=PurePath(file.name).stem if file else "", max_chars=LONGEST_TITLE, **title.widget("")
        )
        names = catalogue.names()
        dataset = session.compare("import-dataset")
        st.selectbox(
            "Measured on",
            names,
            **dataset.choice(names),
            format_func=dataset_picker.label,
            help="A dataset with photos of its classes, best those that it has not learned from.",
        )
    labels, pixels = session.compare("import-labels"), session.compare("import-pixels")
    with st.expander("Labels and pixels", icon=":material/tune:"):
        st.text_area(
            "Labels in the order of its outputs, one per line",
            placeholder="Empty: those in the file, or else the classes of the dataset",
            max_chars=LONGEST_LABELS,
            **labels.widget(""),
        )
        ranges = (MEASURE, *SCALINGS)
        st.selectbox(
            "Range of its pixels",
            ranges,
            **pixels.choice(ranges),
            format_func=lambda key: MEASURED if key == MEASURE else SCALINGS[key].label,
            help="How the levels 0 to 255 of a photo are scaled before the network sees them.",
        )
    st.button(
        "Measure and save it",
        icon=":material/move_to_inbox:",
        type="primary",
        key="compare-import-start",
        disabled=file is None,
        on_click=page.attempt,
        args=(_start, upload, (title, dataset, labels, pixels)),
        help="Choose a file first." if file is None else "It goes on when you leave this page.",
    )


def _start(upload: Control[Any], fields: Sequence[Control[Any]]) -> None:
    files = uploads.files(upload.key)
    if not files:
        raise SettingsError("The file is no longer here. Choose it again.")
    limits.check_disk()
    title, dataset, labels, pixels = (field.get("") for field in fields)
    (file,) = files
    background.start(
        file,
        Wanted(
            file=file.name,
            title=title.strip() or PurePath(file.name).stem,
            dataset=dataset,
            labels=tuple(line.strip() for line in labels.splitlines() if line.strip()),
            pixels=pixels or MEASURE,
        ),
    )
    upload.forget()
    uploads.discard(files)


def _outcome(was_running: bool) -> None:
    """Draw how far it is, or how it ended. At its end the ticks end too."""
    status, last = background.status(), background.wanted()
    if (status is not None and status.running) != was_running:
        st.rerun()
    if status is None or last is None:
        return
    name = markdown.plain(last.title)
    if status.running:
        st.progress(min(1.0, status.share), text=f"{name}: {markdown.plain(status.words or 'starting')}")
        return
    if status.error:
        st.error(f"{name} was not saved. {markdown.plain(status.error)}", icon=":material/error:")
    elif (model := background.model()) is not None:
        _success(model)
    else:
        return
    st.button("Close this message", key="compare-import-close", on_click=page.attempt, args=(background.forget,))


def _success(model: Model) -> None:
    score = model.card.scores.validation
    st.success(
        f"**{markdown.plain(model.title)}** is saved: right on {score.correct} of "
        f"{words.count(score.count, 'validation photo')}. It is in the list above, and on Predict.",
        icon=":material/check_circle:",
    )
    facts = model.card.imported
    for sentence in facts.warnings if facts is not None else ():
        st.warning(markdown.plain(sentence), icon=":material/warning:")
