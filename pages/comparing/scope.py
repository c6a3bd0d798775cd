"""Which runs Compare lists and compares, and the address that says so: a reload or a link brings them back."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core import words
from core.comparing import scopes
from core.comparing.scopes import Scope
from core.runs.folder import Run
from core.words import quoted
from pages.frame import markdown, session

MOST_IN_ADDRESS = 60  # runs; browsers and servers accept addresses of that length
RUNS = "runs"  # the parameter with the ids of the compared runs


def choose(runs: Sequence[Run]) -> Scope:
    """Let the user choose a study or a dataset: at first what the address names, or the latest study."""
    every = {scope.key: scope for scope in scopes.of(runs)}
    _restore(every)
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


def _restore(every: dict[str, Scope]) -> None:
    """Follow the address, if somebody else than `remember` has changed it. Without parameters nothing changes."""
    address = st.query_params.to_dict()
    if not address or address == session.COMPARE_ADDRESS.get():
        return
    kind = next((kind for kind in (scopes.STUDY, scopes.DATASET) if kind in address), "")
    key = f"{kind}:{address.get(kind, '')}"
    if key in every:
        session.COMPARE_SCOPE.set(key)
    elif kind:
        st.warning(
            markdown.plain(
                f"There are no runs {'of the study' if kind == scopes.STUDY else 'on the dataset'} "
                f"{quoted(address[kind])} to compare. They may have been deleted."
            ),
            icon=":material/warning:",
        )
    if RUNS in address:
        tick(filter(None, address[RUNS].split(",")))
    session.COMPARE_ADDRESS.set(address)  # last: a run that ends before has not followed it


def with_hidden(scope: Scope, ticked: Sequence[Run]) -> list[Run]:
    """The ticked runs, and those that were ticked before a filter hid them, in the scope's order."""
    ids = {*session.COMPARE_TICKED.get(), *(run.id for run in ticked)}
    every = [run for run in scope.runs if run.id in ids]
    if hidden := len(every) - len(ticked):
        st.caption(f"{words.count(hidden, 'ticked run')} {'is' if hidden == 1 else 'are'} hidden by the filter.")
    return every


def remember(scope: Scope, ticked: Sequence[Run]) -> None:
    """Write the scope and the compared runs into the address."""
    address = {scope.kind: scope.name}
    if 0 < len(ticked) <= MOST_IN_ADDRESS:
        address[RUNS] = ",".join(run.id for run in ticked)
    session.COMPARE_ADDRESS.set(address)
    if st.query_params.to_dict() != address:
        st.query_params.from_dict(address)


def tick(ids: Iterable[str]) -> None:
    """Tick these runs. The table starts anew with them."""
    session.COMPARE_TABLES.set(session.COMPARE_TABLES.get() + 1)  # first: the old table would bring its ticks back
    session.COMPARE_TICKED.set(tuple(ids))
