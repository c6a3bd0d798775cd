"""The photos on Predict: uploads, zips, camera shots and examples, only in memory."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from core import words
from core.answering.shelf import Model
from core.datasets import catalogue, drawn
from core.errors import AppError, PhotoError
from core.files import zips
from core.files.names import printable_name
from core.photos import album, finding, formats, png, read_file
from core.photos.album import Batch, PhotoSource
from core.serving import limits
from pages.frame import markdown, session, uploads

EXAMPLES = 12
MOST_NOTICES = 3

SOURCES = ("Photos", "Folder", "Camera")
KEPT = (
    "They stay in this machine's memory until you start over, or until half an hour after you close the page. Nothing "
    "is written to the disk unless you say so."
)


def picker(model: Model) -> None:
    """Draw the controls that add photos."""
    source = st.segmented_control(
        "Where the photos are",
        SOURCES,
        default=session.FIRST_SOURCE.get(),
        required=True,
        key=session.predict("source").key,  # not kept for other pages: coming back must not turn the camera on
        label_visibility="collapsed",
    )
    if source == "Camera":
        key = session.predict("camera").key
        st.camera_input(
            "Take a photo",
            key=key,
            on_change=_take_shot,
            args=(key,),
            help="Each photo gets an answer. Clear it to take the next one. Browsers only allow the camera on this "
            "machine or over https.",
        )
    elif source == "Folder":
        key = session.predict("folder").key
        _uploader("A folder of photos", key, "directory", f"All photos in it and in its subfolders. {_limits()} {KEPT}")
    else:
        key = session.predict("photos").key
        _uploader("Photos, or a zip of photos", key, True, f"Photos and zips of photos. {_limits()} {KEPT}")
    for notice in session.TRAY_NOTICES.get():
        st.warning(markdown.plain(notice), icon=":material/warning:")
    if not photos():
        _offer_examples(model)


def _limits() -> str:
    """The formats and how much the page takes at once, in words."""
    return f"{formats.limits()} {_most_photos():,} photos and {words.size(_most_bytes())} at once."


def _most_photos() -> int:
    return int(limits.BATCH_PHOTOS.read())


def _most_bytes() -> float:
    return limits.BATCH_MB.read() * limits.MB


def photos() -> dict[str, PhotoSource]:
    """The photos by id, in order."""
    return {f"{name}-{i}": photo for name, batch in session.TRAY.get().items() for i, photo in enumerate(batch.photos)}


def clear() -> None:
    """Remove all photos, and start again with new controls: the browser may send the old uploader's files again."""
    source = session.predict("source").get(SOURCES[0])
    if source != "Camera":  # the user turns it on each time
        session.FIRST_SOURCE.set(source)
    for kind in ("photos", "folder"):
        uploads.discard(uploads.files(session.predict(kind).key))
    session.BEGINNINGS.set(session.BEGINNINGS.get() + 1)  # first: from now on the old uploader is ignored
    session.TRAY.clear()
    session.TRAY_NOTICES.clear()
    session.UPLOADED.clear()
    session.OPEN_PHOTO.clear()


def _uploader(label: str, key: str, many: bool | Literal["directory"], explanation: str) -> None:
    files = st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        label,
        accept_multiple_files=many,
        key=key,
        on_change=_take_uploads,
        args=(key,),
        help=explanation,
        max_upload_size=int(max(1, limits.BATCH_MB.read())),  # MB for each file
    )
    if not files:  # also after a visit to another page; earlier uploads stay in the tray
        session.UPLOADED.get().pop(key, None)


def _take_uploads(key: str) -> None:
    """Sync the tray with the uploader."""
    if key not in {session.predict("photos").key, session.predict("folder").key}:
        return  # a late message about an uploader from before *Start over*
    tray, uploaded = session.TRAY.get(), session.UPLOADED.get()
    files = {file.file_id: file for file in uploads.files(key)}
    previous = uploaded.get(key, set())
    session.TRAY_NOTICES.clear()
    passed_over: finding.PassedOver = {}
    for name in previous - files.keys():
        tray.pop(name, None)
    for name, file in files.items():
        if name in previous:
            continue
        data = file.getvalue()
        if key == session.predict("folder").key and not _is_wanted(file.name, data):
            passed_over.setdefault(finding.NO_PHOTO, []).append(file.name)
        else:
            _add(name, _batch(printable_name(file.name), data, passed_over))
        if name not in tray:
            uploads.discard([file])
    for sentence in finding.sentences(passed_over):
        _notice(sentence)
    for name in files:  # in the chosen order, although small files arrive before large ones
        if name in tray:
            tray[name] = tray.pop(name)
    uploaded[key] = set(files)


def _is_wanted(name: str, data: bytes) -> bool:
    """Whether a file of a folder is a photo or a zip. Of files that somebody chose one by one, each gets an answer."""
    return zips.is_zip(name, data) or formats.is_photo(name, lambda: data[: formats.START])


def _take_shot(key: str) -> None:
    shot = session.widget_value(key)
    if shot is not None:
        number = sum(name.startswith("shot-") for name in session.TRAY.get()) + 1
        data = shot.getvalue()
        _add(f"shot-{number}", _single(f"camera {number}.jpg", data))


def _single(name: str, data: bytes) -> Batch:
    return Batch((PhotoSource(name, lambda: data),), len(data))


def _batch(name: str, data: bytes, passed_over: finding.PassedOver) -> Batch:
    """The photo in an uploaded file, or those in a zip; adds the zip's other files to `passed_over`."""
    if not zips.is_zip(name, data):
        return _single(name, data)
    try:
        return Batch(tuple(album.in_zip(name, data, passed_over)), len(data))
    except AppError as error:
        return Batch((PhotoSource(name, _raising(str(error))),), len(data))


def _raising(sentence: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise PhotoError(sentence)

    return read


def _add(name: str, batch: Batch) -> None:
    batches = session.TRAY.get().values()
    count, size = sum(len(other.photos) for other in batches), sum(other.size for other in batches)
    try:
        room = _most_photos() - count if size + batch.size <= _most_bytes() else 0
        limits.check_memory()
    except AppError as error:
        _notice(str(error))
        return
    if len(batch.photos) > room:
        file = batch.photos[0].name.split("/")[0]
        _notice(
            f"Left out {words.count(len(batch.photos) - room, 'photo')} of {file}: this page takes at most "
            f"{_most_photos():,} photos and {words.size(_most_bytes())} at once. `python -m core predict FOLDER` takes "
            "any number."
        )
    if room > 0:
        session.TRAY.get()[name] = Batch(batch.photos[:room], batch.size)


def _notice(sentence: str) -> None:
    notices = session.TRAY_NOTICES.get()
    if len(notices) < MOST_NOTICES:
        notices.append(sentence)


def _offer_examples(model: Model) -> None:
    """Draw a button with examples for people without a photo; nothing if no dataset fits the model."""
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
            help="From the test split. A model that was trained on this dataset has not learned from these photos.",
        )


def _take_drawings() -> None:
    for number, label in enumerate(drawn.CLASSES[:6]):
        data = png(np.asarray(drawn.garment(label, 700 + number, 400)))
        _add(f"drawn-{number}", _single(f"drawn {label}.png", data))


def _take_test_photos(name: str) -> None:
    try:
        paths = catalogue.load(name).splits["test"].paths
    except (AppError, KeyError) as error:
        _notice(str(error) if isinstance(error, AppError) else f"{name} has no test photos.")
        return
    for number, path in enumerate(paths[:: max(1, len(paths) // EXAMPLES)][:EXAMPLES]):
        _add(f"test-{number}", Batch((PhotoSource(path.name, partial(read_file, path)),), 0))
