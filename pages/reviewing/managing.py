"""What can be done with a dataset as a whole on Data: rename, copy, split anew, export and remove it."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import words
from core.datasets import adding, catalogue, exporting, managing, titles
from core.errors import AppError
from core.serving import limits
from pages.frame import access, markdown, page, session
from pages.reviewing import shares


def show(name: str) -> None:
    """Draw the buttons, each with its form, and below them what became of the last one."""
    with st.container(horizontal=True):
        if not access.is_read_only():
            _popover("Rename or copy", "edit", _naming, name)
            _popover("Split", "call_split", _splitting, name)
        _popover("Export", "ios_share", _exporting, name)
        if name != catalogue.DRAWN:
            page.deletion(
                "Remove",
                "This deletes photos from a zip or download, and photos that you added here. Your own folder stays as "
                "it is and is only unlisted.",
                "Remove this dataset",
                f"remove-{name}",
                _remove,
                name,
            )
    with st.container():  # always there, so that nothing below moves
        about, is_good, sentence = session.MANAGED.get()
        if about == name:
            show_message = st.success if is_good else st.error
            show_message(markdown.plain(sentence), icon=f":material/{'check_circle' if is_good else 'error'}:")
    for wanted, work in (
        (session.SPLIT_WANTED, _split),
        (session.COPY_WANTED, _copy),
        (session.EXPORT_WANTED, _export),
    ):
        if wanted.get() == name:
            try:
                session.MANAGED.set((name, True, work(name)))
            except (AppError, OSError) as error:
                session.MANAGED.set((name, False, page.sentence_of(error) or str(error)))
            wanted.clear()
            st.rerun()


def _popover(label: str, icon: str, draw: Callable[[str], None], name: str) -> None:
    """Draw a form that is only made while it is open: some need to look at every photo."""
    popover = st.popover(
        label, icon=f":material/{icon}:", key=f"manage-{label.split()[0].lower()}-{name}", on_change="rerun"
    )
    if popover.open:
        with popover, page.errors():
            draw(name)


def _naming(name: str) -> None:
    title = st.text_input(
        "Name", max_chars=titles.LONGEST_TITLE, **session.managed("title", name).widget(catalogue.title(name))
    )
    with st.container(horizontal=True):
        st.button(
            "Rename",
            key=f"rename-{name}",
            disabled=name == catalogue.DRAWN,
            on_click=page.attempt,
            args=(_rename, name, title),
        )
        st.button(
            "Copy",
            key=f"copy-{name}",
            help="The copy has the same photos, split and review. Photos are linked, so that they take no room twice.",
            on_click=session.COPY_WANTED.set,
            args=(name,),
        )


def _rename(name: str, title: str) -> None:
    managing.rename(name, title)
    session.managed("title", name).forget()
    session.MANAGED.set((name, True, f"It is called {catalogue.title(name)} now."))


def _copy(name: str) -> str:
    title = session.managed("title", name).get(catalogue.title(name))
    limits.check_disk()
    bar = st.progress(0.0, "Copying …")
    managing.copy(name, title, lambda done, total: _show(bar, done, total, "copied"))
    session.managed("title", name).forget()
    return f"{title.strip()} is a copy with the same split and review."


def _splitting(name: str) -> None:
    st.markdown(
        "Shares out all photos anew. Photos that were taken together stay in one split. The split of today is kept "
        "beside the dataset; models trained with it can't be compared with later ones."
    )
    shares.choose(session.shares(name))
    st.number_input(
        "Seed",
        min_value=0,
        max_value=2**32 - 1,
        help="Another number gives another split.",
        **session.managed("seed", name).widget(0),
    )
    with st.container(horizontal=True):
        st.button("Split anew", key=f"split-{name}", on_click=session.SPLIT_WANTED.set, args=(name,))
        if managing.can_restore_split(name):
            st.button(
                "Restore the folders' split",
                key=f"restore-{name}",
                on_click=page.attempt,
                args=(_restore, name),
            )


def _split(name: str) -> str:
    bar = st.progress(0.0, "Reading photos …")
    managing.split_anew(
        name,
        shares.chosen(session.shares(name)),
        session.managed("seed", name).get(0),
        lambda done, total: _show(bar, done, total, "read"),
    )
    return adding.summary(catalogue.load(name))


def _restore(name: str) -> None:
    managing.restore_split(name)
    session.MANAGED.set((name, True, "The folders' own split counts again."))


def _exporting(name: str) -> None:
    """Draw the download of a zip, where its photos fit into memory, and the export to a folder."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        st.markdown("They are drawn on first use. Train with them or look at them first.")
        return
    dataset = catalogue.load(name)
    count, most = exporting.bytes_of(dataset), limits.BATCH_MB.read() * limits.MB
    st.markdown("Photos as you reviewed and split them, in train, validation and test, with a folder for each class.")
    if count <= most:
        st.download_button(
            f"Download a zip ({words.size(count)})",
            partial(_zip, name),
            file_name=f"{name}.zip",
            mime="application/zip",
            on_click="ignore",
            key=f"download-{name}",
            icon=":material/download:",
        )
    else:
        st.caption(f"A zip of {words.size(count)} is too large for a browser (at most {words.size(most)}).")
    if access.is_read_only():
        return
    st.text_input(
        "Folder or zip on this machine", placeholder=f"/home/me/{name}", **session.managed("export", name).widget("")
    )
    st.button("Write it", key=f"export-{name}", on_click=session.EXPORT_WANTED.set, args=(name,))


def _zip(name: str) -> bytes:
    """The zip; called when somebody downloads it."""
    file = io.BytesIO()
    exporting.write_zip(catalogue.load(name), file)
    return file.getvalue()


def _export(name: str) -> str:
    place = session.managed("export", name).get("").strip()
    if not place:
        raise AppError("Type the folder or zip to write to, such as /home/me/wardrobe.zip.")
    access.check_folder(Path(place))
    bar = st.progress(0.0, "Writing …")
    written = exporting.export(name, Path(place), lambda done, total: _show(bar, done, total, "written"))
    session.managed("export", name).set("")
    return f"Written to {written}."


def _show(bar: DeltaGenerator, done: int, total: int, verb: str) -> None:
    bar.progress(done / max(1, total), f"{done:,} of {total:,} photos {verb}")


def _remove(name: str) -> None:
    """Remove a dataset and its messages: another dataset may get the same name."""
    managing.remove(name)
    for message in (session.OPEN_DATASET, session.DATA_MESSAGE, session.MANAGED, session.COLLECTED):
        message.clear()
