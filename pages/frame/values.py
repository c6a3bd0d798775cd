"""Every key of the session's state, with its type: no other module of the pages touches `st.session_state`.

There are two kinds of values. A `Key` holds a value that no widget shows: the steps of the recipe, the photos on
Predict. A `Control` holds the value of exactly one widget, under the widget's own key. Streamlit would lose what people
do in three ways, and only this module deals with them (decision 18):

- Streamlit forgets the state of a widget that is not drawn, so a form would be empty after a visit to another page. A
  Control asks Streamlit to keep it for the session.
- A browser that has dropped a widget, because a run ended early, starts it again with its default value, and sends that
  with the next click. So the default value of a Control's widget is always its current value.
- A browser sends the values of *all* widgets with each click. If the program has just set one of them, a browser that
  does not know this yet sends the old value, and Streamlit takes it for a choice. So when the program sets a Control,
  the Control becomes a new widget with another key. Late values of the old widget have no effect.

A click can end the previous run at every access to the session's state; only callbacks run to their end
(`pages.frame.turns`). A change that takes several writes is a request in a Key. The page carries it out and clears it
last.
"""

from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")
VERSIONS = "control-versions"  # how often the program has set each Control
_names: set[str] = set()


class Key(Generic[T]):
    """A value of the session that no widget holds."""

    def __init__(self, name: str, initial: Callable[[], T]) -> None:
        """`initial` makes the value at the start of a session. Raises ValueError for a name used twice."""
        if name in _names:
            raise ValueError(f"The session key {name!r} is used twice.")
        _names.add(name)
        self.name, self._initial = name, initial

    def get(self) -> T:
        """Return the value itself, not a copy: a change in place stays."""
        if self.name not in st.session_state:
            st.session_state[self.name] = self._initial()
        value: T = st.session_state[self.name]
        return value

    def set(self, value: T) -> None:
        st.session_state[self.name] = value

    def clear(self) -> None:
        """Go back to the initial value."""
        st.session_state.pop(self.name, None)


class Control(Generic[T]):
    """The value of one widget. The widget takes its key only from `widget` or `choice`."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def key(self) -> str:
        """The widget's key, which changes each time the program sets the value."""
        _, version = self._versions()
        return f"{self.name}-{version}" if version else self.name

    def widget(self, initial: T) -> dict[str, Any]:
        """The arguments key, value and persist_state of a slider, field or switch, which starts with `initial`."""
        return self._arguments(value=self._current(initial))

    def buttons(self, initial: T) -> dict[str, Any]:
        """The arguments key, default and persist_state of a segmented control or pills."""
        return self._arguments(default=self._current(initial))

    def choice(self, options: Collection[T], initial: T | None = None) -> dict[str, Any]:
        """The arguments key, index and persist_state of a selectbox.

        `initial`, or the first option, also replaces a choice that is not among `options`.
        """
        initial = next(iter(options)) if initial is None else initial
        if self.get(initial) not in options:
            self.set(initial)
        return self._arguments(index=list(options).index(self._current(initial)))

    def _current(self, initial: T) -> T:
        """The value, which is `initial` at first."""
        value: T = st.session_state.setdefault(self.key, initial)
        return value

    def _arguments(self, **value: object) -> dict[str, Any]:
        return {"key": self.key, "persist_state": "session", **value}

    def get(self, initial: T) -> T:
        """The value, or `initial` while the widget has not been drawn."""
        value: T = st.session_state.get(self.key, initial)
        return value

    def set(self, value: T) -> None:
        """Set the value before the widget is drawn, or from a callback. The same value again changes nothing."""
        old_key = self.key
        if old_key in st.session_state and st.session_state[old_key] == value:
            return
        versions, version = self._versions()
        st.session_state[f"{self.name}-{version + 1}"] = value
        versions[self.name] = version + 1  # the write that counts, in place: no click can end the run within it
        st.session_state.pop(old_key, None)

    def forget(self) -> None:
        """Let the widget start again with its initial value."""
        old_key = self.key
        versions, version = self._versions()
        versions[self.name] = version + 1
        st.session_state.pop(old_key, None)

    def _versions(self) -> tuple[dict[str, int], int]:
        versions: dict[str, int] = st.session_state.setdefault(VERSIONS, {})
        return versions, versions.get(self.name, 0)
