"""The small menu that puts one answer right: this is a …, a new kind, or none of its classes."""

from collections.abc import Mapping

import streamlit as st

from core import words
from core.answering.shelf import Model
from core.answering.tables import Result
from core.photos.album import PhotoSource
from core.teaching.kinds import NONE
from pages.frame import markdown, page, session
from pages.predicting import correcting

NEW = "a new kind …"


def show(model: Model, photos: Mapping[str, PhotoSource], name: str, result: Result) -> None:
    """Draw the menu for a photo, or what was said about it."""
    assert result.answer is not None
    if result.corrected is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            said = markdown.plain(words.with_article(result.answer.label))
            is_confirmed = result.corrected == result.answer.label
            st.caption(
                "You confirmed this answer." if is_confirmed else f"You put this right. The model had said: {said}.",
                width="content",
            )
            st.button(
                "Undo",
                type="tertiary",
                key=f"predict-right-undo-{name}",
                on_click=page.attempt,
                args=(correcting.take_back, name),
            )
        return
    kinds = [*model.labels, *correcting.new_kinds(model)]
    others = [kind for kind in kinds if kind not in (result.answer.label, NONE)]
    options = [*others, NEW, *([NONE] if result.answer.label != NONE else [])]
    with st.popover("Wrong? Put it right", icon=":material/edit:", key=f"predict-right-{name}"):
        choice = st.selectbox(
            "This is",
            options,
            **session.put_right(name, "class").choice(options),
            format_func=lambda kind: kind if kind in (NEW, NONE) else words.with_article(kind),
        )
        if choice == NEW:
            st.text_input("The new kind", **session.put_right(name, "kind").widget(""), max_chars=100)
        st.button(
            "Put it right",
            type="primary",
            key=f"predict-right-button-{name}",
            on_click=page.attempt,
            args=(_say, model, photos, name, options),
        )


def _say(model: Model, photos: Mapping[str, PhotoSource], name: str, options: list[str]) -> None:
    choice = session.put_right(name, "class").get(options[0])
    if choice == NEW:
        label = correcting.class_of(model, session.put_right(name, "kind").get(""))
    else:
        label = correcting.class_of(model, NONE) if choice == NONE else choice
    correcting.say(model, photos, [name], label)
