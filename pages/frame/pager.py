"""Two buttons that turn pages of pictures.

Not st.pagination: a widget that disappears for a while can show the wrong page later.
"""

from collections.abc import Callable

import streamlit as st


def buttons(place: str, number: int, last: int, turn: Callable[[int], None], of: str = "") -> None:
    """Draw the buttons of page `number` of `last`. `turn` is called with the number of the page that is wanted.

    `place` and `of` make the buttons' keys.
    """
    for label, icon, target in (
        ("Previous page", ":material/arrow_back:", number - 1),
        ("Next page", ":material/arrow_forward:", number + 1),
    ):
        st.button(
            label,
            icon=icon,
            key=f"{place}-{label.lower().replace(' ', '-')}{f'-{of}' if of else ''}",
            disabled=not 1 <= target <= last,
            on_click=turn,
            args=(target,),
        )
