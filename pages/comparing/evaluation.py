"""One evaluation on Compare in full: metrics, classes, calibration, doubt, and where the mistakes are."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import words
from core.answering import shelf
from core.answering.doubt import FALSE_ALARMS
from core.datasets.folders import SPLIT_WORDS
from core.drawing import evaluation_figures, shared
from core.evaluating.photo_facts import FACTS
from core.evaluating.record import Evaluation, Figures, Interval
from core.evaluating.stored import Stored
from pages.frame import markdown, page
from pages.runs import percent

STILL = {"displayModeBar": False}


def show(stored: Stored) -> None:
    """Draw an evaluation."""
    evaluation = stored.evaluation
    _remarks(evaluation)
    _metrics(evaluation.figures)
    _classes(evaluation, stored.id)
    _sureness(evaluation.figures, stored.id)
    _groups(evaluation.figures, stored.id)


def _remarks(evaluation: Evaluation) -> None:
    """Say what limits the figures."""
    if evaluation.is_on_training_photos:
        st.warning(
            "These are photos that the model learned from, so the figures are better than on other photos.",
            icon=":material/warning:",
        )
    if evaluation.change:
        st.warning(markdown.plain(evaluation.change), icon=":material/warning:")
    if evaluation.left_out_sentence:
        st.warning(markdown.plain(evaluation.left_out_sentence), icon=":material/filter_alt:")
    if evaluation.absent:
        st.caption(
            markdown.plain(
                f"The model also knows {words.classes(len(evaluation.absent))} without photos here "
                f"({words.listed(evaluation.absent)}). Answers that name them count as wrong."
            )
        )
    if evaluation.unreadable:
        st.caption(f"{words.count(evaluation.unreadable, 'photo')} could not be read.")


def _metrics(figures: Figures) -> None:
    st.caption(
        f"{figures.correct:,} of {words.count(figures.count, 'photo')} right. Below each accuracy and F1 stands its "
        "95 % interval."
    )
    with st.grid("auto", min_column_width=170, gap="small"):
        _metric(
            "Accuracy",
            _percent(figures.accuracy),
            _interval(figures.interval, 1),
            "The true accuracy lies within the interval 19 times out of 20 (Wilson's interval).",
        )
        if figures.top_3_accuracy is not None and figures.top_3_interval is not None:
            _metric(
                "Top-3 accuracy",
                _percent(figures.top_3_accuracy),
                _interval(figures.top_3_interval, 1),
                "How often the right class is among the three most probable ones.",
            )
        if figures.macro_f1 is not None and figures.macro_f1_interval is not None:
            _metric(
                "Macro F1",
                f"{figures.macro_f1:.3f}",
                "{:.3f} to {:.3f}".format(*figures.macro_f1_interval),
                "The mean F1 of the classes with photos: rare classes count as much as common ones. F1 is the harmonic "
                "mean of recall and precision.",
            )
        if figures.loss is not None:
            _metric("Loss", f"{figures.loss:.3f}", "cross-entropy", "Of the raw outputs, as on the curves of a run.")
        if figures.calibration_error is not None:
            before = figures.calibration_error_before
            _metric(
                "Calibration error",
                _percent(figures.calibration_error),
                f"{before:.1%} uncalibrated" if before is not None else "",
                "How far the percentages miss the true share of right answers on average (expected calibration error).",
            )


def _metric(label: str, value: str, below: str, help: str) -> None:
    st.metric(label, value, border=True, delta=below or None, delta_color="off", delta_arrow="off", help=help)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _classes(evaluation: Evaluation, key: str) -> None:
    figures = evaluation.figures
    if not figures.per_class:
        return
    st.markdown("**Classes**")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Class": score.label,
                    "Photos": score.count,
                    "Recall": percent.value(score.recall),
                    "recall_interval": _interval(score.recall_interval),
                    "Precision": percent.value(score.precision),
                    "precision_interval": _interval(score.precision_interval),
                    "F1": score.f1,
                    "f1_interval": _f1_interval(score.f1_interval),
                }
                for score in figures.per_class
            ]
        ),
        hide_index=True,
        placeholder="–",
        alt="Recall, precision and F1 of each class, with intervals",
        column_config={
            "Class": st.column_config.TextColumn(pinned=True),
            "Photos": st.column_config.NumberColumn(width="small"),
            "Recall": percent.column("Share of this class with the right answer."),
            "Precision": percent.column("Share of these answers that are right."),
            "F1": st.column_config.NumberColumn(format="%.3f", width="small", help="Their harmonic mean, 0 to 1."),
            **{
                f"{name}_interval": st.column_config.TextColumn("95 %", width="small", help=f"The {title}'s interval.")
                for name, title in (("recall", "recall"), ("precision", "precision"), ("f1", "F1"))
            },
        },
    )
    if figures.confusion:
        with st.expander("Confusion matrix", icon=":material/grid_on:"):
            st.plotly_chart(
                shared.confusion(figures.confusion, evaluation.labels, page.theme()),
                key=f"evaluation-confusion-{key}",
                config=STILL,
                alt="Confusion matrix: rows are the true classes, columns the answers",
            )
            st.caption("Rows are the true classes, columns the answers.")


def _interval(ends: Interval | None, decimals: int = 0) -> str:
    return f"{100 * ends[0]:.{decimals}f} to {100 * ends[1]:.{decimals}f}%" if ends else ""


def _f1_interval(ends: Interval | None) -> str:
    return "{:.2f} to {:.2f}".format(*ends) if ends else ""


def _sureness(figures: Figures, key: str) -> None:
    """Draw whether the percentages are honest, and what the doubt is worth."""
    if not figures.count or not figures.coverage:
        return
    theme = page.theme()
    with st.grid("auto", min_column_width=320):
        with st.container():
            st.markdown("**Are its percentages honest?**")
            sentence = (
                "Of answers with 80%, 80 in 100 should be right: on the dotted line. Below it, the model is too sure. "
                "The band is the 95 % interval."
            )
            st.plotly_chart(
                evaluation_figures.reliability(figures.reliability, theme),
                key=f"evaluation-reliability-{key}",
                config=STILL,
                alt=f"Right answers against the probability of the answer. {sentence}",
            )
            st.caption(sentence)
        with st.container():
            st.markdown("**What is its doubt worth?**")
            sentence = _doubt(figures)
            st.plotly_chart(
                evaluation_figures.risk_coverage(figures.coverage, figures.undoubted, figures.count, theme),
                key=f"evaluation-coverage-{key}",
                config=STILL,
                alt=f"Wrong answers against the share of photos that are answered. {sentence}",
            )
            st.caption(sentence)


def _doubt(figures: Figures) -> str:
    """What the curve of risk shows, and the usual caution."""
    general = "The line keeps only the surest answers. Diamonds are the answers that the model does not doubt itself"
    usual = next((each for each in figures.undoubted if each.rate == FALSE_ALARMS), None)
    if usual is None:
        return f"{general}; at the usual caution it doubts all of them."
    low, high = usual.interval
    return (
        f"{general}: at the usual caution {usual.count / figures.count:.0%} of the photos, and {usual.accuracy:.1%} of "
        f"those answers are right (95 %: {low:.1%} to {high:.1%}). They lie off the line because the model also doubts "
        "photos that are unlike its training photos."
    )


def _groups(figures: Figures, key: str) -> None:
    """Draw the accuracy by size, brightness and proportions."""
    known = [fact for fact in FACTS if figures.groups.get(fact.key)]
    if not known or figures.accuracy is None:
        return
    st.markdown("**Where are the mistakes?**")
    st.caption(
        "The photos in quarters, with 95 % intervals; the dotted line is the accuracy on all of them. Where intervals "
        "overlap a lot, the gap may be luck."
    )
    with st.grid("auto", min_column_width=280):
        for fact in known:
            groups = figures.groups[fact.key]
            names = [fact.range(group.low, group.high) for group in groups]
            with st.container():
                if len(groups) == 1:
                    st.markdown(fact.label)
                    is_one = groups[0].low == groups[0].high
                    alike = (
                        f"All photos have the same value: {names[0]}."
                        if is_one
                        else "Too few different photos to tell."
                    )
                    st.caption(f"{alike} {fact.explanation}")
                    continue
                st.plotly_chart(
                    evaluation_figures.by_group(groups, names, figures.accuracy, fact.label, page.theme()),
                    key=f"evaluation-{fact.key}-{key}",
                    config=STILL,
                    alt=f"Accuracy by {fact.label.lower()}. {fact.explanation}",
                )
                st.caption(fact.explanation)


def table(every: Sequence[Stored], shown: Stored) -> None:
    """Draw all evaluations as a table, newest first."""
    st.markdown("**All evaluations**")
    st.dataframe(
        pd.DataFrame([_row(each.evaluation, shown.evaluation) for each in every]),
        hide_index=True,
        placeholder="–",
        alt="All evaluations, the newest first",
        column_config={
            "Model": st.column_config.TextColumn(pinned=True),
            "Accuracy": percent.column(),
            "Macro F1": st.column_config.NumberColumn(format="%.3f", width="small"),
            "Calibration error": percent.column(),
            "Same photos": st.column_config.CheckboxColumn(
                help="The same photos with the same classes as the result above. Others can't be compared with it."
            ),
            "Date": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
    )


def _row(evaluation: Evaluation, shown: Evaluation) -> dict[str, Any]:
    figures = evaluation.figures
    return {
        "Model": shelf.title(evaluation.model),
        "Dataset": evaluation.title or evaluation.dataset,
        "Photos": f"{figures.count:,} {SPLIT_WORDS.get(evaluation.split, evaluation.split)}",
        "Accuracy": percent.value(figures.accuracy),
        "95 %": _interval(figures.interval),
        "Macro F1": figures.macro_f1,
        "Calibration error": percent.value(figures.calibration_error),
        "Same photos": bool(evaluation.content) and evaluation.content == shown.content,
        "Date": words.moment(evaluation.date),
    }
