"""Put many answers right: the photos in a grid, with a key for each class."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import streamlit as st

from core import words
from core.answering.bulk import Prediction
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.answering.tables import Result
from core.photos.album import PhotoSource
from core.teaching.kinds import NONE
from pages.frame import badges, pager, session
from pages.photos import grid
from pages.photos.grid import Act, Action, Tile
from pages.predicting import correcting

KEY = "predict-right-grid"
A_PAGE = 60  # photos
RIGHT, NOTHING, NEW, UNDO, OPEN, CLASS = "right", "nothing", "new", "undo", "open", "class "
RESERVED = "nouyra"  # of these actions; r and a mean something to browsers and the grid
CLASS_KEYS = "123456789" + "".join(letter for letter in ascii_lowercase if letter not in RESERVED)
NEW_KEY = "0"


def take(model: Model, photos: Mapping[str, PhotoSource]) -> None:
    """Carry out what people did on the grid. Call it before anything is drawn."""
    grid.carry_out(KEY, session.CORRECTIONS.get().wall, lambda act: _carry_out(model, photos, act))


def _carry_out(model: Model, photos: Mapping[str, PhotoSource], act: Act) -> None:
    if act.action == UNDO:
        correcting.undo()
    elif act.action == OPEN:
        session.OPEN_PHOTO.set(act.photos[0] if act.photos else "")
    elif act.action == RIGHT:
        correcting.confirm(model, photos, act.photos)
    elif act.action == NOTHING:
        correcting.say(model, photos, act.photos, correcting.class_of(model, NONE))
    elif act.action == NEW:
        correcting.say(model, photos, act.photos, correcting.class_of(model, session.NEW_KIND.get("")))
    elif act.action.startswith(CLASS):
        correcting.say(model, photos, act.photos, correcting.class_of(model, act.action.removeprefix(CLASS)))


def show(
    model: Model, matches: Sequence[tuple[str, Result]], predictions: Mapping[str, Prediction], choice: str
) -> None:
    """Draw a page of the grid. `matches` stay in their order whatever people say; `choice` names the filter."""
    readable = [(name, result) for name, result in matches if result.answer]
    if not readable:
        st.info("No photos match. Choose *All*, or other answers.")
        return
    pages = -(-len(readable) // A_PAGE)
    last_choice, number = session.GALLERY_PAGE.get()
    number = min(number, pages) if last_choice == choice else 1
    session.GALLERY_PAGE.set((choice, number))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "A new kind, or any class by its name",
            **session.NEW_KIND.widget(""),
            live=True,
            max_chars=100,
            width=280,
            placeholder="such as hoodie",
            help=f"Type its name, select photos below, and press {NEW_KEY} or click *Typed class*.",
        )
        if pages > 1:
            pager.buttons("predict-right", number, pages, lambda target: session.GALLERY_PAGE.set((choice, target)))
            st.caption(f"Page {number} of {pages}", width="content")
    on_page = readable[(number - 1) * A_PAGE : number * A_PAGE]
    said = correcting.of([name for name, _ in on_page])
    tiles = [
        _tile(name, result, predictions[name].thumbnail, said.get(place))
        for place, (name, result) in enumerate(on_page)
    ]
    grid.show(KEY, tiles, actions(model), f"Answers, page {number} of {pages}")


def actions(model: Model) -> list[Action]:
    """What people can say about photos."""
    kinds = [*model.labels, *correcting.new_kinds(model)]
    return [
        *(
            Action(f"{CLASS}{kind}", kind, key, group="This is")
            for kind, key in zip(kinds, CLASS_KEYS, strict=False)
        ),
        Action(NEW, "Typed class", NEW_KEY, group="Other"),
        Action(NOTHING, "None of these", "n", group="Other"),
        Action(RIGHT, "The answer is right", "y", group="Other"),
        Action(OPEN, "Closer look", "o", scope="photo"),
        Action(UNDO, "Undo", "u", scope="page", is_undo=True),
    ]  # fmt: skip


def _tile(name: str, result: Result, thumbnail: bytes, said: str | None) -> Tile:
    assert result.answer is not None
    answer = result.answer.label
    badge = badges.DOUBTS[result.kind]
    if said is None:
        text = badge.text if result.kind is Doubt.UNLIKE else f"{answer} {words.percent(result.answer.probability)}"
        shown: list[tuple[str, grid.Colour]] = [(text, badge.color)]
    elif said == answer:
        shown = [(f"{answer}: right", "blue")]
    else:
        shown = [(said or NONE, "blue"), (f"not {answer}", "gray")]
    return Tile(
        name=name,
        picture=thumbnail or None,
        caption=words.printable(result.name),
        badges=tuple(shown),
        alt=words.printable(result.name),
    )
