"""Controls: values outlive other pages and interrupted runs, and late values from the browser have no effect."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.frame import session
from pages.frame.values import Key
from tests.pages.conftest import key_of


def a_form() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.frame.values import Control

    if st.session_state.get("elsewhere"):
        return
    options = ("first", "second")
    st.text_input("Text", **Control("text").widget("0.001"))
    st.number_input("Number", 32, 600, **Control("number").widget(150))
    st.slider("Slider", 0, 100, **Control("slider").widget(50))
    st.toggle("Toggle", **Control("toggle").widget(True))
    st.selectbox("Choice", options, **Control("choice").choice(options, "second"))
    st.segmented_control("Control", options, **Control("control").buttons("second"))
    if st.session_state.pop("interrupted", False):
        # as with a click in a browser that does not have these widgets yet
        raise RerunException(RerunData(widget_states=WidgetStates()))


KINDS = {  # kind of widget: name of its control, and a value to choose
    "text_input": ("text", "0.02"),
    "number_input": ("number", 151),
    "slider": ("slider", 7),
    "toggle": ("toggle", False),
    "selectbox": ("choice", "first"),
    "segmented_control": ("control", "first"),
}


def widget(app: AppTest, kind: str) -> Any:
    return getattr(app, kind)(key=key_of(app, KINDS[kind][0]))


def values(app: AppTest) -> dict[str, Any]:
    return {kind: widget(app, kind).value for kind in KINDS}


def test_a_chosen_value_outlives_a_visit_to_another_page() -> None:
    app = AppTest.from_function(a_form, default_timeout=30).run()
    for kind, (_, value) in KINDS.items():
        widget(app, kind).set_value(value)
    app.run()
    expected = {kind: value for kind, (_, value) in KINDS.items()}
    assert values(app) == expected
    for _ in range(2):
        app.session_state["elsewhere"] = True
        app.run()
        app.run()
        assert not app.text_input
        app.session_state["elsewhere"] = False
        assert values(app.run()) == expected


def default(app: AppTest, kind: str) -> Any:
    """What a browser shows that has dropped the widget."""
    value = widget(app, kind).proto.default
    if kind == "selectbox":
        return widget(app, kind).options[value]
    if kind == "segmented_control":
        return widget(app, kind).options[value[0]]
    return value[0] if kind == "slider" else value


def test_a_browser_that_has_dropped_a_widget_starts_it_again_with_its_value() -> None:
    """The messages of an interrupted run are dropped, and the browser drops widgets that such a run has not drawn."""
    app = AppTest.from_function(a_form, default_timeout=30).run()
    assert {kind: default(app, kind) for kind in KINDS} == values(app)
    for kind, (_, value) in KINDS.items():
        widget(app, kind).set_value(value)
    app.run()
    expected = {kind: value for kind, (_, value) in KINDS.items()}
    assert {kind: default(app, kind) for kind in KINDS} == expected
    app.session_state["elsewhere"] = True
    app.run()
    app.session_state["elsewhere"], app.session_state["interrupted"] = False, True
    app.run()
    assert "interrupted" not in app.session_state
    assert {kind: default(app, kind) for kind in KINDS} == values(app) == expected
    assert not app.warning


def test_values_that_the_browser_has_are_not_sent_again() -> None:
    """A value sent in every run would overwrite what you type meanwhile."""
    app = AppTest.from_function(a_form, default_timeout=30).run()
    app.text_input(key="text").set_value("0.01").run()
    assert not [kind for kind in KINDS if widget(app, kind).proto.set_value]
    assert app.session_state["text"] == "0.01"


def a_set_control() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.frame.values import Control

    number, choice = Control("number"), Control("choice")
    options = st.session_state.setdefault("options", ("first", "second", "third"))
    st.button("Set", key="set", on_click=number.set, args=(3,))
    st.button("Forget", key="forget", on_click=number.forget)
    st.number_input("Number", 0, 9, **number.widget(1))
    st.selectbox("Choice", options, **choice.choice(options, options[-1]))
    if late := st.session_state.pop("late", None):
        # a click elsewhere in a browser that still shows the old value
        state = WidgetState(id=late, double_value=8.0)
        raise RerunException(RerunData(widget_states=WidgetStates(widgets=[state])))


def number_of(app: AppTest) -> int:
    assert not app.exception
    value: int = app.number_input[0].value
    return value


def test_a_late_value_from_the_browser_does_not_undo_what_the_program_set() -> None:
    app = AppTest.from_function(a_set_control, default_timeout=30).run()
    app.number_input[0].set_value(8).run()
    for button, expected in (("set", 3), ("forget", 1)):
        old = app.number_input[0].id
        app.button(key=button).click().run()
        assert number_of(app) == expected
        app.session_state["late"] = old
        app.run()
        assert "late" not in app.session_state
        assert number_of(app) == expected
        app.session_state["late"] = app.number_input[0].id  # a value of the current widget is a choice
        app.run()
        assert number_of(app) == 8


def test_setting_the_same_value_again_keeps_the_widget() -> None:
    app = AppTest.from_function(a_set_control, default_timeout=30).run()
    assert app.number_input[0].key == "number"
    app.button(key="set").click().run()
    assert app.number_input[0].key == key_of(app, "number") == "number-1"
    app.button(key="set").click().run()
    assert (app.number_input[0].key, number_of(app)) == ("number-1", 3)


def test_a_choice_that_no_longer_exists_becomes_the_initial_choice() -> None:
    app = AppTest.from_function(a_set_control, default_timeout=30).run()
    assert app.selectbox[0].value == "third"
    app.selectbox[0].set_value("first").run()
    app.session_state["options"] = ("second", "third")
    assert app.run().selectbox[0].value == "third"
    app.session_state["options"] = ("first", "second", "third")
    assert app.run().selectbox[0].value == "third"
    assert not app.exception


def test_a_key_s_name_is_unique() -> None:
    Key[bool]("a name of this test", bool)
    for name in ("a name of this test", session.FORM_REQUEST.name):
        with pytest.raises(ValueError, match=f"'{name}' is used twice"):
            Key[int](name, int)


def test_each_session_has_values_of_its_own() -> None:
    def script() -> None:
        import streamlit as st

        from pages.frame import session

        session.TRAY_NOTICES.get().append("a notice")
        st.text(len(session.TRAY_NOTICES.get()))

    for _ in range(2):
        app = AppTest.from_function(script, default_timeout=30).run()
        assert app.text[0].value == "1"
    assert app.run().text[0].value == "2"
