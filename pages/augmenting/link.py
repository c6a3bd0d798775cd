"""The address of Augment: recipe, seed, view, photo and projector view, so that a reload or a link restores them."""

import streamlit as st

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe
from core.runs.config import LARGEST_SEED
from pages.frame import current_recipe, page, session
from pages.frame.address import PROJECTOR
from pages.photos import picker

VIEWS = ("One transform", "The recipe")


def restore() -> None:
    """Restore recipe, seed, transform, view and photo from the address, once per session, and always whether the
    projector view is open."""
    PROJECTOR.restore()
    if session.AUGMENT_LINK_READ.get():
        return
    query = st.query_params
    if "recipe" in query:
        with page.errors():
            current_recipe.put(recipe.loads(query["recipe"]))
            current_recipe.apply_request()  # at once: it selects a transform, and the link may select another
    if query.get("focus") in TRANSFORMS:
        session.TRANSFORM.set(query["focus"])
    seed = query.get("seed", "")
    if seed.isdecimal() and len(seed) <= len(str(LARGEST_SEED)):
        session.AUGMENT_SEED.set(int(seed) % (LARGEST_SEED + 1))
    if query.get("view") in VIEWS:
        session.augment("view").set(query["view"])
    if "photo" in query:
        picker.choose_place(query["photo"])
    session.AUGMENT_LINK_READ.set(True)  # last: a click that ends this script early must not lose the link


def remember(steps: Recipe, seed: int, photo: str) -> None:
    """Write recipe, seed, transform, view, photo and projector view into the address."""
    query = {
        "recipe": recipe.to_link(steps),
        "seed": str(seed),
        "focus": session.TRANSFORM.get(current_recipe.FIRST),
        "view": session.augment("view").get(VIEWS[0]),
    }
    query |= {"photo": photo} if photo else {}
    is_open = PROJECTOR.name.get()
    PROJECTOR.last.set(is_open)
    query |= {PROJECTOR.parameter: is_open} if is_open else {}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
