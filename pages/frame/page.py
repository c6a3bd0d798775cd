"""What all pages share: title, errors as sentences, and theme."""

import functools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec

import pandas  # noqa: F401 Plotly looks for it among the loaded modules, and would find it half loaded by another session
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import AppError
from core.files import storage_errors
from pages.frame import access, markdown, navigation

P = ParamSpec("P")


class _Errors:
    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Show the error. Returns whether it was an AppError or a disk's; all others go on."""
        sentence = sentence_of(error)
        if sentence:
            if isinstance(error, OSError):
                logging.getLogger(__name__).warning(sentence, exc_info=error)
            st.error(markdown.plain(sentence), icon=":material/error:")
        return bool(sentence)


def sentence_of(error: BaseException | None) -> str:
    """The sentence about an error that a person can mend; empty for all others."""
    if isinstance(error, AppError):
        return str(error)
    return storage_errors.sentence(error) if isinstance(error, OSError) else ""


def fragment(function: Callable[P, None]) -> Callable[P, None]:
    """Let a fragment show errors as the page does: its ticks run without the page around them. Put it below
    st.fragment."""

    @functools.wraps(function)
    def guarded(*arguments: P.args, **settings: P.kwargs) -> None:
        with errors():
            function(*arguments, **settings)

    return guarded


def errors() -> _Errors:
    """A context that shows an AppError, or a full or closed disk, as a sentence, so that the rest can be drawn."""
    return _Errors()


def attempt(action: Callable[..., object], *arguments: object, **settings: object) -> None:
    """Call `action`, as the callback of a button, and show an AppError, or a full or closed disk, as a toast."""
    try:
        action(*arguments, **settings)
    except (AppError, OSError) as error:
        sentence = sentence_of(error)
        if not sentence:
            raise
        st.toast(markdown.plain(sentence), icon=":material/error:", duration="long")


def deletion(
    label: str, sentence: str, button: str, key: str, action: Callable[..., object], *arguments: object,
    disabled: bool = False,
) -> None:  # fmt: skip
    """Draw a popover that says what would be lost, with the button that deletes it; nothing on a read-only server."""
    if access.is_read_only():
        return
    with st.popover(label, icon=":material/delete:", disabled=disabled):
        st.markdown(sentence)
        st.button(button, type="primary", key=key, on_click=attempt, args=(action, *arguments))


def theme() -> str:
    """The browser's theme, "light" or "dark", for the colours of figures."""
    return "dark" if st.context.theme.type == "dark" else "light"


def header(title: str, sentence: str) -> None:
    """Draw the page's title and a sentence that says what the page is for."""
    navigation.ensure_app()
    st.title(title)
    st.markdown(f":gray[{sentence}]")


def parts(count: int) -> list[DeltaGenerator]:
    """So many containers, one below the other, for the parts of a page.

    Streamlit names a fragment by its place on the page. When something above it comes or goes, its name changes, and a
    click that was on its way to it is never drawn. In a container of its own it stays where it is.
    """
    return [st.container() for _ in range(count)]
