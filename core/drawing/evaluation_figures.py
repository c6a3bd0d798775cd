"""The Plotly figures of an evaluation: reliability, risk against coverage, accuracy by group of photos.

Pure functions of plain data and of the theme, "light" or "dark", as in `figures`.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.answering.doubt import FALSE_ALARMS
from core.drawing import labels
from core.drawing.figures import FAINT, PALETTES, error_bars
from core.evaluating.record import Bin, Group, Kept, Proportion, Undoubted

HEIGHT = 340  # px
LEAST_COVERAGE = 0.1  # left of it the risk of so few photos jumps, and would make the axis far too long
STRONGER = FAINT.replace("0.25", "0.7")


def reliability(bins: Sequence[Bin], theme: str = "light") -> go.Figure:
    """The accuracy against the probability, with the 95 % interval of each bin as a band. A larger dot has more photos.

    Honest percentages lie on the dotted diagonal.
    """
    figure = go.Figure()
    x = [each.confidence for each in bins]
    _diagonal(figure)
    _band(figure, x, [each.interval for each in bins], theme)
    largest = max((each.count for each in bins), default=1)
    figure.add_scatter(
        x=x,
        y=[each.accuracy for each in bins],
        mode="lines+markers",
        line={"color": PALETTES[theme][0], "width": 2},
        cliponaxis=False,
        marker={"size": [6 + 12 * (each.count / largest) ** 0.5 for each in bins]},
        customdata=[_hover(each) for each in bins],
        hovertemplate="probability %{x:.0%}: %{y:.1%} right (%{customdata})<extra></extra>",
    )
    _arrange(figure)
    figure.update_xaxes(title="Probability of the answer", range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(title="Right answers", range=[0, 1.02], tickformat=".0%")
    return figure


def risk_coverage(
    curve: Sequence[Kept], undoubted: Sequence[Undoubted], photos: int, theme: str = "light"
) -> go.Figure:
    """The share of wrong answers among the surest ones, against the share of `photos` that are answered.

    Diamonds are the answers that the model does not doubt at its own thresholds; the usual rate of false alarms has a
    label. They can lie off the curve, since the model also doubts photos that are unlike its training photos.
    """
    figure = go.Figure()
    x = [each.count / photos for each in curve]
    _band(figure, x, [_turned(each.interval) for each in curve], theme)
    figure.add_scatter(
        x=x,
        y=[1 - each.accuracy for each in curve],
        mode="lines" if len(curve) > 1 else "markers",
        line={"color": PALETTES[theme][0], "width": 2},
        customdata=[_hover(each) for each in curve],
        hovertemplate="surest %{x:.0%} of the photos: %{y:.1%} wrong (%{customdata})<extra></extra>",
    )
    figure.add_scatter(
        x=[each.count / photos for each in undoubted],
        y=[1 - each.accuracy for each in undoubted],
        mode="markers+text",
        marker={"color": PALETTES[theme][1], "size": 11, "symbol": "diamond"},
        text=["usual caution" if each.rate == FALSE_ALARMS else "" for each in undoubted],
        textposition="top left",
        cliponaxis=False,
        customdata=[[f"{100 * each.rate:.0f} of 100", _hover(each)] for each in undoubted],
        hovertemplate="caution %{customdata[0]}: %{x:.0%} of the photos not doubted, %{y:.1%} of them wrong "
        "(%{customdata[1]})<extra></extra>",
    )
    risks = [1 - each.accuracy for each in (*curve, *undoubted) if each.count >= LEAST_COVERAGE * photos]
    last = 1 - curve[-1].interval[0] if curve else 1.0
    _arrange(figure)
    figure.update_xaxes(title="Photos that are answered", range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(title="Wrong answers", range=[0, min(1.02, 1.1 * max([last, *risks]))], tickformat=".1~%")
    return figure


def by_group(
    groups: Sequence[Group], names: Sequence[str], accuracy: float, title: str, theme: str = "light"
) -> go.Figure:
    """The accuracy in groups of photos with 95 % intervals, and on all photos as a dotted line."""
    colour = PALETTES[theme][0]
    figure = go.Figure(
        go.Scatter(
            x=list(range(len(groups))),  # two groups may have the same rounded ends
            y=[each.accuracy for each in groups],
            error_y=error_bars([(each.accuracy, each.interval) for each in groups], colour),
            mode="markers",
            marker={"color": colour, "size": 10},
            cliponaxis=False,
            customdata=[[labels.plain(name), _hover(each)] for name, each in zip(names, groups, strict=True)],
            hovertemplate="%{customdata[0]}: %{y:.1%} right (%{customdata[1]})<extra></extra>",
        )
    )
    figure.add_hline(y=accuracy, line={"color": STRONGER, "dash": "dot", "width": 1})
    _arrange(figure)
    start = max(0.0, min((each.interval[0] for each in groups), default=0.0) - 0.05)
    figure.update_layout(height=280)
    figure.update_xaxes(
        title=labels.plain(title),
        tickvals=list(range(len(groups))),
        ticktext=[labels.plain(name) for name in names],
        range=[-0.5, len(groups) - 0.5],
        showgrid=False,
    )
    figure.update_yaxes(title="Right answers", range=[start, 1 + 0.02 * (1 - start)], tickformat=".1~%")
    return figure


def _diagonal(figure: go.Figure) -> None:
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": STRONGER, "dash": "dot", "width": 1}, hoverinfo="skip"
    )


def _band(figure: go.Figure, x: Sequence[float], intervals: Sequence[tuple[float, float]], theme: str) -> None:
    """Fill the space between the ends of the intervals."""
    for end, fill in ((0, None), (1, "tonexty")):
        figure.add_scatter(
            x=list(x),
            y=[interval[end] for interval in intervals],
            mode="lines",
            line={"width": 0},
            fill=fill,
            fillcolor=_faded(PALETTES[theme][0]),
            hoverinfo="skip",
        )


def _turned(interval: tuple[float, float]) -> tuple[float, float]:
    """The interval of the wrong answers, from that of the right ones."""
    return 1 - interval[1], 1 - interval[0]


def _faded(colour: str) -> str:
    """A colour such as #164FAB, mostly transparent."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"


def _hover(part: Proportion) -> str:
    low, high = part.interval
    return f"{part.correct:,} of {part.count:,} right; 95 %: {low:.1%} to {high:.1%}"


def _arrange(figure: go.Figure) -> None:
    figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 8, "t": 16, "b": 8}, showlegend=False)
    figure.update_xaxes(gridcolor=FAINT, zeroline=False, fixedrange=True, automargin=True)
    figure.update_yaxes(gridcolor=FAINT, zeroline=False, fixedrange=True, automargin=True)
