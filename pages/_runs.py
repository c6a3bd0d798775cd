"""Runs as pages show them: the live view of one, its result, and what can be done with it."""

import streamlit as st

from core import figures
from core.runs import launch, queue
from core.runs.folder import Run, RunState, look_all, read_curves, read_report
from pages import _widgets as widgets

BADGES = {
    RunState.QUEUED: ("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: ("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: ("interrupted, will go on", ":material/restart_alt:", "orange"),
    RunState.DONE: ("done", ":material/check_circle:", "green"),
    RunState.STOPPED: ("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: ("failed", ":material/error:", "red"),
}
LIVE_SECONDS, IDLE_SECONDS = 1.0, 5.0  # between two looks at the run folders


def watch() -> None:
    """The run in view, looked at every second while something goes on."""
    runs = look_all()
    if not runs:
        st.info(
            "No runs yet. The settings above are ready to go: press **Start training**, and the curves grow here.",
            icon=":material/show_chart:",
        )
        return
    live = any(not run.ended for run in runs)
    st.fragment(_watch, run_every=LIVE_SECONDS if live else IDLE_SECONDS, key="watch")(live)


def _watch(live: bool) -> None:
    launch.ensure_worker()
    runs = {run.id: run for run in look_all()}
    if not runs or any(not run.ended for run in runs.values()) != live:
        st.rerun()  # something began or ended: the whole page is drawn anew, at the other pace
    chosen = st.session_state.get("train-watched")
    if chosen not in runs:
        active = [run.id for run in runs.values() if run.state is RunState.RUNNING]
        chosen = active[0] if active else next(iter(runs))
    ids = list(runs)
    picked = st.selectbox(
        "Run", ids, index=ids.index(chosen), format_func=lambda run_id: _line(runs[run_id]), help="The newest first."
    )
    st.session_state["train-watched"] = picked
    with widgets.errors():
        details(runs[picked])


def _line(run: Run) -> str:
    words, _, _ = BADGES[run.state]
    share = f" {run.status.progress:.0%}" if run.state is RunState.RUNNING else ""
    return f"{run.created:%d %b %H:%M} · {run.name} · {words}{share}"


def details(run: Run) -> None:
    """Everything about one run: how far it is, its curves, its result, its log."""
    words, icon, colour = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(words, icon=icon, color=colour)
        st.markdown(f"**{run.name}** on {widgets.dataset_label(run.config.dataset)}")
    if not run.ended:
        _progress(run)
    if run.status.warning:
        st.warning(run.status.warning, icon=":material/warning:")
    if run.status.error:
        (st.error if run.state is RunState.FAILED else st.info)(run.status.error)
    curves = read_curves(run.folder)
    if len(curves) or curves.within:
        for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
            with column:
                figure = figures.curves([(run.name, curves)], quantity, run.config.epochs, theme=widgets.theme())
                st.plotly_chart(
                    figure,
                    key=f"{quantity}-{run.id}",
                    config={"displaylogo": False},
                    alt=f"Training and validation {quantity} by epoch",
                )
        if curves.best:
            best = curves.best
            st.caption(
                f"Best epoch so far: {best['epoch'] + 1:.0f}, validation accuracy {best['val_accuracy']:.1%}. "
                "Dotted: training photos, with dropout on; solid: validation photos."
            )
    elif run.state is RunState.RUNNING:
        st.caption("The curves begin with the first epoch. Before it the photos are read once.")
    _result(run)
    _more(run)


def _progress(run: Run) -> None:
    left = ""
    if run.state is RunState.RUNNING and run.status.time_left is not None:
        left = f", about {_duration(run.status.time_left)} left"
    text = f"{run.status.stage or 'waiting for the training process'}{left}"
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, run.status.progress), text=text[0].upper() + text[1:])
    stopping = (run.folder / "stop").exists()
    if button.button(
        "Stopping …" if stopping else "Stop",
        icon=":material/stop:",
        disabled=stopping,
        width="stretch",
        key=f"stop-{run.id}",
        help="The best epoch so far becomes a saved model.",
    ):
        with widgets.errors():
            queue.stop(run.id)
        st.rerun()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _result(run: Run) -> None:
    report = read_report(run.folder)
    if not report:
        return
    st.subheader("Result", anchor=False)
    with st.grid(3, gap="small"):
        for split, words in (("validation", "Validation accuracy"), ("test", "Test accuracy")):
            score = report["scores"].get(split)
            if score:
                low, high = score["interval"]
                st.metric(
                    words,
                    f"{score['accuracy']:.1%}",
                    border=True,
                    delta_color="off",
                    delta_arrow="off",
                    delta=f"{score['correct']} of {score['count']}; 95 %: {low:.0%} to {high:.0%}",
                    help=_score_help(split),
                )
        st.metric(
            "Best epoch",
            f"{report['best_epoch'] + 1}",
            border=True,
            delta_color="off",
            delta_arrow="off",
            delta=f"of {len(read_curves(run.folder))}; saved as {report['model']}",
        )
    score = report["scores"].get("test") or report["scores"]["validation"]
    with st.expander("Confusion matrix", icon=":material/grid_on:"):
        split = "test" if "test" in report["scores"] else "validation"
        st.caption(
            f"The {split} photos: rows are what they show, columns what the model answered. Right answers lie "
            "on the diagonal."
        )
        figure = figures.confusion(score["confusion"], report["labels"], widgets.theme())
        st.plotly_chart(figure, key=f"confusion-{run.id}", config={"displayModeBar": False}, alt="Confusion matrix")
    if st.button("Ask this model about photos", icon=":material/photo_camera:", key=f"ask-{run.id}"):
        st.session_state["predict-model"] = report["model"]
        st.switch_page("pages/predict.py")


def _score_help(split: str) -> str:
    if split == "validation":
        return "On the photos that chose the best epoch, so a little flattering."
    return (
        "On photos that chose nothing: the figure to report. Between the two ends lies the true rate, 19 times of 20."
    )


def _more(run: Run) -> None:
    with st.container(horizontal=True):
        with st.popover("Settings of this run", icon=":material/tune:"):
            st.json(run.config.model_dump(mode="json"), expanded=1)
        with st.popover("Log", icon=":material/article:"):
            log = run.folder / "worker.log"
            text = log.read_text(encoding="utf-8", errors="replace")[-8000:] if log.exists() else ""
            st.code(text.strip() or "Nothing was printed.", language=None, height=320, wrap_lines=True)
        with st.popover("Rename", icon=":material/edit:"):
            name = st.text_input("Name", value=run.name, max_chars=80, key=f"rename-{run.id}")
            if st.button("Save name", key=f"rename-do-{run.id}"):
                queue.rename(run.id, name)
                st.rerun()
        with st.popover("Delete", icon=":material/delete:", disabled=run.state is RunState.RUNNING):
            st.markdown("The run's curves and log are deleted. A model that it saved stays on the shelf.")
            if st.button("Delete this run", type="primary", key=f"delete-{run.id}"):
                with widgets.errors():
                    queue.delete(run.id)
                    st.session_state.pop("train-watched", None)
                st.rerun()
