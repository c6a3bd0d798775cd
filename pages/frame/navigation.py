"""The menu of pages, and the ways from one page to another.

A button that calls `st.switch_page` leaves a gap: the browser learns of the new page from the answer, and a tick of a
fragment that it sends meanwhile still names the old page. The server then runs that tick for a page that is gone, and
the browser clears the new one. A link has no such gap: the browser itself goes to the new page. So every way to another
page is a link; one that has something to do first is a button whose answer is a link that clicks itself (decision 18).
"""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.frame import browser, session

PAGES = {  # title, icon and one sentence of each page
    "home": ("Home", "checkroom", "Three doors: see what augmentation does, train a model, ask about a photo."),
    "augment": ("Augment", "transform", "See what each transform does to a photo before you train with it."),
    "train": ("Train", "show_chart", "Choose the settings, start a training run and watch its curves grow."),
    "compare": ("Compare", "compare_arrows", "Compare finished runs: settings, scores and curves."),
    "predict": ("Predict", "photo_camera", "Drop in photos of clothes and see what the best saved model answers."),
    "data": ("Data", "folder_open", "The photo collections to train with: add a folder or a zip, or download one."),
}
LINK = "leave"  # the key of the container with the link that clicks itself


def menu() -> StreamlitPage:
    """Show the menu and return the page that is asked for."""
    session.INSIDE_APP.set(True)
    current = _menu()
    session.PAGE.set(current.title)
    return current


def ensure_app() -> None:
    """Called by each page: start again if app.py is not around it.

    Until st.navigation has been called once, Streamlit takes a folder called pages for its older kind of app and runs
    a page by itself: whoever follows a link to a page right after a start would see it without menu and status.
    """
    if not session.INSIDE_APP.get():
        _menu()
        st.rerun()


def link(page: str, label: str, icon: str, help: str | None = None) -> None:
    """A link to another page."""
    st.page_link(_file(page), label=label, icon=icon, width="stretch", help=help)


def lead(
    page: str,
    label: str,
    icon: str,
    act: Callable[..., object],
    arguments: Sequence[object] = (),
    disabled: bool = False,
    help: str | None = None,
    primary: bool = False,
    stretch: bool = True,
) -> None:
    """A button that calls `act` and leads to another page."""
    st.button(
        label,
        icon=icon,
        type="primary" if primary else "secondary",
        width="stretch" if stretch else "content",
        key=f"lead-{page}",  # without the label, which may hold a time that changes
        disabled=disabled,
        help=help,
        on_click=_leave_after,
        args=(page, act, *arguments),
    )
    if session.LEAVING.get():  # in a fragment: the whole page gives way to the link
        st.rerun()


def is_leaving() -> bool:
    """Whether a button leads away from this page; then a link that clicks itself is all that is drawn.

    The run has to come to its normal end, without `st.stop`: only then the old page's fragments are forgotten.
    """
    leaving = session.LEAVING.get()
    if leaving is None:
        return False
    start, to, number = leaving
    if session.PAGE.get() != start:  # it has arrived, or the person went elsewhere
        session.LEAVING.clear()
        return False
    with st.container(key=LINK):
        st.page_link(_file(to), label=f"To {PAGES[to][0]} …")
    browser.follow_link(number)
    return True


def _leave_after(page: str, act: Callable[..., object], *arguments: object) -> None:
    act(*arguments)
    number = session.LEFT.get() + 1
    session.LEFT.set(number)
    session.LEAVING.set((session.PAGE.get(), page, number))


def _file(page: str) -> str:
    return f"pages/{page}.py"


def _menu() -> StreamlitPage:
    return st.navigation(
        [
            st.Page(_file(name), title=title, icon=f":material/{icon}:", default=name == "home", help=sentence)
            for name, (title, icon, sentence) in PAGES.items()
        ]
    )
