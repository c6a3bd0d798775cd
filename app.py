"""Fitting Room: the menu of pages and one status line. Started as `streamlit run app.py`."""

import streamlit as st

from pages.frame import navigation, page, status

st.set_page_config(page_title="Fitting Room", page_icon=page.icon(), layout="wide")

current = navigation.menu()
with st.sidebar:
    status.status_line()

arrived = navigation.has_arrived()
try:
    current.run()
finally:  # a page may end early
    if arrived:
        navigation.settle()
