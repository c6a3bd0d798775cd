"""The live view of a run on Train, with the curves of its whole study."""

import pandas as pd
import streamlit as st

from core import words
from core.drawing import figures, shared
from core.runs import course, folder, launch, queue, readings, studies
from core.runs.folder import Run, look_all, planned_epochs, scores
from core.runs.records import RunState
from pages.frame import badges, damaged, markdown, page, session
from pages.photos import dataset_picker
from pages.training import actions, queue_panel, result

LIVE_SECONDS, IDLE_SECONDS = 1.0, 5.0  # between two readings of the run folders


def watch() -> None:
    """Draw the selected run, every second while any run is active; then the runs that can't be read."""
    selected, unreadable = page.parts(2)
    with selected:
        _watch_selected()
    with unreadable:
        damaged.show(folder.damaged())


def _watch_selected() -> None:
    runs = look_all()
    if not runs:
        st.info(
            "No runs yet. The settings above are ready: press **Start training** and watch the curves grow here.",
            icon=":material/show_chart:",
        )
        return
    live = any(not run.ended for run in runs)
    st.fragment(page.fragment(_watch), run_every=LIVE_SECONDS if live else IDLE_SECONDS, key="watch")(live)


def _watch(live: bool) -> None:
    launch.ensure_worker()
    runs = {run.id: run for run in look_all()}
    if not runs or any(not run.ended for run in runs.values()) != live:
        st.rerun()  # a run started or ended: draw the whole page again, at the other pace
    if session.FORM_REQUEST.get():
        st.rerun()  # a click in this fragment changed the form
    active = [run.id for run in runs.values() if run.state is RunState.RUNNING]
    selected = st.selectbox(
        "Run",
        list(runs),
        **session.RUN.choice(runs, active[0] if active else next(iter(runs))),
        format_func=lambda run_id: _line(runs[run_id]),
        help="Newest first.",
    )
    pending = [run for run in reversed(runs.values()) if not run.ended]
    if live:
        queue_panel.show(pending)
    with page.errors():
        study = runs[selected].config.study
        members = [run for run in reversed(runs.values()) if study and run.config.study == study]
        details(runs[selected], members, pending)


def _line(run: Run) -> str:
    # without the state: the browser identifies the choice by this text
    return f"{run.created:%d %b %H:%M:%S} · {run.name} · {run.id[-4:]}"


def details(run: Run, study: list[Run], pending: list[Run]) -> None:
    """Draw everything about a run: its progress, the curves of its study, its result and its log."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge = badges.STATES[run.state]
        st.badge(badge.text, icon=badge.icon, color=badge.color)
        st.markdown(f"**{markdown.plain(run.name)}** on {markdown.plain(dataset_picker.label(run.config.dataset))}")
    if not run.ended:
        _progress(run)
        actions.choose_device(run)
    if run.status.warning:
        st.warning(markdown.plain(run.status.warning), icon=":material/warning:")
    if run.status.error:
        (st.error if run.state is RunState.FAILED else st.info)(markdown.plain(run.status.error))
    actions.remedies(run)
    if len(study) > 1:
        _study_progress(study, pending)
    _curves(run, study or [run])
    if len(study) > 1:
        _study(study)
        actions.of_study(str(run.config.study), study)
    with page.errors():
        result.show(run)
    if "GPU" in run.status.device:
        st.caption(f"Trained on {markdown.plain(run.status.device)}. {queue_panel.ON_A_GPU}")
    actions.of_run(run)


def _curves(run: Run, study: list[Run]) -> None:
    """Draw the curves of the run and of its study; of a large study, the eight runs around it."""
    place = next(i for i, member in enumerate(study) if member.id == run.id)
    first = place - place % figures.MOST_CURVES
    members = study[first : first + figures.MOST_CURVES]
    look = readings.curves if run.ended else readings.recent_curves
    curves = tuple((member.name, look(member.folder)) for member in members)
    if not any(len(reading.curves) or reading.curves.within for _, reading in curves):
        if run.state is RunState.RUNNING:
            st.caption("The curves start with the first epoch. Before that, the run reads all photos once.")
        return
    own = curves[place - first][1].curves
    reach = planned_epochs(run.config, own)
    log = st.toggle(
        "Logarithmic loss",
        **session.TRAIN_LOG_SCALE.widget(False),
        help="Equal steps are equal factors, so you can see changes near 0.",
    )
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            figure = shared.curves(curves, quantity, reach, log and quantity == "loss", page.theme())
            st.plotly_chart(
                figure,
                key=f"{quantity}-{run.config.study or run.id}-{first}",
                config={"displaylogo": False},
                alt=f"Training and validation {quantity} by epoch",
            )
    if own.damaged:
        lines = words.count(own.damaged, "line")
        st.caption(f":material/healing: {lines} of this run's curves can't be read, so those epochs are missing.")
    best = own.best
    label = "Best epoch" if run.ended else "Best epoch so far"
    so_far = f"{label}: {best.epoch + 1}, validation accuracy {best.val_accuracy:.1%}. " if best else ""
    part = (
        f" These are runs {first + 1} to {first + len(curves)} of the {len(study)} in this study. Select another run "
        "to see the others."
        if len(study) > len(curves)
        else ""
    )
    st.caption(f"{so_far}Dotted: training photos, with dropout on. Solid: validation photos. Star: best epoch.{part}")


def _study(study: list[Run]) -> None:
    """Draw a table of the study's runs, with Machine Learning Zoomcamp's figures."""
    rows = []
    for run in study:
        best = readings.curves(run.folder).curves.best
        test = scores(run.folder).get("test")
        rows.append(
            {
                "Run": run.name,
                "State": badges.STATES[run.state].text,
                "Best validation accuracy": best.val_accuracy if best else None,
                "Test accuracy": test.accuracy if test else None,
                course.COLUMN: studies.course_accuracy(run.config),
            }
        )
    percent = st.column_config.NumberColumn(format="percent")
    columns = ("Best validation accuracy", "Test accuracy", course.COLUMN)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config=dict.fromkeys(columns, percent),
        alt="The runs of the study with their accuracies",
        key="train-study-table",
    )
    if any(row[course.COLUMN] is not None for row in rows):
        st.caption(course.SOURCE)


def _study_progress(study: list[Run], pending: list[Run]) -> None:
    """Draw the progress of the whole study until it has ended."""
    ended = sum(run.ended for run in study)
    if ended == len(study):
        return
    done = sum(1.0 if run.ended else min(1.0, run.status.progress) for run in study) / len(study)
    left = queue_panel.time_left([run for run in pending if run.config.study == study[0].config.study])
    time_left = f", about {words.duration(left)} left" if left else ""
    st.progress(done, text=f"Study: {ended} of {len(study)} runs have ended{time_left}")


def _progress(run: Run) -> None:
    left = ""
    if run.state is RunState.RUNNING and run.status.time_left is not None:
        left = f", about {words.duration(run.status.time_left)} left"
    stage = run.status.stage or "waiting for its turn"
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, run.status.progress), text=f"{markdown.plain(stage[0].upper() + stage[1:])}{left}")
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
