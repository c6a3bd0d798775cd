"""What to label next: the unsorted photos that teach most, ten at a time, with the answer already there."""

from collections.abc import Mapping

import streamlit as st

from core import words
from core.teaching import gathering, labelling, lesson
from core.teaching.draft import Outcome, Suggestion
from core.teaching.kinds import NONE
from core.teaching.lesson import Row
from pages.frame import access, page, session
from pages.frame.state import LessonState, WallState
from pages.photos import grid
from pages.photos.grid import Act, Action, Colour, Tile
from pages.teaching import adding, album, pictures

ACCEPT = "accept"


def show(name: str, outcome: Outcome | None) -> None:
    """Draw the uploader for unsorted photos, and those to label next; a caption on a read-only server."""
    if access.is_read_only():
        st.caption("Photos are labelled here where the server is not read-only.")
        return
    st.markdown(
        "Drop many photos here that are not sorted yet. Those that teach most are shown first, ten at a time, with the "
        "model's answer: if it is right, one key is enough."
    )
    adding.uploader(name, adding.UNSORTED, "Unsorted photos")
    with st.container():  # always there, so that nothing below moves
        st.fragment(page.fragment(_show), key=f"teach-practice-{name}")(name, outcome)


def _show(name: str, outcome: Outcome | None) -> None:
    key = f"teach-practice-grid-{name}"
    state, known = session.WALLS.get().setdefault(key, WallState()), session.lesson_state(name).answers
    suggestions = {each.photo: each for each in outcome.suggestions} if outcome else {}
    known.update({photo: each.answer for photo, each in suggestions.items()})
    before = lesson.stamp(name)
    grid.carry_out(key, state, lambda act: _carry_out(name, act, known))
    if lesson.stamp(name) != before:
        st.rerun()  # the whole page: counts and answers change too
    waiting = {row.name: row for row in lesson.waiting(name)}
    if not waiting:
        st.caption("No photos wait to be sorted.")
        return
    batch = _batch(session.lesson_state(name), waiting, suggestions)
    if not batch:
        st.info(
            f"{words.count(len(waiting), 'photo')} to sort. Those that teach most appear here as soon as the model has "
            "looked at them; it needs two kinds with three photos each.",
            icon=":material/hourglass_top:",
        )
        return
    st.markdown(f"**{words.count(len(waiting), 'photo')} to sort.** These teach most:")
    kinds = [kind for kind in lesson.of(name).kinds if kind != NONE]
    grid.show(key, _tiles(name, batch, waiting, known, suggestions), _actions(kinds), "Photos to label next")


def _batch(state: LessonState, waiting: Mapping[str, Row], suggestions: Mapping[str, Suggestion]) -> list[str]:
    """The photos being labelled: they stay until all of them are done, so that nothing moves under people's hands."""
    left = [photo for photo in state.batch if photo in waiting]
    if not left or len(left) == len(state.batch):  # nobody has begun with it
        new = [photo for photo in suggestions if photo in waiting and photo not in left]
        left += new[: labelling.BATCH - len(left)]
        state.batch = tuple(left)
    return left


def _tiles(
    name: str,
    batch: list[str],
    waiting: Mapping[str, Row],
    answers: Mapping[str, str],
    suggestions: Mapping[str, Suggestion],
) -> list[Tile]:
    alts = [f"perhaps {words.with_article(answers.get(photo, ''))}" for photo in batch]
    badges = [_badge(answers.get(photo, ""), suggestions.get(photo)) for photo in batch]
    return pictures.tiles(name, [waiting[photo] for photo in batch], alts, badges)


def _badge(answer: str, suggestion: Suggestion | None) -> tuple[str, Colour] | None:
    """The model's answer; with its probability as long as it is among those to label next."""
    if suggestion is None:
        return (answer, "blue") if answer else None
    return f"{answer} {words.percent(suggestion.probability)}", "orange" if suggestion.unsure else "blue"


def _actions(kinds: list[str]) -> list[Action]:
    return [
        Action(ACCEPT, "Right", "Enter"),
        *album.kind_actions(kinds, "It is"),
        Action(f"{album.KIND}{NONE}", NONE.capitalize(), "n", group="It is"),
        Action(album.REMOVE, "Leave out", "x"),
        album.UNDO_ACTION,
    ]


def _carry_out(name: str, act: Act, answers: Mapping[str, str]) -> None:
    """Carry out what somebody did. `answers` are the model's, as they stood on the page."""
    if act.action == ACCEPT:
        gathering.label_each(name, {photo: answers[photo] for photo in act.photos if answers.get(photo)})
    else:
        album.carry_out(name, act)
