"""The queue on Train: the pending runs, the time left, and how busy the machine is."""

from typing import Any

import pandas as pd
import streamlit as st

from core import machine, words
from core.datasets import catalogue
from core.drawing import figures
from core.errors import AppError
from core.runs import devices, estimate, launch, pace, queue
from core.runs.config import RunConfig
from core.runs.folder import Run, look
from core.runs.records import RunState
from pages.frame import access, badges, markdown, page, session

READINGS = 60  # of the machine's load in the chart
ON_A_GPU = (
    "On a GPU, the same settings and seed may give slightly different curves, because a GPU adds numbers in varying "
    "order. On one machine's CPU, the curves are always the same."
)


def show(pending: list[Run]) -> None:
    """Draw the machine's load and the pending runs in order, with a button to stop each."""
    show_trouble()
    load = machine.load()
    readings = session.LOADS.get()
    readings.append(load)
    del readings[:-READINGS]
    gpus = ", ".join(f"{gpu.busy:.0%}" for gpu in load.gpus)
    busy = f"GPU {gpus}" if gpus else f"CPU {load.cpu:.0%}"
    left = time_left(pending)
    with st.expander(
        f"Queue: {len(pending)}{f' · about {words.duration(left)} left' if left else ''} · {busy}",
        icon=":material/playlist_play:",
        key="train-queue",
    ):
        load_charts(readings)
        for place, run in enumerate(pending, start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
                st.markdown(f"{place}. {markdown.plain(run.name)} · {badges.STATES[run.state].text}", width="stretch")
                st.button(
                    "",
                    icon=":material/close:",
                    key=f"unqueue-{run.id}",
                    on_click=page.attempt,
                    args=(queue.stop, run.id),
                    disabled=access.is_read_only() or (run.folder / "stop").exists(),
                    help="Stops the run. Its best epoch so far is saved."
                    if run.state is RunState.RUNNING
                    else "Cancels the run.",
                )


def show_trouble() -> None:
    """Show an error and the log if the training process can't start."""
    if sentence := launch.trouble():
        st.error(markdown.plain(sentence), icon=":material/error:")
        with st.expander("Log of the training process", icon=":material/article:", key="train-trouble"):
            st.code(launch.log_tail() or "The log is empty.", language=None, height=240, wrap_lines=True)


def load_charts(readings: list[machine.Load]) -> None:
    """Draw the last readings as small charts: one for each GPU, or one for the CPU."""
    now = readings[-1]
    for i, gpu in enumerate(now.gpus):
        loads = [load.gpus[i] for load in readings if i < len(load.gpus)]
        name = gpu.name if len(now.gpus) == 1 else f"GPU {i}: {gpu.name}"
        busy, memory = [load.busy for load in loads], [load.memory for load in loads]
        _chart(name, busy, memory, gpu.memory_bytes, f"Measured by NVML. {ON_A_GPU}")
    if not now.gpus:
        busy, memory = [load.cpu for load in readings], [load.memory for load in readings]
        _chart(f"CPU, {machine.cores()} cores", busy, memory, now.memory_bytes, "All programs together.")


def _chart(name: str, busy: list[float], memory: list[float], memory_bytes: int, explanation: str) -> None:
    size = words.size(memory_bytes)
    st.markdown(
        f"**{markdown.plain(name)}** busy {busy[-1]:.0%} (area), memory {memory[-1]:.0%} of {size} (dots)",
        help=explanation,
    )
    readings = pd.DataFrame({"ago": range(1 - len(busy), 1), "busy": busy, "memory": memory})
    st.vega_lite_chart(readings, chart_spec(page.theme()), height=96, alt=f"Use of {name} and its memory over time")


def chart_spec(theme: str) -> dict[str, Any]:
    """The Vega spec of two shares over time, always from 0 to 1, so that 3% looks like 3%.

    Not Plotly: Streamlit redraws a Plotly chart completely whenever its data change, which is every second here.
    """
    x = {"field": "ago", "type": "quantitative", "axis": None, "scale": {"domain": [1 - READINGS, 0]}}
    y = {"type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}
    axis = {"format": ".0%", "values": [0, 0.5, 1]}
    busy, memory = figures.PALETTES[theme][:2]
    return {
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "area", "color": busy, "opacity": 0.35, "line": {"color": busy}},
                "encoding": {"y": {**y, "field": "busy", "axis": axis}},
            },
            {
                "mark": {"type": "line", "color": memory, "strokeDash": [2, 3]},
                "encoding": {"y": {**y, "field": "memory", "axis": axis}},
            },
        ],
    }


def time_left(pending: list[Run]) -> float:
    """The estimated seconds until all these runs have ended, with devices in parallel; 0 if unknown."""
    by_worker: dict[str, list[Run]] = {}
    for run in pending:
        by_worker.setdefault(devices.worker_of(run.device), []).append(run)
    return max((_seconds_left(runs) for runs in by_worker.values()), default=0.0)


def _seconds_left(runs: list[Run]) -> float:
    """The seconds of one device's runs. A study whose pace is known counts by it."""
    paced = 0.0
    for study in {run.config.study for run in runs if run.config.study}:
        left = pace.seconds_left(queue.members(study))
        if left is not None:
            paced += left
            runs = [run for run in runs if run.config.study != study]
    return paced + _seconds_by_settings(runs)


def _seconds_by_settings(runs: list[Run]) -> float:
    running = [run for run in runs if run.state is RunState.RUNNING]
    queued = tuple(run.id for run in runs if run.state is not RunState.RUNNING)
    return sum(run.status.time_left or 0.0 for run in running) + _estimated(tuple(run.id for run in running), queued)


@st.cache_data(ttl=60, max_entries=16, show_spinner=False)
def _estimated(running: tuple[str, ...], queued: tuple[str, ...]) -> float:
    """The seconds of the queued runs, without work that they share with running ones. Cached: it lists the photos."""
    try:
        before = [look(run_id).config for run_id in running]
        after = [*before, *(look(run_id).config for run_id in queued)]
        return max(0.0, _seconds(after) - _seconds(before))
    except AppError:
        return 0.0


def _seconds(configs: list[RunConfig]) -> float:
    names = {config.dataset for config in configs}
    return sum(
        estimate.seconds([config for config in configs if config.dataset == name], catalogue.load(name))
        for name in names
    )
