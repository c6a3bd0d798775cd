"""Scores against settings: one setting as a curve, two as a heat map, several as parallel coordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.answering import evaluation
from core.answering.card import Scores
from core.comparing import differences
from core.drawing import figures, labels
from core.runs import folder
from core.runs.folder import Run

MISSING = "–"
LOGARITHMIC = ("learning_rate",)
TINTS = {"light": "#9FB6DC", "dark": "#2A5F86"}  # of the best cell of a heat map: the page's ink is readable on both


@dataclass(frozen=True)
class Point:
    """A run in a figure of settings."""

    name: str
    values: tuple[float | str, ...]  # of the settings, in the figure's order
    accuracy: float  # 0 to 1
    interval: tuple[float, float]  # 95 %


def points(runs: Sequence[Run], names: Sequence[str], split: str) -> list[Point]:
    """The points of runs that were scored on that split, with their values of these settings."""
    return [_point(run, names, folder.scores(run.folder)[split]) for run in runs]


def scored(runs: Sequence[Run], split: str) -> list[Run]:
    """The runs that have scores on photos of that split."""
    return [run for run in runs if (score := folder.scores(run.folder).get(split)) and score.count]


def _point(run: Run, names: Sequence[str], score: Scores) -> Point:
    accuracy = score.correct / score.count
    values = tuple(_value(run, name) for name in names)
    return Point(run.name, values, accuracy, evaluation.interval(score.correct, score.count))


def _value(run: Run, name: str) -> float | str:
    text = differences.texts(run)[name]
    return float(getattr(run.config, name)) if text and name in differences.NUMBERS else text


def curve(points: Sequence[Point], name: str, theme: str = "light") -> go.Figure:
    """The accuracy against the setting of that name, with intervals; runs with the same value stand in one column."""
    is_number = all(not isinstance(point.values[0], str) for point in points)
    ordered = sorted(points, key=lambda point: point.values[0]) if is_number else list(points)
    colour = figures.PALETTES[theme][0]
    x = [point.values[0] if is_number else labels.plain(str(point.values[0])) for point in ordered]
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=[point.accuracy for point in ordered],
            error_y=figures.error_bars([(point.accuracy, point.interval) for point in ordered], colour),
            mode="markers+lines" if is_number and len(set(x)) == len(x) else "markers",
            line={"color": colour, "width": 2},
            marker={"size": 9},
            customdata=[[labels.plain(point.name), *point.interval] for point in ordered],
            hovertemplate="%{customdata[0]}: %{y:.1%}, 95 %% interval %{customdata[1]:.1%} to %{customdata[2]:.1%}"
            "<extra></extra>".replace("%%", "%"),
        )
    )
    _arrange(figure)
    is_log = is_number and name in LOGARITHMIC
    figure.update_xaxes(
        title=labels.plain(differences.title(name)), type="log" if is_log else "linear" if is_number else "category"
    )
    if is_log:  # Plotly would write 100µ
        values = sorted({value for value in x if isinstance(value, float)})
        figure.update_xaxes(tickvals=values, ticktext=[f"{value:g}" for value in values])
    figure.update_yaxes(title="Accuracy", tickformat=".0%")
    return figure


def heat_map(points: Sequence[Point], titles: Sequence[str], theme: str = "light") -> go.Figure:
    """The mean accuracy for each pair of values of two settings."""
    columns, rows = (_ordered({point.values[place] for point in points}) for place in (0, 1))
    cells: dict[tuple[float | str, ...], list[float]] = {}
    for point in points:
        cells.setdefault(point.values[:2], []).append(point.accuracy)
    means = [[_mean(cells.get((column, row))) for column in columns] for row in rows]
    figure = go.Figure(
        go.Heatmap(
            z=means,
            x=[_text(value) for value in columns],
            y=[_text(value) for value in rows],
            text=[[MISSING if mean is None else f"{mean:.1%}" for mean in line] for line in means],
            texttemplate="%{text}",
            textfont={"color": figures.INKS[theme]},
            colorscale=[[0, "rgba(128,128,128,0.08)"], [1, TINTS[theme]]],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{x}, %{y}: %{text}<extra></extra>",
        )
    )
    _arrange(figure)
    figure.update_xaxes(type="category", title=labels.plain(titles[0]), showgrid=False)
    figure.update_yaxes(type="category", title=labels.plain(titles[1]), showgrid=False)
    return figure


def parallel(points: Sequence[Point], titles: Sequence[str], theme: str = "light") -> go.Figure:
    """Each run as a line through its settings to its accuracy."""
    axes = []
    for place, title in enumerate(titles):
        values = [point.values[place] for point in points]
        steps = _ordered(set(values))
        places = {step: place for place, step in enumerate(steps)}
        axes.append(axis_of_places(title, [places[value] for value in values], [_text(step) for step in steps]))
    return parallel_coordinates(axes, [point.accuracy for point in points], theme)


def parallel_coordinates(
    axes: Sequence[Mapping[str, Any]], accuracies: Sequence[float], theme: str = "light"
) -> go.Figure:
    """A line for each accuracy through its values on the axes; the colour shows the accuracy."""
    figure = go.Figure(
        go.Parcoords(
            dimensions=[*axes, {"label": "Accuracy", "values": accuracies, "tickformat": ".1%"}],
            line={
                "color": accuracies,
                "colorscale": [[0, "rgba(128,128,128,0.6)"], [1, figures.PALETTES[theme][0]]],
            },
            labelfont={"size": 13},
            labelangle=-25,  # or they would lie upon each other on a phone
        )
    )
    figure.update_layout(height=420, margin={"l": 70, "r": 50, "t": 100, "b": 20})
    return figure


def axis_of_places(title: str, places: Sequence[int], texts: Sequence[str]) -> dict[str, Any]:
    """An axis whose steps lie evenly, whatever they stand for: values such as .0001 and .1 would lie upon each
    other."""
    return {
        "label": labels.plain(title),
        "values": places,
        "tickvals": list(range(len(texts))),
        "ticktext": texts,
        "range": [-0.1, max(0.1, len(texts) - 0.9)],
    }


def _ordered(values: set[float | str]) -> list[float | str]:
    """Numbers by size, then texts by letter."""
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _text(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float | int) else labels.plain(value) or MISSING


def _mean(values: Sequence[float] | None) -> float | None:
    return sum(values) / len(values) if values else None


def _arrange(figure: go.Figure) -> None:
    figure.update_layout(height=380, margin={"l": 8, "r": 8, "t": 16, "b": 8}, showlegend=False)
    figure.update_xaxes(gridcolor=figures.FAINT)
    figure.update_yaxes(gridcolor=figures.FAINT, zeroline=False)
