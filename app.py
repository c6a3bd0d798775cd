"""Fitting Room: the menu of pages and one status line. Started as `streamlit run app.py`."""

import streamlit as st

from pages import _navigation as navigation
from pages import _widgets as widgets

st.set_page_config(page_title="Fitting Room", page_icon=widgets.icon(), layout="wide")

page = navigation.menu()
with st.sidebar:
    widgets.status_line()

arrived = navigation.has_arrived()
try:
    page.run()
finally:  # a page may end early
    if arrived:
        navigation.settle()
