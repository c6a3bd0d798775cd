"""What can be done with a run or a study that is shown: try again, go on, copy, rename, delete, read the log."""

from collections.abc import Callable

import streamlit as st

from core import words
from core.errors import AppError
from core.runs import devices, estimate, launch, queue
from core.runs.config import LONGEST_NAME, RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.folder import Run
from core.runs.records import GPU_MEMORY, MEMORY, RunState
from core.runs.settings import FINE_TUNING
from pages.frame import markdown, page, session
from pages.frame.session import FormRequest
from pages.training import plan

USUAL_MORE = 10  # epochs


def of_run(run: Run) -> None:
    """The row of buttons below a run."""
    with st.container(horizontal=True):
        if run.state in (RunState.FAILED, RunState.STOPPED):
            _retry(run)
        if run.state in (RunState.DONE, RunState.STOPPED) and queue.can_continue(run):
            _train_on(run)
            if queue.has_frozen_backbone(run):
                _fine_tune(run)
        st.button(
            "Use these settings",
            icon=":material/content_copy:",
            key=f"clone-{run.id}",
            on_click=session.FORM_REQUEST.set,
            args=(FormRequest(run.config, "run", f"The settings of {markdown.plain(run.name)} are in the form."),),
            help="Puts them into the form above, where you can change and start them.",
        )
        with st.popover("Settings", icon=":material/tune:"):
            st.json(run.config.model_dump(mode="json"), expanded=1)
        if run.state is not RunState.FAILED:
            with st.popover("Log", icon=":material/article:"):
                _log(run)
        _rename(run)
        _delete(run)


def remedies(run: Run) -> None:
    """Below the sentence of a failed run: what may help, at one click, and the log."""
    if run.state is not RunState.FAILED:
        return
    half = run.config.batch_size // 2
    with st.container(horizontal=True):
        if run.status.cause in (MEMORY, GPU_MEMORY) and half:
            st.button(
                f"Retry with batch size {half}",
                icon=":material/replay:",
                key=f"retry-half-{run.id}",
                on_click=page.attempt,
                args=(_queue, session.CONTINUED.get(), queue.retry, run.id),
                kwargs={"batch_size": half},
            )
        if run.status.cause == GPU_MEMORY and devices.CPU in devices.choices():
            st.button(
                "Retry on the CPU",
                icon=":material/replay:",
                key=f"retry-cpu-{run.id}",
                on_click=page.attempt,
                args=(_queue, session.CONTINUED.get(), queue.retry, run.id, devices.CPU),
                help="Slower, with all of the machine's memory.",
            )
    with st.expander("Log", icon=":material/article:", key=f"log-{run.id}"):
        _log(run)


def of_study(study: str, runs: list[Run]) -> None:
    """The buttons of a whole study."""
    live = [run for run in runs if not run.ended]
    with st.container(horizontal=True):
        if live:
            asked = all((run.folder / "stop").exists() for run in live)
            st.button(
                "Stopping …" if asked else "Stop the study",
                icon=":material/stop:",
                disabled=asked,
                key=f"stop-study-{study}",
                on_click=page.attempt,
                args=(queue.stop_study, study),
                help="Cancels what is queued and stops what is at work, which keeps its best epoch so far.",
            )
        with st.popover("Delete the study", icon=":material/delete:", disabled=bool(live)):
            st.markdown(f"The curves and logs of its {len(runs)} runs are deleted. Saved models stay on the shelf.")
            st.button(
                f"Delete {len(runs)} runs",
                type="primary",
                key=f"delete-study-{study}",
                on_click=page.attempt,
                args=(queue.delete_study, study),
            )


def choose_device(run: Run) -> None:
    """Where there are several devices: what a waiting run shall be trained on."""
    known = devices.choices()
    if not known or run.state not in (RunState.QUEUED, RunState.INTERRUPTED):
        return
    first = run.device if run.device in known else next(iter(known))
    device = session.run_device(run.id)
    st.selectbox(
        "Device",
        list(known),
        **device.choice(known, first),
        format_func=known.__getitem__,
        on_change=lambda: page.attempt(queue.move, run.id, device.get(first)),
        help="May be changed until the run begins. Runs on different devices go on side by side.",
        width=320,
    )


def _retry(run: Run) -> None:
    """A button; with several devices a choice of them besides."""
    known = devices.choices()
    if not known:
        _retry_button(run, run.device)
        return
    with st.popover("Retry", icon=":material/replay:"):
        first = run.device if run.device in known else next(iter(known))
        device = session.retry_device(run.id)
        st.selectbox("Device", list(known), **device.choice(known, first), format_func=known.__getitem__)
        _retry_button(run, first)


def _retry_button(run: Run, device: str) -> None:
    """Queues the run again, on the device that is chosen when it is clicked; `device` where there is no choice."""
    times = session.CONTINUED.get()
    st.button(
        "Retry",
        icon=":material/replay:",
        key=f"retry-{run.id}",
        on_click=lambda: page.attempt(_queue, times, queue.retry, run.id, session.retry_device(run.id).get(device)),
        help="Queues a new run with the same settings, from the first epoch.",
    )


def _train_on(run: Run) -> None:
    with st.popover("Train for more epochs", icon=":material/fast_forward:"):
        tuned = " Its backbone is fine-tuned for more epochs." if run.config.fine_tune else ""
        st.markdown(f"A new run continues where this one ended, with everything it had learned.{tuned}")
        epochs, times = session.more_epochs(run.id), session.CONTINUED.get()
        st.number_input("More epochs", 1, 1000, **epochs.widget(USUAL_MORE))
        _expected(queue.settings_for_more, run, epochs.get(USUAL_MORE))
        st.button(
            "Train for more epochs",
            type="primary",
            key=f"more-do-{run.id}",
            on_click=lambda: page.attempt(_queue, times, queue.train_more, run.id, epochs.get(USUAL_MORE)),
        )


def _fine_tune(run: Run) -> None:
    with st.popover("Fine-tune it", icon=":material/model_training:"):
        st.markdown(
            "A new run continues from this one with the same settings. Now the whole backbone learns too, in small "
            "steps."
        )
        epochs, times = session.tuning_epochs(run.id), session.CONTINUED.get()
        setting, first = FINE_TUNING["epochs"], FineTune().epochs
        st.number_input(
            setting.title, int(setting.low or 1), int(setting.high or 0), **epochs.widget(first), help=setting.help
        )
        _expected(queue.settings_for_fine_tuning, run, epochs.get(first))
        st.button(
            "Fine-tune",
            type="primary",
            key=f"tune-do-{run.id}",
            on_click=lambda: page.attempt(_queue, times, queue.fine_tune, run.id, epochs.get(first)),
        )


def _expected(going_on: Callable[[Run, int], RunConfig], run: Run, epochs: int) -> None:
    """About how long a run takes here that goes on from another one."""
    try:
        seconds = estimate.seconds([going_on(run, epochs)], plan.dataset(run.config.dataset))
    except AppError as error:
        st.caption(markdown.plain(str(error)))
        return
    st.caption(f":material/schedule: Expected time: about {words.duration(seconds)}.")


def _rename(run: Run) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = session.new_name(run.id)
        st.text_input("Name", max_chars=LONGEST_NAME, **name.widget(run.name))
        st.button(
            "Save name",
            key=f"rename-do-{run.id}",
            on_click=lambda: page.attempt(queue.rename, run.id, name.get(run.name)),
        )


def _delete(run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=run.state is RunState.RUNNING):
        st.markdown("The run's curves and log are deleted. A model that it saved stays on the shelf.")
        st.button(
            "Delete this run",
            type="primary",
            key=f"delete-{run.id}",
            on_click=page.attempt,
            args=(queue.delete, run.id),
        )


def _log(run: Run) -> None:
    log = run.folder / "worker.log"
    text = log.read_text(encoding="utf-8", errors="replace")[-8000:] if log.exists() else ""
    st.code(text.strip() or "Nothing was printed.", language=None, height=320, wrap_lines=True)


def _queue(times: int, act: Callable[..., str], *arguments: object, **changes: object) -> None:
    """Queue a run that is made from another one, and show it.

    `times` counts such acts when the button was drawn, so that a click that is delivered twice queues one run.
    """
    if times != session.CONTINUED.get():
        return
    run_id = act(*arguments, **changes)
    session.CONTINUED.set(times + 1)
    session.RUN.set(run_id)
    launch.ensure_worker()
