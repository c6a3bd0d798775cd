"""The choice of the model that answers, and its card in plain words."""

import pandas as pd
import streamlit as st

from core import words, workspace
from core.answering import classifier, mixups, newcomer, shelf
from core.answering.card import Scores
from core.answering.classifier import Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.datasets import catalogue
from core.drawing import figures
from core.runs import bodies, look_count
from core.teaching import gains, quality
from pages.frame import badges, markdown, page, session, usual_model

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
    split, score = _score(model)
    photos = _unseen(model) or f"{split} {_pictures(model)}"
    accuracy = f"{score.accuracy or 0:.0%} accurate on {photos}"
    title = f"The model: {markdown.plain(model.name)}, {accuracy}"
    with st.expander(title, icon=":material/neurology:", key="predict-model-card"):
        _choose(model)
        _in_words(model)
        if st.toggle("Exact figures", **session.EXACT_FIGURES.widget(False)):
            with page.errors():
                _exact_figures(model, classifier.load(model))


def _offer_newcomer(model: Model) -> None:
    """Offer a newer model for all predictions, with what is gained and lost. None takes over without a word."""
    now = shelf.active()
    new = newcomer.find(now) if now else None
    if new is None or now is None:
        return
    where = "Predictions still come" if model.name == now.name else "On Home and in the shell, predictions still come"
    with st.container(border=True, key="predict-newcomer"):
        st.markdown(
            f"**{markdown.plain(new.name)} is new.** {markdown.plain(' '.join(newcomer.sentences(new, now)))} "
            f"{where} from **{markdown.plain(now.name)}**."
        )
        with st.container(horizontal=True):
            usual_model.button(
                new.name,
                "It then answers here, on Home and on the command line. You can change that below at any time.",
            )
            st.button("Not now", key=f"decline-{new.name}", on_click=page.attempt, args=(shelf.decline, new.name))


def _choose(model: Model) -> None:
    usual = shelf.active()
    labels = {USUAL: f"The usual model: {usual.name}" if usual else "The usual model"}
    for other in shelf.models():
        photos = _unseen(other) or f"validation {_pictures(other)}"
        labels[other.name] = f"{other.name} ({other.validation_accuracy:.0%} accurate on {photos})"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Model",
            list(labels),
            **session.MODEL.choice(labels),
            format_func=labels.__getitem__,
            help="The usual model is the pinned model. Without a pinned model, it is the one that comes with the "
            "project, or a better one of the same classes, measured on the same photos.",
        )
        pinned = shelf.pinned() == model.name
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            key=f"{'unpin' if pinned else 'pin'}-{model.name}",
            on_click=page.attempt,
            args=(shelf.pin, None if pinned else model.name),
            help="A pinned model answers here and on the command line, whatever you train later.",
        )
        if model.folder.parent == workspace.models():
            page.deletion(
                "Delete",
                "This deletes the model for good. Its run, with curves and settings, stays.",
                "Delete this model",
                f"delete-model-{model.name}",
                shelf.delete,
                model.name,
            )


def _in_words(model: Model) -> None:
    """Draw the card as a list of sentences."""
    split, score = _score(model)
    st.markdown("\n".join(f"- {line}" for line in lines(model, split, score)))


def _score(model: Model) -> tuple[str, Scores]:
    """The split and the scores on test photos, or on validation photos if there are no test photos."""
    scores = model.card.scores
    return ("test", scores.test) if scores.test else ("validation", scores.validation)


def lines(model: Model, split: str, score: Scores) -> list[str]:
    """The card, line by line."""
    low, high = score.interval
    unseen = " that it had not seen" if split == "test" else ""
    kind = f"{split} {_pictures(model)}"
    if model.card.taught:
        kind = "photos"
        unseen = ", each answered by a model that had not seen it, nor any photo that was taken together with it"
    source = (
        "the built-in drawn garments"
        if model.is_drawn
        else f"the dataset {markdown.plain(catalogue.title(model.dataset))}"
    )
    warning = (
        "It will do far worse on photos: it has never seen one."
        if model.is_drawn
        else "It may do worse on photos with different light or from other cameras."
    )
    sentences = [
        f"**Correct on {score.correct} of {score.count} {kind}{unseen}.** Its true accuracy is "
        f"probably between {low:.0%} and {high:.0%}.",
        f"Measured on {source}. {warning}",
    ]
    if split == "test" and (seen := look_count.sentence(model.dataset)):
        sentences.append(seen)
    if model.card.taught and (flattered := quality.single(model.card)):
        sentences.append(markdown.plain(flattered))
    if split == "validation" and not model.card.taught:
        sentences.append("These photos were also used to choose its best epoch, so the accuracy is slightly too high.")
    if score.calibration_error is not None:
        sentences.append(_calibration(score.calibration_error, score.calibration_error_before))
    if most_frequent := mixups.most_frequent(score.confusion, model.labels):
        sentences.append(
            "Most frequent mix-ups: "
            + "; ".join(
                f"{mixup.wrong} of {mixup.count} photos of {_garment(mixup.true)} taken for {_garment(mixup.predicted)}"
                for mixup in most_frequent
            )
            + "."
        )
    if (corrected := model.card.corrected) and not corrected.scored:
        sentences.append(
            f"These figures are those of {markdown.plain(corrected.origin)}, before it learned from "
            f"{words.count(corrected.photos, 'correction')}: "
            f"{gains.unscored(corrected, model.card.taught is not None)}."
        )
    if model.card.is_calibrated_on_few:
        photos = words.count(model.card.scores.validation.count, "validation photo")
        sentences.append(f"**Don't trust its percentages**: they were adjusted on {photos} only, which is too few.")
    sentences.append(
        f"Limits: it only knows its {words.classes(len(model.labels))}, and it can't find several garments in one "
        "photo."
    )
    if strangers := model.card.strangers:
        sentences.append(
            f"Shown {strangers.count} drawn pictures without clothes (landscapes, patterns, text), it said "
            f"*{badges.DOUBTS[Doubt.UNLIKE].text}* to {strangers.noticed}."
        )
    return sentences


def _unseen(model: Model) -> str:
    """What a model that was taught kind by kind was scored on; empty for other models."""
    return "photos it had not seen" if model.card.taught else ""


def _pictures(model: Model) -> str:
    return "drawings" if model.is_drawn else "photos"


def _calibration(error: float, error_before: float | None) -> str:
    """The calibration error in words, and the error before the temperature was fitted."""
    before = f" ({100 * error_before:.1f} before they were adjusted)" if error_before is not None else ""
    low, high = (100 * min(1.0, max(0.0, share)) for share in (0.8 - error, 0.8 + error))
    return (
        f"Its percentages miss the true share of correct answers by {100 * error:.1f} points on average{before}. Of "
        f"100 answers with 80%, about {low:.0f} to {high:.0f} are correct."
    )


def _garment(label: str) -> str:
    return markdown.plain(words.with_article(label))


def _exact_figures(model: Model, classifier: Classifier) -> None:
    """Draw the confusion matrix, the scores of each class, and the thresholds of the doubts."""
    split, score = _score(model)
    if score.confusion:
        st.caption(
            f"The {split} {_pictures(model)}: rows are the true classes, columns the model's answers. Correct answers "
            "are on the diagonal."
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
    """A sentence that names the saved model whose network it has; empty for a model with a network of its own."""
    name = bodies.model_name(str(model.card.config.get("backbone", "")))
    return f" Its features come from the network of the model {markdown.plain(name)}." if name else ""
