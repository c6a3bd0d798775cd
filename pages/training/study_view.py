"""A study on Train: its progress, the curves of its runs, the conclusion, and one run in detail."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import words
from core.comparing import pairs
from core.drawing import figures
from core.runs import course, groups, queue, readings, studies
from core.runs.folder import Run, scores
from core.runs.groups import Group
from core.runs.records import RunState
from core.searching import folder as searches
from pages.frame import access, badges, markdown, navigation, page, session
from pages.photos import dataset_picker
from pages.runs import conclusion, curves, percent
from pages.training import actions, queue_panel, run_view, search_view


def show(group: Group, pending: list[Run]) -> None:
    """Draw everything about a study, or about a search."""
    runs = group.runs
    search = searches.find(group.study) if group.is_search else None
    if search:
        search_view.show(search)
        with st.container(horizontal=True):
            _to_compare(group)
            actions.of_study(group)
        _one_run(group)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        badge = badges.STATES[_state(group)]
        st.badge(badge.text, icon=badge.icon, color=badge.color)
        datasets = ", ".join(markdown.plain(dataset_picker.label(name)) for name in group.datasets)
        st.markdown(f"**{markdown.plain(group.name)}**, {words.count(len(runs), 'run')} on {datasets}")
    _progress(group, pending)
    _curves(runs)
    _table(runs)
    conclusion.show(runs)
    with st.container(horizontal=True):
        _to_compare(group)
        actions.of_study(group)
    _one_run(group)


def _to_compare(group: Group) -> None:
    navigation.button(
        "compare",
        "Open in Compare",
        ":material/compare_arrows:",
        action=session.COMPARE_SCOPE.set,
        arguments=(f"study:{group.study}",),
    )


def _state(group: Group) -> RunState:
    """The state of a study: of its running run, else of a waiting one; of an ended study whether a run is done."""
    order = (RunState.RUNNING, RunState.INTERRUPTED, RunState.QUEUED, RunState.DONE, RunState.STOPPED, RunState.FAILED)
    return min((run.state for run in group.runs), key=order.index)


def _progress(group: Group, pending: list[Run]) -> None:
    """Draw the progress of the whole study until it has ended, and what it is doing now."""
    if group.has_ended:
        return
    runs = group.runs
    ended = sum(run.ended for run in runs)
    done = sum(1.0 if run.ended else min(1.0, run.status.progress) for run in runs) / len(runs)
    left = queue_panel.time_left([run for run in pending if run.config.study == group.study])
    time_left = f", about {words.duration(left)} left" if left else ""
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(done, text=f"{ended} of {words.count(len(runs), 'run')} ended{time_left}")
    waiting = [run for run in runs if not run.ended]
    stopping = all((run.folder / "stop").exists() for run in waiting)
    button.button(
        "Stopping …" if stopping else "Stop the study",
        icon=":material/stop:",
        disabled=stopping or access.is_read_only(),
        width="stretch",
        key=f"stop-study-{group.study}",
        on_click=page.attempt,
        args=(queue.stop_study, group.study),
        help="Cancels the queued runs and stops the current one. Its best epoch so far is saved.",
    )
    now = next((run for run in runs if run.state is RunState.RUNNING), None)
    if now:
        stage = now.status.stage or "starting"
        st.caption(f"Now: **{markdown.plain(now.name)}**, {markdown.plain(stage)}.")
    else:
        st.caption("It waits for its turn.")


def _curves(runs: Sequence[Run]) -> None:
    """Draw the curves of the study; of a large one, those of the best runs, or of the latest ones while it goes on."""
    started = [run for run in runs if readings.summary(run.folder).epochs or run.state is RunState.RUNNING]
    shown, explanation = started, ""
    if len(started) > figures.MOST_CURVES:
        is_live = any(not run.ended for run in runs)
        best = started[-figures.MOST_CURVES :] if is_live else pairs.best_first(started)[: figures.MOST_CURVES]
        shown = [run for run in started if run in best]
        what = "latest" if is_live else "best"
        explanation = f"The {what} {len(shown)} of {words.count(len(runs), 'run')}. "
    if shown and not curves.show(shown, str(runs[0].config.study), session.TRAIN_LOG_SCALE, explanation):
        st.caption("The curves start with the first epoch. Before that, the run reads all photos once.")


def _table(runs: Sequence[Run]) -> None:
    """Draw a table of the study's runs, with Machine Learning Zoomcamp's figures where it has some."""
    rows = []
    for run in runs:
        best, test = readings.summary(run.folder).best, scores(run.folder).get("test")
        rows.append(
            {
                "Run": run.name,
                "State": badges.STATES[run.state].text,
                "Best validation accuracy": percent.value(best.val_accuracy if best else None),
                "Test accuracy": percent.value(test.accuracy if test else None),
                course.COLUMN: percent.value(studies.course_accuracy(run.config)),
            }
        )
    has_course = any(row[course.COLUMN] is not None for row in rows)
    columns = ("Best validation accuracy", "Test accuracy", *((course.COLUMN,) if has_course else ()))
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        column_order=("Run", "State", *columns),
        column_config={column: percent.column() for column in columns},
        alt="The runs of the study with their accuracies",
        key="train-study-table",
    )
    if has_course:
        st.caption(course.SOURCE)


def _one_run(group: Group) -> None:
    """Let the user look at one run: at first the one that trains, later the best one."""
    running = [run for run in group.runs if run.state is RunState.RUNNING]
    options, names = {run.id: run for run in group.runs}, groups.labels(group.runs)
    first = running[0] if running else pairs.best_first(group.runs)[0]
    st.subheader(f"One run of the {group.kind}", anchor=False)
    control = session.of_study("run", group.study)
    chosen = st.selectbox(
        f"Run of the {group.kind}",
        ["", *options],
        **control.choice(["", *options], ""),
        format_func=lambda run_id: names.get(run_id) or _automatic(first, bool(running)),
        label_visibility="collapsed",
    )
    run = options.get(chosen, first)
    if not group.has_ended:
        run_view.progress(run)
    run_view.messages(run)
    run_view.outcome(run)


def _automatic(first: Run, is_running: bool) -> str:
    return f"The one that trains now ({first.name})" if is_running else f"The best one ({first.name})"
