"""The actions for a run or a study: retry, train more, reuse the settings, rename, delete, read the log."""

from collections.abc import Callable

import streamlit as st

from core import words
from core.errors import AppError
from core.files import regular
from core.reporting import export, notebook
from core.runs import bodies, devices, estimate, folder, launch, queue
from core.runs.config import LONGEST_NAME, RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.folder import Run
from core.runs.groups import Group
from core.runs.records import GPU_MEMORY, MEMORY, RunState
from core.runs.settings import FINE_TUNING
from core.searching import folder as searches
from pages.frame import access, markdown, page, session
from pages.frame.state import FormRequest
from pages.training import plan

USUAL_MORE = 10  # epochs
TOGETHER = (
    " All GPUs together split each batch while the backbone learns, so choose a batch size that is a multiple of their "
    "number. With a frozen backbone only the first GPU works."
)


def of_run(run: Run) -> None:
    """Draw the row of buttons below a run."""
    with st.container(horizontal=True):
        if not access.is_read_only():
            _new_runs(run)
        st.button(
            "Use these settings",
            icon=":material/content_copy:",
            key=f"clone-{run.id}",
            on_click=session.FORM_REQUEST.set,
            args=(FormRequest(run.config, "run", f"The settings of {markdown.plain(run.name)} are now in the form."),),
            help="Puts them into the form above. You can change them there before you start.",
        )
        if run.ended:
            _notebook(run)
        with st.popover("Settings", icon=":material/tune:"):
            st.json(run.config.model_dump(mode="json"), expanded=1)
        if run.state is not RunState.FAILED:
            with st.popover("Log", icon=":material/article:"):
                _log(run)
        if not access.is_read_only():
            _rename(run)
        _delete(run)


def _new_runs(run: Run) -> None:
    """Draw the buttons that queue a run made from this one."""
    if run.state in (RunState.FAILED, RunState.STOPPED):
        _retry(run)
    if run.state in (RunState.DONE, RunState.STOPPED) and queue.can_continue(run):
        _train_more(run)
        if queue.has_frozen_backbone(run):
            _fine_tune(run)


def _notebook(run: Run) -> None:
    st.download_button(
        "Notebook",
        _notebook_text(run.id, run.name, run.status.updated),
        export.file_name(run.name, export.NOTEBOOK),
        "application/x-ipynb+json",
        icon=":material/school:",
        help="The same training in plain Keras for Colab or Jupyter, with explanations. It does not need this app.",
        on_click="ignore",
        key=f"notebook-{run.id}",
    )


@st.cache_data(ttl=300, max_entries=16, show_spinner=False)
def _notebook_text(run_id: str, name: str, updated: float) -> bytes:
    """The notebook, cached for a while, because the fragment around it draws it again every second."""
    return notebook.of([folder.look(run_id)]).encode()


def remedies(run: Run) -> None:
    """Below the error of a failed run, draw buttons that may solve it, and the log."""
    if run.state is not RunState.FAILED:
        return
    if not access.is_read_only():
        _remedy_buttons(run)
    with st.expander("Log", icon=":material/article:", key=f"log-{run.id}"):
        _log(run)


def _remedy_buttons(run: Run) -> None:
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
                help="Slower, but it can use all of the machine's memory.",
            )


def of_study(group: Group) -> None:
    """Draw the buttons of a whole study; none on a read-only server."""
    if access.is_read_only():
        return
    with st.popover(f"Rename the {group.kind}", icon=":material/edit:"):
        name = session.of_study("name", group.study)
        st.text_input(f"Name of the {group.kind}", max_chars=LONGEST_NAME, **name.widget(group.name))
        st.button(
            "Save name",
            key=f"rename-study-{group.study}",
            on_click=lambda: page.attempt(queue.rename_study, group.study, name.get(group.name)),
        )
    page.deletion(
        f"Delete the {group.kind}",
        f"This deletes the curves and logs of its {len(group.runs)} runs. Saved models stay.",
        f"Delete {len(group.runs)} runs",
        f"delete-study-{group.study}",
        _delete_study,
        group,
        disabled=not group.has_ended,
    )


def _delete_study(group: Group) -> None:
    if group.is_search:
        searches.remove(group.study)
    queue.delete_study(group.study)


def choose_device(run: Run) -> None:
    """If there are several devices, let the user choose one for a queued run."""
    choices = devices.choices()
    if not choices or run.state not in (RunState.QUEUED, RunState.INTERRUPTED):
        return
    current = run.device if run.device in choices else next(iter(choices))
    device = session.of_run("device", run.id)
    st.selectbox(
        "Device",
        list(choices),
        **device.choice(choices, current),
        format_func=choices.__getitem__,
        on_change=lambda: page.attempt(queue.move, run.id, device.get(current)),
        help="You can change it until the run starts. Runs on different devices train at the same time."
        + (TOGETHER if devices.GPUS in choices else ""),
        width=320,
    )


def _retry(run: Run) -> None:
    """Draw the retry button, with a choice of devices if there are several."""
    choices = devices.choices()
    if not choices:
        _retry_button(run, run.device)
        return
    with st.popover("Retry", icon=":material/replay:"):
        current = run.device if run.device in choices else next(iter(choices))
        device = session.of_run("retry-device", run.id)
        st.selectbox("Device", list(choices), **device.choice(choices, current), format_func=choices.__getitem__)
        _retry_button(run, current)


def _retry_button(run: Run, device: str) -> None:
    """Draw a button that queues the run again, on the device chosen at the click; `device` if there is no choice."""
    count, chosen = session.CONTINUED.get(), session.of_run("retry-device", run.id)
    st.button(
        "Retry",
        icon=":material/replay:",
        key=f"retry-{run.id}",
        on_click=lambda: page.attempt(_queue, count, queue.retry, run.id, chosen.get(device)),
        help="Queues a new run with the same settings. It starts at the first epoch.",
    )


def _train_more(run: Run) -> None:
    with st.popover("Train for more epochs", icon=":material/fast_forward:"):
        tuning = " It fine-tunes the backbone for more epochs." if run.config.fine_tune else ""
        st.markdown(f"A new run continues where this one ended.{tuning}")
        epochs, count = session.of_run("more", run.id), session.CONTINUED.get()
        st.number_input("More epochs", 1, 1000, **epochs.widget(USUAL_MORE))
        _expected_time(queue.settings_for_more, run, epochs.get(USUAL_MORE))
        st.button(
            "Train for more epochs",
            type="primary",
            key=f"more-do-{run.id}",
            on_click=lambda: page.attempt(_queue, count, queue.train_more, run.id, epochs.get(USUAL_MORE)),
        )


def _fine_tune(run: Run) -> None:
    with st.popover("Fine-tune", icon=":material/model_training:"):
        st.markdown(
            "A new run continues from this one with the same settings. Now the whole backbone learns too, at a small "
            "learning rate."
        )
        epochs, count = session.of_run("tuning", run.id), session.CONTINUED.get()
        setting, usual = FINE_TUNING["epochs"], FineTune().epochs
        st.number_input(
            setting.title, int(setting.low or 1), int(setting.high or 0), **epochs.widget(usual), help=setting.help
        )
        _expected_time(queue.settings_for_fine_tuning, run, epochs.get(usual))
        st.button(
            "Fine-tune",
            type="primary",
            key=f"tune-do-{run.id}",
            on_click=lambda: page.attempt(_queue, count, queue.fine_tune, run.id, epochs.get(usual)),
        )


def _expected_time(settings_for: Callable[[Run, int], RunConfig], run: Run, epochs: int) -> None:
    """Say about how long a run that continues this one takes."""
    try:
        bodies.check(run.config.backbone, run.config.image_size)
        seconds = estimate.seconds([settings_for(run, epochs)], plan.dataset(run.config.dataset))
    except AppError as error:
        st.caption(markdown.plain(str(error)))
        return
    st.caption(f":material/schedule: Expected time: about {words.duration(seconds)}.")


def _rename(run: Run) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = session.of_run("name", run.id)
        st.text_input("Name", max_chars=LONGEST_NAME, **name.widget(run.name))
        st.button(
            "Save name",
            key=f"rename-do-{run.id}",
            on_click=lambda: page.attempt(queue.rename, run.id, name.get(run.name)),
        )


def _delete(run: Run) -> None:
    page.deletion(
        "Delete",
        "This deletes the run's curves and log. Its saved model stays.",
        "Delete this run",
        f"delete-{run.id}",
        queue.delete,
        run.id,
        disabled=run.state is RunState.RUNNING,
    )


def _log(run: Run) -> None:
    try:
        text = regular.end(run.folder / "worker.log", 8000)
    except OSError:
        text = ""
    st.code(text.strip() or "The log is empty.", language=None, height=320, wrap_lines=True)


def _queue(count: int, action: Callable[..., str], *arguments: object, **changes: object) -> None:
    """Queue a run made from another run, and select it.

    `count` is the number of such runs when the button was drawn, so that a click that arrives twice queues one run.
    """
    if count != session.CONTINUED.get():
        return
    access.check_new_runs(1)
    run_id = action(*arguments, **changes)
    access.note_new_runs([run_id])
    session.CONTINUED.set(count + 1)
    session.RUN.set(run_id)
    launch.ensure_worker()
