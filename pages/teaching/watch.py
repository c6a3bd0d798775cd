"""Follows the process that learns a lesson: starts it, shows how far it is, and redraws the page when it is done."""

import streamlit as st

from core.files import storage_errors
from core.teaching import draft, quality, teacher
from core.teaching.draft import Outcome
from pages.frame import access, markdown, page, session

LEARNING, IDLE = 0.5, 2.0  # s between two looks


def show(name: str, outcome: Outcome | None, counts: dict[str, int], labels: tuple[str, ...]) -> None:
    """Draw what the model of a lesson is doing, or what it lacks. `labels` are the kinds that it knows."""
    is_current = teacher.is_current(name, outcome)
    tick = st.fragment(page.fragment(_tick), run_every=IDLE if is_current else LEARNING, key=f"teach-watch-{name}")
    tick(name, outcome, counts, labels, is_current)


def _tick(
    name: str, outcome: Outcome | None, counts: dict[str, int], labels: tuple[str, ...], was_current: bool
) -> None:
    now = draft.read(name)
    is_current = teacher.is_current(name, now)
    state = session.lesson_state(name)
    if now != outcome or is_current != was_current or state.is_changed:
        state.is_changed = False
        st.rerun()
    needs = quality.missing(counts)
    if is_current:
        _done(counts, labels, needs, outcome.unreadable if outcome else 0)
        return
    if access.is_read_only():
        st.info("The photos have changed since it learned them, and this server is read-only.", icon=":material/lock:")
        return
    try:
        status = teacher.ensure(name)
    except OSError as error:
        st.error(storage_errors.sentence(error) or "The process that learns could not be started.")
        return
    if status and status.error:
        st.error(markdown.plain(status.error), icon=":material/error:")
        st.button("Try again", key=f"teach-retry-{name}", on_click=page.attempt, args=(teacher.retry, name))
        return
    if needs and not any(counts.values()):
        st.info(markdown.plain(needs), icon=":material/add_a_photo:")
        return
    words = status.words if status and status.words not in ("", "starting", "done") else "Learning …"
    st.progress(min(1.0, status.share if status else 0.0), markdown.plain(words))


def _done(counts: dict[str, int], labels: tuple[str, ...], needs: str, unreadable: int) -> None:
    """Say what has been learned, or what is missing before anything can be."""
    if labels:
        st.caption(f":material/check_circle: {markdown.plain(quality.progress(counts, labels, unreadable))}")
    elif needs:
        st.info(markdown.plain(needs), icon=":material/add_a_photo:")
    else:
        st.warning(
            "Too few of these photos can be read: it needs two kinds with three readable photos each. *Data* says what "
            "is wrong with them.",
            icon=":material/broken_image:",
        )
