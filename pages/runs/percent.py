"""Shares in tables as percents with one decimal, as everywhere else. Streamlit's own format has two."""

from typing import Any

import streamlit as st


def value(share: float | None) -> float | None:
    """What the table holds for a share."""
    return None if share is None else 100 * share


def column(help: str = "", label: str | None = None) -> Any:
    """The configuration of a column of such values."""
    return st.column_config.NumberColumn(label, format="%.1f%%", width="small", help=help or None)
