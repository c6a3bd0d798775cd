"""The list of pages, the one thing to know about a folder that is called pages, and the way from page to page."""

import time
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.augment import recipe
from core.augment.recipe import Recipe

INSIDE = "inside-app"
SWITCHED = "page-switched"
LATE = 0.3  # s in which a browser that was told of a new page may still send the old page's tick


def menu() -> StreamlitPage:
    """Show the menu and return the page that is asked for."""
    st.session_state[INSIDE] = True
    return _menu()


def ensure_app() -> None:
    """Called by each page: start anew if app.py is not around it.

    Until st.navigation has been called once, Streamlit takes a folder called pages for its older kind of app and runs
    a page by itself: whoever follows a link to a page right after a start would see it without menu and status.
    """
    if not st.session_state.get(INSIDE):
        _menu()
        st.rerun()


def switch(page: str) -> NoReturn:
    """Go to another page: every button that leads to one calls this."""
    st.session_state[SWITCHED] = True
    st.switch_page(f"pages/{page}.py")


def take_to_train(steps: Recipe, seed: int) -> None:
    """Go to Train with a recipe and its seed."""
    st.session_state["train-recipe"] = recipe.dumps(steps)
    st.session_state["train-recipe-is-new"] = True
    st.session_state["train-augmentation-seed"] = seed
    switch("train")


def has_arrived() -> bool:
    """Whether a button led to the page that is drawn now; asked once, before it is drawn."""
    return bool(st.session_state.pop(SWITCHED, False))


def settle() -> NoReturn:
    """Called after a page to which a button led: draw it once more.

    A fragment of the old page that looks regularly may have sent one more tick meanwhile. It would be run in the old
    page's name, whereupon the browser clears the new one and shows nothing; together with a whole run it is dropped.
    """
    time.sleep(LATE)
    st.rerun()


def _menu() -> StreamlitPage:
    return st.navigation(
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
