"""The ways to add a dataset on Data: a folder on this machine, a zip, or the download."""

from pathlib import Path

import streamlit as st

from core import words
from core.datasets import adding, catalogue, offered, titles
from core.datasets.catalogue import Dataset
from core.datasets.folders import LAYOUT
from core.errors import AmbiguousNamesError, AppError
from core.serving import limits
from pages.frame import access, markdown, page, session, uploads


def show(download_first: bool) -> None:
    """Draw the three ways to add a dataset."""
    st.subheader("Add photos", anchor=False)
    with st.container():  # always there, so that the fragment below keeps its place (see page.parts)
        if session.DATA_ERROR.get():
            st.error(markdown.plain(session.DATA_ERROR.get()), icon=":material/error:")
    folder, zipped, download = st.tabs(
        ["A folder", "A zip", "Download"], default="Download" if download_first else "A folder"
    )
    with folder:
        _folder()
    with zipped:
        _zip()
    with download:
        _download()


def _folder() -> None:
    path = st.text_input(
        "Folder on this machine",
        placeholder="/home/me/wardrobe",
        help=f"The photos stay where they are. {LAYOUT}.",
        **session.NEW_FOLDER.widget(""),
    )
    st.text_input(
        "Name",
        placeholder=titles.name_for(path or "wardrobe"),
        help="Lower-case letters, digits, - and _.",
        **session.NEW_FOLDER_NAME.widget(""),
    )
    st.button(
        "Add folder",
        icon=":material/create_new_folder:",
        key="add-folder",
        disabled=not path.strip(),
        on_click=_add_folder,
    )


def _add_folder() -> None:
    path = session.NEW_FOLDER.get("").strip()
    name = session.NEW_FOLDER_NAME.get("").strip() or titles.name_for(path)
    session.DATA_ERROR.clear()
    session.DATA_MESSAGE.clear()
    try:
        access.check_folder(Path(path))
        dataset = adding.add_folder(name, Path(path))
    except (AppError, OSError) as error:
        session.DATA_ERROR.set(page.sentence_of(error) or str(error))
        return
    session.NEW_FOLDER.set("")
    session.NEW_FOLDER_NAME.set("")
    _say_ready(dataset)


def _zip() -> None:
    archive = st.file_uploader("A zip of photos", type="zip", key=session.NEW_ZIP.key, help=f"{LAYOUT}, zipped.")
    name = st.text_input(
        "Name",
        placeholder=titles.name_for(archive.name if archive else "wardrobe"),
        help="Lower-case letters, digits, - and _.",
        **session.NEW_ZIP_NAME.widget(""),
    )
    code_page = ""
    with st.container():  # always there, so that the button below does not move under a click
        of_file, choices = session.ZIP_READINGS.get()
        if archive is not None and archive.file_id == of_file:
            code_page = st.radio(
                "How are the folders' names written?",
                list(choices),
                format_func=lambda choice: markdown.plain(choices[choice]),
                captions=[f"Code page {choice}" for choice in choices],
                help="The zip does not say it. Choose the names that make sense, then add the zip again.",
                **session.ZIP_CODE_PAGE.choice(choices),
            )
    st.button(
        "Add zip",
        icon=":material/folder_zip:",
        key="add-zip",
        disabled=archive is None,
        on_click=session.ZIP_WANTED.set,
        args=(True,),
    )
    if not session.ZIP_WANTED.get():
        return
    if archive is not None:
        session.DATA_ERROR.clear()
        session.DATA_MESSAGE.clear()
        bar = st.progress(0.0, "Unpacking …")

        def show_progress(share: float) -> None:
            bar.progress(min(1.0, share), "Unpacking …")

        try:
            name = name.strip() or titles.name_for(archive.name)
            limits.check_disk(archive.size)
            dataset = adding.add_zip(name, archive, show_progress, code_page)
            uploads.discard([archive])
            session.NEW_ZIP.forget()
            session.NEW_ZIP_NAME.set("")
            _say_ready(dataset)
        except AmbiguousNamesError as error:
            session.ZIP_READINGS.set((archive.file_id, error.choices))
            session.DATA_ERROR.set(f"{error.problem} Choose below.")
        except (AppError, OSError) as error:
            session.DATA_ERROR.set(page.sentence_of(error) or str(error))
    session.ZIP_WANTED.clear()
    st.rerun()


def _say_ready(dataset: Dataset) -> None:
    count = sum(map(len, dataset.splits.values()))
    session.DATA_MESSAGE.set(f"{dataset.name} is ready: {count:,} photos.")


@st.fragment(run_every=1)
@page.fragment
def _download() -> None:
    """Draw the download of the offered dataset: the button, the progress, the result."""
    st.markdown(
        f"**clothing-dataset-small**: 3,781 photos of clothes in ten classes, {words.size(offered.ZIP_BYTES)} from "
        "GitHub, in the public domain (CC0). Machine Learning Zoomcamp uses it."
    )
    status = offered.status()
    if status and status.running:
        st.progress(status.share, f"Downloading: {markdown.plain(status.words)}")
        return
    if status and status.share >= 1:
        offered.forget()
        session.DATA_MESSAGE.set(f"{catalogue.CLOTHING} is ready.")
        st.rerun()
    if status and status.error:
        st.error(markdown.plain(status.error), icon=":material/cloud_off:")
    if catalogue.CLOTHING in catalogue.names():
        st.caption(":material/check_circle: It is already on this machine.")
        return
    st.button(
        "Download photos",
        icon=":material/download:",
        type="primary",
        key="data-download",
        on_click=page.attempt,
        args=(_start_download,),
    )


def _start_download() -> None:
    limits.check_disk(3 * offered.ZIP_BYTES)  # the zip, and the photos beside it
    offered.start()
