"""Compare: finished runs side by side, with their settings, scores and curves."""

import streamlit as st

from core.drawing import figures
from core.runs import comparison, look_count
from core.runs.folder import Run, look_all, read_curves
from pages.comparing import luck, table
from pages.frame import markdown, navigation, page, session
from pages.photos import dataset_picker

NEWEST = 4  # runs whose curves are shown while no run is ticked

page.header("Compare", "Which settings won, and by how many photos? Tick runs to compare their curves.")


def of_chosen_dataset(runs: list[Run]) -> list[Run]:
    """The runs of the chosen dataset."""
    datasets = list(dict.fromkeys(run.config.dataset for run in runs))  # the newest run's dataset first
    if len(datasets) < 2:
        return runs
    dataset = st.selectbox(
        "Dataset",
        datasets,
        **session.COMPARE_DATASET.choice(datasets),
        format_func=dataset_picker.label,
        help="Scores on different photos say nothing about settings, so only runs of the same dataset are compared.",
        width=320,
    )
    return [run for run in runs if run.config.dataset == dataset]


def compare(runs: list[Run]) -> None:
    """The table of runs, the curves of the ticked runs, and whether a gap is more than luck."""
    runs = of_chosen_dataset(runs)
    ticked = table.ticked(runs)
    if seen := look_count.sentence(runs[0].config.dataset):
        st.caption(f":material/visibility: {seen}")
    if not ticked:
        st.caption(
            "These are the newest runs. Tick rows to choose others. Solid lines: validation. Dotted lines: training."
        )
    if len(ticked) > figures.MOST_CURVES:
        st.caption(f"Only the first {figures.MOST_CURVES} ticked runs are shown: more colours would look alike.")
    visible = (ticked or runs[:NEWEST])[: figures.MOST_CURVES]
    if change := comparison.change_between(visible):
        st.warning(markdown.plain(change), icon=":material/warning:")
    curves = [(run.name, read_curves(run.folder)) for run in visible]
    log = st.toggle("Logarithmic loss", **session.COMPARE_LOG_SCALE.widget(False))
    for column, quantity in zip(st.columns(2), figures.QUANTITIES, strict=True):
        with column:
            figure = figures.curves(curves, quantity, log=log and quantity == "loss", theme=page.theme())
            st.plotly_chart(
                figure,
                key=f"compare-{quantity}",
                config={"displaylogo": False},
                alt=f"{quantity.capitalize()} of the runs by epoch",
            )
    if len(ticked) > 1:
        luck.show(visible)


runs = [run for run in look_all() if run.ended or len(read_curves(run.folder))]
if runs:
    compare(runs)
else:
    st.info(
        "No runs yet. Start one on Train. You can compare it here after its first epoch.",
        icon=":material/compare_arrows:",
    )
    navigation.link("train", "Open Train", ":material/show_chart:")
