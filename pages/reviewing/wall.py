"""The wall: all photos of a dataset, filtered, page by page, to be looked at and decided on."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import words
from core.datasets import browsing, review, rows, thumbnails
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.datasets.rows import Rows
from core.datasets.thumbnails import Thumbnail
from pages.frame import access, page, pager, session
from pages.frame.state import WallState
from pages.photos import grid
from pages.photos.grid import Act, Tile
from pages.reviewing import closer, keys

A_PAGE = 60  # photos
SECONDS = 0.4  # s that new thumbnails may take before what is ready is shown
ALL_CLASSES = -2  # in the filter: neither a class nor NO_CLASS

Decide = Callable[[Sequence[str], review.Action, str], object]
"""Called with names of photos, "keep", "leave out", "class" or "split", and the class or split to move them to."""


@dataclass(frozen=True)
class Wall:
    """What a wall shows and does. The functions are called on every run of the wall, so they must be fast."""

    name: str  # different for each wall
    load: Callable[[], Dataset]  # as decided so far; the same object as long as nothing changes
    decide: Decide
    undo: Callable[[], object]
    problems: Callable[[], Mapping[str, str]] = dict  # photo → a short word
    when_empty: Callable[[], object] | None = None  # called when the dataset has no photos any more
    has_splits: bool = True  # whether photos can be put to another split and be left out or kept


@dataclass
class _Row:
    """The photos of a dataset that was loaded last."""

    dataset: Dataset
    row: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.row = rows.of(self.dataset)


_rows: dict[str, _Row] = {}  # by wall, shared by all sessions: 30,000 photos take 30 ms
_rows_lock = threading.Lock()
MOST_ROWS = 4


def show(wall: Wall) -> None:
    """Draw the wall, and carry out what people do on it."""
    st.fragment(page.fragment(_show), key=f"wall-{wall.name}")(wall)


def grid_key(wall: Wall) -> str:
    """The key of the wall's grid."""
    return f"wall-grid-{wall.name}"


def _show(wall: Wall) -> None:
    state = session.WALLS.get().setdefault(wall.name, WallState())
    _take_acts(wall, state)
    row, problems = _row(wall), wall.problems()
    places = browsing.matches(row, _filters(wall, row, problems), problems)
    _turn(wall, state, len(places))
    if not len(row) and wall.when_empty:
        wall.when_empty()
    if len(places):
        st.markdown(f"**{words.count(len(places), 'photo')} {'matches' if len(places) == 1 else 'match'}**")
        _page(wall, state, row, places, problems)
    else:
        st.info("No photos match. Change the filters above.")
    closer.show(state, row, problems)


def _row(wall: Wall) -> Rows:
    dataset = wall.load()
    last = _rows.get(wall.name)
    if last is None or last.dataset is not dataset:
        last = _Row(dataset)
        with _rows_lock:
            _rows.pop(wall.name, None)
            _rows[wall.name] = last
            while len(_rows) > MOST_ROWS:
                del _rows[next(iter(_rows))]
    return last.row


def _take_acts(wall: Wall, state: WallState) -> None:
    """Carry out what people did."""
    row, number = _row(wall), int(session.wall(wall.name, "page").get(1))
    grid.carry_out(grid_key(wall), state, lambda act: _carry_out(wall, state, row, number, act))


def _carry_out(wall: Wall, state: WallState, row: Rows, number: int, act: Act) -> None:
    if act.action == keys.UNDO:
        wall.undo()
    elif act.action in (keys.NEXT, keys.PREVIOUS):
        state.page = max(1, (state.page or number) + (1 if act.action == keys.NEXT else -1))
    elif act.action == keys.OPEN:
        state.photo = act.photos[0] if act.photos else ""
    else:
        names = [name for name in act.photos if name in row.places]
        if names and (decision := keys.decision(act.action, row)):
            wall.decide(names, *decision)


# The filters


def _filters(wall: Wall, row: Rows, problems: Mapping[str, str]) -> browsing.Choice:
    """Let the person choose which photos are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = _class_filter(wall, row) if (row.labels != rows.NO_CLASS).any() else ALL_CLASSES
        split = _selectbox(wall, "Split", "split", ("", *row.split_names), _split_name)
        every = sorted(set(problems.values()))
        problem = _selectbox(
            wall, "Problem", "problem", ("", *((browsing.ANY_PROBLEM,) if every else ()), *every), _problem_name
        )  # fmt: skip
        text = st.text_input(
            "File name contains",
            **session.wall(wall.name, "text").widget(""),
            type="search",
            live=True,
            width=200,
        )
    return browsing.Choice(None if label == ALL_CLASSES else label, split, problem, text)


def _class_filter(wall: Wall, row: Rows) -> int:
    unsorted = [rows.NO_CLASS] if (row.labels == rows.NO_CLASS).any() else []
    labels = [ALL_CLASSES, *unsorted, *range(len(row.classes))]
    label: int = st.selectbox(
        "Class",
        labels,
        format_func=lambda each: _class_name(row, each),
        **session.wall(wall.name, "class").choice(labels),
        width=200,
    )
    return label


def _selectbox(wall: Wall, label: str, what: str, options: Sequence[str], name: Callable[[str], str]) -> str:
    """A filter, which is only drawn if there is something to choose from."""
    control = session.wall(wall.name, what)
    if len(options) < 3:
        return ""
    choice: str = st.selectbox(label, options, format_func=name, **control.choice(options), width=160)
    return choice


def _class_name(row: Rows, label: int) -> str:
    if label == ALL_CLASSES:
        return "All classes"
    return "No class yet" if label == rows.NO_CLASS else row.classes[label]


def _split_name(split: str) -> str:
    return SPLIT_WORDS.get(split, split).capitalize() or "All splits"


def _problem_name(problem: str) -> str:
    return {"": "With or without", browsing.ANY_PROBLEM: "Any problem"}.get(problem, problem.capitalize())


# The page


def _turn(wall: Wall, state: WallState, count: int) -> None:
    """Turn to the page that is wanted, within those that exist."""
    control = session.wall(wall.name, "page")
    last = max(1, -(-count // A_PAGE))
    control.set(min(max(1, state.page or int(control.get(1))), last))
    state.page = 0


def _page(wall: Wall, state: WallState, row: Rows, places: NDArray[np.intp], problems: Mapping[str, str]) -> None:
    last = -(-len(places) // A_PAGE)
    number = int(session.wall(wall.name, "page").get(1))
    if last > 1:
        _page_buttons(wall, number, last)
    on_page = [int(place) for place in places[(number - 1) * A_PAGE : number * A_PAGE]]
    pictures = _pictures(state, row, on_page)
    tiles = [
        _tile(row, place, picture, problems) for place, picture in zip(on_page, pictures, strict=True)
    ]  # fmt: skip
    actions = keys.actions(row, wall.has_splits, number > 1, number < last, _other_class(wall, row))
    grid.show(grid_key(wall), tiles, actions, f"Photos, page {number} of {last}")


def _page_buttons(wall: Wall, number: int, last: int) -> None:
    control = session.wall(wall.name, "page")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pager.buttons("wall", number, last, control.set, wall.name)
        st.number_input(f"Page (of {last:,})", min_value=1, max_value=last, step=1, **control.widget(1), width=140)


def _pictures(state: WallState, row: Rows, places: Sequence[int]) -> list[Thumbnail | None]:
    """The thumbnails of a page, as many as are ready in time. They stay in memory until another page is drawn."""
    paths = [row.paths[place] for place in places]
    missing = [path for path in paths if path not in state.pictures]
    new = dict(zip(missing, thumbnails.load(row.folder, missing, SECONDS), strict=True))
    pictures = {path: state.pictures.get(path) or new.get(path) for path in paths}
    state.pictures = {path: picture for path, picture in pictures.items() if picture}
    return [pictures[path] for path in paths]


def _tile(row: Rows, place: int, thumbnail: Thumbnail | None, problems: Mapping[str, str]) -> Tile:
    name, label, split = row.names[place], row.label(place), row.split(place)
    file = name.rpartition("/")[2]
    problem = problems.get(name, "")
    badges: list[tuple[str, grid.Colour]] = [(label, "blue")] if label else []
    if len(row.split_names) > 1:
        badges.append((SPLIT_WORDS.get(split, split), "gray"))
    if problem:
        badges.append((problem, "orange"))
    title = "\n".join(filter(None, (name, thumbnail.reason if thumbnail else "")))
    alt = f"{file}, {words.with_article(label)}" if label else file
    picture = thumbnail.picture if thumbnail else None
    return Tile(
        name=name,
        picture=picture or None,
        caption=words.printable(file),
        badges=tuple(badges),
        alt=alt,
        title=title,
        is_waiting=thumbnail is None,
    )


def _other_class(wall: Wall, row: Rows) -> int | None:
    """The class for the chip of the classes that have no chip of their own, if there are any."""
    others = range(keys.MOST_CLASSES, len(row.classes))
    if not others or access.is_read_only():
        return None
    label: int = st.selectbox(
        "Another class",
        others,
        format_func=lambda label: row.classes[label],
        **session.wall(wall.name, "other-class").choice(others),
        width=240,
        help=f"The action with the key {keys.OTHER_CLASS_KEY} moves photos to this class.",
    )
    return label
