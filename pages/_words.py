"""Figures and names as pages say them."""

from core.runs.folder import RunState

SPECIAL = frozenset("\\`*_{}[]<>#|~$:&")  # to Markdown and to Streamlit's own marks
STATES = {  # in words, with icon and colour of their badge
    RunState.QUEUED: ("queued", ":material/hourglass_top:", "gray"),
    RunState.RUNNING: ("running", ":material/play_circle:", "blue"),
    RunState.INTERRUPTED: ("interrupted, will go on", ":material/restart_alt:", "orange"),
    RunState.DONE: ("done", ":material/check_circle:", "green"),
    RunState.STOPPED: ("stopped", ":material/stop_circle:", "gray"),
    RunState.FAILED: ("failed", ":material/error:", "red"),
}


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def percent(share: float) -> str:
    """Never quite 100 %: a model that is never wrong does not exist."""
    return "over 99%" if share > 0.995 else f"{share:.0%}"


def size(count: float) -> str:
    """Bytes as a person says them."""
    for unit, worth in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}" if count < 10 * worth else f"{count / worth:,.0f} {unit}"
    return f"{count:.0f} bytes" if count != 1 else "1 byte"


def plain(text: str) -> str:
    """A name that somebody else chose (a file, a class, a run), so that Streamlit reads no Markdown in it."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in text)
