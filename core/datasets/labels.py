"""The names of classes as people type them, and the folders that hold their photos."""

from collections.abc import Iterable

from core.datasets.arranging import folded
from core.errors import DatasetError
from core.files.names import is_leftover, safe_name
from core.words import quoted

LONGEST = 100  # characters
SLASHES = str.maketrans("/\\", "／＼")  # look-alikes, since no folder may have them in its name


def folder_name(label: str) -> str:
    """The name of the folder of a class, which every system accepts and no program passes over."""
    name = safe_name(label.translate(SLASHES))
    return f"_{name}" if is_leftover(name) else name


def typed(text: str, existing: Iterable[str]) -> str:
    """The class that a person means: an existing one however it is written, or a new one. Raises DatasetError."""
    label = " ".join(text.split())
    if not label or len(label) > LONGEST or not label.isprintable():
        raise DatasetError(f"A class must have a name of 1 to {LONGEST} printable characters, got {quoted(text)}.")
    label = folder_name(label)
    return next((other for other in existing if folded(other) == folded(label)), label)
