"""The curves of runs: loss and accuracy side by side, updated in place while a run goes on."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.drawing import curve_lines, figures, loss_axis, shared
from core.drawing.curve_lines import Look
from core.runs import readings
from core.runs.folder import Run, planned_epochs
from core.words import quoted
from pages.frame import markdown, page
from pages.frame.values import Control
from pages.runs import chart

USUAL = Look()
HELP = "Equal steps are equal factors, so you can see changes near 0."


def show(
    runs: Sequence[Run],
    key: str,
    log_scale: Control[bool],
    explanation: str = "",
    look: Look = USUAL,
    colours: tuple[int, ...] = (),
) -> bool:
    """Draw the curves of up to MOST_CURVES runs; returns whether there is anything to draw.

    A chart with the same `key` stays the same chart: a zoom and hidden lines outlive new epochs. `colours`: see
    `figures.curves`.
    """
    curves = tuple((run.name, (readings.curves if run.ended else readings.recent_curves)(run.folder)) for run in runs)
    if not any(len(reading.curves) or reading.curves.within for _, reading in curves):
        return False
    reach = max(planned_epochs(run.config, reading.curves) for run, (_, reading) in zip(runs, curves, strict=True))
    may_be_negative = look.shown == curve_lines.GAP
    log = st.toggle("Logarithmic loss", **log_scale.widget(False), help=HELP)
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            is_log = log and quantity == "loss" and not may_be_negative
            figure = shared.curves(curves, quantity, reach, is_log, page.theme(), look, colours)
            chart.show(figure, f"{key}-{quantity}", f"Training and validation {quantity} by epoch")
    is_cut = not log and not may_be_negative
    if is_cut and (far := loss_axis.off_chart([reading.curves for _, reading in curves])):
        names = words.listed(quoted(runs[place].name) for place in far)
        verb = "is" if len(far) == 1 else "are"
        st.caption(
            f":material/vertical_align_top: {markdown.plain(names)} {verb} above this loss axis, which shows the "
            "others well. Switch on the logarithmic loss to see everything."
        )
    if damaged := sum(reading.curves.damaged for _, reading in curves):
        lines = words.count(damaged, "line")
        st.caption(f":material/healing: {lines} of these curves can't be read, so those epochs are missing.")
    st.caption(f"{explanation}{_legend(look)}")
    return True


def _legend(look: Look) -> str:
    """What the lines are."""
    if look.shown == curve_lines.GAP:
        return (
            "Training accuracy minus validation accuracy; of the loss the other way round. Training is measured with "
            "dropout on, so the gap can be negative."
        )
    sentences = {
        curve_lines.BOTH: "Dotted: training photos, with dropout on. Solid: validation photos. Star: best epoch.",
        curve_lines.VALIDATION: "Validation photos. Star: best epoch.",
        curve_lines.TRAINING: "Training photos, with dropout on.",
    }
    smooth = " The lines are smoothed, the stars are not." if look.smoothing else ""
    return f"{sentences[look.shown]}{smooth}"
