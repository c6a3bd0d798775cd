"""What an opened dataset has, and its check: the button, the progress, and how much is left to decide."""

from datetime import datetime

import streamlit as st

from core import words
from core.datasets import latest, review
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.reviewing import check, findings
from pages.frame import access, markdown, page
from pages.reviewing import queue

PROGRESS_SECONDS = 1.0  # s between two looks at a running check
NEWS_SECONDS = 3.0  # s between two looks for decisions


def button(name: str) -> None:
    """Draw the button that starts a check; nothing on a read-only server."""
    if access.is_read_only():
        return
    st.button(
        "Check again" if findings.read(name) else "Check the photos",
        icon=":material/fact_check:",
        key=f"check-{name}",
        disabled=_is_running(name),
        on_click=page.attempt,
        args=(check.start, name),
        help="Looks for photos that can't be used, copies, doubtful classes, backdrops that are in several splits, and "
        "classes with too few photos. It goes on when you leave this page.",
    )


def show(name: str) -> None:
    """Draw what the dataset has, and the progress of a running check or the date of the last one. Decisions of this
    browser and of others show by themselves."""
    is_running = _is_running(name)
    with st.container():  # always there, so that nothing below moves
        seconds = PROGRESS_SECONDS if is_running else NEWS_SECONDS
        st.fragment(page.fragment(_state), run_every=seconds, key=f"state-{name}")(name, is_running)


def _is_running(name: str) -> bool:
    status = check.status(name)
    return bool(status and status.running)


def _state(name: str, was_running: bool) -> None:
    status = check.status(name)
    if _is_running(name) != was_running:  # the button and the section must change too
        st.rerun()
    st.markdown(_summary(latest.load(name)))
    if status and status.running:
        st.progress(min(1.0, status.share), f"Checking: {markdown.plain(status.words)}")
        return
    if status and status.error:
        st.error(markdown.plain(status.error), icon=":material/error:")
    if result := findings.read(name):
        st.caption(_when(name, result))


def _summary(dataset: Dataset) -> str:
    """The numbers of photos and classes, and what a review has changed, as Markdown."""
    kind = "drawing" if dataset.is_drawn else "photo"
    sizes = {split: len(photos) for split, photos in dataset.splits.items()}
    listed = ", ".join(f"{size:,} {SPLIT_WORDS[split]}" for split, size in sizes.items())
    changes = review.of(dataset.name).changes()
    left_out = sum(change.left_out for change in changes.values())
    moved = sum(bool(change.label or change.split) and not change.left_out for change in changes.values())
    parts = [f"{words.count(sum(sizes.values()), kind)} in {words.classes(len(dataset.classes))}: {listed}"]
    if left_out:
        parts.append(f"{left_out:,} left out by the review")
    if moved:
        parts.append(f"{moved:,} moved by the review")
    return markdown.plain(" · ".join(parts))


def _when(name: str, result: findings.Findings) -> str:
    moment = datetime.fromisoformat(result.date)
    standing = review.of(name)
    to_decide = sum(bool(finding.doubtful) for finding in queue.left(name, result))
    general = sum(not finding.doubtful for finding in result.findings)
    parts = [words.count(len(result.findings), "finding"), f"{to_decide:,} to decide about"]
    if general:
        parts.append(f"{general:,} about the dataset as a whole")
    later = [decision for decision in standing.standing if decision.date > result.date]
    changed = f" {words.count(len(later), 'decision')} since then: check again to see their effect." if later else ""
    checked = f"Checked {words.count(result.photos, 'photo')} on {moment:%d %b %Y at %H:%M}"
    return f"{checked}: {', '.join(parts)}.{changed}"
