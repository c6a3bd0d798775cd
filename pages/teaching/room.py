"""A lesson from the inside: its kinds with their photos, the answers, and how good they are."""

import streamlit as st

from core.answering.shelf import Model
from core.datasets import catalogue
from core.errors import AppError
from core.teaching import draft, lesson
from core.teaching.draft import Outcome
from pages.frame import access, address, markdown, page, session
from pages.teaching import adding, keeping, kinds, naming, practice, questions, score, watch

SCORE, LABEL, KEEP = "How good is it?", "Label next", "Save and use"
SECTIONS = (SCORE, LABEL, KEEP)


def show(name: str) -> None:
    """Draw the lesson of that dataset."""
    adding.take_photos(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        address.LESSON.back_button("All lessons", "teach-close")
        st.subheader(markdown.plain(catalogue.title(name)), anchor=False)
        naming.popover(name)
    outcome = draft.read(name)
    model = _model(name, outcome)
    photos = lesson.by_kind(name)
    progress = st.container()  # where photos are being added, above everything that moves
    left, right = st.columns([3, 2], gap="large")
    with left:
        adding.notices(name)
        kinds.show(name, photos, outcome)
    with right:
        watch.show(name, outcome, lesson.counts(photos), model.labels if model else ())
        questions.show(name, photos, model, outcome)
    with st.container():
        _sections(name, photos, outcome, model)
    with progress:
        adding.carry_out(name)


def _model(name: str, outcome: Outcome | None) -> Model | None:
    """The lesson's model; None if there is none, or if it is damaged: then it is made again."""
    try:
        return draft.model(name, outcome) if outcome else None
    except AppError:
        if not access.is_read_only():
            draft.forget(name)
        return None


def _sections(name: str, photos: dict[str, list[lesson.Row]], outcome: Outcome | None, model: Model | None) -> None:
    section = st.segmented_control(
        "Section", SECTIONS, required=True, label_visibility="collapsed", **session.TEACH_SECTION.buttons(SCORE)
    )
    with st.container(), page.errors():
        if section == LABEL:
            practice.show(name, outcome)
        elif section == KEEP:
            keeping.show(name, model)
        else:
            score.show(name, photos, outcome, model)
