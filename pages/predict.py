"""Predict: photos in, answers out, with an honest "not sure"."""

import streamlit as st

from core.answering import classifier
from core.answering.shelf import Model
from pages.frame import better, navigation, page
from pages.predicting import answers, detail, model_card, tray, work


def no_model() -> None:
    st.info(
        "There is no model to ask yet. Train one: on the built-in drawings it takes a minute or two, and then "
        "this page answers.",
        icon=":material/model_training:",
    )
    navigation.link("train", "Train a model", ":material/show_chart:")


def ask(model: Model) -> None:
    """Photos, the model's card, and the answers below."""
    tray.picker(model)
    model_card.show(model)
    photos = tray.photos()
    work.forget_all_but(photos)
    detail.forget_all_but(photos)
    if not photos:
        st.info(
            "Drop photos above, or take some with your phone. Each gets an answer here.",
            icon=":material/photo_camera:",
        )
        better.offer(model)
        return
    asked = classifier.load(model)
    coming = work.continue_answering(model, photos)
    answers.show(model, asked, photos, coming)


page.header("Predict", "Drop in photos of clothes and see what the best saved model says of them.")

with page.errors():
    # no st.stop() here: after one Streamlit keeps the state of widgets that are gone, and shows them otherwise later
    if model := model_card.picker():
        ask(model)
    else:
        no_model()
