"""Data: the photo collections to train with, and ways to add your own."""

import streamlit as st

from core.datasets import catalogue
from core.words import quoted
from pages.frame import address, better, markdown, page, session
from pages.reviewing import adding, collecting, datasets, health, room, storage

page.header("Data", "Photo collections to train with: look at them, check them, and add your own.")

with page.errors():
    collecting.take_photos()
address.DATASET.restore()
address.DATASET.remember()
name = session.OPEN_DATASET.get()
is_inside = name in catalogue.names()
above, progress, collections, ways, disk, state = page.parts(6)
with above:
    if name and not is_inside:
        st.warning(
            markdown.plain(f"There is no dataset {quoted(name)}. It may have been removed; choose another below."),
            icon=":material/warning:",
        )
    if not name and (message := session.DATA_MESSAGE.get()):
        st.success(markdown.plain(message), icon=":material/check_circle:")
    lacks_photos = better.show_on_data()

if is_inside:
    with collections:
        room.show(name)
else:
    with collections:
        datasets.show()
    with ways:
        adding.show(download_first=lacks_photos)
    with disk:
        storage.show()
    with state:
        health.show()
with progress, page.errors():
    collecting.carry_out()
