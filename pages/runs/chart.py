"""A Plotly chart that is updated in place: what people zoomed, hid and point at stays while a run goes on.

Streamlit's own element is replaced as a whole whenever its figure changes. This one hands the figure to Plotly, which
changes what is different. Plotly's script comes from the installed package; Streamlit serves that folder.
"""

from functools import cache
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v1 import declare_component

from pages.frame import component, page

_chart = component.component(
    "chart",
    '<div class="chart"></div>',
    component.text(__file__, "chart.js"),
    ".chart { width: 100%; }",
    isolate_styles=False,  # Plotly puts its styles into the page
)


def show(figure: go.Figure, key: str, alt: str) -> None:
    """Draw the figure. Its `uirevision`, and the `meta` of each trace, say what stays as a person has left it."""
    _chart(
        key=key,
        data={
            "key": key,
            "figure": figure.to_json(),
            "library": _address(),
            "alt": alt,
            "theme": page.theme(),
        },
    )


@cache
def _library() -> str:
    """The name under which Streamlit serves the folder with Plotly's script. Streamlit forgets a component that is
    declared outside a script's run, such as while pages are imported in advance."""
    folder = Path(plotly.__file__).parent / "package_data"
    return str(declare_component("plotly_library", path=str(folder)).name)


def _address() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' if base else ''}{base}/component/{_library()}/plotly.min.js"
