"""The words, icons and colours of states and doubts on the screen."""

from core.answering.tables import Kind
from core.runs.folder import RunState

STATES = {  # in words, with icon and colour of their badge
    RunState.QUEUED: ("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: ("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: ("interrupted, will go on", ":material/restart_alt:", "orange"),
    RunState.DONE: ("done", ":material/check_circle:", "green"),
    RunState.STOPPED: ("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: ("failed", ":material/error:", "red"),
}
DOUBTS: dict[Kind, tuple[str, str, str]] = {  # likewise
    "sure": ("not doubted", ":material/check_circle:", "green"),
    "close": ("not sure", ":material/help:", "orange"),
    "unlike": ("probably none of these", ":material/block:", "violet"),
    "unread": ("could not be read", ":material/error:", "red"),
}
