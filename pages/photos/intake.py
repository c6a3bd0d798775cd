"""Photos that are added to a dataset, from an uploader or a camera, and what became of them, in sentences."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import words
from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.serving import limits
from pages.frame import page
from pages.frame.state import Intake
from pages.photos import camera
from pages.photos.camera import Shot

AT_ONCE = 16  # photos between two steps of the progress bar
Notice = tuple[bool, str]
"""Whether it is good news, and the sentence."""


def check_room(size: int) -> None:
    """Raise AppError if there is no room for photos of so many bytes."""
    limits.check_disk(size)
    limits.check_memory()


def add_files(files: Sequence[UploadedFile], grow: Callable[[Sequence[Photo]], Growth]) -> list[Growth]:
    """Add uploaded photos in pieces, with a progress bar. Raises what `grow` raises, and AppError without room."""
    check_room(sum(file.size for file in files))
    growths = []
    bar = st.progress(0.0, "Adding photos …")
    for start in range(0, len(files), AT_ONCE):
        bar.progress(start / len(files), f"{start:,} of {words.count(len(files), 'photo')} added")
        growths.append(grow([(file.name, file.getvalue()) for file in files[start : start + AT_ONCE]]))
    bar.empty()
    return growths


def sentence(error: AppError | OSError) -> str:
    """The sentence about an error that a person can mend. Raises all others."""
    text = page.sentence_of(error)
    if not text:
        raise error
    return text


def outcome(growths: Sequence[Growth], where: str) -> list[Notice]:
    """What became of photos that were added to `where`, such as "the class dress"; the most important first."""
    added = sum(len(growth.names) + growth.back for growth in growths)
    copies = sum(growth.copies - growth.back for growth in growths)
    notices = [(False, refused) for growth in growths for refused in growth.refused]
    if copies:
        is_or_are = "is" if copies == 1 else "are"
        notices.insert(0, (True, f"{words.count(copies, 'photo')} {is_or_are} in {where} already."))
    if added:
        notices.insert(0, (True, f"{words.count(added, 'photo')} added to {where}."))
    return notices


Grow = Callable[[Shot], tuple[Growth, str]]
"""Adds a shot of the camera to a dataset without a call of Streamlit; returns also where it is now."""


def take_photos(key: str, state: Intake, grow: Grow, target: type) -> bool:
    """Add what the camera with this key has sent of targets of that type; returns whether there was something.

    Call it before the page is drawn, whatever is drawn of it: photos don't come again. Those that can't be added wait
    for `add_again`.
    """
    with state.lock:
        # until all are added, nothing may call Streamlit, which could end the run
        shots = [shot for shot in camera.take(key) if isinstance(shot.target, target)]
        if shots:
            _add(shots, state, grow)
    return bool(shots)


def again_buttons(state: Intake, key: str, grow: Grow) -> None:
    """Draw buttons that add or discard what could not be added, if there is something."""
    if count := sum(len(shot.photos) for shot in state.failed):
        photos = words.count(count, "photo")
        with st.container(horizontal=True):
            st.button(
                f"Add {photos} again",
                icon=":material/refresh:",
                key=key,
                on_click=page.attempt,
                args=(add_again, state, grow),
            )
            st.button(f"Discard {photos}", key=f"{key}-discard", type="tertiary", on_click=state.failed.clear)


def add_again(state: Intake, grow: Grow) -> None:
    """Add what the camera has sent and could not be added."""
    with state.lock:
        _add(list(state.failed), state, grow)


def _add(shots: Sequence[Shot], state: Intake, grow: Grow) -> None:
    state.failed[:] = [*(shot for shot in state.failed if shot not in shots), *shots]
    latest: dict[object, list[Notice]] = {}
    for shot in shots:
        burst = shot.session, shot.target  # it may arrive in several parts
        try:
            check_room(sum(map(len, shot.photos)))
            growth, where = grow(shot)
            state.growths.setdefault(burst, []).append(growth)
            state.failed.remove(shot)
            latest[burst] = outcome(state.growths[burst], where)
        except (AppError, OSError) as error:
            latest[burst] = [(False, sentence(error))]
    state.notices[:] = [notice for notices in latest.values() for notice in notices]


def photos_of(shot: Shot) -> list[Photo]:
    """The photos of a shot as uploads would have them."""
    return [("photo.jpg", photo) for photo in shot.photos]
