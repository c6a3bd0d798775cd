"""How Compare shows the curves: which lines, on which axis, and how smooth."""

from collections.abc import Sequence
from itertools import count

import streamlit as st

from core.drawing.curve_lines import BOTH, GAP, SHOWN, TRAINING, VALIDATION, Look
from core.runs.folder import Run
from pages.frame import session

LABELS = {BOTH: "Both", VALIDATION: "Validation", TRAINING: "Training", GAP: "Gap"}
MOST = 0.95  # of smoothing


def colours(runs: Sequence[Run]) -> tuple[int, ...]:
    """The place of each run in the palette. A run keeps its colour while others are ticked and unticked."""
    before = session.COMPARE_COLOURS.get()
    kept = {run.id: before[run.id] for run in runs if run.id in before}
    free = (place for place in count() if place not in kept.values())
    now = {run.id: kept[run.id] if run.id in kept else next(free) for run in runs}
    session.COMPARE_COLOURS.set(now)
    return tuple(now.values())


def choose() -> Look:
    """Draw the controls, and return the choice."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.segmented_control(
            "Lines",
            SHOWN,
            required=True,
            format_func=LABELS.__getitem__,
            **session.compare("lines").buttons(BOTH),
            help="The gap: how much better the training photos are answered than the validation photos.",
        )
        axis = st.segmented_control(
            "Axis",
            ("Epochs", "Time"),
            required=True,
            **session.compare("axis-of-curves").buttons("Epochs"),
            help="Time: the seconds that the epochs took, so that quick runs and slow ones can be told apart.",
        )
        smoothing = st.slider(
            "Smoothing",
            0.0,
            MOST,
            step=0.05,
            **session.compare("smoothing").widget(0.0),
            width=200,
            help="A running mean, as in TensorBoard. It hides how much a run jumps about.",
        )
    return Look(shown, axis == "Time", smoothing)
