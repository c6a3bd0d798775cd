"""The fine-tuning part of Train's form: whether and how much of the backbone learns, and its learning rate."""

import streamlit as st

from core.backbone import Backbone
from core.runs import bodies
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.training import controls, widgets
from pages.training.controls import LAST, USUAL_BLOCKS, WHOLE, tuning_control

RATES = ("0.001", "0.0002", "0.00005")
EXTENTS = {WHOLE: "Whole backbone", LAST: "Last blocks"}
USUAL = FineTune()


def show(proposed: RunConfig) -> None:
    """Draw the switch and, if it is on, the settings of fine-tuning."""
    body, switch = bodies.of(proposed.backbone), controls.control("fine_tune", proposed)
    widgets.switch(SETTINGS["fine_tune"], switch, False, disabled=not body.is_tunable)
    if body.is_saved_model:
        st.caption(
            "The network of a saved model stays frozen, and only the new head learns. To fine-tune, choose a "
            "pretrained backbone."
        )
        return
    if not body.is_tunable:
        st.caption("All layers of this network learn from the start, so there is nothing to fine-tune later.")
        return
    if not switch.get(False):
        return
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _extent(body)
        widgets.whole_number(FINE_TUNING["epochs"], tuning_control("epochs", body.key), USUAL.epochs)
    with middle:
        _decimal("learning_rate", body, USUAL.learning_rate, RATES)
        widgets.segments(FINE_TUNING["schedule"], tuning_control("schedule", body.key), USUAL.schedule)
    with right:
        widgets.whole_number(FINE_TUNING["warmup"], tuning_control("warmup", body.key), USUAL.warmup)
        _decimal("weight_decay", body, USUAL.weight_decay)
        if controls.has_gpu():  # it changes nothing on a CPU
            precision = FINE_TUNING["mixed_precision"]
            widgets.switch(precision, tuning_control("mixed_precision", body.key), USUAL.mixed_precision)


def _decimal(name: str, body: Backbone, initial: float, usual: tuple[str, ...] = ()) -> None:
    control = tuning_control(name, body.key)
    with st.container(gap="xsmall"):
        widgets.typed(FINE_TUNING[name], control, controls.decimal(initial))
        widgets.usual(usual, control)


def _extent(body: Backbone) -> None:
    """Let the user choose how much of the backbone learns."""
    extent = tuning_control("extent", body.key)
    st.segmented_control(
        "What learns",
        list(EXTENTS),
        **extent.buttons(WHOLE),
        format_func=EXTENTS.__getitem__,
        required=True,
        help="The head always keeps learning.",
        width="stretch",
    )
    if extent.get(WHOLE) == LAST:
        widgets.whole_number(
            FINE_TUNING["blocks"],
            tuning_control("blocks", body.key),
            USUAL_BLOCKS,
            more=f" {body.label} has {body.blocks} blocks.",
            most=body.blocks,
        )
