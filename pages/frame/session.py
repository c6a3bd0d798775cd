"""The session's state."""

import math
import time
from collections.abc import Collection
from typing import Any

import streamlit as st

LATE = "shown-before"  # what controls showed before their last change, and when that was
LATE_SECONDS = 3.0  # in which a busy browser may not have heard of it


def kept(key: str, default: Any) -> dict[str, Any]:
    """The arguments `key` and `persist_state` of a widget whose value is remembered for the session; at first it is
    `default`, afterwards st.session_state[key].

    Without `persist_state` Streamlit forgets the state of widgets that are not drawn, and with it a form while one
    looks at another page. It also tells the browser the value again where a click ended the run that was to tell it;
    else the browser would begin with an empty field, and that would be what the form holds (decision 16).
    """
    st.session_state.setdefault(key, default)
    return {"key": key, "persist_state": "session"}


def kept_choice(key: str, options: Collection[Any]) -> dict[str, Any]:
    """`kept` for a choice among options that may vanish: the first of them takes the place of one that is lost."""
    first = next(iter(options))
    if st.session_state.get(key, first) not in options:
        st.session_state[key] = first
    return kept(key, first)


def shown(key: str, value: Any) -> str:
    """The key of a control that shows `value`, which other things change too.

    A browser that has not heard of a change yet sends with the next click once more what it showed before. That looks
    like a choice and would undo the change, whatever made it; the control's callback asks `is_choice` (decision 16).
    """
    if st.session_state.get(key, value) != value:
        st.session_state.setdefault(LATE, {})[key] = (st.session_state[key], time.monotonic())
    st.session_state[key] = value
    return key


def is_choice(key: str) -> bool:
    """Whether what a control of `shown` has now was chosen by a person (in its callback)."""
    before, since = st.session_state.get(LATE, {}).get(key, (None, -math.inf))
    return st.session_state[key] != before or time.monotonic() - since > LATE_SECONDS
