"""Widgets for the settings of a run. Title, help and bounds come from the setting's field and nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.runs.settings import Setting
from pages.frame.values import Control


def whole_number(
    setting: Setting,
    control: Control[int],
    initial: int,
    more: str = "",
    disabled: bool = False,
    least: int | None = None,
    most: int | None = None,
) -> None:
    """Draw a field for a whole number. `least` and `most` replace the setting's bounds, `more` extends its help."""
    low, high = (None if bound is None else int(bound) for bound in (setting.low, setting.high))
    st.number_input(
        setting.title,
        low if least is None else least,
        high if most is None else most,
        step=1,
        **control.widget(initial),
        disabled=disabled,
        help=setting.help + more,
    )


def decimal(setting: Setting, control: Control[float], initial: float, step: float) -> None:
    """Draw a field for a decimal number."""
    st.number_input(setting.title, setting.low, setting.high, step=step, **control.widget(initial), help=setting.help)


def slider(setting: Setting, control: Control[float], initial: float, step: float) -> None:
    """Draw a slider over the setting's whole range."""
    st.slider(setting.title, setting.low, setting.high, step=step, **control.widget(initial), help=setting.help)


def switch(setting: Setting, control: Control[bool], initial: bool, disabled: bool = False) -> None:
    st.toggle(setting.title, **control.widget(initial), disabled=disabled, help=setting.help)


def segments(setting: Setting, control: Control[str], initial: str, labels: Mapping[str, str] | None = None) -> None:
    """Draw the setting's few choices side by side."""
    st.segmented_control(
        setting.title,
        setting.choices,
        **control.buttons(initial),
        format_func=lambda choice: (labels or {}).get(choice, choice),
        required=True,
        help=setting.help,
        width="stretch",
    )


def typed(setting: Setting, control: Control[str], initial: str) -> None:
    """Draw a field for a number of any size. The control holds the text as typed."""
    st.text_input(setting.title, **control.widget(initial), help=setting.help)


def usual(values: Sequence[Any], control: Control[Any]) -> None:
    """Draw buttons below a field that set it to a usual value.

    A selectbox that accepts new options would drop what you type unless you press Enter.
    """
    if not values:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Usual:", width="content")
        for value in values:
            st.button(
                str(value).removeprefix("0"),  # .0001, so that four of them fit in a row
                key=f"usual-{control.name}-{value}",
                type="tertiary",
                on_click=control.set,
                args=(value,),
                help=f"Sets the field to {value}.",
            )
