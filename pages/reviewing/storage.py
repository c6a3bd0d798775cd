"""The disk on Data: what the workspace takes, and the cache's clean-up."""

from datetime import datetime

import streamlit as st

from core import words
from core.files import cache, disk
from core.runs import launch
from pages.frame import page, session

KINDS = {
    "datasets": "Unpacked datasets",
    "models": "Saved models",
    "runs": "Runs and curves",
    "recipes": "Saved recipes",
    "pixels": "Cached photos, resized",
    "features": "Cached features",
    "backbones": "Cached backbones",
    "downloads": "Unfinished downloads",
}


def show() -> None:
    """A table by kind, and the button that cleans the caches."""
    st.subheader("Disk", anchor=False)
    with st.container():  # always there, so that nothing below moves when the message goes
        if done := session.CLEANED.get():
            in_use = f"; {words.count(done.in_use, 'item')} in use stayed" if done.in_use else ""
            st.success(f"{words.size(done.bytes)} freed{in_use}.", icon=":material/check_circle:")
    with page.errors():
        _usage()


def _usage() -> None:
    usage = disk.usage()
    st.dataframe(
        [
            {
                "What": KINDS[kind.kind],
                "Size": words.size(kind.bytes),
                "Files": kind.files,
                "Last used": f"{datetime.fromtimestamp(kind.used):%Y-%m-%d %H:%M}" if kind.used else "–",
            }
            for kind in usage
        ],
        hide_index=True,
    )
    cached = sum(kind.bytes for kind in usage if kind.is_cache)
    st.caption(
        f"The caches take {words.size(cached)}. What was used least recently is deleted when they would take more than "
        f"{words.size(cache.limit())}, or when the disk is nearly full ({words.size(cache.free())} are free). You can "
        "delete a saved model on Predict, at its card, and a run on Train."
    )
    # another key after each clean-up: a new popover is closed
    with st.popover("Clean the caches", icon=":material/mop:", key=f"disk-cleaning-{session.CLEANINGS.get()}"):
        st.markdown("You only lose time: what is needed again is computed again from the photos.")
        if launch.is_working():
            st.markdown(":material/play_circle: A training process is running; the files it uses stay.")
        st.button("Delete unused files", type="primary", key="disk-clean", on_click=_clean)


def _clean() -> None:
    session.CLEANED.set(cache.clean())
    session.CLEANINGS.set(session.CLEANINGS.get() + 1)
