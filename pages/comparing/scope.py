"""Which runs Compare lists and compares."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from core import words
from core.comparing.scopes import Scope
from core.runs.folder import Run
from pages.frame import session


def choose(every: Mapping[str, Scope]) -> Scope:
    """Let the user choose a study or a dataset: at first what the address names, or the latest study."""
    key = st.selectbox(
        "Runs",
        list(every),
        **session.COMPARE_SCOPE.choice(every, next(iter(every))),
        format_func=lambda key: every[key].label,
        help="A study, or all runs on a dataset. Scores on different photos say nothing about settings, so runs on "
        "different datasets are never compared.",
        on_change=session.COMPARE_TICKED.clear,
    )
    return every[key]


def with_hidden(scope: Scope, ticked: Sequence[Run]) -> list[Run]:
    """The ticked runs, and those that were ticked before a filter hid them, in the scope's order."""
    ids = {*session.COMPARE_TICKED.get(), *(run.id for run in ticked)}
    every = [run for run in scope.runs if run.id in ids]
    if hidden := len(every) - len(ticked):
        st.caption(f"{words.count(hidden, 'ticked run')} {'is' if hidden == 1 else 'are'} hidden by the filter.")
    return every


def tick(ids: Iterable[str]) -> None:
    """Tick these runs. The table starts anew with them."""
    session.COMPARE_TABLES.set(session.COMPARE_TABLES.get() + 1)  # first: the old table would bring its ticks back
    session.COMPARE_TICKED.set(tuple(ids))
