"""All photos of a kind: look at them, remove some, or move them to another kind, with mouse or keyboard."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets import review
from core.teaching import gathering, lesson
from pages.frame import access, markdown, page, session
from pages.frame.state import WallState
from pages.photos import grid
from pages.photos.grid import Act, Action
from pages.teaching import pictures

MOST = 60  # photos at a time
REMOVE, UNDO, KIND = "remove", "undo", "kind:"
UNDO_ACTION = Action(UNDO, "Undo", "u", scope="page", is_undo=True)
KEYS = "123456789"


def show(name: str, kind: str, kinds: Sequence[str]) -> None:
    """Draw the photos of a kind."""
    st.markdown(f"**All photos of {markdown.plain(kind)}**")
    st.fragment(page.fragment(_show), key=f"teach-album-{name}")(name, kind, kinds)


def _show(name: str, kind: str, kinds: Sequence[str]) -> None:
    key = f"teach-album-grid-{name}-{kind}"
    state = session.WALLS.get().setdefault(key, WallState())
    before = lesson.stamp(name)
    grid.carry_out(key, state, lambda act: carry_out(name, act))
    if lesson.stamp(name) != before:
        st.rerun()  # the whole page: counts and answers change too
    photos = lesson.by_kind(name).get(kind, [])[::-1]
    if not photos:
        st.info("No photos are left. Add some above, or undo on Data.")
    shown = photos[:MOST]
    tiles = pictures.tiles(name, shown, [words.with_article(kind)] * len(shown), [None] * len(shown))
    others = [other for other in kinds if other != kind]
    actions = [Action(REMOVE, "Remove", "x"), *kind_actions(others, "Move to"), UNDO_ACTION]
    actions = [] if access.is_read_only() else actions
    grid.show(key, tiles, actions, f"Photos of {kind}")
    if len(photos) > MOST:
        st.caption(f"The newest {MOST} of {len(photos):,}. Data shows all of them.")


def kind_actions(kinds: Sequence[str], group: str) -> list[Action]:
    """An action for each kind, that puts photos into it; the first ones have a digit as their key."""
    return [
        Action(f"{KIND}{kind}", kind, KEYS[place] if place < len(KEYS) else "", group=group)
        for place, kind in enumerate(kinds)
    ]


def carry_out(name: str, act: Act) -> None:
    """Carry out what somebody did with photos of a lesson."""
    if act.action == UNDO:
        review.undo(name)
    elif act.action == REMOVE:
        review.decide(name, act.photos, "leave out")
    elif act.action.startswith(KIND):
        gathering.label_photos(name, act.photos, act.action.removeprefix(KIND))
