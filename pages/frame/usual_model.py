"""The button that makes a model the usual one: it then predicts on Predict, on Home and in the shell."""

import streamlit as st

from core.answering import shelf
from pages.frame import access, page, session


def button(name: str, help: str) -> None:
    """Draw the button for a saved model; nothing on a read-only server."""
    if access.is_read_only():
        return
    st.button("Use it for Predict", icon=":material/keep:", key=f"use-{name}", on_click=_use, args=(name,), help=help)


def _use(name: str) -> None:
    page.attempt(shelf.pin, name)
    session.MODEL.forget()  # a model that was chosen for this visit would go on answering
