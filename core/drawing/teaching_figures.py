"""Figures about a lesson."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.drawing.figures import PALETTES


def learning_curve(points: Sequence[tuple[int, float]], theme: str = "light") -> go.Figure:
    """How the accuracy grows with the photos of each kind, from (photos, accuracy) in ascending order."""
    photos, accuracies = [count for count, _ in points], [accuracy for _, accuracy in points]
    figure = go.Figure(
        go.Scatter(
            x=photos,
            y=accuracies,
            mode="lines+markers",
            line={"color": PALETTES[theme][0]},
            hovertemplate="%{x} of each kind: %{y:.0%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=220,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        xaxis={"title": "Photos of each kind, at most", "type": "log", "tickvals": photos, "ticktext": photos},
        yaxis={"title": "Right", "tickformat": ".0%", "range": [min(0.5, min(accuracies)), 1.02]},
    )
    return figure
