"""The title of a lesson, and its end."""

import streamlit as st

from core.datasets import catalogue, managing, titles
from pages.frame import address, page, session


def popover(name: str) -> None:
    """Draw the popover in which a lesson is renamed or removed."""
    with st.popover("", icon=":material/more_vert:", help="Rename or remove this lesson", type="tertiary"):
        control = session.lesson(name, "title")
        st.text_input("Title", max_chars=titles.LONGEST_TITLE, **control.widget(catalogue.title(name)))
        st.button("Rename", key=f"teach-rename-{name}", on_click=page.attempt, args=(_rename, name))
        st.caption("Removing deletes the photos that were added here. Models that you saved stay.")
        st.button(
            "Remove this lesson",
            icon=":material/delete:",
            key=f"teach-remove-{name}",
            on_click=page.attempt,
            args=(_remove, name),
        )


def _rename(name: str) -> None:
    control = session.lesson(name, "title")
    managing.rename(name, control.get(catalogue.title(name)))
    control.forget()


def _remove(name: str) -> None:
    managing.remove(name)
    address.LESSON.follow("")
