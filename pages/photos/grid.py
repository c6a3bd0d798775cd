"""A grid of photos in the browser, to look at, select and act on: with the mouse, the keyboard or a finger.

What a person does arrives as acts. Streamlit may cut a run short before it has used what the browser sent, so the
browser keeps each act until Python has taken it, and sends all of them again with the next one (see `acts.js`). Python
remembers the number of the last act that it took: each is taken exactly once, however often it arrives.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from core.errors import AppError
from pages.frame import component, markdown, page, session
from pages.frame.state import WallState

Colour = Literal["gray", "blue", "green", "orange", "red", "violet"]
MOST_TILES = 100
MOST_GRIDS = 20  # browser tabs and reloads whose acts are remembered; a session usually has one
SCRIPTS = ("acts.js", "selection.js", "shortcuts.js", "tile.js", "grid.js")  # one module, in this order
HTML = """
<div class="photo-grid">
  <div class="bar">
    <div class="chips" role="toolbar" aria-label="Actions"></div>
    <div class="status" role="status"></div>
  </div>
  <div class="tiles" role="listbox" aria-multiselectable="true"></div>
</div>
"""


@dataclass(frozen=True)
class Tile:
    """A photo in the grid."""

    name: str  # different for each photo
    picture: bytes | None  # a JPEG; None if the photo can't be read or isn't ready yet
    caption: str
    badges: tuple[tuple[str, Colour], ...] = ()
    alt: str = ""
    title: str = ""  # shown while the mouse rests on it
    is_sentence: bool = False  # whether the caption is a sentence, which takes more than a line
    is_waiting: bool = False  # whether the picture is still being made: then the browser asks for it again


@dataclass(frozen=True)
class Action:
    """Something to do, as a chip above the grid, by its key, or by dropping photos on the chip."""

    key: str
    label: str
    shortcut: str = ""  # a letter or digit, "Shift+T", or a name such as "PageDown"
    group: str = ""  # actions of a group stand together, behind its name
    scope: Literal["photos", "photo", "page"] = "photos"  # the selected photos, the one in focus, or none at all
    has_chip: bool = True
    is_undo: bool = False  # also by Ctrl+Z


@dataclass(frozen=True)
class Act:
    """What a person did: an action, and the photos it is for."""

    action: str
    photos: tuple[str, ...]


@dataclass(frozen=True)
class _Sent:
    """An act as the browser sends it."""

    grid: str  # a random name of the grid in one browser tab
    number: int  # of the act in this grid, from 1
    act: Act


_grid = component.component(
    "photo_grid", HTML, component.text(__file__, *SCRIPTS), component.text(__file__, "grid.css")
)


def take(key: str) -> list[Act]:
    """The acts that have arrived from the grid with this key, each returned once. Call it before drawing the page.

    Carry them out at once, before any other call of Streamlit: it may end the run, and they don't come again.
    """
    taken = session.GRID_ACTS.get()
    new = [sent for sent in _received(session.widget_value(key)) if sent.number > taken.get(sent.grid, 0)]
    new.sort(key=lambda sent: sent.number)
    for sent in new:
        taken[sent.grid] = sent.number
    while len(taken) > MOST_GRIDS:
        del taken[next(iter(taken))]
    return [sent.act for sent in new]


def carry_out(key: str, state: WallState, action: Callable[[Act], object]) -> None:
    """Carry out the acts that have arrived, in their order, and say which ones failed. Call it before drawing the page.

    Between `take` and the last act nothing may call Streamlit, which could end the run. A run that has been told to end
    may still be at it when the next one begins; that one waits.
    """
    with state.lock:
        for act in take(key):
            try:
                action(act)
            except (AppError, OSError) as error:
                sentence = page.sentence_of(error)
                if not sentence:
                    raise
                state.errors.append(sentence)
    for sentence in state.errors:
        st.toast(markdown.plain(sentence), icon=":material/error:", duration="long")
    state.errors.clear()


def show(key: str, tiles: Sequence[Tile], actions: Sequence[Action], label: str = "Photos") -> None:
    """Draw the grid. It tells the browser which acts have been taken, so call `take` first, in the same run."""
    _grid(
        key=key,
        data={
            "key": key,
            "label": label,
            "done": dict(session.GRID_ACTS.get()),
            "tiles": [_tile(tile) for tile in tiles[:MOST_TILES]],
            "actions": [_action(action) for action in actions],
        },
        on_acts_change=_nothing,
        on_rounds_change=_nothing,
    )


def _nothing() -> None:
    """The state is read by `take`. Without a callback, Streamlit would not keep it."""


def _tile(tile: Tile) -> dict[str, Any]:
    return {
        "name": tile.name,
        "picture": base64.b64encode(tile.picture).decode() if tile.picture else "",
        "caption": tile.caption,
        "badges": [list(badge) for badge in tile.badges],
        "alt": tile.alt or tile.caption,
        "title": tile.title,
        "sentence": tile.is_sentence,
        "waiting": tile.is_waiting,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "key": action.key,
        "label": action.label,
        "shortcut": action.shortcut,
        "group": action.group,
        "scope": action.scope,
        "chip": action.has_chip,
        "undo": action.is_undo,
    }


def _received(value: Any) -> list[_Sent]:
    """The acts in the component's state, which comes from the browser and may be anything."""
    acts = value.get("acts") if hasattr(value, "get") else None
    if not isinstance(acts, list):
        return []
    received = []
    for act in acts:
        match act:
            case {"instance": str(grid), "number": int(number), "action": str(action), "photos": list(photos)} if all(
                isinstance(name, str) for name in photos
            ):
                received.append(_Sent(grid, number, Act(action, tuple(photos))))
    return received
