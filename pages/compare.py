"""Compare: finished runs side by side, their settings, scores and curves."""

import streamlit as st

from core.drawing import figures
from core.runs.folder import Run, look_all, read_curves
from pages.comparing import luck, table
from pages.frame import navigation, page, session
from pages.photos import dataset_picker

NEWEST = 4  # runs whose curves are shown while none is ticked

page.header("Compare", "Which settings won, and by how many photos? Tick runs to compare their curves.")


def of_one_dataset(runs: list[Run]) -> list[Run]:
    """The runs of the dataset that is chosen."""
    datasets = list(dict.fromkeys(run.config.dataset for run in runs))  # that of the newest run first
    if len(datasets) < 2:
        return runs
    dataset = st.selectbox(
        "Dataset",
        datasets,
        **session.COMPARE_DATASET.choice(datasets),
        format_func=dataset_picker.label,
        help="Scores on different photos say nothing about settings, so runs are compared within one dataset.",
        width=320,
    )
    return [run for run in runs if run.config.dataset == dataset]


def compare(runs: list[Run]) -> None:
    """The table, the curves of the ticked runs, and whether a gap is more than luck."""
    runs = of_one_dataset(runs)
    ticked = table.ticked(runs)
    if not ticked:
        st.caption(
            "The newest runs are shown; tick others at the left of their rows. Solid: validation, dotted: training."
        )
    if len(ticked) > figures.MOST_CURVES:
        st.caption(f"The first {figures.MOST_CURVES} ticked runs are shown: more colours would look alike.")
    in_view = (ticked or runs[:NEWEST])[: figures.MOST_CURVES]
    curves = [(run.name, read_curves(run.folder)) for run in in_view]
    log = st.toggle("Logarithmic loss", **session.COMPARE_LOG_SCALE.widget(False))
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            figure = figures.curves(curves, quantity, log=log and quantity == "loss", theme=page.theme())
            st.plotly_chart(
                figure,
                key=f"compare-{quantity}",
                config={"displaylogo": False},
                alt=f"{quantity} of the ticked runs by epoch",
            )
    if len(ticked) > 1:
        luck.show(in_view)


runs = [run for run in look_all() if run.ended or len(read_curves(run.folder))]
if runs:
    compare(runs)
else:
    st.info(
        "No runs yet. Start one on Train; you can compare it here as soon as its first epoch is over.",
        icon=":material/compare_arrows:",
    )
    navigation.link("train", "Open Train", ":material/show_chart:")
