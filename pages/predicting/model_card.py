"""The choice of the model that answers, and its card in plain words."""

import pandas as pd
import streamlit as st

from core import words
from core.answering import classifier, newcomer, shelf
from core.answering.classifier import Classifier
from core.answering.shelf import Model
from core.drawing import figures
from core.runs import bodies
from pages.frame import access, markdown, page, session, take_away, usual_model
from pages.runs import card_lines

USUAL = ""  # the choice of the usual model


def chosen_model() -> Model | None:
    """The model that answers: the usual one unless the user chose another; None if there is no model."""
    chosen = session.MODEL.get(USUAL)
    if chosen in {model.name for model in shelf.models()}:
        return shelf.model(chosen)
    return shelf.active()


def show(model: Model) -> None:
    """Draw a line about the model, and an expander with the choice of a model and the card."""
    _offer_newcomer(model)
    st.caption(
        f"It knows {words.classes(len(model.labels))}: {', '.join(map(markdown.plain, model.labels))}. It has no name "
        "for **other garments** (a hoodie, a blazer)."
    )
    split, score = card_lines.score_of(model)
    photos = card_lines.unseen(model) or f"{split} {card_lines.pictures(model)}"
    accuracy = f"{score.accuracy or 0:.0%} accurate on {photos}"
    title = f"The model: {markdown.plain(model.title)}, {accuracy}"
    with st.expander(title, icon=":material/neurology:", key="predict-model-card"):
        _choose(model)
        _in_words(model)
        if st.toggle("Exact figures", **session.EXACT_FIGURES.widget(False)):
            with page.errors():
                _exact_figures(model, classifier.load(model))


def _offer_newcomer(model: Model) -> None:
    """Offer a newer model for all predictions, with what is gained and lost. None takes over without a word."""
    now = None if access.is_read_only() else shelf.active()
    new = newcomer.find(now) if now else None
    if new is None or now is None:
        return
    where = "Predictions still come" if model.name == now.name else "On Home and in the shell, predictions still come"
    with st.container(border=True, key="predict-newcomer"):
        st.markdown(
            f"**{markdown.plain(new.title)} is new.** {markdown.plain(' '.join(newcomer.sentences(new, now)))} "
            f"{where} from **{markdown.plain(now.title)}**."
        )
        with st.container(horizontal=True):
            usual_model.button(
                new.name,
                "It then answers here, on Home and on the command line. You can change that below at any time.",
            )
            st.button("Not now", key=f"decline-{new.name}", on_click=page.attempt, args=(shelf.decline, new.name))


def _choose(model: Model) -> None:
    usual = shelf.active()
    labels = {USUAL: f"The usual model: {usual.title}" if usual else "The usual model"}
    models = shelf.models()
    titles = shelf.titles(models)
    for other in models:
        photos = card_lines.unseen(other) or f"validation {card_lines.pictures(other)}"
        labels[other.name] = f"{titles[other.name]} ({other.validation_accuracy:.0%} accurate on {photos})"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Model",
            list(labels),
            **session.MODEL.choice(labels),
            format_func=labels.__getitem__,
            help="The usual model is the pinned model. Without a pinned model, it is the one that comes with the "
            "project, or a better one of the same classes, measured on the same photos.",
        )
        if not access.is_read_only():
            _pin(model)
        take_away.button(model.name)
        if model.is_own:
            page.deletion(
                "Delete",
                "This deletes the model for good. Its run, with curves and settings, stays.",
                "Delete this model",
                f"delete-model-{model.name}",
                shelf.delete,
                model.name,
            )


def _pin(model: Model) -> None:
    pinned = shelf.pinned() == model.name
    st.button(
        "Unpin" if pinned else "Pin",
        icon=":material/keep_off:" if pinned else ":material/keep:",
        key=f"{'unpin' if pinned else 'pin'}-{model.name}",
        on_click=page.attempt,
        args=(shelf.pin, None if pinned else model.name),
        help="A pinned model answers here and on the command line, whatever you train later.",
    )


def _in_words(model: Model) -> None:
    """Draw the card as a list of sentences."""
    split, score = card_lines.score_of(model)
    st.markdown("\n".join(f"- {line}" for line in card_lines.of(model, split, score)))


def _exact_figures(model: Model, classifier: Classifier) -> None:
    """Draw the confusion matrix, the scores of each class, and the thresholds of the doubts."""
    split, score = card_lines.score_of(model)
    if score.confusion:
        photos = f"{split} {card_lines.pictures(model)}"
        st.caption(
            f"The {photos}: rows are the true classes, columns the model's answers. Correct answers are on the "
            "diagonal."
        )
        st.plotly_chart(
            figures.confusion(score.confusion, model.labels, page.theme()),
            key="predict-confusion",
            config={"displayModeBar": False},
            alt="Confusion matrix",
        )
    if score.per_class:
        st.dataframe(
            pd.DataFrame([of_class.model_dump() for of_class in score.per_class]),
            hide_index=True,
            alt="Scores of each class",
            column_config={
                "label": st.column_config.TextColumn("Class", pinned=True),
                "count": st.column_config.NumberColumn("Photos", width="small"),
                "correct": st.column_config.NumberColumn("Correct", width="small"),
                "recall": st.column_config.NumberColumn(
                    "Recall",
                    format="percent",
                    width="small",
                    help="Share of this class with the right answer.",
                ),
                "precision": st.column_config.NumberColumn(
                    "Precision", format="percent", width="small", help="Share of these answers that are correct."
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
                "Not sure below", format="%.3f", help="This probability of the best answer."
            ),
            "similarity": st.column_config.NumberColumn(
                "None of these below", format="%.3f", help="This similarity to the training photos, at most 1."
            ),
        },
    )
    st.caption(
        f"Input: {classifier.size} × {classifier.size} px. "
        f"Temperature {model.card.temperature:.3f} (Guo et al. 2017), fitted on validation photos. "
        f"Saved {markdown.plain(model.created[:10])}.{_base(model)}"
    )


def _base(model: Model) -> str:
    """A sentence that says where its network comes from; empty for a model with a network of its own."""
    if facts := model.card.imported:
        return f" Imported from {markdown.plain(facts.file)}. {markdown.plain(' '.join(facts.warnings))}".rstrip()
    name = bodies.model_name(str(model.card.config.get("backbone", "")))
    return f" Its features come from the network of the model {markdown.plain(name)}." if name else ""
