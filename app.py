"""Fitting Room: the page list and one status line. Started as `streamlit run app.py`."""

import streamlit as st

from pages import _widgets as widgets

st.set_page_config(page_title="Fitting Room", page_icon=widgets.icon(), layout="wide")

page = st.navigation(
    [
        st.Page(
            "pages/home.py",
            title="Home",
            icon=":material/checkroom:",
            default=True,
            help="Three doors: see what augmentation does, fit a model, ask about a photo.",
        ),
        st.Page(
            "pages/augment.py",
            title="Augment",
            icon=":material/transform:",
            help="See what each transform does to a photo, alone and combined, before you train with it.",
        ),
        st.Page(
            "pages/train.py",
            title="Train",
            icon=":material/show_chart:",
            help="Choose the settings, start a training run and watch its curves grow.",
        ),
        st.Page(
            "pages/compare.py",
            title="Compare",
            icon=":material/compare_arrows:",
            help="Lay finished runs side by side: settings, scores and curves.",
        ),
        st.Page(
            "pages/predict.py",
            title="Predict",
            icon=":material/photo_camera:",
            help="Drop in photos of clothes and see what the best saved model says of them.",
        ),
        st.Page(
            "pages/data.py",
            title="Data",
            icon=":material/folder_open:",
            help="The photo collections to train with: add a folder or a zip, or download one.",
        ),
    ]
)

with st.sidebar:
    widgets.status_line()

page.run()
