"""Choosing one of the datasets."""

import streamlit as st

from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from pages.frame import page, session

SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}


def choose(key: str, label_text: str = "Dataset") -> Dataset | None:
    """Choose one of the datasets; None where it can't be read (a sentence says why)."""
    names = catalogue.names()
    name = st.selectbox(
        label_text, names, **session.kept_choice(key, names), format_func=label, help="Add more on the Data page."
    )
    with page.errors():
        return load(name)
    return None


def label(name: str) -> str:
    return "Drawn garments (built in)" if name == catalogue.DRAWN else name


def load(name: str) -> Dataset:
    """A dataset; where the drawn garments are not on the disk yet, with a word on why it takes some seconds."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        with st.spinner("Drawing 600 garments, once …"):
            return catalogue.load(name)
    return catalogue.load(name)
