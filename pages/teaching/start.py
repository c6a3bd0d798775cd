"""The way into a lesson: type what there is to tell apart, or go on with a lesson."""

import streamlit as st

from core import words
from core.answering.card import Card
from core.datasets import catalogue, growing
from core.errors import AppError, DatasetError
from core.teaching import draft, lesson, quality
from pages.frame import access, address, markdown, page, session
from pages.photos import dataset_picker

MOST_LESSONS = 30
SEPARATORS = str.maketrans({";": ",", "\n": ",", "，": ",", "、": ","})


def show() -> None:
    """Draw the form for a new lesson, the lessons that there are, and the datasets to teach with."""
    if not access.is_read_only():
        _new()
    lessons = lesson.names()
    if lessons:
        st.subheader("Your lessons", anchor=False)
    elif access.is_read_only():
        st.info("There is no lesson on this server, and it is read-only.", icon=":material/school:")
    for name in lessons[:MOST_LESSONS]:
        _entry(name)
    if not access.is_read_only():
        _from_dataset(lessons)


def _new() -> None:
    with st.form("teach-start-form", border=True):
        st.subheader("What should it tell apart?", anchor=False)
        st.text_input(
            "Kinds of things",
            placeholder="summer dress, winter coat, bag",
            help="Type the kinds, separated by commas. You can add, rename and remove kinds at any time.",
            label_visibility="collapsed",
            max_chars=2000,
            **session.LESSON_START.widget(""),
        )
        st.caption("Then show some photos of each. It answers as soon as two kinds have three photos each.")
        st.form_submit_button("Start", icon=":material/school:", type="primary", on_click=page.attempt, args=(_start,))


def _start() -> None:
    """Make a lesson with the kinds that were typed, and open it."""
    kinds = [kind.strip() for kind in session.LESSON_START.get("").translate(SEPARATORS).split(",")]
    kinds = [kind for kind in kinds if kind]
    if not kinds:
        raise DatasetError("Type the kinds of things first, such as: summer dress, winter coat, bag.")
    address.LESSON.follow(lesson.start(kinds))
    session.LESSON_START.set("")


def _entry(name: str) -> None:
    """Draw a lesson with a button that opens it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container():
            st.markdown(f"**{markdown.plain(catalogue.title(name))}**")
            with page.errors():
                st.caption(markdown.plain(_facts(name)))
        st.button(
            "Open",
            icon=":material/arrow_forward:",
            key=f"teach-open-{name}",
            on_click=address.LESSON.follow,
            args=(name,),
        )


def _facts(name: str) -> str:
    counts = {kind: len(photos) for kind, photos in lesson.by_kind(name).items()}
    text = f"{words.count(sum(counts.values()), 'photo')}: {words.listed(counts) or 'no kinds yet'}"
    card = _card(name)
    return f"{text}. {quality.headline(card)}." if card else f"{text}."


def _card(name: str) -> Card | None:
    outcome = draft.read(name)
    try:
        model = draft.model(name, outcome) if outcome else None
    except AppError:  # it is made again when the lesson is opened
        return None
    return model.card if model else None


def _from_dataset(lessons: list[str]) -> None:
    """Offer the datasets that photos can be added to."""
    names = [name for name in catalogue.names() if growing.can_grow(name) and name not in lessons]
    if not names:
        return
    with st.expander("Teach with a dataset", icon=":material/folder_open:"):
        st.markdown("Its classes become the kinds. Photos that you add here are added to the dataset.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Dataset", names, format_func=dataset_picker.label, **session.LESSON_DATASET.choice(names)
            )
            st.button("Open", key="teach-with-dataset", on_click=page.attempt, args=(_open_on, name))


def _open_on(name: str) -> None:
    lesson.open_on(name)
    address.LESSON.follow(name)
