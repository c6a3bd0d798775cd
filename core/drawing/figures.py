"""Every Plotly figure: pure functions of plain data and of the theme, "light" or "dark"."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.drawing import curve_lines, labels, loss_axis
from core.drawing.curve_lines import Look
from core.runs.folder import Curves

# The chart colours of .streamlit/config.toml (a test keeps them equal). A run's training and validation lines share
# one, which Streamlit's own colouring by trace can't do.
PALETTES = {
    "light": ("#164FAB", "#D46F14", "#07A08C", "#BD0F66", "#794C05", "#492676", "#4A79A7", "#6F1636"),
    "dark": ("#0C99E9", "#FA9145", "#68FAD1", "#AE3F70", "#FCD959", "#6D53C0", "#96C7FC", "#9C7600"),
}
INKS = {"light": "#1A1014", "dark": "#F5EEE9"}  # the text colours of .streamlit/config.toml
ON_ACCENT = {"light": "#FFFFFF", "dark": "#0E0B0C"}  # readable on the first colour of PALETTES
MOST_INK = 0.75  # a cell with more of that colour than this needs the other ink
MOST_CURVES = len(PALETTES["light"])  # the number of colours that look different
QUANTITIES = {"loss": "Loss (cross-entropy)", "accuracy": "Accuracy"}
FAINT = "rgba(128, 128, 128, 0.25)"


def curves(
    runs: Sequence[tuple[str, Curves]],
    quantity: str,
    epochs: int | None = None,
    log: bool = False,
    theme: str = "light",
    look: Look = Look(),  # noqa: B008 (frozen)
    colours: Sequence[int] = (),
) -> go.Figure:
    """Training (dotted) and validation (solid) curves of runs, with the best validation epoch marked.

    `quantity` is "loss" or "accuracy"; the axis ends at `epochs`. A linear loss axis leaves off runs whose loss is far
    above that of most. `colours` are the runs' places in the palette. Without them each run has its own place there,
    so a run without a curve does not change the colours of the others.
    """
    figure = go.Figure()
    for i, (name, run) in enumerate(runs):
        if not run.epochs and not run.within:
            continue
        place = colours[i] if colours else i
        colour = PALETTES[theme][place % len(PALETTES[theme])]
        for line in curve_lines.of(run, quantity, look):
            solid = line.kind != curve_lines.TRAINING
            figure.add_scatter(
                x=line.xs,
                y=line.ys,
                name=line.kind if len(runs) == 1 else labels.plain(shortened(name)),
                mode="lines+markers" if len(line.xs) < 2 else "lines",
                line={"color": colour, "dash": "solid" if solid else "dot", "width": 2.5 if solid else 1.75},
                legendgroup=str(i),
                meta=f"{i}-{line.kind}",
                showlegend=solid or len(runs) == 1 or look.shown == curve_lines.TRAINING,
                hovertemplate=("" if len(runs) == 1 else "%{fullData.name}, ")
                + f"{line.kind}: %{{y:.4f}}<extra></extra>",
            )
        if run.best and look.shown in (curve_lines.BOTH, curve_lines.VALIDATION):
            place = run.epochs.index(run.best)
            figure.add_scatter(
                x=[curve_lines.positions(run, look)[place]],
                y=[curve_lines.val(run.best, quantity)],
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 11, "symbol": "star"},
                legendgroup=str(i),
                meta=f"{i}-best",
                name="best epoch",
                hovertemplate=f"best epoch {run.best.epoch + 1}: %{{y:.4f}}<extra></extra>",
            )
    figure.update_layout(
        title={"text": QUANTITIES[quantity], "x": 0, "font": {"size": 16}},
        height=340,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        uirevision=f"{look.by_time} {look.shown}",  # the same as long as a zoom means the same
    )
    figure.update_xaxes(
        title={"text": "Seconds of training" if look.by_time else "Epoch", "standoff": 4, "font": {"size": 13}},
        rangemode="tozero",
        gridcolor=FAINT,
        automargin=True,
        unifiedhovertitle={"text": "%{x:.1f} s" if look.by_time else "Epoch %{x}"},
    )
    if epochs and not look.by_time:
        figure.update_xaxes(range=[0, epochs + 0.5])
    figure.update_yaxes(
        gridcolor=FAINT,
        zeroline=False,
        automargin=True,
        type="log" if log else "linear",
        uirevision=str(log),  # a zoom of one axis means nothing on the other
    )
    if (
        quantity == "loss"
        and not log
        and look.shown != curve_lines.GAP
        and (end := loss_axis.end([run for _, run in runs]))
    ):
        figure.update_yaxes(range=[0, end])
    if not look.by_time:
        _mark_fine_tuning(figure, [run for _, run in runs])
    if quantity == "accuracy" and not log:
        figure.update_yaxes(tickformat=".0%")
    return figure


def _mark_fine_tuning(figure: go.Figure, runs: Sequence[Curves]) -> None:
    """Mark where the second stage starts, in runs that have both stages. Runs that begin it together share a line."""
    starts = {len(run) - run.fine_tuned for run in runs if 0 < run.fine_tuned < len(run)}
    for epoch in sorted(starts):
        figure.add_vline(x=epoch, line={"color": FAINT.replace("0.25", "0.7"), "width": 1, "dash": "dash"})
    if starts:  # named once: several labels would overlap
        figure.add_annotation(
            x=min(starts), y=1, yref="paper", yanchor="bottom", xanchor="left", text="fine-tuning", showarrow=False,
            font={"size": 12},
        )  # fmt: skip


def error_bars(values: Sequence[tuple[float, tuple[float, float]]], colour: str) -> dict[str, Any]:
    """The error bars of a trace: of values with the ends of their intervals."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in values],
        "arrayminus": [value - low for value, (low, _) in values],
        "thickness": 1.5,
        "color": colour,
    }


def shortened(name: str, most: int = 42) -> str:
    """The name, with its middle left out if it is too long for a legend."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def probabilities(answers: Sequence[tuple[str, float]], theme: str = "light") -> go.Figure:
    """The classes' probabilities as bars, best first."""
    classes = [labels.plain(label) for label, _ in answers]
    shares = [share for _, share in answers]
    colours = [PALETTES[theme][0], *[FAINT.replace("0.25", "0.55")] * (len(answers) - 1)]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=classes,
            orientation="h",
            marker={"color": colours},
            text=[f"{share:.1%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_layout(height=60 + 24 * len(answers), margin={"l": 8, "r": 48, "t": 8, "b": 8}, bargap=0.25)
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, ticksuffix="  ")
    return figure


def confidence(captions: Sequence[str], shares: Sequence[float], label: str, theme: str = "light") -> go.Figure:
    """The model's probability of `label` along a transform's range, with a line at one half."""
    steps = list(range(len(captions)))
    figure = go.Figure(
        go.Scatter(
            x=steps,
            y=list(shares),
            mode="lines+markers",
            line={"color": PALETTES[theme][0], "width": 2.5},
            customdata=list(captions),
            hovertemplate="%{customdata}: %{y:.1%}<extra></extra>",
        )
    )
    figure.add_hline(y=0.5, line={"color": FAINT, "dash": "dash"})
    figure.update_layout(height=260, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    ticks = steps[:: max(1, (len(steps) - 1) // 6)] if steps else []
    figure.update_xaxes(tickvals=ticks, ticktext=[captions[i] for i in ticks], gridcolor=FAINT)
    figure.update_yaxes(
        title=f"Probability of {labels.plain(label)}", range=[0, 1.03], tickformat=".0%", gridcolor=FAINT
    )
    return figure


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], theme: str = "light") -> go.Figure:
    """A confusion matrix: rows are true classes, columns predicted ones."""
    names = [labels.plain(name) for name in classes]
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            # Plotly's own choice of ink assumes a light page, also beneath faint cells
            text=[
                [_number(count, share, theme) for count, share in zip(*row, strict=True)]
                for row in zip(counts, shares, strict=True)
            ],
            texttemplate="%{text}",
            textfont={"size": 12},  # otherwise Plotly shrinks the text until its HTML tags fit too
            customdata=counts,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            colorscale=[[0, "rgba(128,128,128,0.08)"], [1, PALETTES[theme][0]]],
            hovertemplate="%{y}, predicted as %{x}: %{customdata} photos (%{z:.0%})<extra></extra>",
        )
    )
    figure.update_layout(height=110 + 34 * len(names), margin={"l": 8, "r": 8, "t": 30, "b": 8})
    figure.update_xaxes(
        type="category", title="Predicted class", side="top", fixedrange=True, tickangle=-40, showgrid=False
    )
    figure.update_yaxes(type="category", title="True class", autorange="reversed", fixedrange=True, showgrid=False)
    return figure


def _number(count: int, share: float, theme: str) -> str:
    """The count in an ink that is readable on its cell; empty for 0."""
    ink = ON_ACCENT[theme] if share > MOST_INK else INKS[theme]
    return f'<span style="color:{ink}">{count}</span>' if count else ""
