"""Data: the photo collections to train with, and ways to add your own."""

import streamlit as st

from pages.frame import better, markdown, page, session
from pages.reviewing import adding, datasets, storage

page.header("Data", "Photo collections to train with. Drawings are built in; add your own as a folder or a zip.")

with st.container():  # always there, so that nothing below moves when the message disappears
    if message := session.DATA_MESSAGE.get():
        st.success(markdown.plain(message), icon=":material/check_circle:")
    lacks_photos = better.show_on_data()

datasets.show()
adding.show(download_first=lacks_photos)
storage.show()
