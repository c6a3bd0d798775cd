"""Answers many photos in small pieces, from a fragment's ticks, so that the page stays usable meanwhile."""

import streamlit as st

from core import words
from core.answering import classifier
from core.answering.pieces import Work
from core.answering.shelf import Model
from core.photos.album import PhotoSource
from pages.frame import page, session

PIECE = 0.3  # s of work at a time
TICK = 0.4  # s from one piece to the next; in between, the page responds to clicks
MOST_MODELS = 3  # whose answers are kept for switching between models


def of(model: Model) -> Work:
    """What the model has answered so far."""
    works = session.ANSWERS.get()
    name = (str(model.folder), model.created)
    works[name] = works.pop(name) if name in works else Work()  # the last used goes to the end
    for old in list(works)[:-MOST_MODELS]:
        del works[old]
    return works[name]


def forget_all_but(photos: dict[str, PhotoSource]) -> None:
    """Forget the answers to all other photos."""
    for work in session.ANSWERS.get().values():
        work.forget_all_but(photos)


def continue_answering(model: Model, photos: dict[str, PhotoSource]) -> bool:
    """Answer some photos, and continue in ticks while photos are left. Returns whether it continues."""
    work = of(model)
    if not work.waiting(photos):
        work.pause(stopped=False)
        return False
    if not work.stopped:
        work.answer_some(classifier.load(model), photos, PIECE)
        if not work.waiting(photos):
            return False
    st.fragment(page.fragment(_tick), run_every=None if work.stopped else TICK, key="predict-work-tick")(
        model, photos, work, work.stopped, []
    )
    return not work.stopped


def _tick(model: Model, photos: dict[str, PhotoSource], work: Work, stopped: bool, ticks: list[bool]) -> None:
    if work.stopped != stopped:
        st.rerun()  # the whole page, at the other pace
    if ticks and not work.stopped:  # not in the first tick: the page itself has just done a piece
        work.answer_some(classifier.load(model), photos, PIECE)
    ticks.append(True)
    waiting = len(work.waiting(photos))
    if not waiting:
        st.rerun()
    done = len(photos) - waiting
    left = work.seconds_left(photos)
    state = "stopped" if work.stopped else f"about {words.duration(left)} left" if left is not None else "starting …"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done / len(photos), f"{done} of {len(photos)} photos · {state}")
        st.button(
            "Continue" if work.stopped else "Stop",
            icon=":material/play_arrow:" if work.stopped else ":material/stop:",
            key="predict-go-on" if work.stopped else "predict-stop",
            on_click=work.pause,
            args=(not work.stopped,),
        )
