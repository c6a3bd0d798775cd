"""Asks about photos that are in two kinds: a model that learns both is taught that it can't know."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.datasets import review
from core.teaching.draft import Outcome
from core.teaching.lesson import Row
from pages.frame import access, markdown, page
from pages.teaching import pictures

MOST = 3  # questions at a time


def ask(name: str, outcome: Outcome | None, photos: Mapping[str, Sequence[Row]]) -> None:
    """Draw a question for each photo that is in two kinds; none on a read-only server."""
    if access.is_read_only():
        return
    rows = {row.name: row for of_kind in photos.values() for row in of_kind}
    with st.container():  # always there, so that nothing below moves
        waiting = [[rows[photo] for photo in same if photo in rows] for same in (outcome.twins if outcome else ())]
        for same in [same for same in waiting if len({row.kind for row in same}) > 1][:MOST]:
            _question(name, same)


def _question(name: str, same: Sequence[Row]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        for _, picture in pictures.of(name, same[:1]):
            st.image(picture, width=64, output_format="JPEG", alt="The photo that is in two kinds")
        st.markdown("**The same photo is in two kinds.** What is it?", width="content")
        for row in same:
            st.button(
                markdown.plain(row.kind),
                key=f"teach-twin-{name}-{row.name}",
                on_click=page.attempt,
                args=(review.decide, name, [other.name for other in same if other.name != row.name], "leave out"),
            )
