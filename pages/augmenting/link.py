"""The address of Augment: it holds what is in hand, so that a reload or a link brings everything back."""

import streamlit as st

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe
from core.runs.config import LARGEST_SEED
from pages.frame import page, current_recipe, session
from pages.photos import picker

VIEWS = ("One transform", "The recipe")


def restore() -> None:
    """Once per session: take over recipe, seed, transform, view and photo from the address."""
    if session.AUGMENT_LINK_READ.get():
        return
    query = st.query_params
    if "recipe" in query:
        with page.errors():
            current_recipe.put(recipe.loads(query["recipe"]))
            current_recipe.apply_request()  # at once: it shows a transform of its own, and the link may name another one
    if query.get("focus") in TRANSFORMS:
        session.TRANSFORM.set(query["focus"])
    seed = query.get("seed", "")
    if seed.isdecimal() and len(seed) <= len(str(LARGEST_SEED)):
        session.AUGMENT_SEED.set(int(seed) % (LARGEST_SEED + 1))
    if query.get("view") in VIEWS:
        session.AUGMENT_VIEW.set(query["view"])
    if "photo" in query:
        picker.pick(query["photo"])
    session.AUGMENT_LINK_READ.set(True)  # last: a click that ends this run early must not lose the link


def remember(steps: Recipe, seed: int, photo: str) -> None:
    """Write what is in hand into the address."""
    query = {
        "recipe": recipe.to_link(steps),
        "seed": str(seed),
        "focus": session.TRANSFORM.get(current_recipe.FIRST),
        "view": session.AUGMENT_VIEW.get(VIEWS[0]),
    }
    query |= {"photo": photo} if photo else {}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
