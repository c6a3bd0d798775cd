"""One picture with a divider that people drag: the photo before and after a change."""

import base64
from pathlib import Path

import streamlit as st

HTML = """
<div class="divider">
  <img class="before" draggable="false">
  <img class="after" draggable="false" alt="">
  <span class="tag of-before">before</span>
  <span class="tag of-after">after</span>
  <div class="line"></div>
  <input type="range" min="0" max="100" step="1">
</div>
<p class="caption"></p>
"""


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_divider = st.components.v2.component("before_after", html=HTML, css=_text("divider.css"), js=_text("divider.js"))


def show(key: str, before: bytes, after: bytes, caption: str, alt: str) -> None:
    """Draw the two pictures, PNG files of the same size, on top of each other.

    `caption` is plain text that says what was changed; `alt` describes the picture.
    """
    _divider(
        key=key,
        data={
            "key": key,
            "before": base64.b64encode(before).decode(),
            "after": base64.b64encode(after).decode(),
            "caption": caption,
            "alt": alt,
        },
    )
