"""Datasets made class by class: type a class, then drop its photos or take them one after another."""

from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import words
from core.datasets import adding, catalogue, growing, titles
from core.errors import AppError
from core.photos import formats
from core.serving import limits
from pages.frame import markdown, page, session, uploads
from pages.frame.values import Control
from pages.photos import dataset_picker

NEW = ""
SOURCES = ("Photos", "Camera")
AT_ONCE = 16  # photos between two steps of the progress bar
MOST_NOTICES = 5


def show() -> None:
    """Draw the choice of dataset and class, the ways to add photos, and what there is so far."""
    names = [NEW, *(name for name in catalogue.names() if growing.can_grow(name))]
    dataset = st.selectbox(
        "Dataset",
        names,
        format_func=lambda name: dataset_picker.label(name) if name else "A new dataset",
        help="Photos can be added to datasets that were made here or unpacked from a zip. To add some to a folder, put "
        "them into the folder itself.",
        **session.COLLECTION.choice(names),
    )
    title = ""
    if dataset == NEW:
        title = st.text_input(
            "Name of the dataset",
            placeholder="My wardrobe",
            max_chars=titles.LONGEST_TITLE,
            **session.COLLECTION_TITLE.widget(""),
        ).strip()
    label = st.text_input(
        "Class",
        placeholder="t-shirt",
        help="What the next photos show. Type another class whenever you like.",
        **session.COLLECTION_CLASS.widget(""),
    ).strip()
    if dataset != NEW:
        with page.errors():
            _classes(dataset)
    is_ready = bool(label and (dataset or title))
    _sources(is_ready, label)
    if not is_ready:
        st.caption("Type the name of a class first." if dataset or title else "Type a name and a class first.")
    with st.container():  # always there, so that nothing below moves
        for is_good, sentence in session.COLLECTION_NOTICES.get()[:MOST_NOTICES]:
            (st.success if is_good else st.warning)(markdown.plain(sentence))
    if session.COLLECTION_WANTED.get():
        _add(dataset, title, label)
        session.COLLECTION_WANTED.clear()
        st.rerun()


def _classes(dataset: str) -> None:
    """Draw the classes with their counts, as buttons that go on with a class, and what is missing so far."""
    with st.container(horizontal=True, gap="small"):
        for label, count in growing.counts(dataset).items():
            st.button(
                f"{markdown.plain(label)} ({count:,})",
                key=f"collection-{dataset}-{label}",
                help="Add more photos of this class.",
                on_click=session.COLLECTION_CLASS.set,
                args=(label,),
            )
    try:
        st.caption(f":material/check_circle: {adding.summary(catalogue.load(dataset))}")
    except AppError as error:
        st.info(markdown.plain(str(error)), icon=":material/info:")


def _sources(is_ready: bool, label: str) -> None:
    """Draw the uploader or the camera."""
    source = st.segmented_control(
        "Where the photos come from",
        SOURCES,
        default=SOURCES[0],
        required=True,
        key=session.COLLECTION_SOURCE.key,  # not kept for other pages: coming back must not turn the camera on
        label_visibility="collapsed",
    )
    text = f"Photos of {label}" if label else "Photos"
    if source == "Camera":
        st.camera_input(
            f"Take {text[:1].lower()}{markdown.plain(text[1:])}",
            key=session.COLLECTION_CAMERA.key,
            disabled=not is_ready,
            on_change=session.COLLECTION_WANTED.set,
            args=("camera",),
            help="Each photo is added at once, then you take the next one. Browsers only allow the camera on this "
            "machine or over https.",
        )
        return
    most = int(max(1, limits.BATCH_MB.read()))
    st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        markdown.plain(text),
        accept_multiple_files=True,
        key=session.COLLECTION_UPLOADS.key,
        disabled=not is_ready,
        on_change=session.COLLECTION_WANTED.set,
        args=("uploads",),
        max_upload_size=most,  # MB for each file
        help=f"{formats.limits()} They are stored in this program's workspace.",
    )


def _add(dataset: str, title: str, label: str) -> None:
    """Add the photos that are in the uploader or the camera, and remember what became of them.

    A click that ends this early does no harm: photos that were added already are known again.
    """
    source = session.COLLECTION_WANTED.get()
    control: Control[object] = session.COLLECTION_CAMERA if source == "camera" else session.COLLECTION_UPLOADS
    files = _files(control)
    if not files:
        return
    notices: list[tuple[bool, str]] = []
    try:
        limits.check_disk(sum(file.size for file in files))
        limits.check_memory()
        if dataset == NEW:
            dataset = growing.create(title)
            session.COLLECTION.set(dataset)
            session.COLLECTION_TITLE.set("")
        _add_to(dataset, label, files, session.COLLECTION_BURST.get() if source == "camera" else "", notices)
    except (AppError, OSError) as error:
        sentence = page.sentence_of(error)
        if not sentence:
            raise
        notices.insert(0, (False, sentence))
    session.COLLECTION_NOTICES.set(notices)
    uploads.discard(files)
    control.forget()


def _add_to(dataset: str, label: str, files: list[UploadedFile], burst: str, notices: list[tuple[bool, str]]) -> None:
    added, copies = 0, 0
    bar = st.progress(0.0, "Adding photos …")
    for start in range(0, len(files), AT_ONCE):
        bar.progress(start / len(files), f"{start:,} of {words.count(len(files), 'photo')} added")
        some = [(file.name, file.getvalue()) for file in files[start : start + AT_ONCE]]
        growth = growing.add_photos(dataset, label, some, burst)
        added, copies, label = added + len(growth.names), copies + growth.copies, growth.label
        notices += [(False, sentence) for sentence in growth.refused]
    if copies:
        is_or_are: Literal["is", "are"] = "is" if copies == 1 else "are"
        notices.insert(0, (True, f"{words.count(copies, 'photo')} {is_or_are} in the class {label} already."))
    if added:
        notices.insert(0, (True, f"{words.count(added, 'photo')} added to the class {label}."))


def _files(control: Control[object]) -> list[UploadedFile]:
    """The files of a widget that are still in memory."""
    value = session.widget_value(control.key)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
