"""What became of a run: its scores with their intervals, the confusion matrix, the model on the shelf."""

import streamlit as st

from core.answering import shelf
from core.drawing import figures
from core.runs.folder import Run, read_curves, read_report
from core.runs.records import Report
from pages.frame import navigation, page, session


def show(run: Run) -> None:
    """The result, once there is one. Raises RunError where it can't be read."""
    report = read_report(run.folder)
    if not report:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Result", anchor=False, width="content")
        best = shelf.best(run.config.dataset)
        if best and best.card.run == run.id:
            st.badge("best saved model of this dataset now", icon=":material/trophy:", color="green")
    with st.grid(3, gap="small"):
        for split, title in (("validation", "Validation accuracy"), ("test", "Test accuracy")):
            score = report.scores.by_split.get(split)
            if score:
                low, high = score.interval
                st.metric(
                    title,
                    f"{score.accuracy:.1%}",
                    border=True,
                    delta_color="off",
                    delta_arrow="off",
                    delta=f"{score.correct} of {score.count}; 95 %: {low:.0%} to {high:.0%}",
                    help=_score_help(split),
                )
        st.metric(
            "Best epoch",
            f"{report.best_epoch + 1}",
            border=True,
            delta_color="off",
            delta_arrow="off",
            delta=f"of {len(read_curves(run.folder))}; saved as {report.model}",
        )
    _confusion(run, report)
    navigation.button(
        "predict",
        "Ask this model about photos",
        ":material/photo_camera:",
        act=session.MODEL.set,
        arguments=(report.model,),
    )


def _confusion(run: Run, report: Report) -> None:
    split, score = list(report.scores.by_split.items())[-1]  # on test photos where there are some
    with st.expander("Confusion matrix", icon=":material/grid_on:"):
        st.caption(
            f"The {split} photos: rows are what they show, columns what the model answered. Right answers lie "
            "on the diagonal."
        )
        figure = figures.confusion(score.confusion, report.labels, page.theme())
        st.plotly_chart(figure, key=f"confusion-{run.id}", config={"displayModeBar": False}, alt="Confusion matrix")


def _score_help(split: str) -> str:
    if split == "validation":
        return "On the photos that chose the best epoch, so a little flattering."
    return (
        "On photos that chose nothing: the figure to report. Between the two ends lies the true rate, 19 times of 20."
    )
