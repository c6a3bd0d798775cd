"""Every key of the session's state, with its type: no other module of the pages touches `st.session_state`.

A value is one of two kinds. A `Key` holds what no widget shows: the steps of the recipe, the photos on Predict. A
`Control` holds what exactly one widget shows, under the widget's own key. Two habits of Streamlit lose what people do,
and this module is the one place that deals with them (decision 18):

- The state of a widget that is not drawn is forgotten, so a form would be empty after a visit to another page. A
  Control asks Streamlit to keep it for the session.
- A browser sends the values of *all* widgets with each click. If the program has just set one of them, a browser that
  has not heard of it yet sends the old value, and Streamlit takes it for a choice. So a Control that is set by the
  program becomes a new widget, with another key: what the browser still says about the old one concerns nobody.

A click can end the run before it at every access to the session's state, within callbacks too. So a callback makes one
write that counts. What takes several is a request in a Key, which the page carries out and clears last.
"""

from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")
VERSIONS = "control-versions"  # how often the program has set each Control
_names: set[str] = set()


class Key(Generic[T]):
    """A value of the session that no widget holds."""

    def __init__(self, name: str, first: Callable[[], T]) -> None:
        """`first` makes the value that it has at the start of a session. Raises ValueError for a name used twice."""
        if name in _names:
            raise ValueError(f"The session key {name!r} is used twice.")
        _names.add(name)
        self.name, self._first = name, first

    def get(self) -> T:
        """The value; one that can be changed in place is the session's own."""
        if self.name not in st.session_state:
            st.session_state[self.name] = self._first()
        value: T = st.session_state[self.name]
        return value

    def set(self, value: T) -> None:
        st.session_state[self.name] = value

    def clear(self) -> None:
        """Back to what it was at the start of the session."""
        st.session_state.pop(self.name, None)


class Control(Generic[T]):
    """The value of one widget, which takes its arguments from `widget` and nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def key(self) -> str:
        """The widget's key: another one after each time that the program has set the value."""
        _, version = self._versions()
        return f"{self.name}-{version}" if version else self.name

    def widget(self, first: T) -> dict[str, Any]:
        """The arguments `key` and `persist_state` of the widget, which starts with the value `first`."""
        st.session_state.setdefault(self.key, first)
        return {"key": self.key, "persist_state": "session"}

    def choice(self, options: Collection[T], first: T | None = None) -> dict[str, Any]:
        """`widget` for one of some options; `first`, or the first of them, replaces a choice that no longer exists."""
        at_first = next(iter(options)) if first is None else first
        if self.get(at_first) not in options:
            self.set(at_first)
        return self.widget(at_first)

    def get(self, first: T) -> T:
        """The value, or `first` while the widget has not been drawn."""
        value: T = st.session_state.get(self.key, first)
        return value

    def set(self, value: T) -> None:
        """Set the value before the widget is drawn, or from a callback. The same value again changes nothing."""
        before = self.key
        if before in st.session_state and st.session_state[before] == value:
            return
        versions, version = self._versions()
        st.session_state[f"{self.name}-{version + 1}"] = value
        versions[self.name] = version + 1  # the write that counts, in place: no click can end the run within it
        st.session_state.pop(before, None)

    def forget(self) -> None:
        """Let the widget start again with its first value."""
        before = self.key
        versions, version = self._versions()
        versions[self.name] = version + 1
        st.session_state.pop(before, None)

    def _versions(self) -> tuple[dict[str, int], int]:
        versions: dict[str, int] = st.session_state.setdefault(VERSIONS, {})
        return versions, versions.get(self.name, 0)
