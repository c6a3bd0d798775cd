"""What surrounds every page: title, errors as sentences, theme, icon and ways to other pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from PIL import Image

from core.datasets import drawn
from core.errors import AppError
from pages.frame import markdown, navigation


@contextmanager
def errors() -> Iterator[None]:
    """Show what a person can mend as one sentence, and go on with the rest of the page."""
    try:
        yield
    except AppError as error:
        st.error(markdown.plain(str(error)), icon=":material/error:")


def attempt(action: Callable[..., object], *arguments: object, **settings: object) -> None:
    """Call `action`, as the callback of a button; what a person can mend becomes a toast."""
    try:
        action(*arguments, **settings)
    except AppError as error:
        st.toast(markdown.plain(str(error)), icon=":material/error:", duration="long")


def theme() -> str:
    """ "light" or "dark", as the person's browser shows it; figures are coloured for it."""
    return "dark" if st.context.theme.type == "dark" else "light"


@st.cache_data(show_spinner=False)
def icon() -> Image.Image:
    """The browser tab's icon, drawn here: one from the web would be missing offline."""
    return drawn.garment("t-shirt", 7, 64)


def header(title: str, sentence: str) -> None:
    """A page's title and the one sentence that says what it is for."""
    navigation.ensure_app()
    st.title(title)
    st.markdown(f":gray[{sentence}]")
