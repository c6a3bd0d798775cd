"""The charts of a search, on Train and on Compare: the best so far, which settings matter, and all trials."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.drawing import search_figures, shared
from core.searching.folder import Search
from core.searching.records import StageKey, StageRecord, Trial
from pages.frame import page

CHART = {"displayModeBar": False}


def show(search: Search, place: str) -> None:
    """Draw the charts; `place` names the page. Draws nothing before the first trial has ended."""
    trials = search.progress.trials
    if not any(trial.accuracy is not None for trial in trials):
        return
    st.plotly_chart(
        shared.of_search(search_figures.progress, (search.id,), (trials,), page.theme()),
        key=f"search-progress-{place}-{search.id}",
        config=CHART,
        alt="The validation accuracy of each trial, and the best so far",
    )
    st.caption("Filled circles finished. Open ones ended early, because others were better after as many epochs.")
    for stage in search.progress.stages:
        of_stage = tuple(trial for trial in trials if trial.stage == stage.key and trial.accuracy is not None)
        if len(of_stage) > 1 and len(stage.dimensions) > 1:
            _stage(search, stage, of_stage, place)


def _stage(search: Search, stage: StageRecord, trials: Sequence[Trial], place: str) -> None:
    """Draw what a stage has shown, as soon as somebody opens it."""
    box = st.expander(
        f"{StageKey(stage.key).label}: which settings matter",
        icon=":material/bar_chart:",
        key=f"search-stage-{place}-{search.id}-{stage.key}",
        on_change="rerun",
    )
    if not box.open:
        return
    key, theme = (search.id, stage.key), page.theme()
    with box:
        if stage.importance:
            st.markdown("**Importance**", help="How much the accuracy depends on a setting, by PED-ANOVA.")
            st.plotly_chart(
                shared.of_search(search_figures.importance, key, (stage,), theme),
                key=f"search-importance-{place}-{search.id}-{stage.key}",
                config=CHART,
                alt="How much each setting matters",
            )
        st.markdown(
            f"**{words.count(len(trials), 'trial')}**",
            help="A line for each trial; the colour shows its accuracy. Drag along an axis.",
        )
        st.plotly_chart(
            shared.of_search(search_figures.parallel, key, (stage, trials), theme),
            key=f"search-parallel-{place}-{search.id}-{stage.key}",
            config=CHART,
            alt="The values of all trials with their accuracy, as parallel coordinates",
        )
