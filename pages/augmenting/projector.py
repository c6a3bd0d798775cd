"""The projector view: large pictures over the whole window, without menu and header, moved by keys.

It is a modal dialog of the browser, so it lies over all that Streamlit draws, keeps the keys to itself, and needs no
style of the page. Its address has `show=projector`, so that a link opens it, and Back and Escape lead out of it.
"""

import base64
import secrets
from typing import Any

import streamlit as st

from core.augment import recipe
from core.augment.recipe import Recipe
from core.photos.photo import Photo
from pages.augmenting import pictures
from pages.frame import component, session
from pages.frame.address import PROJECTOR

KEY = "augment-projector"
OPEN = "projector"
BUTTONS = (  # act, label, key
    ("previous", "Previous draw", "←"),
    ("next", "Next draw", "→"),
    ("stepBack", "Step back", "↑"),
    ("stepOn", "Next step", "↓"),
    ("showAll", "All draws", "A"),
    ("fillScreen", "Full screen", "F"),
    ("close", "Back", "Esc"),
)
HTML = f"""
<dialog tabindex="-1" aria-label="Projector view">
  <div class="stage"></div>
  <p class="caption" aria-live="polite"></p>
  <div class="bar">
    {"".join(f'<button type="button" data-act="{act}">{label}<kbd>{key}</kbd></button>' for act, label, key in BUTTONS)}
  </div>
</dialog>
"""


_projector = component.component(
    "projector", HTML, component.text(__file__, "projector.js"), component.text(__file__, "projector.css")
)


def button(is_empty: bool) -> None:
    """Draw the button that opens the view."""
    st.button(
        "Projector view",
        icon=":material/present_to_all:",
        key="augment-present",
        on_click=PROJECTOR.follow,
        args=(OPEN,),
        disabled=is_empty,
        help="Large pictures without menus. The arrow keys, or a presenter's, show the next draw and the next step.",
    )


def show(photo: Photo, shown: Recipe, seed: int) -> None:
    """Draw the view if it is open and there is something to show; otherwise an empty one.

    It is always there: an element that comes and goes may stay in the browser, which then takes no notice when the same
    view is opened again.
    """
    is_open = PROJECTOR.name.get() == OPEN and bool(shown)
    _projector(
        key=KEY,
        data={"isOpen": True, **_content(photo, shown, seed)} if is_open else {"isOpen": False},
        on_closed_change=_close,
        on_view_change=_nothing,
    )


def _content(photo: Photo, shown: Recipe, seed: int) -> dict[str, Any]:
    view = _view()
    draws = pictures.views(photo, shown, seed)
    original, *each, _ = pictures.steps_of(photo, shown, seed, view)
    return {
        "run": secrets.token_hex(4),  # never twice the same: whatever was lost on the way, the next run opens the view
        "about": f"{photo.label or photo.name}: {recipe.summary(shown)}",
        "draws": [_picture(*draw) for draw in draws],
        "original": _picture(*original),
        "view": view,
        "steps": [_picture(*step) for step in (original, *each)],
        "stepCount": len(each),
    }


def _close() -> None:
    PROJECTOR.follow("")


def _nothing() -> None:
    """The state is read by `_view`. Without a callback, Streamlit would not keep it."""


def _view() -> int:
    """The draw whose steps the browser asks for, from 0. The value comes from the browser and may be anything."""
    state = session.widget_value(KEY)
    view = state.get("view") if hasattr(state, "get") else None
    return view if isinstance(view, int) and 0 <= view < pictures.DRAWS else 0


def _picture(file: bytes, label: str, caption: str) -> dict[str, Any]:
    return {"picture": base64.b64encode(file).decode(), "label": label, "caption": caption}
