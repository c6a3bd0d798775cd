"""Predict: photos in, answers out, with an honest "not sure"."""

import io
import json

import pandas as pd
import streamlit as st

from core import classifier, doubt, figures, shelf, workspace
from core.errors import AppError
from core.shelf import Model
from pages import _better as better
from pages import _widgets as widgets
from pages import _words as words

widgets.header("Predict", "Drop in photos of clothes and see what the best saved model says of them.")


def model_picker() -> Model | None:
    """The model that is asked: the chosen one unless a person picks another."""
    known = shelf.models()
    chosen = shelf.chosen()
    if chosen is None:
        return None
    names = [model.name for model in known]
    wished = st.session_state.pop("predict-model", None)
    if wished in names:
        st.session_state["predict-picked"] = wished
    if st.session_state.get("predict-picked") not in names:
        st.session_state["predict-picked"] = chosen.name
    labels = {
        model.name: f"{model.name} ({model.validation_accuracy:.0%} right on validation photos)" for model in known
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Model",
            names,
            key="predict-picked",
            format_func=labels.__getitem__,
            persist_state="session",
            help="At first the best one of the dataset last trained on.",
        )
        pinned = shelf.pinned() == name
        if st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            help="A pinned model is asked whatever is trained later, here and in the shell.",
        ):
            shelf.pin(None if pinned else name)
            st.rerun()
        if shelf.model(name).folder.parent == workspace.models():
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("The model is gone for good; its run, with curves and settings, stays.")
                if st.button("Delete this model", type="primary", key=f"delete-model-{name}"):
                    shelf.delete(name)
                    st.rerun()
    return shelf.model(name)


def card(model: Model) -> None:
    """What the model can do, in plain words."""
    score = model.card["scores"].get("test") or model.card["scores"]["validation"]
    low, high = score["interval"]
    source = "drawings, not photos" if model.is_drawn else f"the photos of {words.plain(model.dataset)}"
    st.caption(
        f"It tells apart {', '.join(map(words.plain, model.labels))}. "
        f"It was right on {score['correct']} of {score['count']} pictures "
        f"that it had not learned from ({score['accuracy']:.0%}; likely between {low:.0%} and {high:.0%}), measured on "
        f"{source}. "
        "It knows nothing else: whatever it sees, it picks one of these, and says so when it doubts."
    )


@st.cache_data(max_entries=2000, show_spinner=False)
def ask(folder: str, stamp: str, data: bytes) -> classifier.Answer:
    """The answer to one photo, remembered. Raises AppError."""
    return classifier.load(shelf.model(folder)).answer(data)


def answered(model: Model, data: bytes) -> classifier.Answer | str:
    """The answer, or the sentence that says why there is none."""
    try:
        return ask(str(model.folder), model.created, data)
    except AppError as error:
        return str(error)


def with_article(label: str) -> str:
    """'a dress', 'an apron', 'shoes'."""
    if label.endswith("s") and not label.endswith("ss"):
        return label
    return f"{'an' if label[0].lower() in 'aeiou' else 'a'} {label}"


def show(name: str, data: bytes, answer: classifier.Answer | str, key: str) -> None:
    """One photo with its answer."""
    with st.container(border=True):
        if isinstance(answer, str):
            st.error(f"**{words.plain(name)}**: {words.plain(answer)}", icon=":material/error:")
            return
        picture, says = st.columns([1, 2], vertical_alignment="center")
        picture.image(widgets.thumbnail(data), width="stretch", alt=f"The photo {name}, upright")
        with says:
            thing = words.plain(with_article(answer.label))
            unlike = answer.reason.startswith(doubt.UNLIKE)
            certainty = (
                "Perhaps"
                if answer.unsure or answer.probability < 0.5
                else "Probably"
                if answer.probability < 0.9
                else "Almost certainly"
            )
            headline = f"**{certainty} {thing}** · {words.percent(answer.probability)}"
            if unlike:  # the figure says how it compares with the other answers, not how sure one may be
                headline = f"**{doubt.UNLIKE}** · :gray[nearest: {thing}]"
            st.markdown(f"{headline} · :gray[{words.plain(name)}]")
            if answer.unsure:
                st.warning(answer.reason, icon=":material/help:")
            figure = figures.probabilities(answer.probabilities[:5], widgets.theme())
            st.plotly_chart(
                figure, key=f"bars-{key}", config={"displayModeBar": False}, alt="Probabilities, best first"
            )


def table(rows: list[tuple[str, classifier.Answer | str]]) -> pd.DataFrame:
    """The answers as lines: file, answer, probability, second, unsure, reason, error."""
    return pd.DataFrame(
        [
            {"file": name, "error": answer}
            if isinstance(answer, str)
            else {
                "file": name,
                "answer": answer.label,
                "probability": round(answer.probability, 4),
                "second": answer.probabilities[1][0],
                "unsure": answer.unsure,
                "reason": answer.reason,
            }
            for name, answer in rows
        ],
        columns=["file", "answer", "probability", "second", "unsure", "reason", "error"],
    )


with widgets.errors():
    model = model_picker()
    if model is None:
        st.info(
            "There is no model to ask yet. Train one: on the built-in drawings it takes a minute or two, and then "
            "this page answers.",
            icon=":material/model_training:",
        )
        widgets.goto("train", "Train a model", ":material/show_chart:", primary=True)
        st.stop()
    card(model)
    better.offer(model)
    given = st.file_uploader(
        "Photos",
        type=widgets.UPLOAD_TYPES,
        accept_multiple_files=True,
        key="predict-photos",
        max_upload_size=100,
        help="JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF or BMP, up to 100 MB each. They stay in memory and are not kept.",
    )
    if not given:
        st.info(
            "Drop photos above, or take some from your phone. Each gets an answer here.", icon=":material/photo_camera:"
        )
        st.stop()
    rows = []
    progress = st.progress(0.0, "Looking at the photos …") if len(given) > 1 else None
    for i, photo in enumerate(given):
        data = photo.getvalue()
        answer = answered(model, data)
        rows.append((photo.name, answer))
        show(photo.name, data, answer, f"{i}")
        if progress:
            progress.progress((i + 1) / len(given), f"{i + 1} of {len(given)} photos")
    if progress:
        progress.empty()
    lines = table(rows)
    with st.container(horizontal=True):
        st.download_button(
            "Answers as CSV",
            lines.to_csv(index=False).encode("utf-8-sig"),
            "answers.csv",
            "text/csv",
            icon=":material/download:",
        )
        as_json = io.StringIO()
        json.dump(json.loads(lines.to_json(orient="records")), as_json, ensure_ascii=False, indent=2)
        st.download_button(
            "Answers as JSON", as_json.getvalue(), "answers.json", "application/json", icon=":material/data_object:"
        )
