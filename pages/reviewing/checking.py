"""The check of a dataset on Data: its button, its progress, and what its last result means for the score."""

from datetime import datetime

import streamlit as st

from core import words
from core.datasets import review
from core.reviewing import check, findings
from pages.frame import markdown, page


def button(name: str) -> None:
    """Draw the button that starts a check."""
    status = check.status(name)
    st.button(
        "Check again" if findings.read(name) else "Check the photos",
        icon=":material/fact_check:",
        key=f"check-{name}",
        disabled=bool(status and status.running),
        on_click=page.attempt,
        args=(check.start, name),
        help="Looks for photos that can't be used, copies, doubtful classes, backdrops that are in several splits, and "
        "classes with too few photos. It goes on when you leave this page.",
    )


def show(name: str) -> None:
    """Draw the progress of a running check, or when the last one was made."""
    status = check.status(name)
    with st.container():  # always there, so that nothing below moves
        if status and status.running:
            st.fragment(page.fragment(_progress), run_every=1, key=f"checking-{name}")(name)
            return
        if status and status.error:
            st.error(markdown.plain(status.error), icon=":material/error:")
        if result := findings.read(name):
            st.caption(_when(name, result))


def _progress(name: str) -> None:
    status = check.status(name)
    if status is None or not status.running:
        st.rerun()
    st.progress(min(1.0, status.share), f"Checking: {markdown.plain(status.words)}")


def _when(name: str, result: findings.Findings) -> str:
    moment = datetime.fromisoformat(result.date)
    left = len(result.unsettled(review.of(name).settled()))
    later = [decision for decision in review.of(name).standing if decision.date > result.date]
    changed = f" {words.count(len(later), 'decision')} since then: check again to see their effect." if later else ""
    return (
        f"Checked {words.count(result.photos, 'photo')} on {moment:%d %b %Y at %H:%M}: "
        f"{words.count(len(result.findings), 'finding')}, {left:,} to decide about.{changed}"
    )
