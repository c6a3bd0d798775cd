"""The status line in the sidebar: training, queue, saved models and load, in one line."""

import streamlit as st

from core import machine, words
from core.answering import shelf
from core.runs import launch
from core.runs.folder import look_all
from core.runs.records import RunState
from pages.frame import page, toasts


@st.fragment(run_every=3)
@page.fragment
def line() -> None:
    """Draw the status line, and announce runs that have ended."""
    runs = look_all()
    toasts.announce(runs)
    running = next((run for run in runs if run.state is RunState.RUNNING), None)
    queued = sum(run.state in (RunState.QUEUED, RunState.INTERRUPTED) for run in runs)
    if queued:
        launch.ensure_worker()
    load = machine.load()
    gpu = f" · GPU {load.gpus[0].busy:.0%}" if load.gpus else ""
    if running:
        waiting = f", {queued} waiting" if queued else ""
        st.caption(f":material/play_circle: Training, {running.status.progress:.0%}{waiting} · CPU {load.cpu:.0%}{gpu}")
    elif queued:
        st.caption(f":material/hourglass_top: {words.count(queued, 'run')} waiting for the training process")
    else:
        count = len(shelf.models())
        saved = words.count(count, "saved model") if count else "No saved model yet"
        st.caption(f":material/check_circle: {saved} · CPU {load.cpu:.0%}{gpu}")
