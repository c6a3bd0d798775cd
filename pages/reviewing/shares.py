"""The choice of the shares of training, validation and test."""

import streamlit as st

from pages.frame.values import Control

USUAL = (80, 90)  # % at which the training and the validation photos end


def choose(control: Control[tuple[int, int]]) -> None:
    """Draw the choice."""
    train, validation = st.slider(
        "Training, validation and test",
        0,
        100,
        step=5,
        format="%d%%",
        help="Training photos come before the first handle, validation photos between the two, test photos after them. "
        "A model learns from the training photos; the validation photos choose its best epoch; the test photos measure "
        "it at the end.",
        **control.widget(USUAL),
    )
    st.caption(
        f"{train}% training, {validation - train}% validation, {100 - validation}% test. Photos that were taken "
        "together stay in one split."
    )


def chosen(control: Control[tuple[int, int]]) -> tuple[int, int, int]:
    """The shares in percent."""
    train, validation = control.get(USUAL)
    return train, validation - train, 100 - validation
