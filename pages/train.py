"""Train: choose settings, start a run, watch its curves grow."""

import streamlit as st

from core.runs.folder import look_all
from pages.frame import page, session
from pages.training import filling, form, runs, start

page.header("Train", "Choose settings, start a run, a study or a search, and watch the loss curves grow.")


@st.fragment
@page.fragment
def settings() -> None:
    """The form, as a fragment: people click quickly here, and runs of a fragment don't end each other."""
    if start.show_started_run() or filling.is_requested():
        st.rerun()
    is_open = session.FORM_OPEN.get(False) or not look_all()
    # open at first; closed, with another key, as soon as there are curves to look at
    box = st.expander("Settings", expanded=is_open, icon=":material/tune:", key=f"train-settings-{is_open}")
    with box, page.errors():
        filling.replace_lost_backbone()
        filling.notices()
        form.show()
        start.show()


start.with_and_without()
start.show_started_run()
filling.apply_requests()
settings()
runs.watch()
