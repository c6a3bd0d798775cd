"""The title of a lesson, what it is built on, and its end."""

import streamlit as st

from core.answering import shelf
from core.datasets import catalogue, managing, titles
from core.teaching import lesson
from pages.frame import access, address, page, session


def popover(name: str) -> None:
    """Draw the popover in which a lesson is renamed or removed; nothing on a read-only server."""
    if access.is_read_only():
        return
    with st.popover(
        "",
        icon=":material/more_vert:",
        help="Rename or remove this lesson, or build it on another model",
        type="tertiary",
    ):
        control = session.lesson(name, "title")
        st.text_input("Title", max_chars=titles.LONGEST_TITLE, **control.widget(catalogue.title(name)))
        st.button("Rename", key=f"teach-rename-{name}", on_click=page.attempt, args=(_rename, name))
        _base(name)
        st.caption("Removing deletes the photos that were added here. Models that you saved stay.")
        st.button(
            "Remove this lesson",
            icon=":material/delete:",
            key=f"teach-remove-{name}",
            on_click=page.attempt,
            args=(_remove, name),
        )


def _base(name: str) -> None:
    """Let the person choose the model whose network sees the photos."""
    current = lesson.of(name).base
    names = list(dict.fromkeys([current, shelf.STARTER, *(model.name for model in shelf.models())]))
    base = st.selectbox(
        "Built on",
        names,
        format_func=shelf.title,
        help="The saved model whose network looks at the photos. The starter knows clothes. A model of yours that was "
        "fine-tuned on similar photos may do better.",
        **session.lesson(name, "base").choice(names, current),
    )
    st.button("Build on it", key=f"build-on-{name}", on_click=page.attempt, args=(lesson.set_base, name, base))


def _rename(name: str) -> None:
    control = session.lesson(name, "title")
    managing.rename(name, control.get(catalogue.title(name)))
    control.forget()


def _remove(name: str) -> None:
    managing.remove(name)
    address.LESSON.follow("")
