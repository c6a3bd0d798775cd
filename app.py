"""Fitting Room: the menu of pages and one status line. Started as `streamlit run app.py`."""

import streamlit as st

from pages.frame import navigation, page, status

st.set_page_config(page_title="Fitting Room", page_icon=page.icon(), layout="wide")

current = navigation.menu()
if not navigation.is_leaving(current):
    with st.sidebar:
        status.line()
    current.run()
