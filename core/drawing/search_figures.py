"""A search in figures: how the best accuracy grows, which settings matter, and how values belong together."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.drawing import figures, labels, settings_figures
from core.searching.records import StageRecord, Trial, TrialState
from core.searching.space import Dimension

FILLED = {TrialState.DONE: "circle", TrialState.ENDED_EARLY: "circle-open"}
FEW = 6  # values of a setting that are all written at its axis


def progress(trials: Sequence[Trial], theme: str = "light") -> go.Figure:
    """The accuracy of each trial, and a line for the best so far."""
    colour, other = figures.PALETTES[theme][:2]
    ended = [(place, trial) for place, trial in enumerate(trials, start=1) if trial.accuracy is not None]
    finished = [(place, trial.accuracy or 0.0) for place, trial in ended if trial.state is TrialState.DONE]
    best, steps = 0.0, []
    for place, accuracy in finished:
        best = max(best, accuracy)
        steps.append((place, best))
    figure = go.Figure()
    figure.add_scatter(
        x=[place for place, _ in steps],
        y=[accuracy for _, accuracy in steps],
        mode="lines",
        line={"shape": "hv", "color": colour, "width": 2},
        name="best so far",
        hovertemplate="best after %{x} trials: %{y:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=[place for place, _ in ended],
        y=[trial.accuracy for _, trial in ended],
        mode="markers",
        marker={"color": other, "size": 8, "symbol": [FILLED.get(trial.state, "x") for _, trial in ended]},
        customdata=[str(trial.state) for _, trial in ended],
        name="a trial",
        hovertemplate="trial %{x}: %{y:.1%} (%{customdata})<extra></extra>",
    )
    figure.update_layout(height=280, margin={"l": 8, "r": 8, "t": 16, "b": 8}, showlegend=False, xaxis_title="Trial")
    figure.update_xaxes(gridcolor=figures.FAINT, rangemode="tozero")
    figure.update_yaxes(gridcolor=figures.FAINT, zeroline=False, tickformat=".1%")
    return figure


def importance(stage: StageRecord, theme: str = "light") -> go.Figure:
    """How much each setting of a stage matters: bars that add up to 100 %."""
    names = {dimension.name: dimension.label for dimension in stage.dimensions}
    ordered = sorted(stage.importance.items(), key=lambda item: item[1])
    figure = go.Figure(
        go.Bar(
            x=[share for _, share in ordered],
            y=[labels.plain(names.get(name, name)) for name, _ in ordered],
            orientation="h",
            marker={"color": figures.PALETTES[theme][0]},
            text=[f"{share:.0%}" for _, share in ordered],
            textposition="auto",
            insidetextfont={"color": figures.ON_ACCENT[theme]},
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    figure.update_layout(height=60 + 34 * len(ordered), margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(automargin=True)
    return figure


def parallel(stage: StageRecord, trials: Sequence[Trial], theme: str = "light") -> go.Figure:
    """A line for each finished or stopped trial of the stage through its values, coloured by its accuracy."""
    ended = [trial for trial in trials if trial.accuracy is not None and trial.values]
    axes = [_axis(dimension, [trial.values[dimension.name] for trial in ended]) for dimension in stage.dimensions]
    return settings_figures.parallel_coordinates(axes, [trial.accuracy or 0.0 for trial in ended], theme)


def _axis(dimension: Dimension, values: Sequence[Any]) -> dict[str, Any]:
    if dimension.choices:
        places = [dimension.choices.index(value) for value in values]
        ticks = [labels.plain(dimension.text_of(choice)) for choice in dimension.choices]
        return settings_figures.axis_of_places(dimension.label, places, ticks)
    low, high = dimension.low, dimension.high
    if not dimension.is_logarithmic:
        return {"label": labels.plain(dimension.label), "values": list(values), "range": [low, high]}
    first, last = math.log10(low), math.log10(high)
    marks = sorted({first, *range(math.ceil(first), math.floor(last) + 1), last})
    return {
        "label": labels.plain(dimension.label),
        "values": [math.log10(value) for value in values],
        "tickvals": marks,
        "ticktext": [f"{10**mark:g}" for mark in marks],
        "range": [first, last],
    }
