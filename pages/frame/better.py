"""The way from the model that ships with the project to a better one: offered on Home and Predict, over Data where the
photos are missing, to Train with its settings in the form."""

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.datasets import offered
from core.errors import AppError
from core.runs import better
from core.runs.better import Offer
from core.runs.config import RunConfig
from pages.frame import navigation
from pages.training import form_state as state

WANTED = "better-wanted"  # a person is on the way to a better model, and was sent for the photos
OFFERED = "better-settings"  # its settings, as they were put into the form


def offer(asked: Model) -> None:
    """Say what a training on this machine would bring, with the button that prepares it; nothing where it would bring
    nothing."""
    found = better.offer(asked)
    if found is None:
        return
    wants = [] if found.has_photos else [f"the photos ({offered.MEGABYTES} MB)"]
    wants += [f"ImageNet weights ({found.download_mb:.0f} MB)"] if found.download_mb else []
    st.caption(
        "This model ships with the project. One that has seen millions of photos before, fine-tuned here, notices "
        f"things that are no clothes more surely, and was right on {found.accuracy:.0%} of the test photos instead of "
        f"{found.now:.0%}{'; it downloads ' + ' and '.join(wants) + ' first' if wants else ''}."
    )
    minutes = f"about {words.duration(found.seconds)}"
    if st.button(
        f"Train a better one on your machine ({minutes})", icon=":material/model_training:", key="train-better"
    ):
        if found.has_photos:
            _to_train(found)
        st.session_state[WANTED] = True
        navigation.switch("data")


def on_data() -> bool:
    """On Data, for who was sent there for the photos: what to do next. Whether they are still to be had."""
    found = _of_starter() if st.session_state.get(WANTED) else None
    if found is None:
        return False
    if not found.has_photos:
        st.info(
            f"For a better model the photos come first: {offered.MEGABYTES} MB, under *Add photos* at *Download*. Then "
            "this page leads on.",
            icon=":material/model_training:",
        )
        return True
    st.success("The photos for a better model are here.", icon=":material/check_circle:")
    if st.button("Go on to the training", icon=":material/show_chart:", type="primary", key="better-go-on"):
        _to_train(found)
    return False


def on_train(settings: RunConfig) -> None:
    """On Train, while the form has the better model's settings: that nothing more has to be chosen."""
    if settings == st.session_state.get(OFFERED):
        st.info(
            "These are the settings of the better model: nothing more to choose. Press **Start training**; when it is "
            "done, Predict asks the new model by itself.",
            icon=":material/model_training:",
        )


def _of_starter() -> Offer | None:
    try:
        return better.offer(shelf.model(shelf.STARTER))
    except AppError:
        return None


def _to_train(found: Offer) -> None:
    st.session_state.pop(WANTED, None)
    st.session_state[OFFERED] = found.settings
    state.fill(found.settings, "better")
    st.session_state[state.OPEN] = True
    st.session_state[state.RESTORED] = True  # the form is filled: an older link has nothing to say
    navigation.switch("train")
