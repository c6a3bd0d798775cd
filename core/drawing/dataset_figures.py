"""The Plotly figures of a dataset: its counts, its sizes, what was measured of it. The map is in `map_figure`.

Pure functions of plain data and of the theme, "light" or "dark", as in `figures`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import words
from core.datasets.folders import SPLIT_WORDS
from core.drawing import labels
from core.drawing.figures import FAINT, INKS, PALETTES, shortened

MOST_CLASSES = 30  # bars that one can read; of more classes, the first and the last are shown
ENDS = 15
LONGEST_CLASS = 24  # characters on an axis
BAR = 24  # px
WHISKERS = (5, 95)  # percentiles
WIDE_RANGE = 6  # times: beyond it, sizes need logarithmic axes
PROPORTIONS = {  # width / height → its name
    1 / 3: "1:3", 1 / 2: "1:2", 2 / 3: "2:3", 3 / 4: "3:4", 1: "1:1", 4 / 3: "4:3", 3 / 2: "3:2", 2: "2:1", 3: "3:1",
}  # fmt: skip
BINS = 48
MOST_OCTAVES = 3.0  # a photo more than 8 times as long as wide stands in the last bin
TICKS = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)  # px


def counts(classes: Sequence[str], splits: Sequence[str], photos: NDArray[np.intp], theme: str = "light") -> go.Figure:
    """The photos by class and split, int (classes, splits), as stacked bars with numbers, the largest class first.

    Of many classes, only the largest and the smallest are shown, with a line in between that counts the others.
    """
    order = np.argsort(-photos.sum(axis=1), kind="stable")
    shown, hidden = _ends(order)
    places = [*range(ENDS), *range(ENDS + 1, len(shown) + 1)] if len(hidden) else list(range(len(shown)))
    figure = go.Figure()
    for place, split in enumerate(splits):
        figure.add_bar(
            x=photos[shown, place],
            y=places,
            orientation="h",
            name=SPLIT_WORDS.get(split, labels.plain(split)),
            marker={"color": PALETTES[theme][place % len(PALETTES[theme])]},
            customdata=_names(classes, shown),
            hovertemplate="%{customdata}: %{x:,} %{fullData.name} photos<extra></extra>",
        )
    figure.add_scatter(  # the numbers, on bars of any length
        x=photos[shown].sum(axis=1),
        y=places,
        mode="text",
        text=["\u2002" + " + ".join(f"{count:,}" for count in photos[place]) for place in shown],  # off the bar
        textposition="middle right",
        textfont={"color": INKS[theme], "size": 12},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    if len(hidden):
        between = _between(photos[hidden].sum(axis=1))
        figure.add_annotation(x=0, y=ENDS, xanchor="left", showarrow=False, text=between)
    _class_axis(figure, places, _names(classes, shown))
    longest = int(photos.sum(axis=1).max(initial=1))
    figure.update_xaxes(range=[0, 1.45 * longest], visible=False, fixedrange=True)  # with room for the numbers
    figure.update_layout(
        barmode="stack",
        height=70 + BAR * (max(places, default=0) + 1),
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        bargap=0.25,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    return figure


def _between(totals: NDArray[np.intp]) -> str:
    """The line about the classes that are left out, given the photos of each."""
    low, high = int(totals.min()), int(totals.max())
    photos = words.count(low, "photo") if low == high else f"{low:,} to {high:,} photos"
    return f"<i>… {_others(len(totals))}: {photos} each</i>"


def _others(count: int) -> str:
    return "1 other class" if count == 1 else f"{count:,} other classes"


def by_class(
    classes: Sequence[str], of_photos: NDArray[np.intp], values: NDArray[np.float64], title: str, theme: str = "light"
) -> go.Figure:
    """A measure of the photos by class, as boxes in the order of their medians: of each photo the class and the value.

    A box holds the middle half of the photos, its whiskers 90 %. NaN is passed over. Of many classes, only those with
    the highest and lowest medians are shown, with a line in between that counts the others.
    """
    known = np.isfinite(values)
    quantiles = {}
    for label in range(len(classes)):
        of_class = values[known & (of_photos == label)]
        if len(of_class):
            quantiles[label] = np.percentile(of_class, [WHISKERS[0], 25, 50, 75, WHISKERS[1]])
    order = np.array(sorted(quantiles, key=lambda label: -quantiles[label][2]), np.intp)
    shown, hidden = _ends(order)
    places = [*range(ENDS), *range(ENDS + 1, len(shown) + 1)] if len(hidden) else list(range(len(shown)))
    low, first, median, third, high = np.array([quantiles[label] for label in shown]).reshape(-1, 5).T
    colour = PALETTES[theme][0]
    figure = go.Figure(
        go.Box(
            lowerfence=low,
            q1=first,
            median=median,
            q3=third,
            upperfence=high,
            y=places,
            orientation="h",
            line={"color": colour, "width": 1.5},
            showlegend=False,
            hoverinfo="x",
        )
    )
    if len(hidden):
        figure.add_annotation(
            x=0, xref="paper", y=ENDS, xanchor="left", showarrow=False,
            text=f"<i>… {_others(len(hidden))}</i>",
        )  # fmt: skip
    _class_axis(figure, places, _names(classes, shown))
    figure.update_xaxes(title=title, gridcolor=FAINT, zeroline=False, fixedrange=True, hoverformat=".3~g")
    figure.update_layout(height=80 + BAR * (max(places, default=0) + 1), margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def _ends(order: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The classes to show, in their order, and those between the two ends that are left out."""
    if len(order) <= MOST_CLASSES:
        return order, order[:0]
    return np.concatenate([order[:ENDS], order[-ENDS:]]), order[ENDS:-ENDS]


def _names(classes: Sequence[str], shown: NDArray[np.intp]) -> list[str]:
    return [labels.plain(shortened(words.printable(classes[label]), LONGEST_CLASS)) for label in shown]


def _class_axis(figure: go.Figure, places: Sequence[int], names: Sequence[str]) -> None:
    """Name the classes by their places: as categories, two with the same shortened name would fall on one line."""
    figure.update_yaxes(
        tickvals=list(places),
        ticktext=list(names),
        range=[max(places, default=0) + 0.5, -0.5],
        fixedrange=True,
        ticksuffix="  ",
        showgrid=False,
        zeroline=False,
    )


def sizes(widths: NDArray[np.int64], heights: NDArray[np.int64], theme: str = "light") -> go.Figure:
    """Widths and heights of photos in px. Photos of one size are one dot, whose area grows with their number."""
    pairs, numbers = np.unique(np.stack([widths, heights], axis=1).reshape(-1, 2), axis=0, return_counts=True)
    largest = int(numbers.max(initial=1))
    figure = go.Figure(
        go.Scatter(
            x=pairs[:, 0],
            y=pairs[:, 1],
            mode="markers",
            marker={
                "color": PALETTES[theme][0],
                "opacity": 0.55,
                "size": 5 + 27 * np.sqrt(numbers / largest) * (largest > 1),
                "line": {"width": 0},
            },
            customdata=numbers,
            hovertemplate="%{x:,} × %{y:,} px: %{customdata:,} photos<extra></extra>",
        )
    )
    ends = (float(pairs.min()), float(pairs.max())) if len(pairs) else (100.0, 1_000.0)
    if ends[1] > WIDE_RANGE * ends[0]:
        limits = [np.log10(ends[0] / 1.3), np.log10(ends[1] * 1.3)]
        figure.update_xaxes(type="log", tickvals=TICKS, ticktext=[f"{tick:,}" for tick in TICKS], range=limits)
        figure.update_yaxes(type="log", tickvals=TICKS, ticktext=[f"{tick:,}" for tick in TICKS], range=limits)
        line = [ends[0] / 1.3, ends[1] * 1.3]
    else:
        edge = 0.1 * ends[1]
        line = [max(0.0, ends[0] - edge), ends[1] + edge]
        figure.update_xaxes(range=line)
        figure.update_yaxes(range=line)
    figure.add_scatter(
        x=line, y=line, mode="lines", line={"color": FAINT.replace("0.25", "0.7"), "dash": "dot", "width": 1},
        hoverinfo="skip",
    )  # fmt: skip
    figure.update_xaxes(title="Width (px)")
    figure.update_yaxes(title="Height (px)")
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(gridcolor=FAINT, zeroline=False, fixedrange=True, tickformat=",", nticks=6)
    figure.update_layout(height=320, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    return figure


def proportions(widths: NDArray[np.int64], heights: NDArray[np.int64], theme: str = "light") -> go.Figure:
    """How many photos are how wide for their height, from upright to wide: bars on a logarithmic axis."""
    octaves = np.log2(widths / heights) if len(widths) else np.zeros(0)
    ends = max(1.2, float(np.abs(octaves).max(initial=0.0)))
    ends = min(ends, MOST_OCTAVES) * 1.02
    numbers, edges = np.histogram(np.clip(octaves, -ends, ends), BINS + 1, (-ends, ends))  # odd: squares get a bar
    names = [_proportion(low, high) for low, high in pairwise(edges)]
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=numbers,
            width=edges[1] - edges[0],
            marker={"color": PALETTES[theme][0]},
            customdata=names,
            hovertemplate="%{customdata}: %{y:,} photos<extra></extra>",
        )
    )
    ticks = {np.log2(ratio): name for ratio, name in PROPORTIONS.items() if abs(np.log2(ratio)) <= ends}
    figure.update_xaxes(
        title="Width : height",
        tickvals=list(ticks),
        ticktext=list(ticks.values()),
        range=[-ends, ends],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title="Photos", gridcolor=FAINT, fixedrange=True, tickformat=",")
    figure.update_layout(height=320, margin={"l": 8, "r": 8, "t": 8, "b": 8}, bargap=0, showlegend=False)
    return figure


def _proportion(low: float, high: float) -> str:
    """A range of proportions in words."""
    return f"width {2**low:.2f} to {2**high:.2f} × height"
