"""Scores against settings: which setting matters, and which value of it is best."""

from collections.abc import Sequence

import streamlit as st

from core.comparing import differences, pairs
from core.datasets.folders import SPLIT_WORDS
from core.drawing import settings_figures
from core.runs.folder import Run
from core.runs.settings import SETTINGS
from pages.frame import page, session

NO_SECOND = ""


def show(runs: Sequence[Run]) -> None:
    """Draw the charts of the settings in which the runs differ."""
    split = pairs.split_for(runs)
    scored = settings_figures.scored(runs, split)
    names = differences.differing(scored)
    if len(scored) < 2 or not names:
        st.info("Settings can be compared once two runs with different settings have scores.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(
            "Setting", names, format_func=differences.title, **session.compare("axis").choice(names), width=280
        )
        others = [NO_SECOND, *(name for name in names if name != first)]
        second = st.selectbox(
            "Second setting",
            others,
            format_func=lambda name: differences.title(name) if name else "none",
            **session.compare("second-axis").choice(others),
            width=280,
            disabled=len(others) == 1,
        )
    chosen = [first, second] if second else [first]
    titles = [differences.title(name) for name in chosen]
    points = settings_figures.points(scored, chosen, split)
    if second:
        figure = settings_figures.heat_map(points, titles, page.theme())
    else:
        figure = settings_figures.curve(points, first, page.theme())
    st.plotly_chart(
        figure,
        key="compare-settings-chart",
        config={"displayModeBar": False},
        alt=f"Accuracy on {SPLIT_WORDS[split]} photos against {' and '.join(titles)}",
    )
    what = "Mean accuracy" if second else "Accuracy with its 95 % interval"
    st.caption(f"{what} on {SPLIT_WORDS[split]} photos. Where intervals overlap a lot, the gap may be luck.")
    if len(names) > 1:
        st.markdown("**All settings together**")
        figure = settings_figures.parallel(
            settings_figures.points(scored, names, split), [SETTINGS[name].label for name in names], page.theme()
        )
        st.plotly_chart(
            figure,
            key="compare-parallel-chart",
            config={"displayModeBar": False},
            alt="Each run as a line through its settings to its accuracy",
        )
        st.caption("Each line is a run; its colour is its accuracy. Drag along an axis to keep only some of the runs.")
