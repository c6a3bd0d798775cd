"""The queue as pages show it: what is still to be done, how long that takes, and how busy the machine is."""

from typing import Any

import pandas as pd
import streamlit as st

from core import machine, words
from core.datasets import catalogue
from core.drawing import figures
from core.errors import AppError
from core.runs import devices, estimate, launch, queue
from core.runs.config import RunConfig
from core.runs.folder import Run, look
from core.runs.records import RunState
from pages.frame import badges, markdown, page, session

READINGS = 60  # of the machine's load that are shown
ON_A_GPU = (
    "On a GPU the same settings and seed may give curves that differ in the last digits, because it adds in changing "
    "order; on one machine's CPU they come out the same."
)


def show(waiting: list[Run]) -> None:
    """The machine's gauge, and what is still to be done, in its order; each can be taken out."""
    trouble()
    load = machine.load()
    readings = session.LOADS.get()
    readings.append(load)
    del readings[:-READINGS]
    gpus = ", ".join(f"{gpu.busy:.0%}" for gpu in load.gpus)
    busy = f"GPU {gpus}" if gpus else f"CPU {load.cpu:.0%}"
    left = time_left(waiting)
    with st.expander(
        f"Queue: {len(waiting)}{f' · about {words.duration(left)} left' if left else ''} · {busy}",
        icon=":material/playlist_play:",
        key="train-queue",
    ):
        gauge(readings)
        for place, run in enumerate(waiting, start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
                st.markdown(f"{place}. {markdown.plain(run.name)} · {badges.STATES[run.state][0]}", width="stretch")
                st.button(
                    "",
                    icon=":material/close:",
                    key=f"unqueue-{run.id}",
                    on_click=page.attempt,
                    args=(queue.stop, run.id),
                    disabled=(run.folder / "stop").exists(),
                    help="Stops it; the best epoch so far is saved."
                    if run.state is RunState.RUNNING
                    else "Cancels it.",
                )


def trouble() -> None:
    """A sentence and the log where the training process doesn't come to life."""
    if sentence := launch.trouble():
        st.error(markdown.plain(sentence), icon=":material/error:")
        with st.expander("What the training process said", icon=":material/article:", key="train-trouble"):
            st.code(launch.log_tail() or "Nothing.", language=None, height=240, wrap_lines=True)


def gauge(readings: list[machine.Load]) -> None:
    """The last readings as small charts: one for each GPU, or one of CPU and memory."""
    now = readings[-1]
    for i, gpu in enumerate(now.gpus):
        past = [load.gpus[i] for load in readings if i < len(load.gpus)]
        name = gpu.name if len(now.gpus) == 1 else f"GPU {i}: {gpu.name}"
        busy, memory = [one.busy for one in past], [one.memory for one in past]
        _chart(name, busy, memory, gpu.memory_bytes, "As NVML tells. " + ON_A_GPU)
    if not now.gpus:
        busy, memory = [one.cpu for one in readings], [one.memory for one in readings]
        _chart(f"CPU, {machine.cores()} cores", busy, memory, now.memory_bytes, "Of all programs together.")


def _chart(name: str, busy: list[float], memory: list[float], of: int, explanation: str) -> None:
    st.markdown(
        f"**{markdown.plain(name)}** busy {busy[-1]:.0%} (area), memory {memory[-1]:.0%} of {words.size(of)} (dots)",
        help=explanation,
    )
    past = pd.DataFrame({"ago": range(1 - len(busy), 1), "busy": busy, "memory": memory})
    st.vega_lite_chart(past, gauge_spec(page.theme()), height=96, alt=f"How busy {name} was, and how full its memory")


def gauge_spec(theme: str) -> dict[str, Any]:
    """Two shares over the last readings, always from 0 to 1, so that 3 % looks like 3 %.

    Vega and not Plotly: Streamlit draws a Plotly chart from nothing whenever its data change, which is each second.
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


def time_left(waiting: list[Run]) -> float:
    """About how many seconds until all of these have ended; devices work side by side. 0 where it can't be told."""
    by_worker: dict[str, list[Run]] = {}
    for run in waiting:
        by_worker.setdefault(devices.worker_of(run.device), []).append(run)
    return max((_left_of(runs) for runs in by_worker.values()), default=0.0)


def _left_of(runs: list[Run]) -> float:
    running = [run for run in runs if run.state is RunState.RUNNING]
    queued = tuple(run.id for run in runs if run.state is not RunState.RUNNING)
    return sum(run.status.time_left or 0.0 for run in running) + _estimated(tuple(run.id for run in running), queued)


@st.cache_data(ttl=60, max_entries=16, show_spinner=False)
def _estimated(running: tuple[str, ...], queued: tuple[str, ...]) -> float:
    """The queued runs' seconds; what they share with those that run is paid already. Cached: it lists the photos."""
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
