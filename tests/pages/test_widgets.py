"""Widgets whose values are kept: the browser is told them until it has them, and other pages leave them alone."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def a_form() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.frame import session

    if st.session_state.get("elsewhere"):
        return
    options = ("first", "second")
    st.text_input("Text", **session.kept("text", "0.001"))
    st.number_input("Number", 32, 600, **session.kept("number", 150))
    st.slider("Slider", 0, 100, **session.kept("slider", 50))
    st.toggle("Toggle", **session.kept("toggle", True))
    st.selectbox("Choice", options, **session.kept("choice", "second"))
    st.segmented_control("Control", options, **session.kept("control", "second"))
    if st.session_state.pop("interrupted", False):
        # as a click does it in a browser that has not heard of these widgets yet
        raise RerunException(RerunData(widget_states=WidgetStates()))


KINDS = {
    "text_input": "text",
    "number_input": "number",
    "slider": "slider",
    "toggle": "toggle",
    "selectbox": "choice",
    "segmented_control": "control",
}


def widget(app: AppTest, kind: str) -> Any:
    return getattr(app, kind)(key=KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_after_an_interrupted_one_tells_the_browser_again(kind: str) -> None:
    """What the interrupted run had to tell is dropped: a browser without it would go on with an empty widget."""
    app = AppTest.from_function(a_form, default_timeout=30).run()
    value = widget(app, kind).value
    app.session_state["elsewhere"] = True
    app.run()
    app.session_state["elsewhere"], app.session_state["interrupted"] = False, True
    app.run()
    assert "interrupted" not in app.session_state
    assert widget(app, kind).proto.set_value
    assert widget(app, kind).value == value


def test_what_the_browser_has_is_left_to_it() -> None:
    """A value that is told in each run would overwrite what is typed meanwhile."""
    app = AppTest.from_function(a_form, default_timeout=30).run()
    app.text_input(key="text").set_value("0.01").run()
    assert not [kind for kind in KINDS if widget(app, kind).proto.set_value]
    assert app.session_state["text"] == "0.01"


def a_follower() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.frame import session

    def choose() -> None:
        if session.is_choice("choice"):
            st.session_state["value"] = st.session_state["choice"]

    if st.button("Elsewhere"):
        st.session_state["value"] = "third"
        st.session_state["interrupted"] = True
    value = st.session_state.setdefault("value", "first")
    st.radio("Choice", ("first", "second", "third"), key=session.shown("choice", value), on_change=choose)
    if st.session_state.pop("interrupted", False):
        # a click elsewhere in a browser that still shows what was chosen before
        known = st.session_state["_id"]
        late = WidgetState(id=known, string_value=st.session_state["_before"])
        raise RerunException(RerunData(widget_states=WidgetStates(widgets=[late])))


def test_a_late_word_of_the_browser_undoes_no_change_and_a_choice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_function(a_follower, default_timeout=30).run()
    app.radio[0].set_value("second").run()
    assert app.session_state["value"] == app.radio[0].value == "second"
    app.session_state["_id"], app.session_state["_before"] = app.radio[0].id, "second"
    app.button[0].click().run()
    assert "interrupted" not in app.session_state
    assert app.session_state["value"] == app.radio[0].value == "third"
    monkeypatch.setattr("pages.frame.session.LATE_SECONDS", 0.0)  # as if some seconds had passed
    app.radio[0].set_value("second").run()
    assert app.session_state["value"] == app.radio[0].value == "second"
