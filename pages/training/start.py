"""Below Train's form: what the settings make, how long it takes, and the button that starts it."""

import streamlit as st

from core.errors import AppError
from core.runs import launch, queue, studies
from core.runs.config import LONGEST_NAME, config
from pages.frame import better, markdown, session
from pages.training import controls, filling, forecast, plan


def show() -> None:
    """The network, what to run with it, how long that takes, and the button that starts it."""
    picture, side = st.columns([2, 3], gap="large")
    with side:
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with row:
            plan.choose()
        if session.STUDY.get(plan.ONE) == plan.ANY_GRID:
            plan.grid()
        facts = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Name (optional)",
                **session.RUN_NAME.widget(""),
                max_chars=LONGEST_NAME,
                placeholder="what you want to remember it by",
            )
            # another key after each start: a click that is delivered twice starts one run
            st.button(
                "Start training",
                type="primary",
                icon=":material/play_arrow:",
                key=f"start-{session.STARTS.get()}",
                on_click=_start,
            )
        _error()
    try:
        settings = config(**controls.settings())
        study, text = session.STUDY.get(plan.ONE), session.GRID.get("")
        filling.remember(settings, study, text)
        photos = plan.dataset(settings.dataset)
        now = plan.plan(settings, study, text)
        with picture:
            forecast.network(now, photos)
        with facts:
            better.on_train(settings)
            forecast.show(now, photos)
        with row:
            plan.overview(settings, photos)
    except AppError as error:
        facts.caption(f":material/info: {markdown.plain(str(error))}")


def _start() -> None:
    """Queue the run or study that the form describes, and see that a worker lives."""
    settings = controls.settings()
    try:
        base = config(**settings)
        study = plan.study_of(session.STUDY.get(plan.ONE), base, session.GRID.get(""))
        queued = studies.put(study, base) if study else [queue.put(base)]
    except AppError as error:
        session.START_ERROR.set((str(error), repr(settings)))
        return
    session.STARTS.set(session.STARTS.get() + 1)
    session.RUN.set(queued[0])
    session.FORM_OPEN.set(False)
    session.FORM_NOTICES.clear()
    session.START_ERROR.clear()
    launch.ensure_worker()


def _error() -> None:
    """Why the last start failed, as long as the settings are still the same."""
    sentence, settings = session.START_ERROR.get()
    if sentence and settings == repr(controls.settings()):
        st.error(markdown.plain(sentence), icon=":material/error:")
