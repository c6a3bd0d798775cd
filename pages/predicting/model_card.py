"""The model that answers: which one, and its card in plain words."""

import pandas as pd
import streamlit as st

from core import words, workspace
from core.answering import classifier, mixups, shelf
from core.answering.card import Scores
from core.answering.classifier import Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.drawing import figures
from pages.frame import markdown, page, session

BEST = ""  # the choice of whichever model is best


def picker() -> Model | None:
    """The model that answers: the best one unless a person chose another; None if there is none at all."""
    chosen = session.MODEL.get(BEST)
    if chosen in {model.name for model in shelf.models()}:
        return shelf.model(chosen)
    return shelf.active()


def show(model: Model) -> None:
    """One line on the model that is always there; the picker and the whole card behind it."""
    kinds = ", ".join(map(markdown.plain, model.labels))
    st.caption(
        f"It tells apart {words.count(len(model.labels), 'kind')}: {kinds}. **Other garments** (a hoodie, a blazer) "
        "mostly get one of these names without a warning."
    )
    _, score = _score(model)
    title = f"The model: {markdown.plain(model.name)}, right on {100 * (score.accuracy or 0):.0f} of 100"
    with st.expander(title, icon=":material/neurology:", key="predict-model-card"):
        _choose(model)
        _in_words(model)
        if st.toggle("Exact figures", **session.EXACT_FIGURES.widget(False)):
            with page.errors():
                _exactly(model, classifier.load(model))


def _choose(model: Model) -> None:
    known = shelf.models()
    labels = {BEST: "The best one"}
    labels |= {each.name: f"{each.name} ({each.validation_accuracy:.0%} right on validation photos)" for each in known}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Model",
            list(labels),
            **session.MODEL.choice(labels),
            format_func=labels.__getitem__,
            help="The best one is the pinned model if there is one, else the best model of the dataset last trained "
            "on.",
        )
        pinned = shelf.pinned() == model.name
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            key=f"{'unpin' if pinned else 'pin'}-{model.name}",
            on_click=page.attempt,
            args=(shelf.pin, None if pinned else model.name),
            help="A pinned model answers here and in the shell, whatever is trained later.",
        )
        if model.folder.parent == workspace.models():
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("The model is gone for good; its run, with curves and settings, stays.")
                st.button(
                    "Delete this model",
                    type="primary",
                    key=f"delete-model-{model.name}",
                    on_click=page.attempt,
                    args=(shelf.delete, model.name),
                )


def _in_words(model: Model) -> None:
    """What it can do, how well, and what it can't, each in a sentence."""
    split, score = _score(model)
    st.markdown("\n".join(f"- {line}" for line in lines(model, split, score)))


def _score(model: Model) -> tuple[str, Scores]:
    """The scores on test photos, or those on validation photos where there are no others."""
    scores = model.card.scores
    return ("test", scores.test) if scores.test else ("validation", scores.validation)


def lines(model: Model, split: str, score: Scores) -> list[str]:
    """The card, line by line."""
    low, high = score.interval
    things = "drawings" if model.is_drawn else "photos"
    unseen = f"{things} it had not seen" if split == "test" else f"validation {things}"
    source = "the built-in drawn garments" if model.is_drawn else f"the dataset {markdown.plain(model.dataset)}"
    beyond = (
        "On photos it will do far worse: it has never seen one."
        if model.is_drawn
        else "Photos taken otherwise, with other light or cameras, may fare worse."
    )
    said = [
        f"**Right on {score.correct} of {score.count} {unseen}**; likely between {100 * low:.0f} and "
        f"{100 * high:.0f} of 100.",
        f"Measured on {source}. {beyond}",
    ]
    if split == "validation":
        said.append("These also chose its best epoch, so the figure flatters a little.")
    if score.calibration_error is not None:
        said.append(_fit(score.calibration_error, score.calibration_error_before))
    if mixed := mixups.most_frequent(score.confusion, model.labels):
        said.append(
            "Most often mixed up: "
            + "; ".join(
                f"{one.wrong} of {one.count} photos of {_thing(one.true)} taken for {_thing(one.predicted)}"
                for one in mixed
            )
            + "."
        )
    said.append(
        "What it can't do: find several garments in one photo, name anything but its "
        f"{len(model.labels)} kinds, or notice most *other* garments. Things that are no clothes at all it mostly "
        f"notices: *{Doubt.UNLIKE.words}*."
    )
    return said


def _fit(after: float, before: float | None) -> str:
    """The calibration error, after the temperature was fitted and before, in words."""
    adjusted = f" (by {100 * before:.1f} before they were adjusted)" if before is not None else ""
    return (
        f"Its percentages miss the true share of right answers by {100 * after:.1f} points on average{adjusted}: of "
        f"answers that it gives with 80%, about {_about(0.8 - after)} to {_about(0.8 + after)} of 100 are right."
    )


def _about(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f}"


def _thing(label: str) -> str:
    return markdown.plain(words.with_article(label))


def _exactly(model: Model, classifier: Classifier) -> None:
    """The confusion matrix, the scores of each kind, and the thresholds of the doubts."""
    split, score = _score(model)
    if score.confusion:
        st.caption(
            f"The {split} photos: rows are what they show, columns what the model answered. Right answers lie on the "
            "diagonal."
        )
        st.plotly_chart(
            figures.confusion(score.confusion, model.labels, page.theme()),
            key="predict-confusion",
            config={"displayModeBar": False},
            alt="Confusion matrix",
        )
    if score.per_class:
        percent = {"format": "percent", "width": "small"}
        st.dataframe(
            pd.DataFrame([of_class.model_dump() for of_class in score.per_class]),
            hide_index=True,
            alt="Scores of each kind",
            column_config={
                "label": st.column_config.TextColumn("Kind", pinned=True),
                "count": st.column_config.NumberColumn("Photos", width="small"),
                "correct": st.column_config.NumberColumn("Right", width="small"),
                "recall": st.column_config.NumberColumn("Recall", **percent, help="Of its photos, the share found."),
                "precision": st.column_config.NumberColumn(
                    "Precision", **percent, help="Of the answers of this kind, the share that is right."
                ),
            },
        )
    st.dataframe(
        pd.DataFrame(
            [
                {"rate": rate, "probability": limits.probability, "similarity": limits.similarity}
                for rate, limits in model.card.limits.items()
            ]
        ),
        hide_index=True,
        alt="Thresholds of the doubts",
        column_config={
            "rate": st.column_config.NumberColumn("False alarms", format="percent"),
            "probability": st.column_config.NumberColumn(
                "Not sure below", format="%.3f", help="The probability of the best answer."
            ),
            "similarity": st.column_config.NumberColumn(
                "None of these below", format="%.3f", help="The similarity to the training photos, 1 at most."
            ),
        },
    )
    st.caption(
        f"Photos of {classifier.size} × {classifier.size} px. "
        f"Temperature {model.card.temperature:.3f} (Guo et al. 2017), fitted on validation photos. "
        f"Saved {model.created[:10]}."
    )
