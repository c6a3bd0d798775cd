"""A run on Train: its progress, curves, result, log and actions."""

import streamlit as st

from core import words
from core.runs import queue, readings
from core.runs.folder import Run
from core.runs.records import RunState
from pages.frame import access, badges, markdown, page, receipts, session
from pages.photos import dataset_picker
from pages.runs import curves
from pages.training import actions, queue_panel, result


def show(run: Run) -> None:
    """Draw everything about a run that belongs to no study."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge = badges.STATES[run.state]
        st.badge(badge.text, icon=badge.icon, color=badge.color)
        st.markdown(f"**{markdown.plain(run.name)}** on {markdown.plain(dataset_picker.label(run.config.dataset))}")
    progress(run)
    messages(run)
    _curves(run)
    outcome(run)


def progress(run: Run) -> None:
    """Draw how far a run is, with a button that stops it; nothing once it has ended."""
    if run.ended:
        return
    left = ""
    if run.state is RunState.RUNNING and run.status.time_left is not None:
        left = f", about {words.duration(run.status.time_left)} left"
    stage = run.status.stage or "waiting for its turn"
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, run.status.progress), text=f"{markdown.plain(stage[0].upper() + stage[1:])}{left}")
    if access.is_read_only():
        return
    stopping = (run.folder / "stop").exists()
    button.button(
        "Stopping …" if stopping else "Stop",
        icon=":material/stop:",
        disabled=stopping,
        width="stretch",
        key=f"stop-{run.id}",
        on_click=page.attempt,
        args=(queue.stop, run.id),
        help="The best epoch so far becomes a saved model.",
    )
    actions.choose_device(run)


def messages(run: Run) -> None:
    """Draw its warning and its error, with what may solve it."""
    if run.status.warning:
        st.warning(markdown.plain(run.status.warning), icon=":material/warning:")
    if run.status.error:
        (st.error if run.state is RunState.FAILED else st.info)(markdown.plain(run.status.error))
    actions.remedies(run)


def outcome(run: Run) -> None:
    """Draw its result, if there is one, and its actions."""
    with page.errors():
        result.show(run)
    if receipt := receipts.sentence(run.status.receipt, run.config):
        st.caption(f":material/receipt_long: {markdown.plain(receipt)}", help=receipts.HELP)
    if "GPU" in run.status.device:
        st.caption(f"Trained on {markdown.plain(run.status.device)}. {queue_panel.ON_A_GPU}")
    actions.of_run(run)


def _curves(run: Run) -> None:
    best = readings.summary(run.folder).best
    label = "Best epoch" if run.ended else "Best epoch so far"
    so_far = f"{label}: {best.epoch + 1}, validation accuracy {best.val_accuracy:.1%}. " if best else ""
    if not curves.show([run], run.id, session.TRAIN_LOG_SCALE, so_far) and run.state is RunState.RUNNING:
        st.caption("The curves start with the first epoch. Before that, the run reads all photos once.")
