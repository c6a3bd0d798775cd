"""Augment: what each transform does to a photo, alone and combined, before you train with it."""

import streamlit as st

from pages.augmenting import (
    downloads,
    editor,
    exports,
    label_check,
    link,
    pictures,
    projector,
    receipt_box,
    several,
)
from pages.augmenting.link import VIEWS
from pages.frame import current_recipe, page, session
from pages.photos import picker
from pages.photos.pictures import example

page.header("Augment", "See what each transform does to a photo, alone and combined, exactly as training will see it.")


@st.fragment
@page.fragment
def lab() -> None:
    """The picture beside the sliders that move it, then the draws beside the recipe.

    A phone shows the parts in the order of the containers: photo, picture, sliders, draws, recipe. They are filled in
    another order, because the pictures need the values of all controls.
    """
    current_recipe.apply_request()
    top = st.container(horizontal=True, vertical_alignment="center")
    with top:
        view = st.segmented_control(
            "View", VIEWS, **session.augment("view").buttons(VIEWS[0]), required=True, label_visibility="collapsed"
        )
    left, right = st.columns([2, 1], gap="medium")
    with left:
        beside, stage = st.columns(2, vertical_alignment="center")
    draws, below = st.columns([2, 1], gap="medium")
    with beside:
        photo = example("dress", 3)
        with st.container(border=True), page.errors():
            photo = picker.choose()
        session.AUGMENT_PHOTO.set(photo)
        after = pictures.choose_after(view)
    with right, st.container(border=True):
        transform = editor.transform()
    with below, st.container(border=True):
        st.markdown("**The recipe**", help="What training does to each photo, with new random values for each view.")
        editor.steps()
        editor.starting_points()
        seed = editor.seed()
        receipt_box.show()
        editor.train_with_it()
    steps = current_recipe.steps()
    link.remember(steps, seed, photo.place)  # before the pictures: the next click may end this run early
    shown = pictures.shown_steps(transform, steps, view)
    with top:
        projector.button(is_empty=not shown)
    with stage, page.errors():
        pictures.before_and_after(photo, transform, shown, seed, after)
    if view == VIEWS[0]:
        with left, page.errors():
            pictures.range_of(photo, transform)
    with draws, page.errors():
        if view == VIEWS[1]:
            pictures.step_by_step(photo, shown, seed)
        pictures.draws(photo, transform, shown, seed, view)
        downloads.show(photo, shown, seed)
        several.show(photo, shown, seed)
        exports.show(steps, seed)
    with page.errors():
        projector.show(photo, shown, seed)


with st.container():  # always there, so that the fragments below keep their place (see page.parts)
    link.restore()
lab()
label_check.show()
