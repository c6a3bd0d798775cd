"""Data: the photo collections to train with, and ways to add your own."""

import streamlit as st

from core.datasets import catalogue
from pages.frame import better, markdown, page, session
from pages.reviewing import adding, datasets, health, room, storage

page.header("Data", "Photo collections to train with: look at them, check them, and add your own.")

above, collections, ways, disk, state = page.parts(5)
with above:
    if not session.OPEN_DATASET.get() and (message := session.DATA_MESSAGE.get()):
        st.success(markdown.plain(message), icon=":material/check_circle:")
    lacks_photos = better.show_on_data()

if session.OPEN_DATASET.get() in catalogue.names():
    with collections:
        room.show(session.OPEN_DATASET.get())
else:
    with collections:
        datasets.show()
    with ways:
        adding.show(download_first=lacks_photos)
    with disk:
        storage.show()
    with state:
        health.show()
