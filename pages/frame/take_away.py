"""A saved model's files for other programs: a button on every page that shows a model, and the dialog behind it."""

from pathlib import Path

import streamlit as st

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.errors import AppError
from core.exporting import background, forms, making, web
from core.exporting.forms import Form
from core.serving import limits
from pages.frame import markdown, page, session

PROGRESS_SECONDS = 1.0  # s between two looks at a file in the making
KINDS = {".zip": "application/zip", ".html": "text/html"}  # MIME types


def button(model: str) -> None:
    """Draw the button that opens the dialog for a saved model."""
    clicked = st.button(
        "Take it away",
        icon=":material/ios_share:",
        key=f"take-away-of-{model}",
        on_click=_open,
        args=(model,),
        help="As a file for a phone, a website, a server or your own code.",
    )
    if clicked:  # perhaps in a fragment, and only the page can draw the dialog
        st.rerun()


def _open(model: str) -> None:
    session.OPEN_PHOTO.clear()  # there can be only one dialog
    session.COMPARE_PHOTOS.get().close_photo()
    taken = session.TAKEN_AWAY.get()
    taken.table, taken.openings = taken.names.get(model, {}), taken.openings + 1
    taken.page, taken.model = session.PAGE.get(), model


def show_dialog() -> None:
    """Show the dialog if its button was clicked on this page. Only app.py calls this, after the page."""
    taken = session.TAKEN_AWAY.get()
    if not taken.model:
        return
    other = session.OPEN_PHOTO.get() or session.COMPARE_PHOTOS.get().photo  # a second click was quicker than the dialog
    if taken.page != session.PAGE.get() or other:
        taken.close()
        return
    dialog = st.dialog("Take the model away", width="large", icon=":material/ios_share:", on_dismiss=taken.close)
    dialog(page.fragment(_choice))(taken.model)


def _choice(name: str) -> None:
    model = shelf.model(name)
    st.markdown(
        f"**{markdown.plain(model.title)}**, {words.classes(len(model.labels))}, {model.card.image_size} px. Each file "
        "is compared with the model's own answers before you get it."
    )
    seconds = PROGRESS_SECONDS if _in_the_making(model) else None
    st.fragment(page.fragment(_forms), run_every=seconds, key="take-away-forms")(model, seconds is not None)
    st.caption(f"In a terminal: `python -m core export {name} --format onnx`")


def _names(model: Model, form: Form) -> dict[str, str]:
    """What the form shows instead of some labels."""
    return session.TAKEN_AWAY.get().names.get(model.name, {}) if form.has_names else {}


def _in_the_making(model: Model) -> bool:
    """Whether any form of the model is being made."""
    every = [background.status(model, form.key, _names(model, form)) for form in forms.FORMS.values()]
    return any(status is not None and status.running for status in every)


def _forms(model: Model, was_running: bool) -> None:
    """Draw all forms. After the last one in the making is finished, the ticks end."""
    is_running = _in_the_making(model)
    if is_running != was_running:
        st.rerun()
    for form in forms.FORMS.values():
        with st.container(border=True, key=f"take-away-form-{form.key}"), page.errors():
            _form(model, form, is_running)


def _form(model: Model, form: Form, is_busy: bool) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    missing = _missing(form)
    names = _name_editor(model, is_busy) if form.has_names and missing is None else {}
    status, path = background.status(model, form.key, names), background.file(model, form.key, names)
    is_this = status is not None and status.running
    with row:
        with st.container():
            st.markdown(f"**{form.label}**")
            st.caption(form.sentence)
        if path is not None:
            st.download_button(
                f"Download ({words.size(path.stat().st_size)})",
                path.read_bytes,
                path.name,
                KINDS.get(path.suffix, "application/octet-stream"),
                icon=":material/download:",
                type="primary",
                key=f"take-away-download-{form.key}",
                on_click="ignore",
            )
        elif missing is None:
            st.button(
                "Being made …" if is_this else "Make the file",
                icon=":material/build:",
                key=f"take-away-make-{form.key}",
                disabled=is_busy,
                on_click=page.attempt,
                args=(_start, model, form.key, names),
                help="It goes on when you close this." if is_this or not is_busy else "One file at a time.",
            )
    if path is not None:
        _usage(path)
    elif missing is not None:
        st.info(markdown.plain(missing), icon=":material/extension:")
    elif status is not None and is_this:
        st.progress(min(1.0, status.share), text=markdown.plain(f"{status.words[:1].upper()}{status.words[1:]}"))
    elif status is not None and status.error:
        st.error(markdown.plain(status.error), icon=":material/error:")


def _missing(form: Form) -> str | None:
    """What has to be installed first; None if nothing has."""
    try:
        form.check()
    except AppError as error:
        return str(error)
    return None


def _name_editor(model: Model, is_busy: bool) -> dict[str, str]:
    """Let the user change what the form shows for the classes; the changed ones."""
    taken = session.TAKEN_AWAY.get()
    with st.expander("Names of the classes", icon=":material/translate:"):
        st.caption("What the page shows, in any language or script.")
        table = st.data_editor(
            [{"Class": label, "Name": taken.table.get(label, label)} for label in model.labels],
            hide_index=True,
            disabled=True if is_busy else ["Class"],
            column_config={"Name": st.column_config.TextColumn(max_chars=web.LONGEST_LABEL, required=True)},
            key=f"take-away-names-{taken.openings}",
        )
    names = {row["Class"]: row["Name"] for row in table if row["Name"] != row["Class"]}
    taken.names[model.name] = names
    return names


def _usage(path: Path) -> None:
    text = making.text_of(path)
    if text.is_file():
        with st.expander("How to use it, and its labels", icon=":material/code:"):
            st.code(text.read_text(encoding="utf-8"), language=None, wrap_lines=True)


def _start(model: Model, key: str, names: dict[str, str]) -> None:
    limits.check_disk()
    if names:
        web.shown_names(model, names)
    background.start(model, key, names)
    session.TAKEN_AWAY.get().table = session.TAKEN_AWAY.get().names.get(model.name, {})  # a disabled table is a new one
