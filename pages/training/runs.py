"""The runs on Train: the selected run or study with its progress, curves, result and actions."""

import streamlit as st

from core import words
from core.runs import folder, groups, launch
from core.runs.folder import Run, look_all
from core.runs.groups import Group
from core.runs.records import RunState
from core.searching import folder as searches
from core.searching import launch as search_launch
from pages.frame import access, damaged, page, session
from pages.training import queue_panel, run_view, study_view

LIVE_SECONDS, IDLE_SECONDS = 1.0, 5.0  # between two readings of the run folders


def watch() -> None:
    """Draw the selected run or study, every second while any run is active; then the runs that can't be read."""
    selected, unreadable = page.parts(2)
    with selected:
        _watch_selected()
    with unreadable:
        damaged.show(folder.damaged())


def _watch_selected() -> None:
    runs = look_all()
    if not runs:
        ready = "The settings above are ready: press **Start training** and watch the curves grow here."
        st.info(
            f"No runs yet. {access.NOT_HERE if access.is_read_only() else ready}",
            icon=":material/show_chart:",
        )
        return
    live = any(not run.ended for run in runs)
    st.fragment(page.fragment(_watch), run_every=LIVE_SECONDS if live else IDLE_SECONDS, key="watch")(live)


def _watch(live: bool) -> None:
    launch.ensure_worker()
    search_launch.ensure_process()
    runs = look_all()
    if not runs or any(not run.ended for run in runs) != live:
        st.rerun()  # a run started or ended: draw the whole page again, at the other pace
    if session.FORM_REQUEST.get():
        st.rerun()  # a click in this fragment changed the form
    entries = _entries(runs)
    selected = _select(entries)
    pending = [run for run in reversed(runs) if not run.ended]
    if live:
        queue_panel.show(pending)
    with page.errors():
        entry = entries[selected]
        if isinstance(entry, Group):
            study_view.show(entry, pending)
        else:
            run_view.show(entry)


def _entries(runs: list[Run]) -> dict[str, Run | Group]:
    """What can be selected, newest first: studies by the id of their first run, and the other runs."""
    by_study = {group.study: group for group in groups.of(runs) if len(group.runs) > 1 or searches.find(group.study)}
    entries: dict[str, Run | Group] = {}
    for run in runs:
        group = by_study.get(run.config.study or "")
        entries[group.runs[0].id if group else run.id] = group or run
    return entries


def _select(entries: dict[str, Run | Group]) -> str:
    """Let the user choose a run or a study; at first the one that trains, or the newest."""
    leaders = {run.id: key for key, entry in entries.items() if isinstance(entry, Group) for run in entry.runs}
    chosen = session.RUN.get("")
    if chosen in leaders and chosen != leaders[chosen]:  # a run of a study was queued or asked for
        session.RUN.set(leaders[chosen])
    active = next((key for key, entry in entries.items() if _is_active(entry)), next(iter(entries)))
    selected: str = st.selectbox(
        "Run, study or search",
        list(entries),
        **session.RUN.choice(entries, active),
        format_func=lambda key: _line(entries[key]),
        help="Newest first.",
    )
    return selected


def _is_active(entry: Run | Group) -> bool:
    runs = entry.runs if isinstance(entry, Group) else (entry,)
    return any(run.state is RunState.RUNNING for run in runs)


def _line(entry: Run | Group) -> str:
    # without the state: the browser identifies the choice by this text
    if isinstance(entry, Group):
        kind = entry.kind.capitalize()
        name = kind if entry.name == kind else f"{kind}: {entry.name}"
        what = f"{name} ({words.count(len(entry.runs), 'run')})"
        return f"{entry.created:%d %b %H:%M:%S} · {what} · {entry.runs[0].id[-4:]}"
    return f"{entry.created:%d %b %H:%M:%S} · {entry.name} · {entry.id[-4:]}"
