"""The controls of Augment: a transform with its sliders, the recipe's steps, presets, and the seed."""

import numpy as np
import streamlit as st

from core.augment import saved
from core.augment.catalogue import TRANSFORMS
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.augment.transform import Parameter, Transform
from core.runs.config import LARGEST_SEED
from pages.frame import access, current_recipe, navigation, page, session


def transform() -> Transform:
    """Draw the choice of a transform, its sliders, the button that adds it, and its texts. Returns the transform."""
    key = st.selectbox(
        "Transform",
        list(TRANSFORMS),
        **session.TRANSFORM.choice(TRANSFORMS),
        format_func=lambda key: TRANSFORMS[key].label,  # never changes: the browser identifies the choice by this text
        help="The pictures show its effect on its own.",
    )
    chosen = TRANSFORMS[key]
    for parameter in chosen.parameters:
        _parameter(chosen, parameter)
    if chosen.draws:
        st.slider(
            "Probability",
            0.0,
            1.0,
            step=0.05,
            **session.transform_setting(key, "probability").widget(chosen.probability),
            help="The probability that a photo gets this transform. Each view draws again.",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Add to recipe",
            icon=":material/add:",
            key=f"recipe-add-{key}",
            type="primary",
            on_click=current_recipe.add,
            args=(key,),
            disabled=key in session.RECIPE.get(),
            help="The recipe is the list of transforms below. It is what training uses.",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key=f"transform-reset-{key}",
            on_click=current_recipe.reset,
            args=(key,),
            help="Sets this transform back to its defaults.",
        )
    st.markdown(chosen.explanation)
    st.caption(f":material/warning: {chosen.harm}")
    return chosen


def _parameter(chosen: Transform, parameter: Parameter) -> None:
    label = f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label
    initial = current_recipe.widget_value(parameter, parameter.default)
    control = session.transform_setting(chosen.key, parameter.name)
    if parameter.choices:
        st.segmented_control(
            label, parameter.choices, **control.buttons(initial), help=parameter.help, required=True, wrap=True
        )
        return
    number = int if parameter.step >= 1 else float
    st.slider(
        label,
        number(parameter.low),
        number(parameter.high),
        step=number(parameter.step),
        **control.widget(initial),
        help=parameter.help,
    )


def steps() -> None:
    """Draw the recipe's steps in order, with buttons to show, move and remove each."""
    keys = session.RECIPE.get()
    if not keys:
        st.caption("The recipe is empty, so photos stay unchanged. Add a transform above, or start from a preset.")
    for previous, key in zip((None, *keys), keys, strict=False):
        step = TRANSFORMS[key]
        movable = previous is not None and TRANSFORMS[previous].stage == step.stage
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            st.button(
                step.label,
                key=f"recipe-show-{key}",
                on_click=session.TRANSFORM.set,
                args=(key,),
                width="stretch",
                type="primary" if key == session.TRANSFORM.get(current_recipe.FIRST) else "secondary",
                help="Shows its sliders.",
            )
            st.button(
                "",
                icon=":material/arrow_upward:",
                key=f"recipe-up-{key}",
                on_click=current_recipe.move_before,
                args=(key, previous or key),
                disabled=not movable,
                help="Move up, within its group. The order of the groups is fixed: geometry, colour, camera effects, "
                "patches, mixing.",
            )
            st.button(
                "",
                icon=":material/close:",
                key=f"recipe-remove-{key}",
                on_click=current_recipe.remove,
                args=(key,),
                help=f"Remove {step.label.lower()} from the recipe.",
            )


def starting_points() -> None:
    """Draw the presets and saved recipes to start from, and a field to save the current recipe."""
    labels = {f"preset:{preset.key}": preset.label for preset in PRESETS}
    labels |= {f"saved:{name}": f"{name} (saved)" for name in saved.names()}
    with st.popover("Presets and saved recipes", icon=":material/bookmarks:", width="stretch"):
        choice = st.selectbox(
            "Start from", list(labels), format_func=labels.__getitem__, **session.augment("start-from").choice(labels)
        )
        kind, _, name = choice.partition(":")
        preset = next((preset for preset in PRESETS if kind == "preset" and preset.key == name), None)
        st.caption(preset.explanation if preset else "Saved on this machine.")
        with st.container(horizontal=True):
            st.button(
                "Use recipe",
                icon=":material/check:",
                key=f"start-from-{choice}",
                on_click=page.attempt,
                args=(_use, name, preset.recipe if preset else None),
            )
            if not preset and not access.is_read_only():
                st.button(
                    "Delete recipe",
                    icon=":material/delete:",
                    key=f"delete-{choice}",
                    on_click=page.attempt,
                    args=(saved.delete, name),
                )
        if access.is_read_only():
            return
        name = st.text_input(
            "Save this recipe as",
            max_chars=saved.LONGEST,
            placeholder="a name",
            **session.augment("save-as").widget(""),
        )
        st.button(
            "Save",
            icon=":material/save:",
            disabled=not name.strip(),
            on_click=page.attempt,
            args=(_save,),
            key="recipe-save",
        )


def _use(name: str, preset: Recipe | None) -> None:
    """Make a preset or a saved recipe the current one."""
    current_recipe.put(saved.load(name) if preset is None else preset)


def _save() -> None:
    """Save the current recipe under the typed name."""
    saved.save(session.augment("save-as").get(""), current_recipe.steps())
    session.augment("save-as").set("")
    st.toast("Saved. You find it under *Presets and saved recipes*.", icon=":material/bookmark_added:")


def seed() -> int:
    """Draw the field for the seed, and return the seed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        value: int = st.number_input(
            "Seed",
            0,
            LARGEST_SEED,
            **session.AUGMENT_SEED.widget(0),
            help="The same seed gives the same pictures, here and in training.",
        )
        random_seed = int(np.random.default_rng().integers(10_000))
        st.button(
            "Roll",
            icon=":material/casino:",
            key="seed-roll",
            on_click=session.AUGMENT_SEED.set,
            args=(random_seed,),
            help="Draws a random seed.",
        )
    return value


def train_with_it() -> None:
    """Draw the buttons that open Train with the current recipe and seed: to set up a run, or to compare at once."""
    nothing = "" if session.RECIPE.get() else "The recipe is empty. Add a transform first, or use a preset."
    navigation.button(
        "train",
        "Train with this recipe",
        ":material/show_chart:",
        action=session.USE_AUGMENTS_RECIPE.set,
        arguments=(True,),
        disabled=bool(nothing),
        help=nothing or None,
        primary=True,
    )
    navigation.button(
        "train",
        "Train with and without it",
        ":material/compare:",
        action=session.WITH_AND_WITHOUT.set,
        arguments=(session.STARTED.get()[0],),
        disabled=bool(nothing) or access.is_read_only(),
        help=nothing
        or (access.NOT_HERE if access.is_read_only() else "")
        or "Starts two runs with the settings and the seed of Train's form, one with this recipe and one "
        "without. Their curves and scores then stand side by side.",
        key="train-with-and-without",
    )
