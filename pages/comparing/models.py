"""The shelf on Compare: all saved models with their scores; the chosen one with its card, note and actions."""

import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import words
from core.answering import model_notes, shelf
from core.answering.shelf import Model
from core.runs import bodies
from pages.comparing import importing
from pages.frame import access, markdown, page, session, take_away, usual_model
from pages.photos import dataset_picker
from pages.runs import card_lines, percent

HEIGHT = 360  # px, of a long table


def show() -> None:
    """Draw the table of models and the chosen one, and the way to bring in others."""
    table, others = page.parts(2)
    with table:
        _show(shelf.models())
    with others, page.errors():
        if not access.is_read_only():
            importing.show()


def _show(models: Sequence[Model]) -> None:
    if not models:
        st.info("There is no saved model yet. Each finished run saves one.")
        return
    datasets = {model.dataset for model in models}
    best = {name: found.name for name in datasets if (found := shelf.best(name, models))}
    titles = shelf.titles(models)
    usual = shelf.active()
    rows = [
        {
            "Model": titles[model.name],
            **_row(model, best.get(model.dataset) == model.name, usual is not None and usual.name == model.name),
        }
        for model in models
    ]
    names = [model.name for model in models]
    selected = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        height=HEIGHT if len(rows) > 9 else "auto",
        on_select="rerun",
        selection_mode="single-row",
        key=f"compare-models-{zlib.crc32(repr(names).encode()):x}",
        column_config={
            "Model": st.column_config.TextColumn(width="medium", pinned=True),
            "Validation": percent.column("Accuracy on the photos that chose it."),
            "Test": percent.column("Accuracy on photos that chose nothing."),
            "Saved": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
        alt="The saved models with their scores",
    ).selection.rows
    chosen = [models[place] for place in selected if place < len(models)]
    if chosen:
        _card(chosen[0])
    else:
        more = (
            "take it away" if access.is_read_only() else "use it on Predict, take it away, note something or delete it"
        )
        st.caption(f"Tick a model to see its card, or to {more}.")
    st.caption(
        "*Best* has the highest validation accuracy of its dataset. The test photos are for reporting only: whoever "
        "chooses by them has no honest score left."
    )


def _row(model: Model, is_best: bool, is_usual: bool) -> dict[str, Any]:
    marks = [word for word, applies in (("best", is_best), ("used on Predict", is_usual)) if applies]
    return {
        "Role": ", ".join(marks),
        "Dataset": dataset_picker.label(model.dataset),
        "Validation": percent.value(model.validation_accuracy),
        "Test": percent.value(model.card.scores.test_accuracy),
        "Classes": len(model.labels),
        "Network": bodies.label(str(model.card.config.get("backbone") or model.card.network)),
        "Size (px)": model.card.image_size,
        "Model size": words.size(sum(facts.bytes for facts in model.card.files.values())),
        "Note": model.notes.note,
        "Saved": words.moment(model.created),
    }


def _card(model: Model) -> None:
    with st.container(border=True, key="compare-model"):
        st.subheader(markdown.plain(model.title), anchor=False)
        if model.title != model.name:
            st.caption(f"Its name on the command line: `{model.name}`")
        _actions(model)
        split, score = card_lines.score_of(model)
        st.markdown(_bullets(card_lines.of(model, split, score)))
        if model.notes.note:
            st.markdown(f"Note: {markdown.plain(model.notes.note)}")


def _actions(model: Model) -> None:
    usual = shelf.active()
    with st.container(horizontal=True, vertical_alignment="center"):
        if usual and usual.name == model.name:
            st.badge("used on Predict", icon=":material/check_circle:", color="green")
        else:
            usual_model.button(model.name, "It then answers on Predict, on Home and on the command line.")
        take_away.button(model.name)
        if model.is_own and not access.is_read_only():
            _rename(model)
            page.deletion(
                "Delete",
                "This deletes the model for good. Its run, with curves and settings, stays.",
                "Delete this model",
                f"compare-delete-{model.name}",
                shelf.delete,
                model.name,
            )


def _rename(model: Model) -> None:
    """Let the user change what the model is called, and the note about it."""
    notes = model.notes
    stamp = f"{zlib.crc32(repr(notes).encode()):x}"  # another browser may have changed them
    title, note = (session.compare(f"model-{what}-{stamp}-{model.name}") for what in ("title", "note"))

    def save() -> None:
        shelf.annotate(model.name, title=title.get(model.title), note=note.get(notes.note))

    with st.popover("Rename and note", icon=":material/edit_note:"):
        st.text_input(
            "Name",
            max_chars=model_notes.LONGEST_TITLE,
            **title.widget(model.title),
            help=f"Leave it empty to call the model {markdown.plain(model.name)} again.",
        )
        st.text_area("Note", max_chars=model_notes.LONGEST, **note.widget(notes.note))
        st.button("Save", type="primary", key=f"compare-note-{model.name}", on_click=page.attempt, args=(save,))


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
