"""A photo on Compare in full: its true class, the answers of one run or two, and where each model looked."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core import photos, words
from core.answering import classifier, grad_cam, shelf
from core.comparing import neighbours
from core.comparing.mistakes import Answer, Judged
from core.datasets import thumbnails
from core.datasets.catalogue import Dataset
from core.errors import AppError
from core.photos import Pixels
from core.runs import readings
from core.runs.folder import Run
from pages.frame import address, markdown, navigation, page, session
from pages.photos import pictures

SIDE = 640  # px, the longest side of the picture
THUMBNAIL = 140  # px


def show(runs: Sequence[Run], judged: Mapping[str, Judged], dataset: Dataset | None) -> None:
    """Show the opened photo, if any, in a dialog."""
    shown = session.COMPARE_PHOTOS.get()
    photo = judged.get(shown.photo)
    if photo:
        dialog = st.dialog("A closer look", width="large", icon=":material/search:", on_dismiss=shown.close_photo)
        dialog(page.fragment(_photo))(runs, photo, dataset)


def _photo(runs: Sequence[Run], photo: Judged, dataset: Dataset | None) -> None:
    st.markdown(f"**{markdown.plain(words.with_article(photo.label).capitalize())}**, says the dataset.")
    st.caption(markdown.plain(words.printable(photo.name)))
    data = None
    with page.errors():
        data = _data(photo, dataset)
    for run, answer in zip(runs, photo.answers, strict=True):
        picture, text = st.columns(2, gap="medium")
        with text:
            _answer(run, answer, photo)
            is_on = _toggle(run)
        with picture, page.errors():
            if data is not None:
                st.image(_picture(data, run, answer.label if is_on else ""), alt=f"{photo.name}, upright")
    if dataset is not None:
        _neighbours(dataset, photo.name)
        navigation.button(
            "data",
            "The label is wrong: open it in Data",
            ":material/edit:",
            action=_open_in_data,
            arguments=(dataset.name, photo.name),
            query={address.DATASET.parameter: dataset.name},
        )


def _neighbours(dataset: Dataset, photo: str) -> None:
    """Draw the training photos that are most like this one: what the model could learn it from."""
    found = neighbours.nearest(dataset, photo)
    if found is None:
        st.caption("*Check the photos* on Data once, and the most similar training photos appear here.")
        return
    st.markdown("**The most similar training photos**", help="By the features of the starter's network.")
    small = thumbnails.load(dataset.folder, [dataset.folder / each.name for each in found])
    with st.container(horizontal=True):
        for each, picture in zip(found, small, strict=True):
            if picture and picture.picture:
                caption = f"{markdown.plain(each.label)} ({each.likeness:.2f})"
                st.image(picture.picture, caption, width=THUMBNAIL, alt=f"a training photo of {each.label}")


def _data(photo: Judged, dataset: Dataset | None) -> bytes | None:
    """The photo's bytes; None, with a sentence, if it is not there any more."""
    if dataset is None:
        st.warning("The dataset is not on this machine any more, so the photo can't be shown.")
        return None
    data = photos.read_file(dataset.folder / photo.name)
    if photos.key(data) != photo.key:
        st.warning("This file has changed since the run was scored: it now holds another photo.")
        return None
    return data


def _answer(run: Run, answer: Answer, photo: Judged) -> None:
    right = answer.label == photo.label
    icon = ":material/check_circle:" if right else ":material/cancel:"
    sure = words.percent(answer.probability)
    st.markdown(f"{icon} **{markdown.plain(run.name)}**: {markdown.plain(answer.label)}, {sure} sure")
    if not right:
        st.caption(f"It gave {answer.truth:.1%} to {markdown.plain(photo.label)}.")


def _toggle(run: Run) -> bool:
    """Whether the Grad-CAM map is wanted. Only a run whose saved model exists has one."""
    report = readings.report(run.folder)
    model = shelf.find(report.model) if report else None
    if model is None or model.card.run != run.id:
        st.caption("Its saved model no longer exists, so it can't be seen where it looked.")
        return False
    return st.toggle(
        "Where it looked",
        **session.of_run("map", run.id).widget(False),
        help="Grad-CAM: which parts of the photo support the answer (Selvaraju et al. 2017). The map has few cells, so "
        "it is coarse.",
    )


def _picture(data: bytes, run: Run, label: str) -> Pixels:
    """The upright photo, with the run's Grad-CAM map for a class if one is named."""
    pixels: Pixels = np.asarray(pictures.thumbnail(data, SIDE))
    if not label:
        return pixels
    report = readings.report(run.folder)
    if report is None:
        return pixels
    try:
        heat = classifier.load(shelf.model(report.model)).heat(data, label)
    except AppError as error:
        st.error(markdown.plain(str(error)), icon=":material/error:")
        return pixels
    return grad_cam.overlay(pixels, heat, 0.5)


def _open_in_data(dataset: str, photo: str) -> None:
    """Open the dataset's wall with only this photo."""
    session.COMPARE_PHOTOS.get().close_photo()  # or it would be open again on the way back
    session.DATA_SECTION.set("Photos")
    session.wall(dataset, "text").set(photo.rpartition("/")[2])
