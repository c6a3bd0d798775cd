"""A search on Train: how far it is, what it has found, and which settings matter."""

import streamlit as st

from core import words
from core.errors import RunError
from core.runs import folder as run_folder
from core.runs.records import RunState
from core.searching import folder, outcome
from core.searching.folder import Search
from core.searching.records import Phase, StageKey, TrialState
from pages.frame import access, markdown, page, session
from pages.frame.badges import STATES, Badge
from pages.frame.state import FormRequest
from pages.runs import search_charts

BADGES = {
    Phase.QUEUED: Badge("starting", ":material/hourglass_empty:", "gray"),
    Phase.RUNNING: Badge("searching", ":material/search:", "blue"),
    Phase.FINAL: Badge("training the best again", ":material/search:", "blue"),
    Phase.DONE: STATES[RunState.DONE],
    Phase.STOPPED: STATES[RunState.STOPPED],
    Phase.FAILED: STATES[RunState.FAILED],
}


def show(search: Search) -> None:
    """Draw the state of a search, above its runs."""
    progress = search.progress
    badge = BADGES[progress.phase]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(badge.text, icon=badge.icon, color=badge.color)
        st.markdown(f"**{_counts(search)}**")
    if progress.error:
        st.error(markdown.plain(progress.error), icon=":material/error:")
    if not search.has_ended:
        _running(search)
    for sentence in outcome.sentences(search):
        st.markdown(markdown.plain(sentence))
    _use(search)
    search_charts.show(search, "train")


def _counts(search: Search) -> str:
    trials = search.progress.trials
    early = sum(trial.state is TrialState.ENDED_EARLY for trial in trials)
    failed = sum(trial.state is TrialState.FAILED for trial in trials)
    parts = [words.count(len(trials), "trial")]
    parts += [f"{early} ended early"] if early else []
    parts += [f"{failed} failed"] if failed else []
    return ", ".join(parts)


def _running(search: Search) -> None:
    progress, total = search.progress, 60 * search.wanted.minutes
    left = max(0.0, total - progress.spent)
    stage = StageKey(progress.stages[-1].key).label if progress.stages else "Starting"
    what = "Training the best settings again" if progress.phase is Phase.FINAL else progress.words or stage
    time = f"about {words.duration(left)} left" if left > 1 else "nearly done"
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, progress.spent / total), text=f"{what}, {time}")
    button.button(
        "Stopping …" if search.must_stop else "Stop the search",
        icon=":material/stop:",
        disabled=search.must_stop or access.is_read_only(),
        width="stretch",
        key=f"stop-search-{search.id}",
        on_click=page.attempt,
        args=(folder.stop, search.id),
        help="Ends the search and its current trials. What it has found stays.",
    )


def _use(search: Search) -> None:
    """Offer the best settings for the form, without what made them a trial."""
    winner = outcome.best(search)
    if winner is None:
        return
    try:
        run = run_folder.look(search.progress.again[0] if search.progress.again else winner.run)
    except RunError:
        return
    st.button(
        "Use the best settings",
        icon=":material/content_copy:",
        key=f"use-search-{search.id}",
        on_click=session.FORM_REQUEST.set,
        args=(FormRequest(run.config, "run", "The best settings of the search are now in the form."),),
        help="Puts them into the form above. You can change them there before you start.",
    )
