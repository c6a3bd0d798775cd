"""Below Train's form: the network, the expected time, and the button that starts training."""

import streamlit as st

from core.errors import AppError
from core.runs import cluster, devices, launch, queue, studies
from core.runs.config import LONGEST_NAME, config
from core.runs.records import AUTO
from core.searching import launch as search_launch
from pages.frame import access, better, markdown, page, session
from pages.training import controls, filling, forecast, plan, search_form


def show() -> None:
    """Draw the network, the choice of a study, the expected time, and the start button."""
    picture, side = st.columns([2, 3], gap="large")
    with side:
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with row:
            plan.choose()
        if session.STUDY.get(plan.ONE) == plan.ANY_GRID:
            plan.grid()
        elif session.STUDY.get(plan.ONE) == plan.SEARCH:
            search_form.show()
        facts = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Name (optional)",
                **session.RUN_NAME.widget(""),
                max_chars=LONGEST_NAME,
                placeholder="a name to recognise the run",
            )
            _device()
            starts, _ = session.STARTED.get()
            st.button(
                "Start the search" if session.STUDY.get(plan.ONE) == plan.SEARCH else "Start training",
                type="primary",
                icon=":material/play_arrow:",
                key="start-training",
                on_click=_start,
                args=(starts,),
                disabled=access.is_read_only(),
                help=access.NOT_HERE if access.is_read_only() else None,
            )
        _error()
    try:
        settings = config(**controls.settings())
        study, text = session.STUDY.get(plan.ONE), session.GRID.get("")
        filling.remember(settings, study, text)
        photos = plan.dataset(settings.dataset)
        with picture:
            forecast.network(plan.of_network(settings, study, text), photos)
        current = plan.plan(settings, study, text)
        with facts:
            better.show_on_train(settings)
            if study == plan.SEARCH:
                search_form.facts(settings, photos)
            else:
                forecast.show(current, photos)
        with row:
            plan.overview(settings, photos)
    except AppError as error:
        facts.caption(f":material/info: {markdown.plain(str(error))}")


def with_and_without() -> None:
    """Carry out Augment's request: train with and without its recipe, all else as in the form."""
    starts = session.WITH_AND_WITHOUT.get()
    if starts is None:
        return
    filling.use_augments_recipe()
    session.STUDY.set(studies.WITH_AND_WITHOUT)
    _start(starts)  # only once, even if a click ends this script before the next line
    session.WITH_AND_WITHOUT.clear()


def show_started_run() -> bool:
    """After a start, select its run and close the form. Returns whether there was a start."""
    starts, run_id = session.STARTED.get()
    if starts == session.STARTED_SEEN.get():
        return False
    session.RUN.set(run_id)
    session.FORM_OPEN.set(False)
    session.FORM_NOTICES.clear()
    session.START_ERROR.clear()
    session.STARTED_SEEN.set(starts)
    return True


def _start(starts: int) -> None:
    """Queue the form's run or study, and make sure that a worker is running.

    `starts` is the number of starts when the button was drawn, so that a click that arrives twice starts once.
    """
    if starts != session.STARTED.get()[0] or controls.lost_backbone():  # the form then says what is in its place
        return
    settings = controls.settings()
    try:
        base = config(**settings)
        device = session.form_setting("device").get(AUTO)
        if session.STUDY.get(plan.ONE) == plan.SEARCH:
            access.check_new_runs(1)
            queued = [queue.members(search_form.start(base, device))[0].id]
            access.note_new_runs(queued)
            _started(starts, queued[0])
            search_launch.ensure_process()
            return
        study = plan.study_of(session.STUDY.get(plan.ONE), base, session.GRID.get(""))
        access.check_new_runs(len(study.variants) if study else 1)
        queued = studies.put(study, base, device, base.name) if study else [queue.put(base, device)]
        access.note_new_runs(queued)
    except (AppError, OSError) as error:
        session.START_ERROR.set((page.sentence_of(error) or str(error), repr(settings)))
        return
    _started(starts, queued[0])


def _started(starts: int, run_id: str) -> None:
    """Note the first run of what was started, and make sure that a worker is running."""
    session.STARTED.set((starts + 1, run_id))
    launch.ensure_worker()


def _device() -> None:
    """If a cluster is offered, let the user choose where the runs are trained."""
    if not cluster.offered():
        return
    choices = devices.choices()
    st.selectbox(
        "Train on",
        list(choices),
        **session.form_setting("device").choice(choices, AUTO),
        format_func=choices.__getitem__,
        help="On the cluster, the runs of a study are trained on all its machines at the same time.",
        width=240,
    )


def _error() -> None:
    """Show why the last start failed, as long as the settings are the same."""
    sentence, settings = session.START_ERROR.get()
    if sentence and settings == repr(controls.settings()):
        st.error(markdown.plain(sentence), icon=":material/error:")
