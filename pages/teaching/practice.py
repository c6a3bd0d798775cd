"""What to label next: the unsorted photos that teach most, ten at a time, with the answer already there."""

from collections.abc import Mapping

import streamlit as st

from core import words
from core.datasets import catalogue, review, thumbnails
from core.photos import formats
from core.serving import limits
from core.teaching import gathering, labelling, lesson
from core.teaching.draft import Outcome, Suggestion
from core.teaching.kinds import NONE
from core.teaching.lesson import Row
from pages.frame import page, session
from pages.frame.state import WallState
from pages.photos import grid
from pages.photos.grid import Act, Action, Tile
from pages.teaching import adding

ACCEPT, LEAVE_OUT, UNDO, KIND = "accept", "leave out", "undo", "kind:"
KEYS = "123456789"


def show(name: str, outcome: Outcome | None) -> None:
    """Draw the uploader for unsorted photos, and those to label next."""
    st.markdown(
        "Drop many photos here that are not sorted yet. Those that teach most are shown first, ten at a time, with the "
        "model's answer: if it is right, one key is enough."
    )
    st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        "Unsorted photos",
        accept_multiple_files=True,
        key=session.lesson(name, "unsorted").key,
        on_change=adding.want,
        args=(adding.UNSORTED, "unsorted"),
        max_upload_size=int(max(1, limits.BATCH_MB.read())),
        label_visibility="collapsed",
        help=f"{formats.limits()} They stay on this machine.",
    )
    with st.container():  # always there, so that nothing below moves
        st.fragment(page.fragment(_show), key=f"teach-practice-{name}")(name, outcome)


def _show(name: str, outcome: Outcome | None) -> None:
    key = f"teach-practice-grid-{name}"
    state = session.WALLS.get().setdefault(key, WallState())
    suggestions = {each.photo: each for each in outcome.suggestions} if outcome else {}
    known = session.TEACH_ANSWERS.get().setdefault(name, {})
    known.update({photo: each.answer for photo, each in suggestions.items()})
    before = lesson.stamp(name)
    grid.carry_out(key, state, lambda act: _carry_out(name, act, known))
    if lesson.stamp(name) != before:
        st.rerun()  # the whole page: counts and answers change too
    waiting = {row.name: row for row in lesson.waiting(name)}
    if not waiting:
        st.caption("No photos wait to be sorted.")
        return
    batch = _batch(name, waiting, suggestions)
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


def _batch(name: str, waiting: Mapping[str, Row], suggestions: Mapping[str, Suggestion]) -> list[str]:
    """The photos being labelled: they stay until all of them are done, so that nothing moves under people's hands."""
    batches = session.TEACH_BATCH.get()
    batch = batches.get(name, ())
    left = [photo for photo in batch if photo in waiting]
    if len(left) == len(batch):  # nobody has begun with it
        new = [photo for photo in suggestions if photo in waiting and photo not in left]
        left += new[: labelling.BATCH - len(left)]
        batches[name] = tuple(left)
    elif not left:
        batches[name] = ()
        return _batch(name, waiting, suggestions)
    return left


def _tiles(
    name: str,
    batch: list[str],
    waiting: Mapping[str, Row],
    answers: Mapping[str, str],
    suggestions: Mapping[str, Suggestion],
) -> list[Tile]:
    folder = catalogue.own_folder(name) / catalogue.PHOTOS
    made = thumbnails.load(folder, [waiting[photo].path for photo in batch])
    tiles = []
    for photo, thumbnail in zip(batch, made, strict=True):
        answer, sure = answers.get(photo, ""), suggestions.get(photo)
        percent = f" {words.percent(sure.probability)}" if sure else ""
        tiles.append(
            Tile(
                name=photo,
                picture=(thumbnail.picture or None) if thumbnail else None,
                caption=words.printable(waiting[photo].path.name),
                badges=((f"{answer}{percent}", "orange" if sure and sure.unsure else "blue"),) if answer else (),
                alt=f"{waiting[photo].path.name}, perhaps {words.with_article(answer)}",
                title=thumbnail.reason if thumbnail else "",
            )
        )
    return tiles


def _actions(kinds: list[str]) -> list[Action]:
    return [
        Action(ACCEPT, "Right", "Enter"),
        *(
            Action(f"{KIND}{kind}", kind, KEYS[place] if place < len(KEYS) else "", group="It is")
            for place, kind in enumerate(kinds)
        ),
        Action(f"{KIND}{NONE}", NONE.capitalize(), "n", group="It is"),
        Action(LEAVE_OUT, "Leave out", "x"),
        Action(UNDO, "Undo", "u", scope="page", is_undo=True),
    ]


def _carry_out(name: str, act: Act, answers: Mapping[str, str]) -> None:
    """Carry out what somebody did. `answers` are the model's, as they stood on the page."""
    if act.action == UNDO:
        review.undo(name)
    elif act.action == LEAVE_OUT:
        review.decide(name, act.photos, "leave out")
    elif act.action == ACCEPT:
        gathering.label_each(name, {photo: answers[photo] for photo in act.photos if answers.get(photo)})
    elif act.action.startswith(KIND):
        gathering.label_photos(name, act.photos, act.action.removeprefix(KIND))
