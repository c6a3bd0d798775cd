"""Fitting Room: the menu of pages and the status line. Start it with `streamlit run app.py`."""

import streamlit as st

from pages.frame import access, browser, navigation, page, preparation, session, status, take_away, turns

turns.give()
current = navigation.menu()
if access.is_granted():
    with st.sidebar:
        browser.watch_links()
        browser.watch_clipboard()
        access.remember()
    if not navigation.is_leaving():
        with st.sidebar:
            status.line()
            access.read_only_line()
            if session.TRAY.get():
                browser.ask_before_leaving()
        with page.errors():
            current.run()
            take_away.show_dialog()
        preparation.start()
