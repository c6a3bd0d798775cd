"""Runs as pages show them: the live view of one, with the curves of its whole study."""

import pandas as pd
import streamlit as st

from core import words
from core.drawing import figures
from core.runs import course, launch, queue, studies
from core.runs.folder import Run, look_all, planned_epochs, read_curves, scores
from core.runs.records import RunState
from pages.frame import badges, markdown, page, session
from pages.photos import dataset_picker
from pages.training import actions, result
from pages.training import queue_panel as shown_queue

LIVE_SECONDS, IDLE_SECONDS = 1.0, 5.0  # between two looks at the run folders


def watch() -> None:
    """The run in view, looked at every second while something goes on."""
    runs = look_all()
    if not runs:
        st.info(
            "No runs yet. The settings above are ready to go: press **Start training**, and the curves grow here.",
            icon=":material/show_chart:",
        )
        return
    live = any(not run.ended for run in runs)
    st.fragment(_watch, run_every=LIVE_SECONDS if live else IDLE_SECONDS, key="watch")(live)


def _watch(live: bool) -> None:
    launch.ensure_worker()
    runs = {run.id: run for run in look_all()}
    if not runs or any(not run.ended for run in runs.values()) != live:
        st.rerun()  # something began or ended: the whole page is drawn anew, at the other pace
    if session.FORM_REQUEST.get():
        st.rerun()  # a click in this fragment that concerns the form
    active = [run.id for run in runs.values() if run.state is RunState.RUNNING]
    picked = st.selectbox(
        "Run",
        list(runs),
        **session.RUN.choice(runs, active[0] if active else next(iter(runs))),
        format_func=lambda run_id: _line(runs[run_id]),
        help="The newest first.",
    )
    waiting = [run for run in reversed(runs.values()) if not run.ended]
    if live:
        shown_queue.show(waiting)
    with page.errors():
        group = runs[picked].config.study
        members = [run for run in reversed(runs.values()) if group and run.config.study == group]
        details(runs[picked], members, waiting)


def _line(run: Run) -> str:
    # no state in it: the browser knows the choice by these words
    return f"{run.created:%d %b %H:%M:%S} · {run.name} · {run.id[-4:]}"


def details(run: Run, study: list[Run], waiting: list[Run]) -> None:
    """Everything about one run: how far it is, the curves (those of its whole study), its result, its log."""
    state, icon, colour = badges.STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(state, icon=icon, color=colour)
        st.markdown(f"**{markdown.plain(run.name)}** on {dataset_picker.label(run.config.dataset)}")
    if not run.ended:
        _progress(run)
        actions.choose_device(run)
    if run.status.warning:
        st.warning(markdown.plain(run.status.warning), icon=":material/warning:")
    if run.status.error:
        (st.error if run.state is RunState.FAILED else st.info)(markdown.plain(run.status.error))
    actions.remedies(run)
    if len(study) > 1:
        _study_progress(study, waiting)
    _curves(run, study or [run])
    if len(study) > 1:
        _study(study)
        actions.of_study(str(run.config.study), study)
    with page.errors():
        result.show(run)
    if "GPU" in run.status.device:
        st.caption(f"Trained on {markdown.plain(run.status.device)}. {shown_queue.ON_A_GPU}")
    actions.of_run(run)


def _curves(run: Run, study: list[Run]) -> None:
    """The run's curves among those of its study; of a large one the eight that it belongs to."""
    place = next(i for i, one in enumerate(study) if one.id == run.id)
    first = place - place % figures.MOST_CURVES
    shown = [(one.name, read_curves(one.folder)) for one in study[first : first + figures.MOST_CURVES]]
    if not any(len(read) or read.within for _, read in shown):
        if run.state is RunState.RUNNING:
            st.caption("The curves begin with the first epoch. Before it the photos are read once.")
        return
    reach = planned_epochs(run.config, shown[place - first][1])
    log = st.toggle(
        "Logarithmic loss",
        **session.TRAIN_LOG_SCALE.widget(False),
        help="Equal steps up are equal factors: what goes on near 0 can be seen.",
    )
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            figure = figures.curves(shown, quantity, reach, log=log and quantity == "loss", theme=page.theme())
            st.plotly_chart(
                figure,
                key=f"{quantity}-{run.config.study or run.id}-{first}",
                config={"displaylogo": False},
                alt=f"Training and validation {quantity} by epoch",
            )
    best = shown[place - first][1].best
    label = "Best epoch" if run.ended else "Best epoch so far"
    so_far = f"{label}: {best.epoch + 1}, validation accuracy {best.val_accuracy:.1%}. " if best else ""
    some = (
        f" Runs {first + 1} to {first + len(shown)} of the {len(study)} of this study; choose another for the others."
        if len(study) > len(shown)
        else ""
    )
    st.caption(f"{so_far}Dotted: training photos, with dropout on; solid: validation photos; star: best epoch.{some}")


def _study(study: list[Run]) -> None:
    """The runs of a study side by side, Machine Learning Zoomcamp's figures beside them."""
    lines = []
    for one in study:
        best = read_curves(one.folder).best
        test = scores(one.folder).get("test")
        lines.append(
            {
                "Run": one.name,
                "State": badges.STATES[one.state][0],
                "Best validation accuracy": best.val_accuracy if best else None,
                "Test accuracy": test.accuracy if test else None,
                course.COLUMN: studies.course_accuracy(one.config),
            }
        )
    percent = st.column_config.NumberColumn(format="percent")
    columns = ("Best validation accuracy", "Test accuracy", course.COLUMN)
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config=dict.fromkeys(columns, percent),
        alt="The runs of the study with their accuracies",
        key="train-study-table",
    )
    if any(line[course.COLUMN] is not None for line in lines):
        st.caption(course.SOURCE)


def _study_progress(study: list[Run], waiting: list[Run]) -> None:
    """How far the whole study is, while it goes on."""
    ended = sum(run.ended for run in study)
    if ended == len(study):
        return
    done = sum(1.0 if run.ended else min(1.0, run.status.progress) for run in study) / len(study)
    left = shown_queue.time_left([run for run in waiting if run.config.study == study[0].config.study])
    words_left = f", about {words.duration(left)} left" if left else ""
    st.progress(done, text=f"Study: {ended} of {len(study)} runs have ended{words_left}")


def _progress(run: Run) -> None:
    left = ""
    if run.state is RunState.RUNNING and run.status.time_left is not None:
        left = f", about {words.duration(run.status.time_left)} left"
    text = f"{run.status.stage or 'waiting for its turn'}{left}"
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, run.status.progress), text=text[0].upper() + text[1:])
    stopping = (run.folder / "stop").exists()
    button.button(
        "Stopping …" if stopping else "Stop",
        icon=":material/stop:",
        disabled=stopping,
        width="stretch",
        key=f"stop-{run.id}",
        on_click=page.attempt,
        args=(queue.stop, run.id),
        help="The best epoch so far becomes a saved model.",
    )
