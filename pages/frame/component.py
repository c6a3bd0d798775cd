"""Components with a script of their own in the browser."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

CALLS = Path(__file__).with_name("component.js").read_text(encoding="utf-8")


def component(name: str, html: str, js: str, css: str = "", isolate_styles: bool = True) -> ComponentRenderer:
    """A component that Streamlit shows with `html` and `css`.

    `js` has a function `show`. It is called with what Streamlit gives a component, once at first and again for new
    data, and may return a function that ends what it has started (see `component.js`).
    """
    return st.components.v2.component(
        name, html=html, css=css or None, js=f"{js}\n{CALLS}", isolate_styles=isolate_styles
    )


def text(module: str, *names: str) -> str:
    """The text of the files with these names beside a module, by its `__file__`."""
    return "\n".join(Path(module).with_name(name).read_text(encoding="utf-8") for name in names)
