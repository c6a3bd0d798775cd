"""Datasets made class by class: type a class, then drop its photos or take them one after another."""

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.datasets import adding, catalogue, growing, titles
from core.datasets.growing import Growth
from core.errors import AppError
from core.photos import formats
from core.serving import limits
from pages.frame import markdown, page, session, uploads
from pages.photos import camera, dataset_picker, intake
from pages.photos.camera import Shot

NEW = ""
CAMERA = "collection-camera"  # its key
SOURCES = ("Photos", "Camera")
MOST_NOTICES = 5


@dataclass(frozen=True)
class Target:
    """Where the next photos from the camera go."""

    dataset: str
    title: str  # of a new dataset
    label: str


def take_photos() -> None:
    """Add the photos that have arrived from the camera. Call it before drawing the page, which then shows them."""
    made = session.COLLECTION_MADE.get()
    intake.take_photos(CAMERA, session.COLLECTED.get(), lambda shot: _grow(shot, made), Target)
    if session.COLLECTION.get(NEW) == NEW:
        dataset = made.get(session.COLLECTION_TITLE.get("").strip(), NEW)
        if dataset in catalogue.names():  # it is not new any more
            session.COLLECTION.set(dataset)
            session.COLLECTION_TITLE.set("")


def _grow(shot: Shot, made: dict[str, str]) -> tuple[Growth, str]:
    """Add photos from the camera to a dataset, which is made for the first of them. Raises AppError."""
    target = shot.target
    assert isinstance(target, Target)
    dataset = target.dataset or made.get(target.title, NEW)
    if not target.dataset and dataset not in catalogue.names():
        made[target.title] = dataset = growing.create(target.title)
    growth = growing.add_photos(dataset, target.label, intake.photos_of(shot), shot.session)
    return growth, f"the class {growth.label}"


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
    _sources(is_ready, Target(dataset, title, label))
    if not is_ready:
        st.caption("Type the name of a class first." if dataset or title else "Type a name and a class first.")
    with st.container():  # always there, so that nothing below moves
        state, made = session.COLLECTED.get(), session.COLLECTION_MADE.get()
        for is_good, sentence in state.notices[:MOST_NOTICES]:
            (st.success if is_good else st.warning)(markdown.plain(sentence))
        intake.again_buttons(state, "collection-again", lambda shot: _grow(shot, made))
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


def _sources(is_ready: bool, target: Target) -> None:
    """Draw the uploader or the camera."""
    source = st.segmented_control(
        "Where the photos come from",
        SOURCES,
        default=SOURCES[0],
        required=True,
        key=session.COLLECTION_SOURCE.key,  # not kept for other pages: coming back shows the uploader
        label_visibility="collapsed",
    )
    text = f"Photos of {target.label}" if target.label else "Photos"
    if source == "Camera":
        camera.show(CAMERA, label=text, disabled=not is_ready, target=target)
        return
    most = int(max(1, limits.BATCH_MB.read()))
    st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        markdown.plain(text),
        accept_multiple_files=True,
        key=session.COLLECTION_UPLOADS.key,
        disabled=not is_ready,
        on_change=session.COLLECTION_WANTED.set,
        args=(True,),
        max_upload_size=most,  # MB for each file
        help=f"{formats.limits()} They are stored in this program's workspace.",
    )


def _add(dataset: str, title: str, label: str) -> None:
    """Add the photos that are in the uploader, and remember what became of them.

    A click that ends this early does no harm: photos that were added already are known again.
    """
    files: list[UploadedFile] = session.widget_value(session.COLLECTION_UPLOADS.key) or []  # those still in memory
    if not files:
        return
    try:
        intake.check_room(sum(file.size for file in files))
        if dataset == NEW:
            dataset = growing.create(title)
            session.COLLECTION.set(dataset)
            session.COLLECTION_TITLE.set("")
        growths = intake.add_files(files, lambda photos: growing.add_photos(dataset, label, photos))
        notices = intake.outcome(growths, f"the class {growths[-1].label}")
    except (AppError, OSError) as error:
        notices = [(False, intake.sentence(error))]
    session.COLLECTED.get().notices[:] = notices
    uploads.discard(files)
    session.COLLECTION_UPLOADS.forget()
