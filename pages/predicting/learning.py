"""Corrections of a model on Predict: learn from them, see what a version gained and lost, and go back to another."""

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.files.background import Status
from core.serving import limits
from core.teaching import corrected_photos, corrections, gains, learning, lesson
from core.teaching.kinds import NONE
from pages.frame import access, address, markdown, navigation, page, session

EVERY = 1.0  # s between two looks at the progress


def show(model: Model) -> None:
    """Draw the corrections and the versions of a model, if it has any."""
    dataset = corrections.dataset_of(model)
    status = learning.status(dataset)
    is_running = status is not None and status.running
    with st.container():  # always there, so that nothing below moves
        st.fragment(page.fragment(_show), run_every=EVERY if is_running else None, key="predict-learning")(
            model, is_running, _usual_name()
        )


def _show(model: Model, was_running: bool, usual: str) -> None:
    dataset = corrections.dataset_of(model)
    status = learning.status(dataset)
    if (status is not None and status.running) != was_running or _usual_name() != usual:
        st.rerun()  # the whole page: there is another pace or version, or another one answers
    versions = learning.versions(model)
    by_class = corrections.by_class(model)
    if not by_class and len(versions) < 2:
        return
    count = sum(by_class.values())
    st.subheader("Learning from corrections", anchor=False)
    if by_class:
        _corrections(model, dataset, by_class)
    if status is not None and (status.running or status.error):
        _progress(dataset, status)
    if count and not was_running and not access.is_read_only():
        st.button(
            f"Learn from {words.count(count, 'correction')}",
            icon=":material/school:",
            type="primary",
            key=f"predict-learn-{dataset}",
            on_click=page.attempt,
            args=(_learn, model.name),
            help="Makes a new version of the model, which also learns from these photos. The old one stays.",
        )
    if len(versions) > 1:
        _versions(model, versions)


def _learn(name: str) -> None:
    limits.check_disk()
    learning.start(name)


def _corrections(model: Model, dataset: str, by_class: dict[str, int]) -> None:
    named = ", ".join(f"{count} {'of ' + kind if kind == NONE else kind}" for kind, count in by_class.items())
    with st.container(horizontal=True, vertical_alignment="center"):
        count = words.count(sum(by_class.values()), "corrected photo")
        st.markdown(f"{count} of **{markdown.plain(corrections.origin(model).title)}**: {markdown.plain(named)}.")
        query = {address.DATASET.parameter: dataset}
        navigation.link("data", "Look at them on Data", ":material/folder_open:", query=query, stretch=False)
    for kind, few in corrected_photos.waiting(model).items():
        st.caption(
            markdown.plain(f"{kind} is new: it needs {lesson.LEAST} photos before the model learns it, got {few}.")
        )


def _progress(dataset: str, status: Status) -> None:
    if status.running:
        st.progress(min(1.0, status.share), f"Learning: {markdown.plain(status.words)}")
        return
    st.error(markdown.plain(status.error), icon=":material/error:")
    if access.is_read_only():
        return
    st.button(
        "Hide this",
        key="predict-learning-hide",
        type="tertiary",
        on_click=page.attempt,
        args=(learning.forget, dataset),
    )


def _versions(model: Model, versions: list[Model]) -> None:
    usual = _usual_name()
    newest = versions[0].card.corrected
    if newest is not None:
        with st.container(border=True, key="predict-learned"):
            st.markdown(f"**What {markdown.plain(versions[0].title)} learned**")
            for sentence in gains.sentences(newest, versions[0].card.taught is not None):
                st.markdown(f"- {markdown.plain(sentence)}")
    for version in versions:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container():
                st.markdown(f"**{markdown.plain(version.title)}**")
                st.caption(markdown.plain(facts(version)))
            if version.name == model.name == usual:
                st.badge("Used on Predict", icon=":material/check_circle:", color="green")
                continue
            if access.is_read_only():
                continue
            facts_of_model = model.card.corrected
            is_back = facts_of_model is not None and version.name in (facts_of_model.previous, facts_of_model.origin)
            st.button(
                "Back to this version" if is_back else "Use it on Predict",
                icon=":material/history:" if is_back else ":material/keep:",
                key=f"predict-version-{version.name}",
                on_click=_use,
                args=(version.name,),
            )


def _usual_name() -> str:
    usual = shelf.active()
    return usual.name if usual else ""


def _use(name: str) -> None:
    page.attempt(shelf.pin, name)
    session.MODEL.forget()  # a model that was chosen for this visit would go on answering


def facts(version: Model) -> str:
    """When a version was made, what it learned from, and how good it is."""
    learned = version.card.corrected
    date = f"{version.created[:10]} {version.created[11:16]} UTC"
    is_taught = version.card.taught is not None
    photos = "photos it had not seen" if is_taught else "validation photos"
    score = f"{version.validation_accuracy:.0%} accurate on {photos}"
    if learned is None:
        return f"{date} · before any corrections · {score}"
    if reason := gains.unscored(learned, is_taught):
        score = f"not scored: {reason}"
    return f"{date} · {words.count(learned.photos, 'correction')} · {score}"
