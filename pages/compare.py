"""Compare: which settings won, by how much, whether it is luck, and where the winner still goes wrong."""

import zlib
from collections.abc import Sequence

import streamlit as st

from core.comparing import scopes
from core.comparing.scopes import Scope
from core.drawing import figures
from core.reporting import choosing
from core.runs import changes, look_count, readings
from core.runs.folder import Run, look_all
from core.searching import folder as searches
from pages.comparing import (
    evaluating,
    filters,
    location,
    looks,
    managing,
    models,
    photos,
    reporting,
    scope,
    sending,
    settings,
    table,
)
from pages.comparing.location import CURVES, EVALUATION, MODELS, PHOTOS, REPORT, SECTIONS, SETTINGS
from pages.frame import markdown, navigation, page, session
from pages.runs import conclusion, curves, search_charts

NEWEST = 4  # runs of a dataset that are compared while none is ticked

page.header("Compare", "Which settings won, by how many photos, is it more than luck, and where does it go wrong?")


def compared(chosen: Scope, visible: Sequence[Run], ticked: Sequence[Run]) -> list[Run]:
    """The runs to compare: the ticked ones, else all of a study, or the newest of a dataset. Of a search that has come
    to its end, those with the best settings and not its trials."""
    runs = [run for run in ticked or visible if readings.summary(run.folder).epochs]
    if not ticked and any(not run.config.trial for run in runs):
        runs = [run for run in runs if not run.config.trial]
    return runs if ticked or chosen.kind == scopes.STUDY else runs[:NEWEST]


def sections(runs: Sequence[Run], reported: Sequence[Run]) -> None:
    """What there is to see of the compared runs. The report names those without an epoch too."""
    with st.container(horizontal=True, vertical_alignment="center"):
        section = st.segmented_control(
            "Section",
            SECTIONS,
            required=True,
            label_visibility="collapsed",
            wrap=True,
            **session.compare("section").buttons(CURVES),
        )
        sending.show(runs)
    with st.container(), page.errors():  # always there, so that a section takes nothing of the one before
        if section == SETTINGS:
            if search := searches.find(runs[0].config.study):
                search_charts.show(search, "compare")
            settings.show(runs)
        elif section == PHOTOS:
            photos.show(runs)
        elif section == EVALUATION:
            evaluating.show(runs[0].status.model or None)
        elif section == REPORT:
            choice = choosing.of(reported)
            reporting.show(choice.runs, choice.title, choice.question)
        elif section == MODELS:
            models.show()
        else:
            shown = list(runs[: figures.MOST_CURVES])
            if len(runs) > len(shown):
                st.caption(f"The first {len(shown)} of {len(runs)} runs: more colours would look alike.")
            key = f"compare-{zlib.crc32(repr([run.id for run in shown]).encode()):x}"  # a zoom belongs to these runs
            curves.show(shown, key, session.COMPARE_LOG_SCALE, look=looks.choose(), colours=looks.colours(shown))


def compare(runs: Sequence[Run]) -> None:
    """The runs as a table, what they have shown, and the sections."""
    top, actions, below = page.parts(3)
    with top:
        every = {found.key: found for found in scopes.of(runs)}
        location.restore(every)
        chosen = scope.choose(every)
        visible = filters.show(chosen.runs)
        ticked = scope.with_hidden(chosen, table.ticked(visible)) if visible else []
    shown = compared(chosen, visible, ticked)
    location.remember(chosen, ticked, photos.chosen(shown))
    with actions:
        managing.show(ticked)
        if seen := look_count.sentence(chosen.runs[0].config.dataset):
            st.caption(f":material/visibility: {seen}")
    with below:
        if not shown:
            nothing = "No runs match. Change the search or the filter."
            st.info("None of these runs has finished an epoch yet." if visible else nothing)
            return
        if change := changes.change_between(shown):
            st.warning(markdown.plain(change), icon=":material/warning:")
        if not ticked and chosen.kind == scopes.DATASET and len(visible) > len(shown) == NEWEST:
            st.caption(f"Below are the newest {NEWEST} runs. Tick others to compare them.")
        conclusion.show(shown)
        sections(shown, ticked or (visible if chosen.kind == scopes.STUDY else shown))


every = [run for run in look_all() if run.ended or readings.summary(run.folder).epochs]
if every:
    compare(every)
else:
    st.info(
        "No runs yet. Start one on Train. You can compare it here after its first epoch.",
        icon=":material/compare_arrows:",
    )
    navigation.link("train", "Open Train", ":material/show_chart:")
    st.subheader("Saved models", anchor=False)
    with page.errors():
        models.show()
