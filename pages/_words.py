"""Figures and names as pages say them."""

from core.answering.tables import Kind
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
DOUBTS: dict[Kind, tuple[str, str, str]] = {  # likewise
    "sure": ("not doubted", ":material/check_circle:", "green"),
    "close": ("not sure", ":material/help:", "orange"),
    "unlike": ("probably none of these", ":material/block:", "violet"),
    "unread": ("could not be read", ":material/error:", "red"),
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


def count(number: int, thing: str) -> str:
    """'1 photo', '1,200 photos'."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def with_article(label: str) -> str:
    """'a dress', 'an apron'; 'shoes' and 'outwear' bear none."""
    lower = label.lower()
    if (lower.endswith("s") and not lower.endswith("ss")) or lower.endswith(("wear", "clothing")):
        return label
    return f"{'an' if lower[:1] in tuple('aeiou') and not lower.startswith('uni') else 'a'} {label}"


def certainty(probability: float, doubted: bool) -> str:
    """How sure an answer is, as it begins a sentence."""
    if doubted or probability < 0.5:
        return "Perhaps"
    return "Probably" if probability < 0.9 else "Almost certainly"
