"""The recipe in hand, kept in the session: which transforms are on, in which order, and how each is set."""

from typing import Any

import streamlit as st

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Parameter, Setting, Transform
from pages.frame import session

ON = "recipe-on"  # the keys of the transforms in the recipe, in its order
FOCUS = "recipe-focus"  # the key of the transform whose sliders are shown
FIRST = "rotation"  # what a newcomer sees


def key_of(transform: Transform, part: str) -> str:
    """Where the session keeps one setting of a transform."""
    return f"recipe-{transform.key}-{part}"


def on() -> list[str]:
    return list(st.session_state.setdefault(ON, [FIRST]))


def current() -> Recipe:
    """The recipe in hand."""
    return tuple(step_of(TRANSFORMS[key]) for key in on())


def step_of(transform: Transform) -> Step:
    """One transform as it is set, in the recipe or not."""
    chance = st.session_state.get(key_of(transform, "probability"), transform.probability)
    return recipe.step(transform.key, chance, **settings_of(transform))


def settings_of(transform: Transform) -> dict[str, Any]:
    return {one.name: st.session_state.get(key_of(transform, one.name), one.default) for one in transform.parameters}


def put(steps: Recipe) -> None:
    """Make `steps` the recipe in hand (in a callback, before its widgets are drawn)."""
    st.session_state[ON] = [step.transform.key for step in steps]
    for step in steps:
        st.session_state[key_of(step.transform, "probability")] = step.probability
        for parameter in step.transform.parameters:
            value = step.settings[parameter.name]
            st.session_state[key_of(step.transform, parameter.name)] = _for_widget(parameter, value)
    if steps and st.session_state.get(FOCUS) not in st.session_state[ON]:
        st.session_state[FOCUS] = steps[0].transform.key


def reset(transform: Transform) -> None:
    """All settings of one transform back to where they were at first (in a callback)."""
    st.session_state[key_of(transform, "probability")] = transform.probability
    for parameter in transform.parameters:
        st.session_state[key_of(transform, parameter.name)] = _for_widget(parameter, parameter.default)


def toggle(key: str) -> None:
    """Put a transform into the recipe, at its usual place, or take it out (in a callback)."""
    keys = on()
    if key in keys:
        keys.remove(key)
    else:
        places = list(TRANSFORMS)
        later = [i for i, other in enumerate(keys) if places.index(other) > places.index(key)]
        keys.insert(later[0] if later else len(keys), key)
    st.session_state[ON] = keys


def _switch(key: str, place: str) -> None:
    if session.is_choice(place):
        toggle(key)


def move_up(key: str) -> None:
    """One place earlier in the recipe (in a callback)."""
    keys = on()
    i = keys.index(key)
    keys[i - 1 : i + 1] = [keys[i], keys[i - 1]]
    st.session_state[ON] = keys


def focus(key: str) -> None:
    """Show this transform's sliders (in a callback)."""
    st.session_state[FOCUS] = key


def focus_editor() -> Transform:
    """Choose a transform, switch it on or off and set it; returns it."""
    keys = on()
    key = st.selectbox(
        "Transform",
        list(TRANSFORMS),
        **session.kept_choice(FOCUS, TRANSFORMS),
        format_func=lambda one: TRANSFORMS[one].label,  # never changing: the browser knows the choice by these words
        help="The one whose effect is shown by itself.",
    )
    transform = TRANSFORMS[key]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        place = session.shown(f"recipe-in-{key}", key in keys)
        st.toggle("In the recipe", key=place, on_change=_switch, args=(key, place))
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key="recipe-reset",
            on_click=reset,
            args=(transform,),
            help="This transform's settings back to where they were.",
        )
    for parameter in transform.parameters:
        _setting(transform, parameter)
    if transform.draws:
        st.slider(
            "Probability",
            0.0,
            1.0,
            step=0.05,
            **session.kept(key_of(transform, "probability"), transform.probability),
            help="How likely a photo gets this transform, in each epoch anew.",
        )
    return transform


def step_list() -> None:
    """The recipe's steps in the order in which they act, each to be set, moved or taken out."""
    keys = on()
    if not keys:
        st.caption("Empty: photos stay as they are. Switch a transform on above, or start from a preset.")
    for i, key in enumerate(keys):
        transform = TRANSFORMS[key]
        movable = i > 0 and TRANSFORMS[keys[i - 1]].stage == transform.stage
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            st.button(
                transform.label,
                key=f"recipe-focus-{key}",
                on_click=focus,
                args=(key,),
                width="stretch",
                type="primary" if key == st.session_state[FOCUS] else "secondary",
                help="Show its sliders.",
            )
            st.button(
                "",
                icon=":material/arrow_upward:",
                key=f"recipe-up-{key}",
                on_click=move_up,
                args=(key,),
                disabled=not movable,
                help="Earlier. Only among its kind: geometry always comes before colour, "
                "then what the camera adds, then patches.",
            )
            st.button(
                "",
                icon=":material/close:",
                key=f"recipe-out-{key}",
                on_click=toggle,
                args=(key,),
                help=f"Take {transform.label.lower()} out of the recipe.",
            )


def _setting(transform: Transform, parameter: Parameter) -> None:
    label = f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label
    kept = session.kept(key_of(transform, parameter.name), _for_widget(parameter, parameter.default))
    if parameter.choices:
        st.segmented_control(label, parameter.choices, **kept, help=parameter.help, required=True, wrap=True)
        return
    number = int if parameter.step >= 1 else float
    st.slider(
        label,
        number(parameter.low),
        number(parameter.high),
        step=number(parameter.step),
        **kept,
        help=parameter.help,
    )


def _for_widget(parameter: Parameter, value: Setting) -> Any:
    """A setting as its widget keeps it: whole numbers where the slider's steps are whole."""
    if isinstance(value, str):
        return value
    number = int if parameter.step >= 1 else float
    return tuple(number(one) for one in value) if isinstance(value, tuple) else number(value)
