"""The way from the model that ships with the project to a better one, for Home and Predict."""

import streamlit as st

from core.runs import better
from core.shelf import Model
from pages import _form_state as state
from pages import _navigation as navigation
from pages import _words as words


def offer(asked: Model) -> None:
    """Say what a training on this machine would bring, with the button that prepares it; nothing where it would bring
    nothing."""
    found = better.offer(asked)
    if found is None:
        return
    now = asked.card["scores"]["test"]["accuracy"]
    wants = [] if found.has_photos else ["the photos (106 MB)"]
    wants += [f"ImageNet weights ({found.download_mb:.0f} MB)"] if found.download_mb else []
    st.caption(
        f"This model ships with the project. A network that has seen millions of photos before, fine-tuned here, was "
        f"right on {found.accuracy:.0%} of the test photos instead of {now:.0%}, "
        "and notices things that are no clothes more surely"
        f"{'; it downloads ' + ' and '.join(wants) + ' first' if wants else ''}."
    )
    minutes = f"about {words.duration(found.seconds)}"
    if st.button(
        f"Train a better one on your machine ({minutes})", icon=":material/model_training:", key="train-better"
    ):
        if not found.has_photos:
            navigation.switch("data")
        state.fill(found.settings, "run")
        st.session_state[state.OPEN] = True
        st.session_state[state.RESTORED] = True  # the form is filled: an older link has nothing to say
        navigation.switch("train")
