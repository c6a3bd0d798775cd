"""The labels of a model from elsewhere, in the order of its outputs."""

from pathlib import Path

from core import words
from core.errors import ModelError
from core.files import regular

MOST_BYTES = 1_000_000
LONGEST = 200  # characters


def read(text: str) -> tuple[str, ...]:
    """The labels in a text such as "dress, hat", or in the file of that name, one per line. Raises ModelError."""
    lines = text.split(",")
    if _is_file(text):
        try:
            lines = regular.read(Path(text).expanduser(), MOST_BYTES).decode("utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise ModelError(f"The labels in {text} can't be read ({error}). Write one per line, in UTF-8.") from None
    return check(tuple(label for line in lines if (label := line.strip())))


def check(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The same labels. Raises ModelError if there are none, or if one of them can't be used."""
    if not labels:
        raise ModelError("The labels must be the names of the classes, in the order of the outputs, got none.")
    if twice := next((label for label in labels if labels.count(label) > 1), ""):
        raise ModelError(f"Each label must differ from the others, got {words.quoted(twice)} twice.")
    for label in labels:
        if words.printable(label) != label or len(label) > LONGEST:
            raise ModelError(f"A label must be at most {LONGEST} printable characters, got {words.quoted(label)}.")
    return labels


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # it can't be a path
        return False
