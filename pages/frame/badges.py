"""The words, icons and colours of states and doubts on the screen."""

from core.answering.doubt import Doubt
from core.runs.records import RunState

STATES = {  # in words, with icon and colour of their badge
    RunState.QUEUED: ("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: ("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: ("interrupted, will go on", ":material/restart_alt:", "orange"),
    RunState.DONE: ("done", ":material/check_circle:", "green"),
    RunState.STOPPED: ("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: ("failed", ":material/error:", "red"),
}
_ICONS = {
    Doubt.NONE: (":material/check_circle:", "green"),
    Doubt.CLOSE: (":material/help:", "orange"),
    Doubt.UNLIKE: (":material/block:", "violet"),
    Doubt.UNREAD: (":material/error:", "red"),
}
DOUBTS = {doubt: (doubt.words, *_ICONS[doubt]) for doubt in Doubt}  # likewise
