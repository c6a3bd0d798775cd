"""The result of a run: its scores with intervals, the confusion matrix, and its saved model."""

import streamlit as st

from core.answering import newcomer, shelf
from core.answering.shelf import Model
from core.drawing import shared
from core.runs import look_count, readings
from core.runs.folder import Run
from core.runs.records import Report
from pages.frame import markdown, navigation, page, session, take_away, usual_model


def show(run: Run) -> None:
    """Draw the result if there is one. Raises RunError if it can't be read."""
    report = readings.report(run.folder)
    if not report:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Result", anchor=False, width="content")
        best = shelf.best(run.config.dataset)
        if best and best.card.run == run.id:
            st.badge("best saved model of this dataset", icon=":material/trophy:", color="green")
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
            delta=f"of {len(readings.curves(run.folder).curves)}; {_saved(report)}",
        )
    if "test" in report.scores.by_split and (seen := look_count.sentence(run.config.dataset)):
        st.caption(f":material/visibility: {seen}")
    _confusion(run, report)
    if not report.model:
        st.caption(
            ":material/science: A trial of a search: it has no model and no test score. *Use these settings* starts a "
            "run with both."
        )
        return
    model = next((model for model in shelf.models() if model.name == report.model), None)
    if model:  # not deleted
        _use(model)
    with st.container(horizontal=True):
        navigation.button(
            "predict",
            "Ask this model about photos",
            ":material/photo_camera:",
            action=session.MODEL.set,
            arguments=(report.model,),
            stretch=False,
        )
        if model:
            take_away.button(report.model)


def _saved(report: Report) -> str:
    return f"saved as {markdown.plain(shelf.title(report.model))}" if report.model else "not saved"


def _use(new: Model) -> None:
    """Say which model predicts, and offer this one instead."""
    now = shelf.active()
    if now is None:
        return
    if now.name == new.name:
        st.caption(":material/check_circle: This model predicts on Predict, Home and the command line.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        usual_model.button(new.name, markdown.plain(" ".join(newcomer.sentences(new, now))))
        st.caption(f"Predictions come from **{markdown.plain(now.title)}** until you change that.")


def _confusion(run: Run, report: Report) -> None:
    split, score = list(report.scores.by_split.items())[-1]  # the test photos, if there are any
    with st.expander("Confusion matrix", icon=":material/grid_on:"):
        st.caption(
            f"The {split} photos: rows are the true classes, columns the model's answers. Correct answers are on the "
            "diagonal."
        )
        figure = shared.confusion(score.confusion, report.labels, page.theme())
        st.plotly_chart(figure, key=f"confusion-{run.id}", config={"displayModeBar": False}, alt="Confusion matrix")


def _score_help(split: str) -> str:
    if split == "validation":
        return "On the photos that were used to choose the best epoch, so it is slightly too high."
    return (
        "On photos that were not used to choose anything: the number to report. The true accuracy lies within the "
        "interval 19 times out of 20."
    )
