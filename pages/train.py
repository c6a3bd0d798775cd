"""Train: choose the settings, start a run, watch its curves grow."""

import streamlit as st

from core.runs.folder import look_all
from pages.frame import page, session
from pages.training import filling, form, runs, start

page.header("Train", "Choose the settings, start a run or a study, and watch the loss curves grow.")

filling.take_over()
opened = session.FORM_OPEN.get(False) or not look_all()
with (
    # open at first; folded away, by another key, as soon as there are curves to look at
    st.expander("Settings", expanded=opened, icon=":material/tune:", key=f"train-settings-{opened}"),
    page.errors(),
):
    filling.notices()
    form.show()
    start.show()

runs.watch()
