"""The map of a dataset's photos: similar photos lie near each other. A region or a photo opens the photos there."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import photos, words
from core.datasets import rows
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.datasets.rows import Rows
from core.drawing import figures, map_figure
from core.errors import AppError
from pages.frame import markdown, page, session
from pages.photos import pictures

MOST_THUMBNAILS = 60
NEAREST = 24
SIDE = 160  # px
REGION, PHOTO = "Photos in a region", "Photos near a photo"
COLOURS = ("Class", "Split", "Problem")
RESTS = {"Class": "other classes", "Split": "", "Problem": "no problem found"}  # the grey photos
Opening = Callable[[list[str]], None]


def show(
    dataset: Dataset,
    names: Sequence[str],
    points: NDArray[np.float32],
    method: str,
    trustworthiness: float,
    problems: Mapping[str, str],
    open_photos: Opening | None = None,
) -> None:
    """Draw the map of the photos `names`, which lie at `points`, (n, 2), with the selected photos below it.

    `problems` has a word for the problem of each photo that has one. `open_photos` gets the names of the selected
    photos when a button is pressed; without it there is no button.
    """
    table = rows.of(dataset)
    places = table.of_names(names)
    listed = places >= 0  # a photo may have been left out, or removed from the disk, since the features were computed
    if not listed.any():
        st.info("No photos are on the map yet. Check the photos first.")
        return
    _map(dataset.name, table, places[listed], points[listed], method, trustworthiness, problems, open_photos)


@st.fragment
@page.fragment
def _map(
    name: str,
    table: Rows,
    places: NDArray[np.intp],
    points: NDArray[np.float32],
    method: str,
    trustworthiness: float,
    problems: Mapping[str, str],
    open_photos: Opening | None,
) -> None:
    """Draw the map. `places` are the photos' rows in the table."""
    names = [table.names[place] for place in places]
    with st.container(horizontal=True, vertical_alignment="top"):
        colours = [colour for colour in COLOURS if colour != "Problem" or problems]
        colour = st.segmented_control(
            "Colour by",
            colours,
            required=True,
            **session.photo_map(name, "problems" if problems else "colour").buttons("Class"),
        )
        label = -1
        if colour == "Class":
            options = range(-1, len(table.classes))
            label = st.selectbox(
                "Highlight",
                options,
                format_func=lambda place: table.classes[place] if place >= 0 else "All classes",
                **session.photo_map(name, "class").choice(options),
                width=220,
            )
    groups = _groups(table, places, names, problems, colour or "Class", label)
    way = st.segmented_control("Show", [REGION, PHOTO], required=True, **session.photo_map(name, "way").buttons(REGION))
    selected = _neighbours(name, table, places, points) if way == PHOTO else []
    chart = st.plotly_chart(
        map_figure.photo_map(points, names, groups, page.theme(), RESTS[colour or "Class"], selected),
        key=f"map-{name}",
        on_select="rerun",
        selection_mode=("box", "lasso"),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d", "sendChartToCloud"]},
        alt=f"A map of {words.count(len(names), 'photo')} by {method}. *{PHOTO}* shows the same without a mouse.",
    )
    st.caption(faithfulness(method, trustworthiness))
    if len(groups) > map_figure.MOST_GROUPS:
        st.caption(f"The {map_figure.MOST_GROUPS} largest classes have a colour. *Highlight* shows any other.")
    if way == REGION:
        selected = _selected(chart, len(names))
        if not selected:
            st.caption("Draw around some dots with the mouse, or with a finger, to see their photos.")
    chosen = [int(places[place]) for place in selected]
    if chosen:
        heading = f"This photo and its {len(chosen) - 1} nearest" if way == PHOTO else words.count(len(chosen), "photo")
        _photos(name, table, chosen, heading, problems, open_photos)


def _groups(
    table: Rows,
    places: NDArray[np.intp],
    names: Sequence[str],
    problems: Mapping[str, str],
    colour: str,
    label: int,
) -> dict[str, NDArray[np.intp]]:
    """The groups of photos that have a colour, the largest first, by name."""
    if colour == "Problem":
        of_problem: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            if problem := problems.get(name):
                of_problem.setdefault(problem, []).append(place)
        groups = {problem: np.array(some, np.intp) for problem, some in of_problem.items()}
    elif colour == "Split":
        words_of = [SPLIT_WORDS[split] for split in table.split_names]
        return {word: np.flatnonzero(table.splits[places] == place) for place, word in enumerate(words_of)}
    else:
        of_class = table.labels[places]
        shown = range(len(table.classes)) if label < 0 else (label,)
        groups = {table.classes[place]: np.flatnonzero(of_class == place) for place in shown}
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def faithfulness(method: str, trustworthiness: float) -> str:
    """What the map's trustworthiness means, in plain words."""
    if isnan(trustworthiness):
        return f"Made by {method}. There are too few different photos to say how faithful this map is."
    if trustworthiness >= 0.95:
        judgement = "Photos that lie together here are nearly always alike"
    elif trustworthiness >= 0.85:
        judgement = "Photos that lie together here are mostly alike, with exceptions"
    elif trustworthiness >= 0.7:
        judgement = "Photos that lie together here are often alike; take it as a hint"
    else:
        judgement = "Photos that lie together here need not be alike: two dimensions hold little of these features"
    return (
        f"Made by {method}. {judgement}. Trustworthiness {trustworthiness:.2f}, by the 10 nearest neighbours of each "
        "photo (1: all of them are near among the features too; about 0.5: chance)."
    )


def _neighbours(name: str, table: Rows, places: NDArray[np.intp], points: NDArray[np.float32]) -> list[int]:
    """Let the user choose a photo without a mouse. Returns its place on the map, and those of the nearest photos."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of_class = table.labels[places]
        options = sorted(set(of_class.tolist()))
        label = st.selectbox(
            "Class of the photo",
            options,
            format_func=table.classes.__getitem__,
            **session.photo_map(name, "photo-class").choice(options),
            width=220,
        )
        of_label = np.flatnonzero(of_class == label)
        control = session.photo_map(name, f"photo-{label}")
        if control.get(1) > len(of_label):  # photos were removed
            control.set(len(of_label))
        number = st.number_input(f"Photo 1 to {len(of_label):,}", 1, len(of_label), **control.widget(1), width=180)
    return nearest(points, int(of_label[number - 1]), NEAREST)


def nearest(points: NDArray[np.float32], place: int, most: int) -> list[int]:
    """A photo's place, and the places of the photos that lie nearest to it on the map, the nearest first."""
    distances = np.square(points - points[place]).sum(axis=1)
    distances[place] = -1
    return [int(other) for other in np.argsort(distances, kind="stable")[: most + 1]]


def _selected(chart: Any, count: int) -> list[int]:
    """The places of the dots in the region that was drawn."""
    data = (point.get("customdata") for point in chart["selection"]["points"])
    return sorted({int(place) for place in data if isinstance(place, (int, float)) and 0 <= place < count})


def _photos(
    name: str, table: Rows, chosen: list[int], heading: str, problems: Mapping[str, str], open_photos: Opening | None
) -> None:
    """Draw the photos in these rows of the table."""
    more = f"; the first {MOST_THUMBNAILS}" if len(chosen) > MOST_THUMBNAILS else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{heading}**{more}", width="content")
        if open_photos and st.button(
            "Open these photos",
            icon=":material/photo_library:",
            key=f"map-open-{name}",
            on_click=page.attempt,
            args=(open_photos, [table.names[row] for row in chosen]),
        ):
            st.rerun()  # the photos open outside of this fragment
    with st.grid("auto", min_column_width=80, gap="xsmall"):
        for row in chosen[:MOST_THUMBNAILS]:
            _thumbnail(table, row, problems.get(table.names[row], ""))


def _thumbnail(table: Rows, row: int, problem: str) -> None:
    label = table.classes[table.labels[row]]
    caption = markdown.plain(f"{label}: {problem}" if problem else label)
    try:
        picture = pictures.thumbnail(photos.read_file(table.paths[row]), SIDE)
    except (AppError, OSError):
        st.caption(f":material/broken_image: {markdown.plain(figures.shortened(table.paths[row].name, 20))}")
        return
    st.image(picture, caption=caption, width="stretch", alt=f"{table.names[row]}, class {label}")
