"""One photo at large: its answer in words and bars, why to doubt it, and where the model looked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core import photos, words
from core.answering import grad_cam, tables
from core.answering.classifier import Answer, Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.answering.tables import Result
from core.drawing import figures
from core.errors import AppError
from core.photos.album import PhotoSource
from pages.frame import badges, markdown, page, session
from pages.predicting import work

SIDE = 800  # px, the longest side of the picture
FRONT = 3  # answers in front
MOST_KEPT = 12  # pictures and maps that are remembered


def headline(photo: Result) -> str:
    """'Probably a skirt', or what else there is to say in three words."""
    assert photo.answer is not None
    if photo.kind == "unlike":
        return badges.DOUBTS[Doubt.UNLIKE][0].capitalize()
    return f"{words.certainty(photo.answer.probability, bool(photo.reason))} {words.with_article(photo.label)}"


def dialog_if_open(
    model: Model, classifier: Classifier, given: dict[str, PhotoSource], doubts: Callable[[Answer], Doubt]
) -> None:
    """The photo that a person wanted to see closer, before the gallery; drawn by the page and not by a fragment, or
    the fragment's next tick would close it."""
    if session.CLOSER.get() in work.of(model).answers:
        _dialog(model, classifier, given, doubts)


@st.dialog("A closer look", width="large", icon=":material/search:", on_dismiss=session.CLOSER.clear)
def _dialog(
    model: Model, classifier: Classifier, given: dict[str, PhotoSource], doubts: Callable[[Answer], Doubt]
) -> None:
    name = session.CLOSER.get()
    found = work.of(model).answers
    if name not in found:  # it was closed
        return
    order = [one for one in session.GALLERY.get() if one in found] or [name]
    place = order.index(name) if name in order else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, to, key in (
            ("Previous", ":material/arrow_back:", place - 1, "Left"),
            ("Next", ":material/arrow_forward:", place + 1, "Right"),
        ):
            there = 0 <= to < len(order)
            st.button(
                label,
                icon=icon,
                key=f"predict-{label.lower()}",
                disabled=not there,
                on_click=session.CLOSER.set,
                args=(order[to] if there else name,),
                shortcut=key,
            )
        st.caption(f"{place + 1} of {len(order)}", width="content")
    (result,) = tables.results([found[name]], doubts)
    show(model, classifier, name, given[name], result)


def show(model: Model, classifier: Classifier, name: str, given: PhotoSource, photo: Result) -> None:
    """Everything about one photo."""
    assert photo.answer is not None
    picture, says = st.columns(2, gap="medium")
    with says:
        st.subheader(markdown.plain(headline(photo)), anchor=False)
        st.caption(markdown.plain(photo.name))
        _doubt(photo, photo.answer)
        _bars(photo.answer, name)
        heat, opacity = _where(model, classifier, name, given, photo.answer)
    with picture, page.errors():
        pixels = _remembered(session.PICTURES.get(), (name,), lambda: _pixels(given.read()))
        if heat is not None:
            pixels = grad_cam.overlay(pixels, heat, opacity)
        st.image(pixels, width="stretch", output_format="JPEG", alt=f"{photo.name}, upright")


def _doubt(photo: Result, answer: Answer) -> None:
    if photo.kind == "unlike":
        st.warning(
            f"{photo.reason} If it had to be one of them: {markdown.plain(words.with_article(answer.label))}.",
            icon=badges.DOUBTS[Doubt.UNLIKE][1],
        )
        return
    if photo.reason:
        second = f" The second is {markdown.plain(words.with_article(answer.second))}." if answer.second else ""
        st.warning(f"{photo.reason}{second}", icon=badges.DOUBTS[Doubt.CLOSE][1])
    of_100 = round(100 * answer.probability)
    st.markdown(
        f"{words.percent(answer.probability)} sure: of 100 such answers to photos of its kinds about "
        f"{min(of_100, 99)} are right."
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


def _where(
    model: Model, classifier: Classifier, name: str, given: PhotoSource, answer: Answer
) -> tuple[grad_cam.Heat | None, float]:
    """The controls of "where it looked", and the map to lay over the photo; None where there is none to show."""
    shown = session.WITH_MAP.get()
    st.button(  # no switch: while one of those has the focus the arrow keys don't turn over
        "Hide where it looked" if shown else "Show where it looked",
        icon=":material/visibility_off:" if shown else ":material/visibility:",
        key="predict-where-button",
        on_click=session.WITH_MAP.set,
        args=(not shown,),
        help="Grad-CAM: which places of the photo speak for an answer (Selvaraju et al. 2017, *Grad-CAM: visual "
        "explanations from deep networks via gradient-based localization*). The map has few places, so it is coarse.",
    )
    if not shown:
        return None, 0.0
    labels = [label for label, _ in answer.probabilities[:FRONT]]
    label = st.segmented_control(
        "What speaks for", labels, required=True, format_func=markdown.plain, **session.map_label(name).choice(labels)
    )
    opacity = st.slider("Strength of the colours", 0, 100, **session.MAP_OPACITY.widget(50), format="%d %%", step=5)
    try:
        heat = _remembered(
            session.HEAT_MAPS.get(),
            (name, str(model.folder), model.created, label),
            lambda: classifier.heat(given.read(), label),
        )
    except AppError as error:
        st.error(markdown.plain(str(error)), icon=":material/error:")
        return None, 0.0
    thing = markdown.plain(words.with_article(label))
    if not np.any(heat):
        st.caption(f"Nothing in this photo speaks for {thing}: the map is empty.")
        return None, 0.0
    st.caption(f"Bright places speak for {thing}, dark ones don't. It shows where the model looked, not why.")
    return heat, opacity / 100


def _pixels(data: bytes) -> photos.Pixels:
    """The photo upright and in its own proportions. Raises PhotoError."""
    image = Image.fromarray(photos.decode(data, at_least=SIDE))
    image.thumbnail((SIDE, SIDE))
    return np.asarray(image)


def forget_all_but(given: dict[str, PhotoSource]) -> None:
    """Forget the pictures and maps of photos that are no longer there."""
    for memory in (session.PICTURES.get(), session.HEAT_MAPS.get()):
        for gone in [name for name in memory if name[0] not in given]:
            del memory[gone]


def _remembered(memory: dict[tuple[str, ...], Any], name: tuple[str, ...], compute: Callable[[], Any]) -> Any:
    """The last few results of something slow; held by this session alone and not copied, as caches would."""
    memory[name] = memory.pop(name) if name in memory else compute()
    for old in list(memory)[:-MOST_KEPT]:
        del memory[old]
    return memory[name]
