"""The text, icon and colour of the badges for a run's state and the doubt about an answer."""

from typing import Literal, NamedTuple

from core.answering.doubt import Doubt
from core.runs.records import RunState


class Badge(NamedTuple):
    """A badge as `st.badge` takes it."""

    text: str
    icon: str
    color: Literal["red", "orange", "blue", "green", "violet", "gray"]


STATES = {
    RunState.QUEUED: Badge("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: Badge("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: Badge("interrupted, will resume", ":material/restart_alt:", "orange"),
    RunState.DONE: Badge("done", ":material/check_circle:", "green"),
    RunState.STOPPED: Badge("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: Badge("failed", ":material/error:", "red"),
}
DOUBTS = {
    Doubt.NONE: Badge("Confident", ":material/check_circle:", "green"),
    Doubt.CLOSE: Badge("Not sure", ":material/help:", "orange"),
    Doubt.UNLIKE: Badge("Probably none of these", ":material/block:", "violet"),
    Doubt.UNREAD: Badge("Could not be read", ":material/error:", "red"),
}
CORRECTED = Badge("Put right", ":material/edit:", "blue")
