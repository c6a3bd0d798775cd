"""One picture with a divider that people drag: the photo before and after a change."""

import base64

from pages.frame import component

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
_divider = component.component(
    "before_after", HTML, component.text(__file__, "divider.js"), component.text(__file__, "divider.css")
)


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
