"""The queue as pages show it: what is still to be done, how long that takes, and how busy the machine is."""

import streamlit as st

from core import machine
from core.datasets import catalogue
from core.errors import AppError
from core.runs import devices, estimate, launch, queue
from core.runs.config import RunConfig
from core.runs.folder import Run, RunState, look
from pages import _widgets as widgets
from pages import _words as words

READINGS = 60  # of the machine's load that are shown


def show(waiting: list[Run]) -> None:
    """The machine's gauge, and what is still to be done, in its order; each can be taken out."""
    trouble()
    load = machine.load()
    readings = st.session_state.setdefault("train-load", [])
    readings.append(load)
    del readings[:-READINGS]
    busy = " · ".join(f"GPU {gpu.busy:.0%}" for gpu in load.gpus) or f"CPU {load.cpu:.0%}"
    left = time_left(waiting)
    with st.expander(
        f"Queue: {len(waiting)}{f' · about {words.duration(left)} left' if left else ''} · {busy}",
        icon=":material/playlist_play:",
        key="train-queue",
    ):
        gauge(readings)
        for place, run in enumerate(waiting, start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
                st.markdown(f"{place}. {words.plain(run.name)} · {words.STATES[run.state][0]}", width="stretch")
                if not (run.folder / "stop").exists() and st.button(
                    "",
                    icon=":material/close:",
                    key=f"unqueue-{run.id}",
                    help="Stop it; what it has reached is kept." if run.state is RunState.RUNNING else "Cancel it.",
                ):
                    with widgets.errors():
                        queue.stop(run.id)
                        st.rerun()


def trouble() -> None:
    """A sentence and the log where the training process doesn't come to life."""
    if sentence := launch.trouble():
        st.error(words.plain(sentence), icon=":material/error:")
        with st.expander("What the training process said", icon=":material/article:", key="train-trouble"):
            st.code(launch.last_words() or "Nothing.", language=None, height=240, wrap_lines=True)


def gauge(readings: list[machine.Load]) -> None:
    """The last readings as small charts: a row for each GPU, or one of CPU and memory."""
    now = readings[-1]
    for i, gpu in enumerate(now.gpus):
        past = [load.gpus[i] for load in readings if i < len(load.gpus)]
        name = gpu.name if len(now.gpus) == 1 else f"GPU {i}: {gpu.name}"
        _row(
            (f"{name}, busy", [one.busy for one in past], "Share of the time in which it computed, by NVML."),
            (
                f"Memory of {gpu.memory_bytes / 2**30:.0f} GB",
                [one.memory for one in past],
                "Of the GPU, by NVML. GPUs add in changing order, so the same settings may give curves that differ in "
                "the last digits.",
            ),
        )
    if not now.gpus:
        _row(
            (f"CPU, {machine.cores()} cores", [one.cpu for one in readings], "Share of all cores in use."),
            (
                f"Memory of {now.memory_bytes / 2**30:.0f} GB",
                [one.memory for one in readings],
                "Of all programs together.",
            ),
        )


def _row(*charts: tuple[str, list[float], str]) -> None:
    with st.grid(len(charts), gap="small"):
        for title, shares, explanation in charts:
            st.metric(
                title,
                f"{shares[-1]:.0%}",
                chart_data=[round(100 * share) for share in shares],
                chart_type="area",
                border=True,
                help=explanation,
            )


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
