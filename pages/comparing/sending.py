"""The compared runs for other tools on Compare: TensorBoard's event files, and MLflow."""

import os
from collections.abc import Callable, Sequence

import streamlit as st

from core import words
from core.errors import AppError
from core.runs.folder import Run
from core.sending import addresses, choice, delivery, mlflow, tensorboard
from core.sending.extras import MLFLOW, TENSORBOARD, Extra
from core.serving import limits
from pages.frame import access, markdown, page, session

EVERY = 1.0  # s between two looks at the progress
LONGEST_ADDRESS = 500  # characters
SHOWN = 5  # runs that are left out


def show(runs: Sequence[Run]) -> None:
    """Draw the popover with the buttons for these runs; nothing on a read-only server."""
    if access.is_read_only():
        return
    popover = st.popover("Other tools", icon=":material/output:", key="compare-sending", on_change="rerun")
    if popover.open:  # only then, since it looks at files and libraries
        with popover, page.errors():
            _content(runs)


def _content(runs: Sequence[Run]) -> None:
    ready, sentences = choice.ready(runs)
    for sentence in sentences[:SHOWN]:
        st.caption(markdown.plain(sentence))
    if len(sentences) > SHOWN:
        st.caption(f"{len(sentences) - SHOWN:,} more are left out.")
    ids = tuple(run.id for run in ready)
    _tool(
        TENSORBOARD,
        "Curves, settings and scores as event files. TensorBoard draws the curves, and its HParams tab shows which "
        "settings go with which scores.",
        _tensorboard,
        ids,
    )
    _tool(
        MLFLOW,
        "Keeps the runs of many projects and people: settings, curves, scores and files of each run. What was logged "
        "before is not logged twice.",
        _mlflow,
        ids,
    )


def _tool(tool: Extra, explanation: str, draw: Callable[[Sequence[str], bool], None], ids: Sequence[str]) -> None:
    """Draw a tool: what it is for, its controls or how to install it, and what became of the last runs."""
    st.markdown(f"**{tool.label}**")
    st.caption(explanation)
    if not tool.is_installed:
        st.caption("It needs a library that is not installed. Install it in the program's environment:")
        st.code(tool.command, language=None, wrap_lines=True)
        return
    is_running = _is_running(tool)
    draw(ids, is_running)
    with st.container():  # always there, so that nothing below moves
        key = f"compare-sending-{tool.module}"
        st.fragment(page.fragment(_state), run_every=EVERY if is_running else None, key=key)(tool, is_running)


def _tensorboard(ids: Sequence[str], is_running: bool) -> None:
    st.button(
        f"Write the files of {words.count(len(ids), 'run')}",
        icon=":material/save:",
        key="compare-tensorboard",
        disabled=is_running or not ids,
        on_click=page.attempt,
        args=(_write, ids),
        help="They are written into the workspace. Files of other runs stay there.",
    )


def _write(ids: Sequence[str]) -> None:
    limits.check_disk()
    delivery.write_event_files(ids)


def _mlflow(ids: Sequence[str], is_running: bool) -> None:
    own = os.environ.get(addresses.VARIABLE, "").strip()
    address, experiment = session.compare("mlflow-address"), session.compare("mlflow-experiment")
    is_shared = access.is_shared()
    if is_shared:  # people must not choose where a server sends things
        st.caption(markdown.plain(_sentence_of_server(own)))
        if not own:
            return
    with st.container(horizontal=True):  # low, so that what became of the runs can be seen without scrolling
        if not is_shared:
            st.text_input(
                "Address of MLflow",
                max_chars=LONGEST_ADDRESS,
                placeholder=addresses.EXAMPLE,
                help="A server, or a folder on this machine for a database.",
                **address.widget(own),
            )
        st.text_input("Experiment", max_chars=LONGEST_ADDRESS, **experiment.widget(mlflow.EXPERIMENT))
    st.button(
        f"Log {words.count(len(ids), 'run')}",
        icon=":material/upload:",
        key="compare-mlflow",
        disabled=is_running or not ids,
        on_click=lambda: page.attempt(_log, ids, own, experiment.get(mlflow.EXPERIMENT)),
    )


def _sentence_of_server(own: str) -> str:
    if own:
        return f"This server logs runs at {addresses.address(own)}."  # refuses one with a password in it
    return f"This server is shared, so it logs runs only where {addresses.VARIABLE} says. It is not set."


def _log(ids: Sequence[str], own: str, experiment: str) -> None:
    text = own if access.is_shared() else session.compare("mlflow-address").get(own)
    if not text.strip():
        raise AppError(f"Type the address of MLflow, such as {addresses.EXAMPLE}.")
    folder = addresses.folder_of(addresses.address(text))
    if folder is not None and text != own:
        access.check_folder(folder)
    delivery.log_in_mlflow(ids, text, experiment)


def _is_running(tool: Extra) -> bool:
    status = delivery.status(tool)
    return bool(status and status.running)


def _state(tool: Extra, was_running: bool) -> None:
    """The progress of the runs that are on their way, or what became of the last ones."""
    status = delivery.status(tool)
    if _is_running(tool) != was_running:
        st.rerun()  # the button must change too
    if status and status.running:
        st.progress(min(1.0, status.share), markdown.plain(status.words))
        return
    if status and status.error:
        st.error(markdown.plain(status.error), icon=":material/error:")
        return
    last = delivery.last(tool)
    if last is None:
        return
    moment = words.moment(last.date)
    made = f"{moment:%d %b %Y, %H:%M}. " if moment else ""
    became = f"{made}{' '.join(last.sentences)} They are in {last.place}."
    st.caption(f":material/check_circle: {markdown.plain(became)}")
    is_files = tool is TENSORBOARD
    command = tensorboard.command(delivery.event_files()) if is_files else addresses.command(last.place)
    if command:
        st.code(command, language=None, wrap_lines=True)
