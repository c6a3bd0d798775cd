"""Train: choose the settings, start a run, watch its curves grow."""

import streamlit as st

from core.runs.folder import look_all
from pages.frame import page, session
from pages.training import filling, form, runs, start

page.header("Train", "Choose the settings, start a run or a study, and watch the loss curves grow.")


@st.fragment
def settings() -> None:
    """The form. A fragment of its own: its clicks follow each other quickly, and only whole runs end each other."""
    if start.take_notice() or filling.is_requested():
        st.rerun()
    opened = session.FORM_OPEN.get(False) or not look_all()
    # open at first; folded away, by another key, as soon as there are curves to look at
    box = st.expander("Settings", expanded=opened, icon=":material/tune:", key=f"train-settings-{opened}")
    with box, page.errors():
        filling.notices()
        form.show()
        start.show()


start.take_notice()
filling.take_over()
settings()
runs.watch()
