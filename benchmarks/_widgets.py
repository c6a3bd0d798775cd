"""What a tab has drawn, and the values of widgets as a browser sends them."""

from dataclasses import dataclass
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

ARRAYS = {"slider": "double_array_value", "button_group": "string_array_value"}
VALUES = {"selectbox": "string_value", "checkbox": "bool_value", "text_input": "string_value"}


@dataclass
class Drawn:
    """An element or a block on the page."""

    kind: str  # the name of its field in Streamlit's Element, or "block"
    content: Any
    run: str
    fragment: str

    @property
    def id(self) -> str:
        return str(getattr(self.content, "id", ""))


def state(drawn: Drawn, value: Any) -> WidgetState:
    """The value of a widget as the browser sends it."""
    state = WidgetState(id=drawn.id)
    if drawn.kind == "slider" and drawn.content.options:  # of words, which it sends instead of their places
        words = [place if isinstance(place, str) else drawn.content.options[int(place)] for place in value]
        state.string_array_value.data.extend(words)
    elif drawn.kind in ARRAYS:
        getattr(state, ARRAYS[drawn.kind]).data.extend(value if isinstance(value, list) else [value])
    elif drawn.kind == "number_input":
        whole = drawn.content.data_type == drawn.content.INT
        setattr(state, "int_value" if whole else "double_value", int(value) if whole else value)
    elif drawn.kind in ("button", "block"):
        setattr(state, "trigger_value" if drawn.kind == "button" else "bool_value", True)
    else:
        setattr(state, VALUES[drawn.kind], value)
    return state
