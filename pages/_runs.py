"""Runs as pages show them: the live view of one, its result, and what can be done with it."""

import pandas as pd
import streamlit as st

from core import figures, machine
from core.runs import launch, queue, studies
from core.runs.folder import Curves, Run, RunState, look_all, read_curves, read_report
from pages import _widgets as widgets
from pages import _words as words

BADGES = {
    RunState.QUEUED: ("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: ("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: ("interrupted, will go on", ":material/restart_alt:", "orange"),
    RunState.DONE: ("done", ":material/check_circle:", "green"),
    RunState.STOPPED: ("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: ("failed", ":material/error:", "red"),
}
GAUGE = 60  # readings of the machine's load that are shown
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
    # a key, or Streamlit would take the box for another one whenever a state in its list changes
    st.session_state["train-picked"] = chosen
    picked = st.selectbox(
        "Run",
        list(runs),
        key="train-picked",
        format_func=lambda run_id: _line(runs[run_id]),
        on_change=_pick,
        help="The newest first.",
    )
    if live:
        _queue([run for run in reversed(runs.values()) if not run.ended])
    with widgets.errors():
        group = runs[picked].config.study
        members = [run for run in reversed(runs.values()) if group and run.config.study == group]
        details(runs[picked], members)


def _queue(waiting: list[Run]) -> None:
    """The machine's gauge, and what is still to be done, in its order; each can be taken out."""
    readings = st.session_state.setdefault("train-load", [])
    load = machine.load()
    gpu = load.gpus[0] if load.gpus else None
    readings.append((gpu.busy if gpu else load.cpu, gpu.memory if gpu else load.memory))
    del readings[:-GAUGE]
    with st.expander(
        f"Queue: {len(waiting)} · {gpu.name if gpu else 'CPU'} {readings[-1][0]:.0%}",
        icon=":material/playlist_play:",
        key="train-queue",
    ):
        with st.grid(2, gap="small"):
            for i, what in enumerate(("busy", "memory")):
                st.metric(
                    f"{gpu.name if gpu else 'CPU'}, {what}" if not i or gpu else "Memory",
                    f"{readings[-1][i]:.0%}",
                    chart_data=[round(100 * one[i]) for one in readings],
                    chart_type="area",
                    border=True,
                )
        for place, run in enumerate(waiting, start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
                st.markdown(f"{place}. {words.plain(run.name)} · {BADGES[run.state][0]}", width="stretch")
                if not (run.folder / "stop").exists() and st.button(
                    "",
                    icon=":material/close:",
                    key=f"unqueue-{run.id}",
                    help="Stop it; what it has reached is kept." if run.state is RunState.RUNNING else "Cancel it.",
                ):
                    with widgets.errors():
                        queue.stop(run.id)
                        st.rerun()


def _pick() -> None:
    st.session_state["train-watched"] = st.session_state["train-picked"]


def _line(run: Run) -> str:
    # no state in it: the browser knows the choice by these words
    return f"{run.created:%d %b %H:%M:%S} · {run.name}"


def details(run: Run, study: list[Run]) -> None:
    """Everything about one run: how far it is, the curves (those of its whole study), its result, its log."""
    state, icon, colour = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(state, icon=icon, color=colour)
        st.markdown(f"**{words.plain(run.name)}** on {widgets.dataset_label(run.config.dataset)}")
    if not run.ended:
        _progress(run)
    if run.status.warning:
        st.warning(words.plain(run.status.warning), icon=":material/warning:")
    if run.status.error:
        (st.error if run.state is RunState.FAILED else st.info)(words.plain(run.status.error))
    curves = [(one.name, read_curves(one.folder)) for one in (study or [run])]
    curves = [(name, read) for name, read in curves if len(read) or read.within][-figures.MOST_CURVES :]
    if curves:
        _curves(run, curves)
    elif run.state is RunState.RUNNING:
        st.caption("The curves begin with the first epoch. Before it the photos are read once.")
    if len(study) > 1:
        _study(study)
    _result(run)
    _more(run)


def _curves(run: Run, curves: list[tuple[str, Curves]]) -> None:
    log = st.toggle("Logarithmic loss", key=widgets.kept("train-log", False)) if len(curves) > 1 else False
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            figure = figures.curves(
                curves, quantity, run.config.epochs, log=log and quantity == "loss", theme=widgets.theme()
            )
            st.plotly_chart(
                figure,
                key=f"{quantity}-{run.config.study or run.id}",
                config={"displaylogo": False},
                alt=f"Training and validation {quantity} by epoch",
            )
    best = read_curves(run.folder).best
    label = "Best epoch" if run.ended else "Best epoch so far"
    so_far = f"{label}: {best['epoch'] + 1:.0f}, validation accuracy {best['val_accuracy']:.1%}. " if best else ""
    st.caption(f"{so_far}Dotted: training photos, with dropout on; solid: validation photos.")


def _study(study: list[Run]) -> None:
    """The runs of a study side by side, the course's own numbers beside them."""
    lines = []
    for one in study:
        best = read_curves(one.folder).best
        report = (read_report(one.folder) or {}).get("scores", {})
        lines.append(
            {
                "Run": one.name,
                "State": BADGES[one.state][0],
                "Best validation accuracy": best["val_accuracy"] if best else None,
                "Test accuracy": report["test"]["accuracy"] if "test" in report else None,
                "The course's (Xception)": studies.course_accuracy(one.config),
            }
        )
    percent = st.column_config.NumberColumn(format="percent")
    columns = ("Best validation accuracy", "Test accuracy", "The course's (Xception)")
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config=dict.fromkeys(columns, percent),
        alt="The runs of the study with their accuracies",
        key="train-study",
    )


def _progress(run: Run) -> None:
    left = ""
    if run.state is RunState.RUNNING and run.status.time_left is not None:
        left = f", about {words.duration(run.status.time_left)} left"
    text = f"{run.status.stage or 'waiting for its turn'}{left}"
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


def _result(run: Run) -> None:
    report = read_report(run.folder)
    if not report:
        return
    st.subheader("Result", anchor=False)
    with st.grid(3, gap="small"):
        for split, title in (("validation", "Validation accuracy"), ("test", "Test accuracy")):
            score = report["scores"].get(split)
            if score:
                low, high = score["interval"]
                st.metric(
                    title,
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
                with widgets.errors():
                    queue.rename(run.id, name)
                    st.rerun()
        with st.popover("Delete", icon=":material/delete:", disabled=run.state is RunState.RUNNING):
            st.markdown("The run's curves and log are deleted. A model that it saved stays on the shelf.")
            if st.button("Delete this run", type="primary", key=f"delete-{run.id}"):
                with widgets.errors():
                    queue.delete(run.id)
                    st.session_state.pop("train-watched", None)
                    st.rerun()
