"""Train: choose the settings, start a run, watch its curves grow."""

import streamlit as st

from core.errors import AppError
from core.runs import config, launch, queue, studies
from core.runs.folder import look_all
from pages.frame import better, markdown, page, session
from pages.training import form, plan
from pages.training import form_state as state
from pages.training import runs as shown

page.header("Train", "Choose the settings, start a run or a study, and watch the loss curves grow.")


def start(settings: dict, chosen: str, grid: str) -> None:
    """Queue the run or study, see that a worker lives, and draw the page anew. Raises AppError."""
    base = config.config(**settings)
    study = plan.study_of(chosen, base, grid)
    queued = studies.put(study, base) if study else [queue.put(base)]
    st.session_state["train-watched"] = queued[0]
    st.session_state[state.OPEN] = False
    launch.ensure_worker()
    st.rerun()


def what_it_makes(settings: dict) -> None:
    """The network that the settings make, what to run with it, how long that takes, and the button that starts it."""
    picture, side = st.columns([2, 3], gap="large")
    with side:
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with row:
            chosen = plan.choose()
        grid = plan.grid() if chosen == state.ANY_GRID else ""
        facts = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name (optional)",
                **session.kept("train-name", ""),
                max_chars=80,
                placeholder="what you want to remember it by",
            )
            # no callback: its arguments would be those of the last drawing, without what was typed a moment ago
            wanted = st.button("Start training", type="primary", icon=":material/play_arrow:")
        settings = {**settings, "name": name.strip()}
        if wanted:
            with page.errors():
                start(settings, chosen, grid)
    try:
        checked = config.config(**settings)
        state.remember(checked, chosen, grid)
        photos = plan.dataset(checked.dataset)
        now = plan.plan(checked, chosen, grid)
        with picture:
            plan.drawing(now, photos)
        with facts:
            better.on_train(checked)
            plan.show(now, photos)
        with row:
            plan.overview(checked, photos)
    except AppError as error:
        facts.caption(f":material/info: {markdown.plain(str(error))}")


state.take_up()
first = not look_all()
opened = st.session_state.get(state.OPEN, False) or first
# open at first; folded away, by another key, as soon as there are curves to look at
with st.expander("Settings", expanded=opened, icon=":material/tune:", key=f"train-settings-{opened}"), page.errors():
    state.said()
    what_it_makes(form.form())

shown.watch()
