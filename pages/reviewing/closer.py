"""A photo of the wall in full, in a dialog."""

from collections.abc import Mapping

import streamlit as st

from core import photos, words
from core.datasets.folders import SPLIT_WORDS
from core.datasets.rows import Rows
from pages.frame import markdown, page
from pages.frame.state import WallState

SIDE = 800  # px, the longest side of the picture


def show(state: WallState, row: Rows, problems: Mapping[str, str]) -> None:
    """Show the opened photo of this wall, if any."""

    def close() -> None:
        state.photo = ""

    if state.photo in row.places:
        dialog = st.dialog("A closer look", width="large", icon=":material/search:", on_dismiss=close)
        dialog(_photo)(row, state.photo, problems.get(state.photo, ""))


def _photo(row: Rows, name: str, problem: str) -> None:
    place = row.places[name]
    with page.errors():
        data = photos.read_file(row.paths[place])
        pixels = photos.decode(data)
        height, width = pixels.shape[:2]
        st.image(photos.thumbnail(pixels, SIDE), alt=f"{name}, upright")
        st.caption(f"{width:,} × {height:,} px, {words.size(len(data))}")
    st.markdown(f"**{markdown.plain(words.printable(name))}**")
    label, split = row.label(place), row.split(place)
    facts = {"Class": label or "none yet", "Split": SPLIT_WORDS.get(split, split), "Problem": problem}
    st.markdown(" · ".join(f"{what}: {markdown.plain(fact)}" for what, fact in facts.items() if fact))
