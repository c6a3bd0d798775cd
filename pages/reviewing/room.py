"""A dataset from the inside: its overview, photos, findings and map, and what can be done with it as a whole."""

import streamlit as st

from core.datasets import catalogue, latest, measures, review
from core.datasets.catalogue import Dataset
from core.errors import AppError, IncompleteError
from core.reviewing import findings, stored_map
from core.teaching import lesson
from pages.frame import access, address, markdown, navigation, page, session
from pages.photos import dataset_picker
from pages.reviewing import checking, managing, overview, photo_map, queue, sorting, wall

OVERVIEW, PHOTOS, FINDINGS, MAP, MANAGE, SORT = "Overview", "Photos", "Findings", "Map", "Manage", "Sort"
SECTIONS = (OVERVIEW, PHOTOS, FINDINGS, MAP, MANAGE)


def show(name: str) -> None:
    """Draw the dataset of that name."""
    with st.container(horizontal=True, vertical_alignment="center"):
        address.DATASET.back_button("All datasets", "data-close")
        st.subheader(markdown.plain(catalogue.title(name)), anchor=False)
        if lesson.is_lesson(name):
            query = {address.LESSON.parameter: name}
            navigation.link("teach", "Open in Teach", ":material/school:", query=query, stretch=False)
    try:
        if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
            dataset_picker.load(name)  # says that it takes a moment
        dataset = latest.load(name)
    except AppError as error:
        _unusable(name, error)
        with page.errors():
            managing.show(name)
        return
    checking.show(name)
    sections = (*SECTIONS, SORT) if dataset.waiting or session.DATA_SECTION.get(OVERVIEW) == SORT else SECTIONS
    with st.container(horizontal=True, vertical_alignment="center"):
        section = st.segmented_control(
            "Section",
            sections,
            required=True,
            label_visibility="collapsed",
            **session.DATA_SECTION.buttons(OVERVIEW),
        )
        checking.button(name)
    with st.container(), page.errors():  # always there, so that a section takes nothing of the one before
        _section(section or OVERVIEW, dataset)


def _unusable(name: str, error: AppError) -> None:
    """Say why nothing can be learned from a dataset, and let people undo a review that has led to it."""
    if isinstance(error, IncompleteError):
        st.info(markdown.plain(str(error)), icon=":material/info:")
    else:
        st.error(markdown.plain(str(error)), icon=":material/error:")
    if access.is_read_only():
        return
    with st.container(), page.errors():
        if isinstance(error, IncompleteError) and catalogue.contents_of(name).loose:
            sorting.show(name)
            st.button(
                "Split the photos",
                icon=":material/call_split:",
                type="primary",
                key=f"sort-split-{name}",
                disabled=len(catalogue.unsorted(name).classes) < 2,
                on_click=session.SPLIT_WANTED.set,
                args=(name,),
                help="Shares the sorted photos out into training, validation and test. Photos that were taken together "
                "stay together.",
            )
        if review.of(name).standing:
            st.button(
                "Undo the last decision",
                icon=":material/undo:",
                key=f"undo-{name}",
                on_click=page.attempt,
                args=(review.undo, name),
            )


def _section(section: str, dataset: Dataset) -> None:
    name = dataset.name
    if section == PHOTOS:
        wall.show(
            wall.Wall(
                name=name,
                load=lambda: latest.load(name),
                decide=lambda photos, action, to: findings.decide(name, photos, action, to),
                undo=lambda: review.undo(name),
                problems=lambda: _problems(name),
            )
        )
    elif section == FINDINGS:
        queue.show(name)
    elif section == SORT:
        sorting.show(name)
    elif section == MANAGE:
        managing.show(name)
    elif section == MAP:
        _map(dataset)
    else:
        overview.show(dataset, measures.stored(name))


def _problems(name: str) -> dict[str, str]:
    """The problem of each photo about which nothing was decided, in a word or two."""
    result = findings.read(name)
    return result.problems(review.of(name).settled()) if result else {}


def _map(dataset: Dataset) -> None:
    drawn = stored_map.read(dataset.name)
    if drawn is None:
        st.info("Check the photos first: the map shows which of them are alike.", icon=":material/map:")
        return
    photo_map.show(dataset, drawn.names, drawn.points, drawn.method, drawn.trustworthiness, _problems(dataset.name))
