"""Teach: show photos of each kind, and get a model that tells them apart, at once and offline."""

import streamlit as st

from core.datasets import catalogue
from core.teaching import lesson
from core.words import quoted
from pages.frame import address, markdown, page
from pages.teaching import room, start

page.header(
    "Teach",
    "Show it a few photos of each kind, and it learns to tell them apart. It works on this machine, without the "
    "internet.",
)

address.LESSON.restore()
address.LESSON.remember()
name = address.LESSON.name.get()
is_open = name in catalogue.names() and lesson.is_lesson(name)
above, below = page.parts(2)
with above:
    if name and not is_open:
        st.warning(
            markdown.plain(
                f"There is no lesson {quoted(name)}. It may have been removed. Start or open another below."
            ),
            icon=":material/warning:",
        )
with below, page.errors():
    if is_open:
        room.show(name)
    else:
        start.show()
