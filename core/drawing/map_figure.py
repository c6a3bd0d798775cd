"""The map of a dataset's photos: a pure function of plain data and of the theme, as in `figures`."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import words
from core.drawing import labels
from core.drawing.figures import INKS, PALETTES, shortened

SYMBOLS = ("circle", "diamond", "square", "triangle-up")
MOST_GROUPS = 24  # with a colour and symbol of their own; the others are grey
MOST_DRAWN = 5_000  # photos as SVG, which every browser can draw; more need WebGL
REST = {"light": "rgba(110, 100, 105, {})", "dark": "rgba(200, 190, 195, {})"}  # photos in the background
REST_OPACITY = 0.3
RARE = 0.1  # of the photos: if fewer have a colour, their dots are larger
LONGEST_GROUP = 28  # characters in the legend


def photo_map(
    points: NDArray[np.float32],
    names: Sequence[str],
    groups: Mapping[str, NDArray[np.intp]],
    theme: str = "light",
    rest: str = "",
    marked: Sequence[int] = (),
) -> go.Figure:
    """The photos at their `points`, (n, 2), in the colours of `groups`: name → places.

    Photos of no group lie grey beneath the others, under the name `rest`. `marked` photos get a ring, the first a
    thicker one. The custom data of each dot is the photo's place, which is what a selection gives.
    """
    figure = go.Figure()
    scatter = figure.add_scattergl if len(points) > MOST_DRAWN else figure.add_scatter
    size = 7 if len(points) < 1_000 else 5 if len(points) <= MOST_DRAWN else 4
    texts = np.array([labels.plain(words.printable(name)) for name in names], object)
    coloured = list(groups.items())[:MOST_GROUPS]
    is_grey = np.ones(len(points), bool)
    for _, places in coloured:
        is_grey[places] = False
    grey = REST[theme].format(REST_OPACITY if len(points) <= MOST_DRAWN else REST_OPACITY / 2)
    dots = [(rest or "other", np.flatnonzero(is_grey), grey, "circle", size)] if is_grey.any() else []
    palette = PALETTES[theme]
    coloured_size = size + 4 * bool(np.count_nonzero(~is_grey) < RARE * len(points))
    for number, (name, places) in enumerate(coloured):
        colour, symbol = palette[number % len(palette)], SYMBOLS[number // len(palette) % len(SYMBOLS)]
        dots.append((name, places, colour, symbol, coloured_size))
    for name, places, colour, symbol, side in dots:
        scatter(
            x=points[places, 0],
            y=points[places, 1],
            mode="markers",
            name=labels.plain(f"{shortened(words.printable(name), LONGEST_GROUP)} ({len(places):,})"),
            text=texts[places],
            customdata=places.astype(np.int32),
            marker={"color": colour, "symbol": symbol, "size": side, "line": {"width": 0}},
            hovertemplate="%{fullData.name}: %{text}<extra></extra>",
        )
    if len(marked):
        places = np.array(marked, np.intp)
        scatter(
            x=points[places, 0],
            y=points[places, 1],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "color": INKS[theme],
                "size": [18, *[11] * (len(places) - 1)],
                "line": {"width": [3, *[1.5] * (len(places) - 1)]},
            },
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_layout(
        height=480,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode="pan" if len(marked) else "lasso",
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0, "itemsizing": "constant"},
        uirevision="keep",
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
