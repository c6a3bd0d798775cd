"""The widget that a setting's record asks for: its title, help and bounds stand in its field and nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.runs.settings import Setting
from pages.frame.values import Control


def whole_number(
    setting: Setting,
    control: Control[int],
    first: int,
    more: str = "",
    disabled: bool = False,
    least: int | None = None,
    most: int | None = None,
) -> None:
    """A field for a whole number. `least` and `most` replace the setting's bounds, `more` is added to its help."""
    low, high = (None if bound is None else int(bound) for bound in (setting.low, setting.high))
    st.number_input(
        setting.title,
        low if least is None else least,
        high if most is None else most,
        step=1,
        **control.widget(first),
        disabled=disabled,
        help=setting.help + more,
    )


def decimal(setting: Setting, control: Control[float], first: float, step: float) -> None:
    """A field for a number with a fraction."""
    st.number_input(setting.title, setting.low, setting.high, step=step, **control.widget(first), help=setting.help)


def slider(setting: Setting, control: Control[float], first: float, step: float) -> None:
    """A slider over the setting's whole range."""
    st.slider(setting.title, setting.low, setting.high, step=step, **control.widget(first), help=setting.help)


def switch(setting: Setting, control: Control[bool], first: bool, disabled: bool = False) -> None:
    st.toggle(setting.title, **control.widget(first), disabled=disabled, help=setting.help)


def segments(setting: Setting, control: Control[str], first: str, labels: Mapping[str, str] | None = None) -> None:
    """The setting's few choices side by side."""
    st.segmented_control(
        setting.title,
        setting.choices,
        **control.widget(first),
        format_func=lambda choice: (labels or {}).get(choice, choice),
        required=True,
        help=setting.help,
        width="stretch",
    )


def typed(setting: Setting, control: Control[str], first: str) -> None:
    """A field for a number of any size; the control holds it as it was typed."""
    st.text_input(setting.title, **control.widget(first), help=setting.help)


def usual(values: Sequence[Any], control: Control[Any]) -> None:
    """Buttons below a field that set it to its usual values.

    Buttons and not a selectbox that takes new options: that one drops what was typed unless it ends with Enter.
    """
    if not values:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Usual:", width="content")
        for value in values:
            st.button(
                str(value).removeprefix("0"),  # .0001: four of them fit beside each other
                key=f"usual-{control.name}-{value}",
                type="tertiary",
                on_click=control.set,
                args=(value,),
                help=f"Sets it to {value}.",
            )
