"""The photos that Predict is asked about: dropped in, unpacked, taken or tried out; in memory and nowhere else."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core import photos, words
from core.answering.shelf import Model
from core.datasets import catalogue, drawn
from core.errors import AppError, PhotoError
from core.files import zips
from core.files.names import printable_name
from core.photos import album
from core.photos.album import Batch, PhotoSource
from pages.frame import markdown, session
from pages.photos.picker import UPLOAD_TYPES

MOST = 1000  # photos at once; the shell takes any number
MOST_BYTES = 2_000_000_000  # all of them lie in this machine's memory
EXAMPLES = 12
MOST_NOTICES = 3

SOURCES = ("Photos", "Folder", "Camera")
LIMITS = f"{photos.limits()} {MOST:,} photos at once."
KEPT = "They stay in this machine's memory until you start over, or half an hour after you close the page; nothing is written to the disk."


def picker(model: Model) -> None:
    """The one place where photos come in."""
    source = st.segmented_control(
        "Where the photos are",
        SOURCES,
        default=session.FIRST_SOURCE.get(),
        required=True,
        key=session.predict("source").key,  # forgotten when the page is left: coming back must not turn the camera on
        label_visibility="collapsed",
    )
    if source == "Camera":
        key = session.predict("camera").key
        st.camera_input(
            "Take a photo",
            key=key,
            on_change=_take_shot,
            args=(key,),
            help="Each shot gets its answer; clear it to take the next. Browsers open a camera only for pages of "
            "this machine or with https.",
        )
    elif source == "Folder":
        key = session.predict("folder").key
        _uploader("A folder of photos", key, "directory", f"All photos in it and in its folders. {LIMITS} {KEPT}")
    else:
        key = session.predict("photos").key
        _uploader("Photos, or a zip of photos", key, True, f"Photos, and zips of photos. {LIMITS} {KEPT}")
    for notice in session.TRAY_NOTICES.get():
        st.warning(markdown.plain(notice), icon=":material/warning:")
    if not given():
        _offer_examples(model)


def given() -> dict[str, PhotoSource]:
    """The photos by their id, in the order in which they came."""
    return {f"{name}-{i}": photo for name, batch in session.TRAY.get().items() for i, photo in enumerate(batch.photos)}


def clear() -> None:
    """Forget all photos, and begin again with new controls: an old uploader's browser may send its files once more."""
    source = session.predict("source").get(SOURCES[0])
    if source != "Camera":  # which is turned on by hand, each time
        session.FIRST_SOURCE.set(source)
    session.BEGINNINGS.set(session.BEGINNINGS.get() + 1)  # first: what an old uploader says counts no more
    session.TRAY.clear()
    session.TRAY_NOTICES.clear()
    session.UPLOADED.clear()
    session.CLOSER.clear()


def _uploader(label: str, key: str, many: object, explained: str) -> None:
    files = st.file_uploader(
        label,
        type=[*UPLOAD_TYPES, "zip"],
        accept_multiple_files=many,
        key=key,
        on_change=_take_uploads,
        args=(key,),
        help=explained,
    )
    if not files:  # also after a visit to another page: what was uploaded before stays in the tray
        session.UPLOADED.get().pop(key, None)


def _take_uploads(key: str) -> None:
    """Bring the tray in line with an uploader: add its new files, drop those that were removed from it."""
    if key not in {session.predict("photos").key, session.predict("folder").key}:
        return  # a late word about an uploader from before *Start over*
    tray, uploaded = session.TRAY.get(), session.UPLOADED.get()
    files = {file.file_id: file for file in session.widget_value(key) or ()}
    before = uploaded.get(key, set())
    session.TRAY_NOTICES.clear()
    for gone in before - files.keys():
        tray.pop(gone, None)
    for name, file in files.items():
        if name not in before:
            _add(name, _batch(printable_name(file.name), file.getvalue()))
    for name in files:  # in the order chosen, though small files arrive before large ones
        if name in tray:
            tray[name] = tray.pop(name)
    uploaded[key] = set(files)


def _take_shot(key: str) -> None:
    shot = session.widget_value(key)
    if shot is not None:
        number = sum(name.startswith("shot-") for name in session.TRAY.get()) + 1
        data = shot.getvalue()
        _add(f"shot-{number}", Batch((PhotoSource(f"camera {number}.jpg", lambda: data),), len(data)))


def _batch(name: str, data: bytes) -> Batch:
    if not zips.is_zip(name, data):
        return Batch((PhotoSource(name, lambda: data),), len(data))
    try:
        return Batch(tuple(album.in_zip(name, data)), len(data))
    except AppError as error:
        return Batch((PhotoSource(name, _raising(str(error))),), len(data))


def _raising(sentence: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise PhotoError(sentence)

    return read


def _add(name: str, batch: Batch) -> None:
    count = sum(len(one.photos) for one in session.TRAY.get().values())
    size = sum(one.size for one in session.TRAY.get().values())
    room = MOST - count if size + batch.size <= MOST_BYTES else 0
    if len(batch.photos) > room:
        came = batch.photos[0].name.split("/")[0]
        _notice(
            f"Of {came} {len(batch.photos) - room:,} photos were left out: this page takes {MOST:,} photos and "
            f"{words.size(MOST_BYTES)} at once. `python -m core predict FOLDER` takes any number."
        )
    if room > 0:
        session.TRAY.get()[name] = Batch(batch.photos[:room], batch.size)


def _notice(sentence: str) -> None:
    notices = session.TRAY_NOTICES.get()
    if len(notices) < MOST_NOTICES:
        notices.append(sentence)


def _offer_examples(model: Model) -> None:
    """A button for people who have no photo at hand; none where nothing fits the model."""
    if model.is_drawn:
        st.button("Try six drawn garments", icon=":material/draw:", on_click=_take_drawings, key="predict-examples")
        return
    names = [name for name in catalogue.names() if name != catalogue.DRAWN]
    if names:
        name = model.dataset if model.dataset in names else names[0]
        st.button(
            f"Try {EXAMPLES} photos of {markdown.plain(name)}",
            icon=":material/photo_library:",
            on_click=_take_test_photos,
            args=(name,),
            key="predict-examples",
            help="From its test split, so the model has not learned from them if it was trained on this dataset.",
        )


def _take_drawings() -> None:
    for number, label in enumerate(drawn.CLASSES[:6]):
        data = photos.png(np.asarray(drawn.garment(label, 700 + number, 400)))
        _add(f"drawn-{number}", Batch((PhotoSource(f"drawn {label}.png", lambda data=data: data),), len(data)))


def _take_test_photos(name: str) -> None:
    try:
        paths = catalogue.load(name).splits["test"].paths
    except (AppError, KeyError) as error:
        _notice(str(error) if isinstance(error, AppError) else f"{name} has no test photos.")
        return
    for number, path in enumerate(paths[:: max(1, len(paths) // EXAMPLES)][:EXAMPLES]):
        _add(f"test-{number}", Batch((PhotoSource(path.name, lambda path=path: photos.read_file(path)),), 0))
