"""The disk usage of the workspace on Data, and the button that cleans the caches."""

from datetime import datetime

import streamlit as st

from core import words
from core.files import cache, disk
from core.runs import launch
from pages.frame import access, page, session

KINDS = {
    "datasets": "Unpacked datasets",
    "models": "Saved models",
    "runs": "Runs and curves",
    "evaluations": "Evaluations of models",
    "recipes": "Saved recipes",
    "searches": "Searches",
    "exports": "Files for other programs",
    "pixels": "Cached photos, resized",
    "features": "Cached features",
    "measures": "Cached measures of photos",
    "thumbnails": "Cached thumbnails",
    "backbones": "Cached backbones",
    "exported": "Exported models",
    "runtimes": "Cached runtime of pages for the browser",
    "downloads": "Unfinished downloads",
    "leftovers": "Half-written leftovers",
}


def show() -> None:
    """Draw the disk usage by kind, and the button that cleans the caches."""
    st.subheader("Disk", anchor=False)
    with st.container():  # always there, so that nothing below moves when the message disappears
        if cleaned := session.CLEANED.get():
            in_use = f"; {words.count(cleaned.in_use, 'item')} in use stayed" if cleaned.in_use else ""
            st.success(f"{words.size(cleaned.bytes)} freed{in_use}.", icon=":material/check_circle:")
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
        f"The caches use {words.size(cached)}. The least recently used files are deleted when the caches would exceed "
        f"{words.size(cache.limit())}, or when the disk is nearly full ({words.size(cache.free())} free)."
    )
    if access.is_read_only():
        return
    st.caption("You can delete saved models on Predict, in the model's card, and runs on Train.")
    # another key after each clean-up: a new popover is closed
    with st.popover("Clean the caches", icon=":material/mop:", key=f"disk-cleaning-{session.CLEANINGS.get()}"):
        st.markdown("You only lose time: everything can be computed again from the photos.")
        if launch.is_working():
            st.markdown(":material/play_circle: A training process is running. The files it uses stay.")
        st.button("Delete unused files", type="primary", key="disk-clean", on_click=page.attempt, args=(_clean,))


def _clean() -> None:
    session.CLEANED.set(disk.clean())
    session.CLEANINGS.set(session.CLEANINGS.get() + 1)
