"""The table of runs on Compare, with settings, scores and a tick box for each run."""

import zlib
from typing import Any

import pandas as pd
import streamlit as st

from core.augment import recipe
from core.runs.config import RunConfig
from core.runs.folder import Run, read_curves, scores


def ticked(runs: list[Run]) -> list[Run]:
    """Show the runs as a table and return the ticked ones.

    Streamlit stores ticks as row numbers. So the table gets another key when its rows change, and no tick moves to
    another run.
    """
    rows = zlib.crc32(repr([run.id for run in runs]).encode())
    percent: dict[str, Any] = {"format": "percent", "width": "small"}
    selected = st.dataframe(
        pd.DataFrame([_row(run) for run in runs]),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"compare-table-{rows:x}",
        alt="All runs with their settings and scores",
        column_config={
            "Run": st.column_config.TextColumn(width="medium", pinned=True),
            "Validation": st.column_config.NumberColumn(**percent, help="Best epoch, on the photos that chose it."),
            "Test": st.column_config.NumberColumn(**percent, help="On photos that were not used to choose anything."),
            "95 % interval": st.column_config.TextColumn(
                help="Contains the true accuracy 19 times out of 20. If intervals overlap a lot, the gap may be luck."
            ),
            "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
    ).selection.rows
    return [runs[i] for i in selected if i < len(runs)]


def _row(run: Run) -> dict[str, Any]:
    """A run as a row of the table."""
    by_split, best = scores(run.folder), read_curves(run.folder).best
    test, validation = by_split.get("test"), by_split.get("validation")
    settings = run.config
    return {
        "Run": run.name,
        "State": str(run.state),
        "Validation": validation.accuracy if validation else best.val_accuracy if best else None,
        "Test": test.accuracy if test else None,
        "Test photos right": f"{test.correct} of {test.count}" if test else "",
        "95 % interval": f"{test.interval[0]:.1%} to {test.interval[1]:.1%}" if test else "",
        "Backbone": settings.backbone,
        "Size (px)": settings.image_size,
        "Dense": ", ".join(map(str, settings.dense_layers)) or "none",
        "Dropout": settings.dropout,
        "Learning rate": f"{settings.learning_rate:g}",
        "Fine-tuned": _fine_tuned(settings),
        "Augmentation": recipe.summary(settings.recipe),
        "Epochs": settings.epochs,
        "Started": run.created,
    }


def _fine_tuned(settings: RunConfig) -> str:
    """How much of the backbone was fine-tuned, and for how many epochs."""
    if not settings.fine_tune:
        return "no"
    blocks, epochs = settings.fine_tune.blocks, settings.fine_tune.epochs
    what = f"last {blocks} block{'s' if blocks > 1 else ''}" if blocks else "whole backbone"
    return f"{what}, {epochs} epoch{'s' if epochs > 1 else ''}"
