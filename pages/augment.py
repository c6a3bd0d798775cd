"""Augment: what each transform does to a photo, alone and combined, before you train with it."""

import numpy as np
import streamlit as st

from core.augment import engine, recipe
from pages import _widgets as widgets

SIZE = 299  # px, the largest of the course
DRAWS = 12

widgets.header(
    "Augment", "See what each transform does to a photo, alone and combined, exactly as training will see it."
)


def reroll() -> None:
    st.session_state["augment-seed"] = int(np.random.default_rng().integers(10_000))


@st.fragment
def lab() -> None:
    """Pictures on the left, or on top on a phone; the controls beside or below them."""
    pictures, controls = st.columns([2, 1], gap="large")
    with controls:
        with st.container(border=True), widgets.errors():
            st.session_state["augment-photo"] = widgets.photo_picker()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.session_state.setdefault("augment-seed", 0)
            seed = st.number_input(
                "Seed",
                0,
                2**32 - 1,
                key="augment-seed",
                persist_state="session",
                help="The same seed gives the same pictures, here and in training.",
            )
            st.button("Roll again", icon=":material/casino:", on_click=reroll, help="Another seed, other draws.")
            st.button(
                "Reset",
                icon=":material/restart_alt:",
                on_click=widgets.fill_editor,
                args=(None,),
                help="Switch all transforms off.",
            )
        steps = widgets.recipe_editor()
        if st.button(
            "Train with this recipe", icon=":material/show_chart:", type="primary", width="stretch", disabled=not steps
        ):
            st.session_state["train-recipe"] = recipe.dumps(steps)
            st.session_state["train-recipe-is-new"] = True
            st.session_state["train-augmentation-seed"] = seed
            st.switch_page("pages/train.py")
    with pictures, widgets.errors():
        show(st.session_state.get("augment-photo") or widgets.example("dress", 3), steps, seed)


def show(photo: widgets.Photo, steps: recipe.Recipe, seed: int) -> None:
    pixels = widgets.square(photo.data, SIZE)
    original, words = st.columns([1, 2], vertical_alignment="center")
    with original:
        widgets.picture(pixels, f"The original photo, {photo.name}")
    with words:
        st.markdown(f"**Original**, squashed to {SIZE} × {SIZE} pixels as networks want it.")
        if not steps:
            st.info(
                "Switch a transform on, such as **Rotation**, and twelve random draws of it appear here.",
                icon=":material/arrow_forward:",
            )
            return
        st.markdown(
            f"On: {recipe.described(steps)}. Each picture below is one *view*: training shows view 1 in its "
            "first epoch, view 2 in the second …"
        )
    views = np.arange(DRAWS)
    drawn = engine.draw(steps, np.full(DRAWS, photo.number, np.uint64), views, seed)
    changed = engine.apply(np.broadcast_to(pixels, (DRAWS, *pixels.shape)), engine.fuse(steps, drawn, SIZE, SIZE))
    captions = engine.captions(drawn) or [[] for _ in views]
    with st.grid("auto", min_column_width=112, gap="small"):
        for view, (picture, words_drawn) in enumerate(zip(changed, captions, strict=True)):
            said = " · ".join(f"{label} {value}" for label, value in words_drawn) or "unchanged"
            widgets.picture(picture, f"View {view + 1}: {said}", f"**{view + 1}** {said}")


lab()
