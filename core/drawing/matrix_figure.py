"""A confusion matrix whose cells can be clicked."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.drawing import figures

SYMBOL = 24  # px, the side of the invisible square over a cell: heat maps themselves can't be selected


def clickable(counts: Sequence[Sequence[int]], classes: Sequence[str], theme: str = "light") -> go.Figure:
    """The matrix of `figures.confusion` with an invisible point over each cell that has photos.

    A point's `customdata` is [true class, answered class], each as its place.
    """
    figure = figures.confusion(counts, classes, theme)
    cells = [(row, column) for row, line in enumerate(counts) for column, count in enumerate(line) if count]
    figure.update_traces(hoverinfo="skip", hovertemplate=None, selector={"type": "heatmap"})
    names = figure.data[0].x
    figure.add_scatter(
        x=[names[column] for _, column in cells],
        y=[names[row] for row, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": SYMBOL, "color": "rgba(0,0,0,0)"},
        customdata=[[row, column, counts[row][column]] for row, column in cells],
        hovertemplate="%{y}, predicted as %{x}: %{customdata[2]} photos<extra></extra>",
        selected={"marker": {"color": "rgba(212,111,20,0.35)"}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
    )
    figure.update_layout(clickmode="event+select", dragmode=False)
    return figure
