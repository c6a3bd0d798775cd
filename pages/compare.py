"""Compare: finished runs side by side, their settings, scores and curves."""

import pandas as pd
import streamlit as st

from core.augment import recipe
from core.drawing import figures
from core.runs.config import RunConfig
from core.runs.folder import Run, look_all, read_curves, scores
from pages.comparing import luck
from pages.frame import page, session
from pages.photos import dataset_picker

page.header("Compare", "Which settings won, and by how many photos? Tick runs to lay their curves over each other.")


def fine_tuned(settings: RunConfig) -> str:
    """How much of the backbone learned in a second stage, and for how many epochs."""
    if not settings.fine_tune:
        return "no"
    blocks, epochs = settings.fine_tune.blocks, settings.fine_tune.epochs
    what = f"last {blocks} block{'s' if blocks > 1 else ''}" if blocks else "whole backbone"
    return f"{what}, {epochs} epoch{'s' if epochs > 1 else ''}"


def row(run: Run) -> dict:
    """A run as a line of the table."""
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
        "Fine-tuned": fine_tuned(settings),
        "Augmentation": recipe.described(settings.recipe),
        "Epochs": settings.epochs,
        "Started": run.created,
    }


runs = [run for run in look_all() if run.ended or len(read_curves(run.folder))]
if not runs:
    st.info(
        "No runs yet. Start one on Train, and it can be compared here as soon as its first epoch is over.",
        icon=":material/compare_arrows:",
    )
    page.goto("train", "Open Train", ":material/show_chart:", primary=True)
    st.stop()

datasets = list(dict.fromkeys(run.config.dataset for run in runs))  # that of the newest run first
if len(datasets) > 1:
    dataset = st.selectbox(
        "Dataset",
        datasets,
        **session.kept_choice("compare-dataset", datasets),
        format_func=dataset_picker.label,
        help="Scores on different photos say nothing about settings, so runs are compared within one dataset.",
        width=320,
    )
    runs = [run for run in runs if run.config.dataset == dataset]

table = pd.DataFrame([row(run) for run in runs])
percent = {"format": "percent", "width": "small"}
chosen = st.dataframe(
    table,
    hide_index=True,
    on_select="rerun",
    selection_mode="multi-row",
    key=f"compare-table-{runs[0].config.dataset}",
    alt="All runs with their settings and scores",
    column_config={
        "Run": st.column_config.TextColumn(width="medium", pinned=True),
        "Validation": st.column_config.NumberColumn(**percent, help="Best epoch, on the photos that chose it."),
        "Test": st.column_config.NumberColumn(**percent, help="On photos that chose nothing."),
        "95 % interval": st.column_config.TextColumn(
            help="The true rate lies in it 19 times of 20. Intervals that "
            "overlap much tell of luck as well as of settings."
        ),
        "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
    },
).selection.rows

ticked = [runs[i] for i in chosen if i < len(runs)] or runs[:4]
if not chosen:
    st.caption("The newest runs are shown; tick others at the left of their rows. Solid: validation, dotted: training.")
if len(ticked) > figures.MOST_CURVES:
    st.caption(f"The first {figures.MOST_CURVES} of the ticked runs are shown: more colours can't be told apart.")
curves = [(run.name, read_curves(run.folder)) for run in ticked[: figures.MOST_CURVES]]
log = st.toggle("Logarithmic loss", **session.kept("compare-log", False))
for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
    with column:
        figure = figures.curves(curves, quantity, log=log and quantity == "loss", theme=page.theme())
        st.plotly_chart(
            figure,
            key=f"compare-{quantity}",
            config={"displaylogo": False},
            alt=f"{quantity} of the ticked runs by epoch",
        )
if len(chosen) > 1:
    luck.show(ticked[: figures.MOST_CURVES])
