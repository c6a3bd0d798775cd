"""The actions of the wall and their keys."""

from string import ascii_lowercase

from core.datasets import review
from core.datasets.folders import SPLIT_WORDS
from core.datasets.rows import Rows
from pages.frame import access
from pages.photos.grid import Action

NEXT, PREVIOUS, OPEN, UNDO, KEEP, LEAVE_OUT = "next", "previous", "open", "undo", "keep", "leave out"
SUGGESTED, KEEP_ALL = "suggested", "keep all"  # of the queue of findings
RESERVED = "kouxrsa"  # r: in the browser's own menus and in Streamlit it draws the page again
CLASS_KEYS = "123456789" + "".join(letter for letter in ascii_lowercase if letter not in RESERVED)
MOST_CLASSES = len(CLASS_KEYS)  # with a chip of their own
OTHER_CLASS_KEY = "0"
SPLIT_KEYS = {"train": "Shift+T", "validation": "Shift+V", "test": "Shift+E"}
# The start of an action that moves photos there. Its name follows: the places of classes change when one is added
_CLASS, _SPLIT = "class ", "split "


def actions(row: Rows, has_splits: bool, has_previous: bool, has_next: bool, other_class: int | None) -> list[Action]:
    """Everything that can be done on a page of the wall. `other_class` is chosen among those without a chip.

    On a read-only server: to open a photo, and to turn the page.
    """
    turning = []
    if has_previous:
        turning.append(Action(PREVIOUS, "Previous page", "PageUp", scope="page", has_chip=False))
    if has_next:
        turning.append(Action(NEXT, "Next page", "PageDown", scope="page", has_chip=False))
    if access.is_read_only():
        return [Action(OPEN, "Open", "o", scope="photo"), *turning]
    shown = list(zip(range(len(row.classes)), CLASS_KEYS, strict=False))
    if other_class is not None:
        shown.append((other_class, OTHER_CLASS_KEY))
    every = [Action(KEEP, "Keep", "k"), Action(LEAVE_OUT, "Leave out", "x")] if has_splits else []
    every += [Action(UNDO, "Undo", "u", scope="page", is_undo=True), Action(OPEN, "Open", "o", scope="photo")]
    if has_splits:
        every += [
            Action(f"{_SPLIT}{name}", word.capitalize(), SPLIT_KEYS[name], "Split")
            for name, word in SPLIT_WORDS.items()
        ]
    every += [Action(f"{_CLASS}{row.classes[label]}", row.classes[label], key, "Class") for label, key in shown]
    return [*every, *turning]


def decision(action: str, row: Rows) -> tuple[review.Action, str] | None:
    """What an action decides: "keep", "leave out", "class" or "split", and where to. None for any other text."""
    if action == KEEP:
        return "keep", ""
    if action == LEAVE_OUT:
        return "leave out", ""
    if action.startswith(_CLASS) and (label := action.removeprefix(_CLASS)) in row.classes:
        return "class", label
    if action.startswith(_SPLIT) and (split := action.removeprefix(_SPLIT)) in SPLIT_WORDS:
        return "split", split
    return None
