"""What people put right or confirm on Predict: the class of photos, for the page and, after a yes, for this machine."""

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
from pages.frame import access, page, session
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
    _say(model, photos, dict.fromkeys(chosen, label))


def confirm(model: Model, photos: Mapping[str, PhotoSource], chosen: Sequence[str]) -> None:
    """Say that the answers are right, which a model can learn from too. Raises AppError, OSError."""
    predictions = work.of(model).answers
    answers = {photo: prediction.answer for photo in chosen if (prediction := predictions.get(photo))}
    _say(model, photos, {photo: answer.label for photo, answer in answers.items() if answer})


def _say(model: Model, photos: Mapping[str, PhotoSource], labels: Mapping[str, str]) -> None:
    """Say the classes of photos, in one step. Where one is kept already, the page changes after the disk."""
    state, predictions = session.CORRECTIONS.get(), work.of(model).answers
    new: dict[str, CorrectedAnswer] = {}
    for photo, label in labels.items():
        prediction, old = predictions.get(photo), state.answers.get(photo)
        if photo in photos and prediction and prediction.answer:
            said = CorrectedAnswer(label, prediction.answer.label, model.name)
            new[photo] = replace(said, dataset=old.dataset, photo=old.photo) if old else said
    before = {photo: state.answers.get(photo) for photo in new}
    state.answers.update({photo: said for photo, said in new.items() if not said.dataset})
    try:
        _keep(photos, {photo: said for photo, said in new.items() if state.is_keeping or said.dataset})
    finally:
        _remember({photo: old for photo, old in before.items() if state.answers.get(photo) != old})


def _remember(step: dict[str, CorrectedAnswer | None]) -> None:
    """Let `undo` restore what was said before about these photos."""
    state = session.CORRECTIONS.get()
    if step:
        state.steps[:] = [*state.steps, step][-MOST_STEPS:]


def undo() -> None:
    """Take back the last step, in what is kept too. Raises AppError, OSError; then nothing has changed."""
    steps = session.CORRECTIONS.get().steps
    if steps:
        _restore(steps[-1])
        del steps[-1]


def take_back(photo: str) -> None:
    """Take back what was said about a photo. Raises AppError, OSError; then nothing has changed."""
    said = session.CORRECTIONS.get().answers.get(photo)
    if said:
        _restore({photo: None})
        _remember({photo: said})


def _restore(wanted: Mapping[str, CorrectedAnswer | None]) -> None:
    """Let these answers stand, None for photos about which nothing was said: first on the disk, then on the page."""
    state = session.CORRECTIONS.get()
    changes: dict[str, dict[str, str | None]] = {}
    restored: dict[str, CorrectedAnswer | None] = {}
    for photo, said in wanted.items():
        now = _at_home(state.answers.get(photo))
        restored[photo] = said = _at_home(said)
        if now and now.dataset:
            changes.setdefault(now.dataset, {})[now.photo] = None
            if said and not said.dataset:  # it was kept later
                restored[photo] = said = replace(said, dataset=now.dataset, photo=now.photo)
        if said and said.dataset:
            changes.setdefault(said.dataset, {})[said.photo] = said.label or NONE
    corrections.arrange(changes)
    state.changes += bool(changes)
    for photo, said in restored.items():
        state.answers.pop(photo, None)
        if said:
            state.answers[photo] = said


def _at_home(said: CorrectedAnswer | None) -> CorrectedAnswer | None:
    """What was said, as not kept if its dataset has been removed."""
    if said and said.dataset and not corrections.is_there(said.dataset):
        return replace(said, dataset="", photo="")
    return said


def keep(photos: Mapping[str, PhotoSource]) -> None:
    """Keep what was put right so far, and from now on. Raises AppError, OSError."""
    state = session.CORRECTIONS.get()
    state.is_keeping = True
    _keep(photos, {photo: said for photo, said in state.answers.items() if not said.dataset})


def _keep(photos: Mapping[str, PhotoSource], answers: Mapping[str, CorrectedAnswer]) -> None:
    """Write photos to the disk, some at a time, and then say so on the page.

    Raises AppError, OSError; what was kept until then stays kept.
    """
    unread = list[str]()
    by_model: dict[str, list[str]] = {}
    for photo, said in answers.items():
        if photo in photos:
            by_model.setdefault(said.model, []).append(photo)
    for name, some in by_model.items():
        limits.check_disk()
        model = shelf.model(name)
        for start in range(0, len(some), MOST_AT_ONCE):
            unread += _keep_some(model, photos, {photo: answers[photo] for photo in some[start : start + MOST_AT_ONCE]})
    if unread:
        raise SettingsError(" ".join(unread[:3]) + (f" And {len(unread) - 3} more." if len(unread) > 3 else ""))


def _keep_some(model: Model, photos: Mapping[str, PhotoSource], answers: Mapping[str, CorrectedAnswer]) -> list[str]:
    """Keep photos, and return a sentence for each that can't be read any more."""
    state, unread = session.CORRECTIONS.get(), list[str]()
    given: dict[str, corrections.Photo] = {}
    for photo, said in answers.items():
        try:
            data = photos[photo].read()
        except AppError as error:
            unread.append(f"{words.printable(photos[photo].name)} was not kept. {error}")
            continue
        given[photo] = photos[photo].name.rpartition("/")[2], data, said.label or NONE, said.answer
    added = corrections.add(model, list(given.values()))
    state.changes += 1
    for photo, name in zip(given, added.names, strict=True):
        if name and photo in state.answers:
            state.answers[photo] = replace(answers[photo], dataset=added.dataset, photo=name)
    return [*unread, *added.refused]


def question(photos: Mapping[str, PhotoSource], key: str = "predict-keep") -> None:
    """Ask whether corrected photos may be kept, once there are any; later say what was decided.

    `key` begins the keys of its elements: a dialog and the page below it both ask.
    """
    state = session.CORRECTIONS.get()
    if not state.answers:
        return
    if access.is_read_only():
        st.caption(f"{words.count(len(state.answers), 'answer')} checked, on this page only.")
        return
    if state.is_keeping is None:
        with st.container(border=True, key=key):
            st.markdown(QUESTION)
            st.caption(
                "They go into a dataset of their own, which you can look at and remove on Data. Without your yes, a "
                "correction only changes the answers on this page."
            )
            with st.container(horizontal=True):
                st.button(
                    "Yes, keep them",
                    type="primary",
                    key=f"{key}-yes",
                    on_click=page.attempt,
                    args=(keep, photos),
                )
                st.button("No, only on this page", key=f"{key}-no", on_click=_set_keeping, args=(False,))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        kept = sum(bool(said.dataset) for said in state.answers.values())
        text = f"{words.count(len(state.answers), 'answer')} checked"
        if state.is_keeping:
            st.caption(f"{text}; {words.count(kept, 'photo')} kept on this machine.", width="content")
            if kept < len(state.answers):
                st.button("Keep the rest too", key=f"{key}-rest", on_click=page.attempt, args=(keep, photos))
            st.button("Stop keeping photos", type="tertiary", key=f"{key}-stop", on_click=_set_keeping, args=(False,))
        else:
            st.caption(f"{text}, on this page only.", width="content")
            st.button(
                "Keep them on this machine",
                type="tertiary",
                key=f"{key}-yes",
                on_click=page.attempt,
                args=(keep, photos),
            )


def _set_keeping(is_keeping: bool) -> None:
    session.CORRECTIONS.get().is_keeping = is_keeping
