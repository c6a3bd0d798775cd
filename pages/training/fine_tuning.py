"""Train's form, the second stage: whether the backbone learns too, how much of it, and in which steps."""

from typing import Any

import streamlit as st

from core.backbones import BACKBONES, Backbone
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.frame import session
from pages.training import form_state as state
from pages.training import form_values as values

RATES = ("0.001", "0.0002", "0.00005")
WHAT = {state.WHOLE: "Whole backbone", state.LAST: "Last blocks"}
USUAL_BLOCKS = 3
LONGEST_WARMUP = 1_000_000  # batches


def tuning(proposed: RunConfig) -> dict[str, Any] | None:
    """The settings of the fine-tuning, None without it; nothing is checked yet."""
    body = BACKBONES[proposed.backbone]
    about = SETTINGS["fine_tune"]
    wanted = st.toggle(
        about.title,
        **session.kept(state.key_of("fine_tune", proposed.dataset, body.key), False),
        disabled=not body.pretrained,
        help=about.help,
    )
    if not body.pretrained:
        st.caption("The small network learns whole from the start, so there is nothing to fine-tune afterwards.")
        return None
    if not wanted:
        return None
    left, middle, right = st.columns(3, gap="medium")
    with left:
        settings = _extent(body)
    with middle:
        settings |= _rate()
    with right:
        settings |= _steps()
    return settings


def _extent(body: Backbone) -> dict[str, Any]:
    """How much of the backbone learns, and for how long."""
    blocks = None
    chosen = st.segmented_control(
        "What learns",
        list(WHAT),
        **_kept(state.EXTENT, state.WHOLE, body),
        format_func=WHAT.__getitem__,
        required=True,
        help="The head goes on learning in any case.",
        width="stretch",
    )
    if chosen == state.LAST:
        blocks = _whole("blocks", USUAL_BLOCKS, 1, body.blocks, f" {body.label} has {body.blocks}.", body)
    return {"blocks": blocks, "epochs": _whole("epochs", FineTune().epochs, 1, 1000)}


def _rate() -> dict[str, Any]:
    """How large the steps are."""
    one, kept = FINE_TUNING["learning_rate"], _kept("learning_rate", state.rate_text(FineTune().learning_rate))
    rate = values.typed(one.title, kept, one.help)
    values.usual("Usual learning rates of fine-tuning", RATES, kept["key"])
    schedule = st.segmented_control(
        FINE_TUNING["schedule"].title,
        ["constant", "cosine"],
        **_kept("schedule", FineTune().schedule),
        required=True,
        help=FINE_TUNING["schedule"].help,
        width="stretch",
    )
    return {"learning_rate": rate, "schedule": schedule}


def _steps() -> dict[str, Any]:
    """What else shapes the steps; the precision only where it can make a difference."""
    decay = FINE_TUNING["weight_decay"]
    settings = {
        "warmup": _whole("warmup", FineTune().warmup, 0, LONGEST_WARMUP),
        "weight_decay": values.typed(
            decay.title, _kept("weight_decay", state.rate_text(FineTune().weight_decay)), decay.help
        ),
    }
    kept, precision = _kept("mixed_precision", FineTune().mixed_precision), FINE_TUNING["mixed_precision"]
    if state.has_gpu():
        st.toggle(precision.title, **kept, help=precision.help)
    return {**settings, "mixed_precision": st.session_state[kept["key"]]}


def _kept(name: str, value: Any, body: Backbone | None = None) -> dict[str, Any]:
    return session.kept(state.tuning_key(name, body.key if body else ""), value)


def _whole(name: str, value: int, low: int, high: int, more: str = "", body: Backbone | None = None) -> int:
    """A control for a whole number."""
    one = FINE_TUNING[name]
    return st.number_input(one.title, low, high, step=1, **_kept(name, value, body), help=one.help + more)
