"""The list of runs, models, datasets and recipes that can't be used, each with its reason and a way to delete it."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.files import damage
from core.files.damage import Damaged
from core.files.names import printable_name
from pages.frame import markdown, page

MOST = 20
LONGEST = 80  # characters of a name


def show(items: Sequence[Damaged]) -> None:
    """Draw the list, closed at first; nothing if all is well."""
    if not items:
        return
    kinds = {item.kind for item in items}
    thing = kinds.pop() if len(kinds) == 1 else "item"
    with st.expander(f"{words.count(len(items), thing)} can't be used", icon=":material/healing:"):
        for item in items[:MOST]:
            _item(item)
        if len(items) > MOST:
            st.caption(f"And {len(items) - MOST} more. `python -m core doctor` lists all.")


def _item(item: Damaged) -> None:
    text, button = st.columns([5, 1], vertical_alignment="center")
    name = markdown.plain(printable_name(item.name, LONGEST))
    text.markdown(f"**{item.kind.capitalize()} {name}**  \n{markdown.plain(item.reason)}")
    with button:
        page.deletion(
            "Delete",
            "This can't be undone. Photos in a folder of your own stay.",
            f"Delete this {item.kind}",
            f"delete-damaged-{item.kind}-{item.name}",
            damage.delete,
            item,
        )
