"""What can be done with the ticked runs on Compare: star, archive, rename, note, delete."""

import zlib
from collections.abc import Sequence

import streamlit as st

from core import words
from core.errors import AppError, RunError
from core.runs import queue
from core.runs.config import LONGEST_NAME
from core.runs.folder import Run
from core.runs.records import RunState
from core.words import quoted
from pages.comparing import scope
from pages.frame import access, markdown, page, session

LONGEST_NOTE = 2000  # characters


def show(runs: Sequence[Run]) -> None:
    """Draw the buttons for the ticked runs; a caption if none is ticked."""
    if not runs:
        more = "" if access.is_read_only() else ", or to star, archive, rename or delete them"
        st.caption(f"Tick runs to compare only these{more}.")
        return
    with st.container(horizontal=True):
        if not access.is_read_only():
            _changes(runs)
        st.button("Untick all", key="compare-untick", type="tertiary", on_click=scope.tick, args=((),))


def _changes(runs: Sequence[Run]) -> None:
    """Draw the buttons that change the ticked runs."""
    starred, archived = (all(getattr(run.notes, name) for run in runs) for name in ("is_starred", "is_archived"))
    st.button(
        "Unstar" if starred else "Star",
        icon=":material/star:",
        key="compare-star",
        on_click=page.attempt,
        args=(_change, runs),
        kwargs={"is_starred": not starred},
    )
    st.button(
        "Bring back" if archived else "Archive",
        icon=":material/archive:",
        key="compare-archive",
        on_click=page.attempt,
        args=(_change, runs),
        kwargs={"is_archived": not archived},
        help="Archived runs are left out of this list. Nothing is deleted.",
    )
    if len(runs) == 1:
        _rename(runs[0])
    which = quoted(runs[0].name) if len(runs) == 1 else words.count(len(runs), "run")
    training = any(run.state is RunState.RUNNING for run in runs)
    page.deletion(
        "Delete",
        f"This deletes the curves, logs and answers of {markdown.plain(which)}. Saved models stay.",
        f"Delete {words.count(len(runs), 'run')}",
        "compare-delete",
        _delete,
        runs,
        disabled=training,
    )


def _rename(run: Run) -> None:
    with st.popover("Name and note", icon=":material/edit:"):
        stamp = f"{zlib.crc32(repr((run.name, run.notes.note)).encode()):x}"  # another browser may have changed them
        name, note = session.of_run(f"name-{stamp}", run.id), session.of_run(f"note-{stamp}", run.id)
        st.text_input("Name", max_chars=LONGEST_NAME, **name.widget(run.name))
        st.text_area("Note", max_chars=LONGEST_NOTE, **note.widget(run.notes.note), placeholder="what you noticed")
        st.button(
            "Save",
            type="primary",
            key=f"compare-rename-{run.id}",
            on_click=lambda: page.attempt(_save, run, name.get(run.name), note.get(run.notes.note)),
        )


def _save(run: Run, name: str, note: str) -> None:
    """Write what differs from what was drawn."""
    new = {"name": name.strip()[:LONGEST_NAME], "note": note.strip()[:LONGEST_NOTE]}
    before = {"name": run.name, "note": run.notes.note}
    _existing([run])
    queue.change_notes(run.id, **{field: value for field, value in new.items() if value != before[field]})


def _change(runs: Sequence[Run], **changes: bool) -> None:
    """Star or archive these runs. Archived ones are no longer ticked: they are not listed any more."""
    for run in _existing(runs):
        queue.change_notes(run.id, **changes)
    if changes.get("is_archived"):
        scope.tick(set(session.COMPARE_TICKED.get()) - {run.id for run in runs})


def _existing(runs: Sequence[Run]) -> Sequence[Run]:
    """The runs. Raises RunError, with their names, if somebody else has deleted some of them."""
    gone = [quoted(run.name) for run in runs if not run.folder.exists()]
    if gone:
        verb = "was" if len(gone) == 1 else "were"
        raise RunError(f"{words.listed(gone, 3)} {verb} deleted in the meantime, so nothing was changed.")
    return runs


def _delete(runs: Sequence[Run]) -> None:
    """Delete these runs. Those that can't be deleted stay, with the first reason."""
    failed = []
    for run in runs:
        try:
            if run.folder.exists():  # somebody else may have been quicker
                queue.delete(run.id)
        except AppError as error:
            failed.append(str(error))
    scope.tick(())
    if failed:
        raise AppError(failed[0] if len(failed) == 1 else f"{failed[0]} {len(failed) - 1} more were not deleted.")
