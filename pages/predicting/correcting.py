"""What people put right on Predict: the class of photos, by page and, with an explicit yes, kept on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.errors import AppError, SettingsError
from core.photos.album import PhotoSource
from core.serving import limits
from core.teaching import corrections
from core.teaching.kinds import NONE
from pages.frame import page, session
from pages.frame.state import CorrectedAnswer
from pages.predicting import work

QUESTION = "**Keep corrected photos on this machine, so that the model can learn from them?**"
MOST_AT_ONCE = 50  # photos in memory while they are kept
MOST_STEPS = 200  # that can be undone


def of(photos: Sequence[str]) -> dict[int, str]:
    """The classes that people said, by the photo's place in `photos`; empty: none of the classes."""
    answers = session.CORRECTIONS.get().answers
    return {place: answers[photo].label for place, photo in enumerate(photos) if photo in answers}


def changes() -> int:
    """How often what is kept has changed in this session."""
    return session.CORRECTIONS.get().changes


def forget_all_but(photos: Mapping[str, PhotoSource]) -> None:
    """Forget what was said about all other photos. What was kept of them stays."""
    state = session.CORRECTIONS.get()
    for photo in state.answers.keys() - photos.keys():
        state.answers.pop(photo, None)
    state.steps[:] = [left for step in state.steps if (left := {p: said for p, said in step.items() if p in photos})]


def new_kinds(model: Model) -> list[str]:
    """The classes that people have named and the model does not know, sorted."""
    said = {each.label for each in session.CORRECTIONS.get().answers.values()}
    kept = corrections.by_class(model)
    return sorted({*said, *kept} - {*model.labels, NONE, ""})


def class_of(model: Model, text: str) -> str:
    """The class that a person means by a typed text; empty for none of these. Raises AppError."""
    if not text.strip():
        raise SettingsError("A new kind must have a name. Type one, such as hoodie.")
    if text in model.labels:
        return text
    spelled = {kind.casefold(): kind for kind in new_kinds(model)}
    label = spelled.get(" ".join(text.split()).casefold()) or corrections.typed(model, text)
    return "" if label == NONE and NONE not in model.labels else label


def say(model: Model, photos: Mapping[str, PhotoSource], chosen: Sequence[str], label: str) -> None:
    """Put the class of photos right, and keep them if the person has said yes. Raises AppError, OSError."""
    state, predictions = session.CORRECTIONS.get(), work.of(model).answers
    before: dict[str, CorrectedAnswer | None] = {}
    for photo in chosen:
        prediction = predictions.get(photo)
        if photo not in photos or prediction is None or prediction.answer is None:
            continue
        before[photo] = state.answers.get(photo)
        new = CorrectedAnswer(label, prediction.answer.label, model.name)
        old = before[photo]
        if old:
            new = replace(new, dataset=old.dataset, photo=old.photo)
        state.answers[photo] = new
    if before:
        state.steps[:] = [*state.steps, before][-MOST_STEPS:]
    _keep(photos, [photo for photo in before if state.is_keeping or state.answers[photo].dataset])


def confirm(model: Model, photos: Mapping[str, PhotoSource], chosen: Sequence[str]) -> None:
    """Say that the answers are right, which a model can learn from too. Raises AppError, OSError."""
    predictions, by_answer = work.of(model).answers, dict[str, list[str]]()
    for photo in chosen:
        prediction = predictions.get(photo)
        if prediction and prediction.answer:
            by_answer.setdefault(prediction.answer.label, []).append(photo)
    for label, some in by_answer.items():
        say(model, photos, some, label)


def undo() -> None:
    """Take back the last step, in what is kept too. Raises AppError, OSError."""
    state = session.CORRECTIONS.get()
    if not state.steps:
        return
    step = state.steps.pop()
    for photo, before in step.items():
        now = state.answers.pop(photo, None)
        if before is not None:
            state.answers[photo] = before
        if now and now.dataset and before is None:
            corrections.take_back(now.dataset, [now.photo])
            state.changes += 1
        elif now and now.dataset and before:
            label = before.label or NONE
            corrections.move(now.dataset, [now.photo], label)
            state.changes += 1
            state.answers[photo] = replace(before, dataset=now.dataset, photo=now.photo)


def take_back(photo: str) -> None:
    """Take back what was said about a photo. Raises AppError, OSError."""
    state = session.CORRECTIONS.get()
    said = state.answers.pop(photo, None)
    if said and said.dataset:
        corrections.take_back(said.dataset, [said.photo])
        state.changes += 1


def keep(photos: Mapping[str, PhotoSource]) -> None:
    """Keep what was put right so far, and from now on. Raises AppError, OSError."""
    state = session.CORRECTIONS.get()
    state.is_keeping = True
    _keep(photos, [photo for photo, said in state.answers.items() if not said.dataset])


def _keep(photos: Mapping[str, PhotoSource], chosen: Sequence[str]) -> None:
    """Write photos to the disk, some at a time. Raises AppError, OSError; what was kept until then stays kept."""
    state, unread = session.CORRECTIONS.get(), list[str]()
    by_model: dict[str, list[str]] = {}
    for photo in chosen:
        if photo in photos and photo in state.answers:
            by_model.setdefault(state.answers[photo].model, []).append(photo)
    for name, some in by_model.items():
        limits.check_disk()
        model = shelf.model(name)
        for start in range(0, len(some), MOST_AT_ONCE):
            unread += _keep_some(model, photos, some[start : start + MOST_AT_ONCE])
    if unread:
        raise SettingsError(" ".join(unread[:3]) + (f" And {len(unread) - 3} more." if len(unread) > 3 else ""))


def _keep_some(model: Model, photos: Mapping[str, PhotoSource], some: Sequence[str]) -> list[str]:
    """Keep photos, and return a sentence for each that can't be read any more."""
    answers, unread = session.CORRECTIONS.get().answers, list[str]()
    given: dict[str, corrections.Photo] = {}
    for photo in some:
        try:
            data = photos[photo].read()
        except AppError as error:
            unread.append(f"{words.printable(photos[photo].name)} was not kept. {error}")
            continue
        said = answers[photo]
        given[photo] = photos[photo].name.rpartition("/")[2], data, said.label or NONE, said.answer
    added = corrections.add(model, list(given.values()))
    session.CORRECTIONS.get().changes += 1
    for photo, name in zip(given, added.names, strict=True):
        if name and photo in answers:
            answers[photo] = replace(answers[photo], dataset=added.dataset, photo=name)
    return [*unread, *added.refused]


def question(photos: Mapping[str, PhotoSource]) -> None:
    """Ask whether corrected photos may be kept, once there are any; later say what was decided."""
    state = session.CORRECTIONS.get()
    if not state.answers:
        return
    if state.is_keeping is None:
        with st.container(border=True, key="predict-keep"):
            st.markdown(QUESTION)
            st.caption(
                "They go into a dataset of their own, which you can look at and remove on Data. Without your yes, a "
                "correction only changes the answers on this page."
            )
            with st.container(horizontal=True):
                st.button(
                    "Yes, keep them",
                    type="primary",
                    key="predict-keep-yes",
                    on_click=page.attempt,
                    args=(keep, photos),
                )
                st.button("No, only on this page", key="predict-keep-no", on_click=_set_keeping, args=(False,))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        kept = sum(bool(said.dataset) for said in state.answers.values())
        text = f"{words.count(len(state.answers), 'answer')} put right"
        if state.is_keeping:
            st.caption(f"{text}; {words.count(kept, 'photo')} kept on this machine.", width="content")
            if kept < len(state.answers):
                st.button("Keep the rest too", key="predict-keep-rest", on_click=page.attempt, args=(keep, photos))
            st.button("Keep no more", type="tertiary", key="predict-keep-stop", on_click=_set_keeping, args=(False,))
        else:
            st.caption(f"{text}, on this page only.", width="content")
            st.button(
                "Keep them on this machine",
                type="tertiary",
                key="predict-keep-yes",
                on_click=page.attempt,
                args=(keep, photos),
            )


def _set_keeping(is_keeping: bool) -> None:
    session.CORRECTIONS.get().is_keeping = is_keeping
