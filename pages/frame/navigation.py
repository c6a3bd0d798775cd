"""The menu of pages, and links and buttons that open another page.

`st.switch_page` leaves a gap: the browser only learns about the new page from the answer, and ticks of fragments that
it sends before still name the old page. The server then runs such a tick for the old page, and the browser clears the
new one. A link has no such gap, because the browser itself opens the new page. So only links open pages. A button that
has to do something first draws a link that clicks itself (decision 18).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st
from PIL import Image
from streamlit.navigation.page import StreamlitPage

from core.datasets import drawn
from pages.frame import browser, session
from pages.frame.state import Leaving

PAGES = {  # title, icon and one sentence of each page
    "home": ("Home", "checkroom", "Three doors: see what augmentation does, train a model, ask about a photo."),
    "teach": ("Teach", "school", "Show it a few photos of each kind, and it learns to tell them apart."),
    "augment": ("Augment", "transform", "See what each transform does to a photo before you train with it."),
    "train": ("Train", "show_chart", "Choose settings, start a training run and watch its curves grow."),
    "compare": ("Compare", "compare_arrows", "Compare finished runs: settings, scores and curves."),
    "predict": (
        "Predict",
        "photo_camera",
        "Drop in photos and see what a saved model thinks they show.",
    ),
    "data": ("Data", "folder_open", "Photo collections to train with: add a folder or a zip, or download one."),
}
LINK = "leave"  # the key of the container with the link that clicks itself


def menu() -> StreamlitPage:
    """Show the menu and return the current page."""
    session.INSIDE_APP.set(True)
    current = _menu()
    session.PAGE.set(current.title)
    return current


def ensure_app() -> None:
    """Start again inside app.py if Streamlit runs a page on its own. Every page calls this.

    Before the first call of st.navigation, Streamlit treats a folder named pages as its older kind of app and runs a
    page on its own. Someone who opens a link to a page right after a start would see it without menu and status.
    """
    if not session.INSIDE_APP.get():
        _menu()
        st.rerun()


def link(
    page: str,
    label: str,
    icon: str,
    help: str | None = None,
    query: Mapping[str, str] | None = None,
    stretch: bool = True,
) -> None:
    """Draw a link to another page, with a `query` in its address."""
    width: Literal["stretch", "content"] = "stretch" if stretch else "content"
    st.page_link(_file(page), label=label, icon=icon, width=width, help=help, query_params=dict(query or {}))


def button(
    page: str,
    label: str,
    icon: str,
    action: Callable[..., object],
    arguments: Sequence[object] = (),
    disabled: bool = False,
    help: str | None = None,
    primary: bool = False,
    stretch: bool = True,
    query: Mapping[str, str] | None = None,
    key: str = "",
) -> None:
    """Draw a button that calls `action` and opens another page, with a `query` in its address.

    Of two that open the same page, one needs a `key`.
    """
    st.button(
        label,
        icon=icon,
        type="primary" if primary else "secondary",
        width="stretch" if stretch else "content",
        key=f"lead-{key or page}",  # without the label: it may contain a time, which changes
        disabled=disabled,
        help=help,
        on_click=_leave_after,
        args=(page, query or {}, action, *arguments),
    )
    if session.LEAVING.get():  # in a fragment: draw the whole page anew, as a link
        st.rerun()


def is_leaving() -> bool:
    """Whether a button is opening another page. If so, only draw a link that clicks itself.

    The script must reach its normal end, without `st.stop`. Otherwise Streamlit keeps the fragments of the old page.
    """
    leaving = session.LEAVING.get()
    if leaving is None:
        return False
    if session.PAGE.get() != leaving.start:  # the new page is open, or the person chose another one
        session.LEAVING.clear()
        return False
    with st.container(key=LINK):
        st.page_link(_file(leaving.target), label=f"To {PAGES[leaving.target][0]} …", query_params=dict(leaving.query))
    browser.follow_link(leaving.number)
    return True


def _leave_after(page: str, query: Mapping[str, str], action: Callable[..., object], *arguments: object) -> None:
    action(*arguments)
    number = session.DEPARTURES.get() + 1
    session.DEPARTURES.set(number)
    session.LEAVING.set(Leaving(session.PAGE.get(), page, number, query))


def _file(page: str) -> str:
    return f"pages/{page}.py"


def _menu() -> StreamlitPage:
    # before the menu, always: for a page without an icon of its own, the browser would ask Google for the menu's icon
    st.set_page_config(page_title="Fitting Room", page_icon=_icon(), layout="wide")
    return st.navigation(
        [
            st.Page(_file(name), title=title, icon=f":material/{icon}:", default=name == "home", help=sentence)
            for name, (title, icon, sentence) in PAGES.items()
        ]
    )


@st.cache_data(show_spinner=False)
def _icon() -> Image.Image:
    """The icon of the browser tab. It is drawn here, because an icon from the web would be missing offline."""
    return drawn.garment("t-shirt", 7, 64)
