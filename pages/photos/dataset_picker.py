"""The choice of a dataset."""

import streamlit as st

from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from pages.frame import page
from pages.frame.values import Control


def choose(control: Control[str]) -> Dataset | None:
    """Let the user choose a dataset. Returns None if it can't be read; a sentence then says why."""
    names = catalogue.names()
    name = st.selectbox("Dataset", names, **control.choice(names), format_func=label, help="Add more on the Data page.")
    with page.errors():
        return load(name)
    return None


def label(name: str) -> str:
    """What pages call a dataset: its title."""
    return catalogue.title(name)


def load(name: str) -> Dataset:
    """Load a dataset, with a message while the garments are drawn for the first time. Raises DatasetError."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        with st.spinner("Drawing 600 garments, only this once …"):
            return catalogue.load(name)
    return catalogue.load(name)
