"""A word when a run ends while somebody looks at any page, once for each run and session."""

import streamlit as st

from core.runs.folder import Run, scores
from core.runs.records import RunState
from pages.frame import badges, markdown, session

MOST = 3  # at once; more of them are told in one


def announce(runs: list[Run]) -> None:
    """Tell of the runs that have ended since the last look of this session."""
    ended = {run.id for run in runs if run.ended}
    known = session.ENDED_RUNS.get()
    new = [] if known is None else [run for run in runs if run.id in ended - known and not _was_cancelled(run)]
    if len(new) > MOST:
        st.toast(f"{len(new)} runs have ended.", icon=":material/flag:")
    else:
        for run in reversed(new):
            st.toast(_sentence(run), icon=badges.STATES[run.state][1], duration="long")
    session.ENDED_RUNS.set(ended | (known or set()))  # last: a click that ends this run early loses no word


def _was_cancelled(run: Run) -> bool:
    return run.state is RunState.STOPPED and run.status.phase is RunState.QUEUED


def _sentence(run: Run) -> str:
    name = f"**{markdown.plain(run.name)}**"
    if run.state is RunState.FAILED:
        return f"{name} failed: {markdown.plain(run.status.error)}"
    validation = scores(run.folder).get("validation")
    if validation is None:
        return f"{name} is {badges.STATES[run.state][0]}. {markdown.plain(run.status.error)}"
    return f"{name} is {badges.STATES[run.state][0]}: validation accuracy {validation.accuracy:.1%}."
