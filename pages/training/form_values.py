"""Controls for values that most people take from a few and some want to type."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.frame import session


def usual(label: str, values: Sequence[Any], key: str) -> None:
    """The usual values of the control above, each a click away."""
    value = st.session_state[key]
    pick = session.shown(f"{key}-usual", value if value in values else None)
    st.segmented_control(
        label,
        values,
        key=pick,
        format_func=lambda value: str(value).removeprefix("0"),  # .0001: four of them fit beside each other
        on_change=_take,
        args=(key, pick),
        label_visibility="collapsed",
        width="stretch",
    )


def _take(key: str, pick: str) -> None:
    """The value that was clicked (a callback); a click on the chosen one leaves it."""
    if st.session_state[pick] is not None and session.is_choice(pick):
        st.session_state[key] = st.session_state[pick]


def typed(title: str, kept: dict[str, Any], explanation: str) -> float | str:
    """A number of any size, as it was typed; what is none is left for the settings' own check to name.

    `kept` comes from `session.kept`.
    """
    text = st.text_input(title, **kept, max_chars=20, help=explanation)
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
