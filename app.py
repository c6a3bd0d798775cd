"""Fitting Room: the menu of pages and the status line. Start it with `streamlit run app.py`."""

import streamlit as st

from pages.frame import browser, navigation, page, preparation, session, status

st.set_page_config(page_title="Fitting Room", page_icon=page.icon(), layout="wide")

current = navigation.menu()
with st.sidebar:
    browser.watch_links()
if not navigation.is_leaving():
    with st.sidebar:
        status.line()
        if session.TRAY.get():
            browser.ask_before_leaving()
    current.run()
    preparation.start()
