"""All photos of a kind: look at them, remove some, or move them to another kind, with mouse or keyboard."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets import catalogue, review, thumbnails
from core.teaching import gathering, lesson
from pages.frame import markdown, page, session
from pages.frame.state import WallState
from pages.photos import grid
from pages.photos.grid import Act, Action, Tile

MOST = 60  # photos at a time
REMOVE, UNDO, MOVE = "remove", "undo", "move:"
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
    folder = catalogue.own_folder(name) / catalogue.PHOTOS
    pictures = thumbnails.load(folder, [row.path for row in shown])
    tiles = [
        Tile(
            name=row.name,
            picture=(thumbnail.picture or None) if thumbnail else None,
            caption=words.printable(row.path.name),
            alt=f"{row.path.name}, {words.with_article(kind)}",
            title=thumbnail.reason if thumbnail else "",
        )
        for row, thumbnail in zip(shown, pictures, strict=True)
    ]
    grid.show(key, tiles, actions([other for other in kinds if other != kind]), f"Photos of {kind}")
    if len(photos) > MOST:
        st.caption(f"The newest {MOST} of {len(photos):,}. Data shows all of them.")


def actions(kinds: Sequence[str]) -> list[Action]:
    """Removing, moving to each of these kinds, and undoing."""
    return [
        Action(REMOVE, "Remove", "x"),
        *(
            Action(f"{MOVE}{kind}", kind, KEYS[place] if place < len(KEYS) else "", group="Move to")
            for place, kind in enumerate(kinds)
        ),
        Action(UNDO, "Undo", "u", scope="page", is_undo=True),
    ]


def carry_out(name: str, act: Act) -> None:
    """Carry out what somebody did with photos of a lesson."""
    if act.action == UNDO:
        review.undo(name)
    elif act.action == REMOVE:
        review.decide(name, act.photos, "leave out")
    elif act.action.startswith(MOVE):
        gathering.label_photos(name, act.photos, act.action.removeprefix(MOVE))
