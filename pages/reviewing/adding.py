"""The ways to add a dataset on Data: a folder on this machine, a zip, photos class by class, or the download."""

from pathlib import Path

import streamlit as st

from core import words
from core.datasets import adding, catalogue, offered, titles
from core.datasets.catalogue import Dataset
from core.datasets.folders import LAYOUT
from core.errors import AmbiguousNamesError, AppError, IncompleteError
from core.files.background import Status
from core.serving import limits
from pages.frame import access, markdown, page, session, uploads
from pages.reviewing import collecting, shares

ANY_NAME = "Any name you like."
FOLDER, ZIP = "folder", "zip"
PROGRESS_SECONDS = 1.0  # s between two looks at a running download
NEWS_SECONDS = 4.0  # s between two looks for one that another browser has started


def show(download_first: bool) -> None:
    """Draw the ways to add a dataset; none on a read-only server."""
    if access.is_read_only():
        return
    st.subheader("Add photos", anchor=False)
    with st.container():  # always there, so that the fragment below keeps its place (see page.parts)
        if session.DATA_ERROR.get():
            st.error(markdown.plain(session.DATA_ERROR.get()), icon=":material/error:")
    folder, zipped, by_class, download = st.tabs(
        ["A folder", "A zip", "Photos by class", "Download"], default="Download" if download_first else "A folder"
    )
    with folder:
        _folder()
    with zipped:
        _zip()
    with by_class:
        collecting.show()
    with download:
        is_running = _is_running(offered.status())
        seconds = PROGRESS_SECONDS if is_running else NEWS_SECONDS
        st.fragment(page.fragment(_download), run_every=seconds, key="data-download-state")(is_running)


def _folder() -> None:
    path = st.text_input(
        "Folder on this machine",
        placeholder="/home/me/wardrobe",
        help=f"The photos stay where they are. {LAYOUT}.",
        **session.NEW_FOLDER.widget(""),
    )
    title = st.text_input(
        "Name",
        placeholder=titles.title_for(path.strip() or "wardrobe"),
        help=ANY_NAME,
        **session.NEW_FOLDER_NAME.widget(""),
    )
    _shares(FOLDER)
    st.button(
        "Add folder",
        icon=":material/create_new_folder:",
        key="add-folder",
        disabled=not path.strip(),
        on_click=session.FOLDER_WANTED.set,
        args=(True,),
    )
    if not session.FOLDER_WANTED.get():
        return
    _forget_messages()
    bar = st.progress(0.0, "Looking for photos …")

    def show_measured(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {total:,} photos read")

    try:
        folder = Path(path.strip())
        access.check_folder(folder)
        wished = shares.chosen(session.shares(FOLDER))
        dataset = adding.add_folder(title.strip() or titles.title_for(path.strip()), folder, wished, show_measured)
        session.NEW_FOLDER.set("")
        session.NEW_FOLDER_NAME.set("")
        _say_ready(dataset)
    except IncompleteError as waiting:  # it was added
        session.NEW_FOLDER.set("")
        session.NEW_FOLDER_NAME.set("")
        session.DATA_MESSAGE.set(str(waiting))
    except (AppError, OSError) as error:
        session.DATA_ERROR.set(page.sentence_of(error) or str(error))
    session.FOLDER_WANTED.clear()
    st.rerun()


def _zip() -> None:
    archive = st.file_uploader("A zip of photos", type="zip", key=session.NEW_ZIP.key, help=f"{LAYOUT}, zipped.")
    title = st.text_input(
        "Name",
        placeholder=titles.title_for(archive.name if archive else "wardrobe"),
        help=ANY_NAME,
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
    _shares(ZIP)
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
        _forget_messages()
        bar = st.progress(0.0, "Unpacking …")

        def show_unpacked(share: float) -> None:
            bar.progress(min(1.0, share), "Unpacking …")

        def show_measured(done: int, total: int) -> None:
            bar.progress(done / total, f"{done:,} of {total:,} photos read")

        try:
            limits.check_disk(archive.size)
            wished = shares.chosen(session.shares(ZIP))
            title = title.strip() or titles.title_for(archive.name)
            dataset = adding.add_zip(title, archive, show_unpacked, code_page, wished, show_measured)
            uploads.discard([archive])
            session.NEW_ZIP.forget()
            session.NEW_ZIP_NAME.set("")
            _say_ready(dataset)
        except IncompleteError as waiting:  # it was added
            uploads.discard([archive])
            session.NEW_ZIP.forget()
            session.NEW_ZIP_NAME.set("")
            session.DATA_MESSAGE.set(str(waiting))
        except AmbiguousNamesError as error:
            session.ZIP_READINGS.set((archive.file_id, error.choices))
            session.DATA_ERROR.set(f"{error.problem} Choose below.")
        except (AppError, OSError) as error:
            session.DATA_ERROR.set(page.sentence_of(error) or str(error))
    session.ZIP_WANTED.clear()
    st.rerun()


def _shares(place: str) -> None:
    with st.expander("How to split photos that have no splits yet"):
        shares.choose(session.shares(place))


def _forget_messages() -> None:
    session.DATA_ERROR.clear()
    session.DATA_MESSAGE.clear()


def _say_ready(dataset: Dataset) -> None:
    session.DATA_MESSAGE.set(f"{dataset.title} is ready: {adding.summary(dataset)}")


def _is_running(status: Status | None) -> bool:
    return bool(status and status.running)


def _download(was_running: bool) -> None:
    """Draw the download of the offered dataset: the button, the progress, the result."""
    status = offered.status()
    if _is_running(status) and not was_running:
        st.rerun()
    st.markdown(
        f"**clothing-dataset-small**: 3,781 photos of clothes in ten classes, {words.size(offered.ZIP_BYTES)} from "
        "GitHub, in the public domain (CC0). Machine Learning Zoomcamp uses it."
    )
    if status and status.running:
        st.progress(status.share, f"Downloading: {markdown.plain(status.words)}")
        return
    if status and status.share >= 1:
        offered.forget()
        session.DATA_MESSAGE.set(f"{catalogue.title(catalogue.CLOTHING)} is ready.")
        st.rerun()
    if was_running:  # it failed, or another browser was quicker to forget it
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
