"""The filters of Compare's table, and the choice of its columns."""

from collections.abc import Callable, Sequence

import streamlit as st

from core import words
from core.comparing import differences, table
from core.runs.folder import Run
from pages.frame import badges, session

ARCHIVED = "archived"
EXTRA = {
    "validation_loss": "Validation loss",
    "best_epoch": "Best epoch",
    "epochs": "Epochs trained",
    "interval": "Test, 95 % interval",
    "seconds": "Time",
    "size": "Model size",
    "note": "Note",
    "started": "Started",
}
"""The columns that are no settings and can be hidden, with their titles."""
USUAL = ("validation_loss", "best_epoch", "seconds", "note")


def show(runs: Sequence[Run]) -> list[Run]:
    """Draw the filters, and return the runs that pass them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Find",
            placeholder="a name, note or setting",
            **session.compare("find").widget(""),
            width=280,
        )
        with st.popover("Filter", icon=":material/filter_alt:"):
            states = _several("State", "states", runs, lambda run: badges.STATES[run.state].text)
            backbones = _several("Backbone", "backbones", runs, lambda run: differences.texts(run)["backbone"])
            only_starred = st.toggle("Only starred", **session.compare("starred").widget(False))
            with_archived = st.toggle("Archived too", **session.compare(ARCHIVED).widget(False))
        with st.popover("Columns", icon=":material/view_column:"):
            st.caption("The settings in which the runs differ always stand in front.")
            st.multiselect(
                "Settings",
                list(table.SETTINGS_SHOWN),
                format_func=differences.title,
                **session.compare("settings").buttons([]),
            )
            st.multiselect(
                "Figures",
                list(EXTRA),
                format_func=EXTRA.__getitem__,
                **session.compare("figures").buttons(list(USUAL)),
            )
    wanted = [
        run
        for run in runs
        if (with_archived or not run.notes.is_archived)
        and (run.notes.is_starred or not only_starred)
        and (not states or badges.STATES[run.state].text in states)
        and (not backbones or differences.texts(run)["backbone"] in backbones)
        and _has(run, text)
    ]
    if len(wanted) < len(runs):
        st.caption(f"{len(wanted):,} of {len(runs):,} runs{_hint(runs, with_archived)}")
    return wanted


def _hint(runs: Sequence[Run], with_archived: bool) -> str:
    archived = sum(run.notes.is_archived for run in runs)
    if not archived or with_archived:
        return ""
    return f"; {words.count(archived, 'archived run')} {'is' if archived == 1 else 'are'} hidden"


def _several(title: str, name: str, runs: Sequence[Run], value: Callable[[Run], str]) -> list[str]:
    """Let the user choose some of the values that these runs have; all count while none is chosen."""
    values = sorted({value(run) for run in runs})
    if len(values) < 2:
        return []
    control = session.compare(name)
    if any(each not in values for each in control.get([])):  # of other runs
        control.set([each for each in control.get([]) if each in values])
    return list(st.multiselect(title, values, **control.buttons([])))


def _has(run: Run, text: str) -> bool:
    words = text.casefold().split()
    if not words:
        return True
    settings = " ".join(differences.texts(run).values())
    content = f"{run.name} {run.notes.note} {run.id} {settings}".casefold()
    return all(word in content for word in words)


def columns() -> tuple[list[str], list[str]]:
    """The chosen settings and the chosen figures."""
    return list(session.compare("settings").get([])), list(session.compare("figures").get(list(USUAL)))
