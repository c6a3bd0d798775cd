"""The offer to train a better model than the one that comes with the project.

Home and Predict show it. It leads to Train with the settings in the form, through Data if the photos are missing.
"""

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.datasets import offered
from core.errors import AppError
from core.runs import better
from core.runs.better import Offer
from core.runs.config import RunConfig
from pages.frame import access, navigation, session
from pages.frame.state import FormRequest


def show_offer(model: Model) -> None:
    """Say what training on this machine would improve, with a button that prepares it; nothing if there is no gain."""
    offer = None if access.is_read_only() else better.offer(model)
    if offer is None:
        return
    downloads = [] if offer.has_photos else [f"the photos ({words.size(offered.ZIP_BYTES)})"]
    downloads += [f"ImageNet weights ({words.size(offer.download_bytes)})"] if offer.download_bytes else []
    st.caption(
        "This model comes with the project. Fine-tuning a pretrained model on your machine gives about "
        f"{offer.accuracy:.0%} accuracy on the test photos instead of {offer.now:.0%}. It also notices photos without "
        f"clothes more reliably.{' It first downloads ' + ' and '.join(downloads) + '.' if downloads else ''}"
    )
    navigation.button(
        "train" if offer.has_photos else "data",
        f"Train a better model on your machine (about {words.duration(offer.seconds)})",
        ":material/model_training:",
        action=_prepare if offer.has_photos else session.BETTER_WANTED.set,
        arguments=(offer,) if offer.has_photos else (True,),
        stretch=False,
    )


def show_on_data() -> bool:
    """On Data, show the next step to people who came for the photos. Returns whether the photos are missing."""
    offer = _offer_for_starter() if session.BETTER_WANTED.get() else None
    if offer is None:
        return False
    if not offer.has_photos:
        st.info(
            f"A better model needs the photos first: {words.size(offered.ZIP_BYTES)}, under *Add photos*, *Download*. "
            "Then you can continue from here.",
            icon=":material/model_training:",
        )
        return True
    st.success("The photos for a better model are here.", icon=":material/check_circle:")
    navigation.button(
        "train",
        "Continue to training",
        ":material/show_chart:",
        action=_prepare,
        arguments=(offer,),
        primary=True,
        stretch=False,
    )
    return False


def show_on_train(settings: RunConfig) -> None:
    """On Train, say that nothing more has to be chosen while the form has the better model's settings."""
    if settings == session.BETTER_SETTINGS.get():
        st.info(
            "These are the settings of the better model. You don't need to change anything: press **Start training**. "
            "When it is done, Predict uses the new model.",
            icon=":material/model_training:",
        )


def _offer_for_starter() -> Offer | None:
    try:
        return better.offer(shelf.model(shelf.STARTER))
    except AppError:
        return None


def _prepare(offer: Offer) -> None:
    session.BETTER_WANTED.clear()
    session.BETTER_SETTINGS.set(offer.settings)
    session.FORM_REQUEST.set(FormRequest(offer.settings, "better"))
    session.TRAIN_LINK_READ.set(True)  # an older link must not fill the form afterwards
