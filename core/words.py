"""Figures, names and values from outside in everyday words."""

from collections.abc import Iterable, Sequence
from datetime import datetime

LONGEST_QUOTE = 60  # characters
JOINER = "\u200d"  # joins several emoji into one; the only unprintable character that is kept


def duration(seconds: float) -> str:
    """A duration in s, as text: '42 s', '3 min', '2.5 hours'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def moment(date: str) -> datetime | None:
    """A date and time in ISO 8601 as this machine's clock shows it, without a time zone; None if it is not one."""
    try:
        return datetime.fromisoformat(date).astimezone().replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):  # edited by hand, or as early as year 1
        return None


def percent(share: float) -> str:
    """A share as text: '87%', but never 100%, since no model is always right."""
    return "over 99%" if share > 0.995 else f"{share:.0%}"


def size(count: float) -> str:
    """A number of bytes as text: '1.5 GB', '12 kB'."""
    for unit, worth in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}" if count < 10 * worth else f"{count / worth:,.0f} {unit}"
    return f"{count:.0f} bytes" if count != 1 else "1 byte"


def count(number: int, thing: str) -> str:
    """A number with its noun: '1 photo', '1,200 photos'."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def printable(text: str) -> str:
    """`text` as one line, with a ? for each character that can't be printed."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == JOINER else "?" for letter in text)


def first_line(error: object) -> str:
    """What another library says in the first line of an error, to be put into a sentence."""
    lines = str(error).strip().splitlines()
    return printable(lines[0]) if lines else type(error).__name__


def quoted(value: object) -> str:
    """A value from outside as sentences quote it: as Python writes it, without odd characters, and never long."""
    try:
        text = repr(value[: LONGEST_QUOTE + 1] if isinstance(value, (str, bytes)) else value)
    except (ValueError, RecursionError):  # more digits than Python prints, or endlessly nested brackets
        return "a value that is too long to print"
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in a row, without odd characters, with the number of those left out: 'a, b, c and 20 more'."""
    every = list(names)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(map(_shortened, every[:most])) + more


def joined(parts: Sequence[str]) -> str:
    """Parts of a sentence: 'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _shortened(name: str) -> str:
    line = printable(name[: LONGEST_QUOTE + 1])
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def classes(number: int) -> str:
    """The number of classes: '1 class', '10 classes'."""
    return "1 class" if number == 1 else f"{number:,} classes"


def with_article(label: str) -> str:
    """The label with its article: 'a dress', 'an apron', but 'shoes' and 'outwear'."""
    lower = label.lower()
    if (lower.endswith("s") and not lower.endswith("ss")) or lower.endswith(("wear", "clothing")):
        return label
    return f"{'an' if lower[:1] in tuple('aeiou') and not lower.startswith('uni') else 'a'} {label}"


def certainty(probability: float, doubted: bool) -> str:
    """How certain an answer is, as the first word of a sentence."""
    if doubted or probability < 0.5:
        return "Perhaps"
    return "Probably" if probability < 0.9 else "Almost certainly"
