"""Predict: drop in photos, get answers, with an honest "not sure"."""

import streamlit as st

from core.answering import classifier, shelf
from core.answering.shelf import Model
from pages.frame import better, damaged, navigation, page
from pages.predicting import answers, correcting, detail, learning, model_card, tray, work


def no_model() -> None:
    st.info(
        "No saved model yet. Train one: on the built-in drawings it takes a minute or two. Then you get answers here.",
        icon=":material/model_training:",
    )
    navigation.link("train", "Train a model", ":material/show_chart:")


def show(model: Model) -> None:
    """The photos, the model's card, and the answers below."""
    above, progress, below, versions = page.parts(4)
    with above:
        tray.picker(model)
        model_card.show(model)
        damaged.show(shelf.damaged())
    with versions:
        learning.show(model)
    photos = tray.photos()
    work.forget_all_but(photos)
    correcting.forget_all_but(photos)
    detail.forget_all_but(photos)
    if not photos:
        st.info(
            "Drop photos above, or take some with your phone. Each photo gets an answer here.",
            icon=":material/photo_camera:",
        )
        better.show_offer(model)
        return
    with progress:
        is_working = work.continue_answering(model, photos)
    with below:
        answers.show(model, classifier.load(model), photos, is_working)


page.header("Predict", "Drop in photos of clothes and see what a saved model thinks they show.")

with page.errors():
    # no st.stop() here: after one, Streamlit keeps the state of widgets that are gone and later shows a wrong value
    if model := model_card.chosen_model():
        show(model)
    else:
        no_model()
