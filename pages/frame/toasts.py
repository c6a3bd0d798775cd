"""Toasts for runs that end while any page is open, once for each run and session."""

import streamlit as st

from core.runs.folder import Run, scores
from core.runs.records import RunState
from pages.frame import badges, markdown, session

MOST = 3  # at once; more ends share one toast


def announce(runs: list[Run]) -> None:
    """Show a toast for each run that has ended since the last call in this session; trials of a search are too many."""
    runs = [run for run in runs if not run.config.trial]
    ended = {run.id for run in runs if run.ended}
    announced = session.ENDED_RUNS.get()
    new = [] if announced is None else [run for run in runs if run.id in ended - announced and not _was_cancelled(run)]
    if len(new) > MOST:
        st.toast(f"{len(new)} runs have ended.", icon=":material/flag:")
    else:
        for run in reversed(new):
            st.toast(_sentence(run), icon=badges.STATES[run.state].icon, duration="long")
    session.ENDED_RUNS.set(ended | (announced or set()))  # last: a click that ends this script early loses no toast


def _was_cancelled(run: Run) -> bool:
    return run.state is RunState.STOPPED and run.status.phase is RunState.QUEUED


def _sentence(run: Run) -> str:
    name = f"**{markdown.plain(run.name)}**"
    if run.state is RunState.FAILED:
        return f"{name} failed: {markdown.plain(run.status.error)}"
    validation = scores(run.folder).get("validation")
    if validation is None:
        return f"{name} is {badges.STATES[run.state].text}. {markdown.plain(run.status.error)}"
    return f"{name} is {badges.STATES[run.state].text}: validation accuracy {validation.accuracy:.1%}."
