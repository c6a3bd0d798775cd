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
from pages.frame import navigation, session
from pages.frame.session import FormRequest


def offer(model: Model) -> None:
    """Say what a training on this machine would bring, with the button that prepares it; nothing if it would bring
    nothing."""
    plan = better.offer(model)
    if plan is None:
        return
    downloads = [] if plan.has_photos else [f"the photos ({words.size(offered.ZIP_BYTES)})"]
    downloads += [f"ImageNet weights ({words.size(plan.download_bytes)})"] if plan.download_bytes else []
    st.caption(
        "This model ships with the project. A pretrained model, fine-tuned on your machine, was right on "
        f"{plan.accuracy:.0%} of the test photos instead of {plan.now:.0%}, and notices more reliably when a photo "
        f"shows no clothes.{' It first downloads ' + ' and '.join(downloads) + '.' if downloads else ''}"
    )
    navigation.lead(
        "train" if plan.has_photos else "data",
        f"Train a better one on your machine (about {words.duration(plan.seconds)})",
        ":material/model_training:",
        act=_prepare if plan.has_photos else session.BETTER_WANTED.set,
        arguments=(plan,) if plan.has_photos else (True,),
        stretch=False,
    )


def on_data() -> bool:
    """On Data, the next step for people who were sent there for the photos; returns whether the photos are missing."""
    plan = _starters() if session.BETTER_WANTED.get() else None
    if plan is None:
        return False
    if not plan.has_photos:
        st.info(
            f"A better model needs the photos first: {words.size(offered.ZIP_BYTES)}, under *Add photos*, *Download*. "
            "Then this page leads you on.",
            icon=":material/model_training:",
        )
        return True
    st.success("The photos for a better model are here.", icon=":material/check_circle:")
    navigation.lead(
        "train",
        "Continue to training",
        ":material/show_chart:",
        act=_prepare,
        arguments=(plan,),
        primary=True,
        stretch=False,
    )
    return False


def on_train(settings: RunConfig) -> None:
    """On Train, while the form has the better model's settings: say that nothing more has to be chosen."""
    if settings == session.BETTER_SETTINGS.get():
        st.info(
            "These are the settings of the better model; there is nothing more to choose. Press **Start training**. "
            "When it is done, Predict uses the new model.",
            icon=":material/model_training:",
        )


def _starters() -> Offer | None:
    try:
        return better.offer(shelf.model(shelf.STARTER))
    except AppError:
        return None


def _prepare(plan: Offer) -> None:
    session.BETTER_WANTED.clear()
    session.BETTER_SETTINGS.set(plan.settings)
    session.FORM_REQUEST.set(FormRequest(plan.settings, "better"))
    session.TRAIN_LINK_READ.set(True)  # an older link must not fill the form afterwards
