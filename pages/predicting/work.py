"""Asking about many photos in small pieces, from a fragment's ticks: the page stays usable meanwhile."""

import time
from dataclasses import dataclass, field

import streamlit as st

from core import words
from core.answering import bulk, classifier, litert
from core.answering.bulk import Asked
from core.answering.shelf import Model
from core.photos.album import PhotoSource

PIECE = 0.3  # s of work at a time
TICK = 0.4  # s from one piece to the next: between two the page answers to clicks
MOST_MODELS = 3  # whose answers are kept, so that one can go to and fro between models


@dataclass
class Work:
    """What one model has said so far, and how fast it goes."""

    answers: dict[str, Asked] = field(default_factory=dict)  # by the photo's id
    pace: float = 0.0  # s a photo takes, while it is worked on; 0 = not measured yet
    since: float = 0.0  # when the present stretch of work began (monotonic), 0 = it hasn't
    before: int = 0  # answers that were there then
    stopped: bool = False  # by a person, until they continue

    def waiting(self, photos: dict[str, PhotoSource]) -> list[str]:
        return [name for name in photos if name not in self.answers]

    def seconds_left(self, photos: dict[str, PhotoSource]) -> float | None:
        """How long the rest will take as things go, pauses between the pieces included; None = not known yet."""
        done = len(self.answers) - self.before
        if not self.since or done < 1:
            return None
        return (time.monotonic() - self.since) / done * len(self.waiting(photos))


def of(model: Model) -> Work:
    """What the model has said of the photos so far."""
    kept = _kept()
    name = (str(model.folder), model.created)
    kept[name] = kept.pop(name, None) or Work()  # the last used stands last
    for old in list(kept)[:-MOST_MODELS]:
        del kept[old]
    return kept[name]


def forget_all_but(photos: dict[str, PhotoSource]) -> None:
    """Forget the answers to photos that are no longer there."""
    for work in _kept().values():
        for gone in work.answers.keys() - photos.keys():
            del work.answers[gone]


def _kept() -> dict[tuple[str, str], Work]:
    kept: dict[tuple[str, str], Work] = st.session_state.setdefault("predict-work", {})
    return kept


def go_on(model: Model, photos: dict[str, PhotoSource]) -> bool:
    """Answer a piece of what waits, and go on in ticks while something is left; whether it goes on."""
    work = of(model)
    if not work.waiting(photos):
        work.since, work.stopped = 0.0, False
        return False
    if not work.stopped:
        _answer_some(model, photos, work)
        if not work.waiting(photos):
            work.since = 0.0
            return False
    st.fragment(_tick, run_every=None if work.stopped else TICK, key="predict-work-tick")(model, photos, work, [])
    return not work.stopped


def _tick(model: Model, photos: dict[str, PhotoSource], work: Work, ticked: list[bool]) -> None:
    if ticked and not work.stopped:  # the first time the page itself has just done a piece
        _answer_some(model, photos, work)
    ticked.append(True)
    waiting = len(work.waiting(photos))
    if not waiting:
        st.rerun()
    done = len(photos) - waiting
    left = work.seconds_left(photos)
    until = "stopped" if work.stopped else f"about {words.duration(left)} left" if left is not None else "starting …"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done / len(photos), f"{done} of {len(photos)} photos · {until}")
        if st.button(
            "Continue" if work.stopped else "Stop",
            icon=":material/play_arrow:" if work.stopped else ":material/stop:",
            key="predict-go-on" if work.stopped else "predict-stop",
            on_click=_stop_or_continue,
            args=(work, not work.stopped),
        ):
            st.rerun()


def _stop_or_continue(work: Work, stop: bool) -> None:
    """What the button said when it was drawn: a click that a busy page delivers twice must not take itself back."""
    work.stopped = stop
    work.since = 0.0


def _answer_some(model: Model, photos: dict[str, PhotoSource], work: Work) -> None:
    """Ask about photos for PIECE seconds, one at least. Raises ModelError."""
    asked = classifier.load(model)
    waiting = work.waiting(photos)
    began = time.monotonic()
    if not work.since:
        work.since, work.before = began, len(work.answers)
    left = PIECE
    while waiting:
        # as many at once as fit into the time that is left, by how long one took so far
        count = min(litert.BATCH, max(1, int(left / work.pace))) if work.pace else 1
        names, waiting = waiting[:count], waiting[count:]
        start = time.monotonic()
        # answers are kept one by one: a click may end this piece early
        for name, answer in zip(names, bulk.ask(asked, [photos[name] for name in names], thumbnails=True), strict=True):
            work.answers[name] = answer
        took = (time.monotonic() - start) / len(names)
        work.pace = 0.5 * (work.pace + took) if work.pace else took
        left = PIECE - (time.monotonic() - began)
        if left <= 0:
            return
