"""What becomes of a lesson: saved models, one version after another, and its photos as a dataset."""

import io
from functools import partial

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.datasets import catalogue
from core.runs.config import config
from core.serving import limits
from core.teaching import gathering, keeping, quality
from core.teaching.draft import read as outcome_of
from pages.frame import access, address, markdown, navigation, page, session, take_away
from pages.frame.state import FormRequest


def show(name: str, model: Model | None) -> None:
    """Draw the button that saves the present model, the saved versions, and the ways out for the photos."""
    if not access.is_read_only():
        _save(name, model)
    _versions(name)
    st.subheader("The photos", anchor=False)
    st.markdown("The photos of a lesson are an ordinary dataset: look at all of them, check them, export them.")
    with st.container(horizontal=True):
        query = {address.DATASET.parameter: name}
        navigation.link("data", "Open on Data", ":material/folder_open:", query=query, stretch=False)
        st.download_button(
            "Photos as a zip",
            partial(_zip, name),
            f"{name}.zip",
            "application/zip",
            icon=":material/folder_zip:",
            key=f"teach-zip-{name}",
            on_click="ignore",
        )
        navigation.button(
            "train",
            "All settings",
            ":material/tune:",
            action=_to_train,
            arguments=(name,),
            disabled=model is None,
            stretch=False,
            help="Opens Train with this dataset and the same network, where you can choose every setting.",
        )


def _save(name: str, model: Model | None) -> None:
    if model is None:
        st.info("As soon as the model answers, you can save it here, and use it on Predict.", icon=":material/save:")
        return
    with st.form(f"save-form-{name}", border=True):
        st.markdown(f"**Save the model as it is now.** {markdown.plain(quality.headline(model.card))}.")
        st.text_input(
            "Name",
            max_chars=48,
            **session.lesson(name, "model-name").widget(catalogue.title(name)[:48]),
        )
        st.form_submit_button("Save", icon=":material/save:", type="primary", on_click=page.attempt, args=(_keep, name))
    if saved := session.lesson_state(name).saved:
        st.success(markdown.plain(saved), icon=":material/check_circle:")


def _keep(name: str) -> None:
    limits.check_disk()
    before = {model.name for model in keeping.versions(name)}
    model = keeping.save(name, session.lesson(name, "model-name").get(catalogue.title(name)))
    is_known = model.name in before
    sentence = f"Nothing has changed since {model.title} was saved." if is_known else f"Saved as {model.title}."
    session.lesson_state(name).saved = sentence


def _versions(name: str) -> None:
    saved = keeping.versions(name)
    if not saved:
        return
    st.subheader("Saved versions", anchor=False)
    usual = shelf.active()
    for model in saved:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container():
                st.markdown(f"**{markdown.plain(model.title)}**")
                st.caption(markdown.plain(_facts(model)))
            if usual and usual.name == model.name:
                st.badge("Used on Predict", icon=":material/check_circle:", color="green")
            elif not access.is_read_only():
                st.button(
                    "Use on Predict",
                    key=f"teach-use-{model.name}",
                    on_click=page.attempt,
                    args=(shelf.pin, model.name),
                )
            take_away.button(model.name)
            page.deletion(
                "Delete",
                f"This deletes the saved model **{markdown.plain(model.title)}**. The lesson and its photos stay.",
                "Delete this model",
                f"teach-delete-{model.name}",
                shelf.delete,
                model.name,
            )
    navigation.link("predict", "Open Predict", ":material/photo_camera:", stretch=False)


def _facts(model: Model) -> str:
    """When a version was saved, what it learned from, and how good it is."""
    photos = words.count(model.card.photos.get("train", 0), "photo")
    date = f"{model.created[:10]} {model.created[11:16]} UTC"
    kinds = words.count(len(model.labels), "kind")
    return f"{date} · {photos} of {kinds} · {quality.headline(model.card).lower()}"


def _zip(name: str) -> bytes:
    file = io.BytesIO()
    gathering.write_zip(name, file)
    return file.getvalue()


def _to_train(name: str) -> None:
    outcome = outcome_of(name)
    base = outcome.base if outcome else shelf.STARTER
    settings = config(dataset=name, backbone=f"model:{base}", class_weights=True)
    session.FORM_REQUEST.set(FormRequest(settings, "lesson"))
    session.TRAIN_LINK_READ.set(True)  # an older link must not fill the form afterwards
