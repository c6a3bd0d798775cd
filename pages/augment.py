"""Augment: what each transform does to a photo, alone and combined, before you train with it."""

import streamlit as st

from pages.augmenting import editor, exports, label_check, link, pictures
from pages.augmenting.link import VIEWS
from pages.frame import current_recipe, page, session
from pages.photos import picker
from pages.photos.pictures import example, picture, square

page.header("Augment", "See what each transform does to a photo, alone and combined, exactly as training will see it.")


@st.fragment
@page.fragment
def lab() -> None:
    """Pictures on the left (on a phone: at the top), controls on the right (below)."""
    current_recipe.apply_request()
    left, right = st.columns([2, 1], gap="large")
    with right:
        photo = example("dress", 3)
        with st.container(border=True), page.errors():
            photo = picker.choose()
        session.AUGMENT_PHOTO.set(photo)
        with st.container(border=True):
            transform = editor.transform()
        with st.container(border=True):
            st.markdown(
                "**The recipe**", help="What training does to each photo, with new random values for each view."
            )
            editor.steps()
            editor.starting_points()
            seed = editor.seed()
            editor.train_with_it()
    steps = current_recipe.steps()
    link.remember(steps, seed, photo.place)  # before the pictures: the next click may end this run early
    with left, page.errors():
        original, beside = st.columns([1, 3], vertical_alignment="center")
        with original:
            picture(square(photo.data, pictures.SIZE), f"The original photo, {photo.name}")
        with beside:
            st.markdown(f"**The photo**, resized to {pictures.SIZE} × {pictures.SIZE} pixels as networks need it.")
            view = st.segmented_control(
                "View",
                VIEWS,
                **session.AUGMENT_VIEW.buttons(VIEWS[0]),
                required=True,
                label_visibility="collapsed",
            )
        if view == VIEWS[0]:
            pictures.one_transform(photo, transform, seed)
        else:
            pictures.whole_recipe(photo, steps, seed)
        exports.show(photo, steps, seed)


with st.container():  # always there, so that the fragments below keep their place (see page.parts)
    link.restore()
lab()
label_check.show()
