"""Who may see the app, and what a shared server lets people do: its password, folders, queue and disk, and whether
they may change anything."""

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from core.errors import AppError
from core.files import read_only
from core.runs import people
from core.serving import limits, login
from pages.frame import browser, markdown, session

NOT_HERE = "This server is read-only."  # the tooltip of a button that can't work


def check_folder(folder: Path) -> None:
    """Raise AppError if people may not add this folder here."""
    limits.check_folder(folder, is_shared())


def check_new_runs(count: int) -> None:
    """Raise AppError if this person may not queue so many more runs."""
    people.check_queue(_person(), count)
    limits.check_disk()


def note_new_runs(run_ids: Iterable[str]) -> None:
    """Remember that this person has queued these runs."""
    people.note(_person(), run_ids)


def _person() -> str:
    """Who uses this page: the name from the proxy's log-in, else that of the browser that gave the password.

    On a server that is not shared it is empty: there is one person only.
    """
    return _user() or session.BROWSER.get()


def _user() -> str:
    return limits.user(st.context.headers, st.get_option("server.address"))


def is_shared() -> bool:
    """Whether other machines can reach the server."""
    return limits.is_shared(st.get_option("server.address"))


def is_read_only() -> bool:
    """Whether people may only look, augment and predict. Core refuses every change; pages leave out what would fail."""
    return read_only.is_on()


def read_only_line() -> None:
    """Say in the sidebar that the server is read-only; nothing if it is not."""
    if is_read_only():
        st.caption(":material/lock: Read-only: look, augment and predict.", help=read_only.SENTENCE)


def is_granted() -> bool:
    """Whether to show the app. If not, draw the reason or ask for the password."""
    try:
        limits.READ_ONLY.read()
        read_only.enforce(limits.READ_ONLY.read)
        limits.check_host(st.context.headers.get("Host"))
    except AppError as error:
        st.error(markdown.plain(str(error)), icon=":material/gpp_bad:")
        return False
    if not is_shared() or _user() or session.BROWSER.get():
        return True
    if browser_name := login.browser_of(st.context.cookies.get(login.COOKIE)):
        session.BROWSER.set(browser_name)
        return True
    _ask()
    return False


def _ask() -> None:
    """Draw the form for the password."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.form("log-in", border=True):
        st.subheader("Fitting Room", anchor=False)
        st.markdown(
            "This server is shared. Enter its password. If none was set, the terminal that runs the app shows one."
        )
        given = st.text_input("Password", type="password", key="log-in-password")
        if st.form_submit_button("Log in", type="primary", icon=":material/key:"):
            if login.is_password(given):
                session.BROWSER.set(login.new_browser())
                st.rerun()
            st.error("That is not the password. Check it and try again.", icon=":material/error:")


def remember() -> None:
    """Let the browser remember that it gave the password, so that a reload does not ask again."""
    name = session.BROWSER.get()
    if name and not login.browser_of(st.context.cookies.get(login.COOKIE)):
        browser.set_cookie(login.COOKIE, login.token(name))
