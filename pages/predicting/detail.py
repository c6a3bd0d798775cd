"""One photo in full: its answer in words and bars, the doubt about it, and where the model looked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core import words
from core.answering import grad_cam, tables
from core.answering.classifier import Answer, Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.answering.tables import Result, Sets
from core.drawing import figures
from core.errors import AppError
from core.photos import Pixels, decode
from core.photos.album import PhotoSource
from core.teaching.kinds import NONE
from pages.frame import badges, markdown, page, session
from pages.predicting import correcting, right_menu, work

SIDE = 800  # px, the longest side of the picture
FRONT = 3  # answers shown at first
MOST_KEPT = 12  # pictures and maps in memory


def headline(result: Result) -> str:
    """The answer in a few words: 'Probably a skirt', or 'One of shirt, longsleeve'."""
    assert result.answer is not None
    if result.corrected is not None:
        return words.with_article(result.corrected).capitalize() if result.corrected else NONE.capitalize()
    if result.kind is Doubt.UNLIKE:
        return badges.DOUBTS[Doubt.UNLIKE].text
    if len(result.one_of) > 1:
        return f"One of {words.listed(result.one_of, len(result.one_of))}"
    return f"{words.certainty(result.answer.probability, bool(result.reason))} {words.with_article(result.label)}"


def show_dialog(
    model: Model,
    classifier: Classifier,
    photos: dict[str, PhotoSource],
    doubts: Callable[[Answer], Doubt],
    sets: Sets | None,
) -> None:
    """Show the opened photo, if any, in a dialog. Only the page can: a fragment's next tick would close the dialog."""
    if session.OPEN_PHOTO.get() in work.of(model).answers:
        _dialog(model, classifier, photos, doubts, sets)


@st.dialog("A closer look", width="large", icon=":material/search:", on_dismiss=session.OPEN_PHOTO.clear)
def _dialog(
    model: Model,
    classifier: Classifier,
    photos: dict[str, PhotoSource],
    doubts: Callable[[Answer], Doubt],
    sets: Sets | None,
) -> None:
    name = session.OPEN_PHOTO.get()
    predictions = work.of(model).answers
    if name not in predictions:  # the dialog was closed
        return
    order = [photo for photo in session.GALLERY.get() if photo in predictions] or [name]
    place = order.index(name) if name in order else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, target, key in (
            ("Previous", ":material/arrow_back:", place - 1, "Left"),
            ("Next", ":material/arrow_forward:", place + 1, "Right"),
        ):
            exists = 0 <= target < len(order)
            st.button(
                label,
                icon=icon,
                key=f"predict-{label.lower()}",
                disabled=not exists,
                on_click=session.OPEN_PHOTO.set,
                args=(order[target] if exists else name,),
                shortcut=key,
            )
        st.caption(f"{place + 1} of {len(order)}", width="content")
    (result,) = tables.results([predictions[name]], doubts, correcting.of([name]), sets)
    show(model, classifier, photos, name, result)
    correcting.question(photos, "predict-keep-open")


def show(model: Model, classifier: Classifier, photos: dict[str, PhotoSource], name: str, result: Result) -> None:
    """Draw everything about one photo."""
    assert result.answer is not None
    source = photos[name]
    picture, text = st.columns(2, gap="medium")
    with text:
        st.subheader(markdown.plain(headline(result)), anchor=False)
        st.caption(markdown.plain(result.name))
        if result.corrected is None:
            _doubt(model, result, result.answer)
        right_menu.show(model, photos, name, result)
        _bars(result.answer, name)
        heat, opacity = _heat_map(model, classifier, name, source, result.answer)
    with picture, page.errors():
        pixels = _cached(session.PICTURES.get(), (name,), lambda: _pixels(source.read()))
        if heat is not None:
            pixels = grad_cam.overlay(pixels, heat, opacity)
        st.image(pixels, width="stretch", output_format="JPEG", alt=f"{result.name}, upright")


def _doubt(model: Model, result: Result, answer: Answer) -> None:
    """Say how sure the answer is, and why to doubt it."""
    if result.kind is Doubt.UNLIKE:
        st.warning(
            f"{result.reason} If it must be one of these: {markdown.plain(words.with_article(answer.label))}.",
            icon=badges.DOUBTS[Doubt.UNLIKE].icon,
        )
        return
    if result.reason:
        second = f" The second answer is {markdown.plain(words.with_article(answer.second))}." if answer.second else ""
        st.warning(f"{result.reason}{second}", icon=badges.DOUBTS[Doubt.CLOSE].icon)
    if model.card.is_calibrated_on_few:
        photos = words.count(model.card.scores.validation.count, "photo")
        st.markdown(
            f"It says {words.percent(answer.probability)}, but its percentages were adjusted on {photos} only, "
            "which is too few to trust them."
        )
        return
    of_100 = round(100 * answer.probability)
    st.markdown(
        f"{words.percent(answer.probability)} sure: about {min(of_100, 99)} of 100 such answers are right, for photos "
        "of its classes."
        if of_100 >= 1
        else ""
    )


def _bars(answer: Answer, name: str) -> None:
    front = answer.probabilities[:FRONT]
    st.plotly_chart(
        figures.probabilities(front, page.theme()),
        key=f"bars-{name}",
        config={"displayModeBar": False},
        alt=f"Bars of the best {len(front)} answers: "
        + ", ".join(f"{label} {words.percent(share)}" for label, share in front),
    )
    if len(answer.probabilities) > FRONT:
        with st.expander(f"All {len(answer.probabilities)} answers"):
            st.plotly_chart(
                figures.probabilities(answer.probabilities, page.theme()),
                key=f"all-bars-{name}",
                config={"displayModeBar": False},
                alt="Bars of all answers, best first",
            )


def _heat_map(
    model: Model, classifier: Classifier, name: str, source: PhotoSource, answer: Answer
) -> tuple[grad_cam.Heat | None, float]:
    """Draw the controls of the Grad-CAM map. Returns the map, or None if it is hidden or empty, and its opacity."""
    is_on = session.WITH_MAP.get()
    st.button(  # not a switch: while a switch has the focus, the arrow keys don't show the next photo
        "Hide where it looked" if is_on else "Show where it looked",
        icon=":material/visibility_off:" if is_on else ":material/visibility:",
        key="predict-where-button",
        on_click=session.WITH_MAP.set,
        args=(not is_on,),
        help="Grad-CAM: which parts of the photo support an answer (Selvaraju et al. 2017, *Grad-CAM: visual "
        "explanations from deep networks via gradient-based localization*). The map has few cells, so it is coarse.",
    )
    if not is_on:
        return None, 0.0
    labels = [label for label, _ in answer.probabilities[:FRONT]]
    label = st.segmented_control(
        "Evidence for",
        labels,
        required=True,
        format_func=markdown.plain,
        **session.map_label(name).buttons(labels[0]),
    )
    opacity = st.slider("Colour strength", 0, 100, **session.MAP_OPACITY.widget(50), format="%d %%", step=5)
    try:
        heat = _cached(
            session.HEAT_MAPS.get(),
            (name, str(model.folder), model.created, label),
            lambda: classifier.heat(source.read(), label),
        )
    except AppError as error:
        st.error(markdown.plain(str(error)), icon=":material/error:")
        return None, 0.0
    garment = markdown.plain(words.with_article(label))
    if not np.any(heat):
        st.caption(f"No part of this photo supports {garment}: the map is empty.")
        return None, 0.0
    st.caption(f"Bright parts support {garment}, dark parts don't. The map shows where the model looked, not why.")
    return heat, opacity / 100


def _pixels(data: bytes) -> Pixels:
    """The upright photo, at most SIDE px wide and high. Raises PhotoError."""
    image = Image.fromarray(decode(data, at_least=SIDE))
    image.thumbnail((SIDE, SIDE))
    return np.asarray(image)


def forget_all_but(photos: dict[str, PhotoSource]) -> None:
    """Forget the pictures and maps of all other photos."""
    for memory in (session.PICTURES.get(), session.HEAT_MAPS.get()):
        for name in [name for name in memory if name[0] not in photos]:
            del memory[name]


def _cached(memory: dict[tuple[str, ...], Any], name: tuple[str, ...], compute: Callable[[], Any]) -> Any:
    """Return the result from the session's memory, or compute it. Streamlit's caches would copy it each time."""
    memory[name] = memory.pop(name) if name in memory else compute()
    for old in list(memory)[:-MOST_KEPT]:
        del memory[old]
    return memory[name]
