"""Photos that are added to a dataset, from an uploader or a camera, and what became of them, in sentences."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core import words
from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.serving import limits
from pages.frame import markdown, page, uploads
from pages.frame.state import Drop, Intake
from pages.frame.values import Control
from pages.photos import camera
from pages.photos.camera import Shot

AT_ONCE = 16  # photos between two steps of the progress bar
MOST_NOTICES = 4
Notice = tuple[bool, str]
"""Whether it is good news, and the sentence."""


def check_room(size: int) -> None:
    """Raise AppError if there is no room for photos of so many bytes."""
    limits.check_disk(size)
    limits.check_memory()


Grow = Callable[[Any, Sequence[Photo], str], tuple[Growth, str]]
"""Adds photos to a dataset without a call of Streamlit; returns also where they are now, such as "the class dress".

It gets the target as `uploader` or the camera had it, the photos, and the session of the camera or an empty text.
"""


def uploader(label: str, control: Control[Any], state: Intake, target: object, **arguments: Any) -> None:
    """Draw an uploader of photos for a target. What is dropped waits in the state until `carry_out`, and the uploader
    is empty again at once: more may be dropped into it while the first photos are being added."""
    key = control.key
    received = control, key, state, target
    st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        markdown.plain(label),
        accept_multiple_files=True,
        key=key,
        on_change=_receive,
        args=received,
        max_upload_size=int(max(1, limits.BATCH_MB.read())),  # MB for each file
        **arguments,
    )
    _receive(*received)  # again, if a click has ended the callback early


def _receive(control: Control[Any], key: str, state: Intake, target: object) -> None:
    files = uploads.files(key)
    if new := tuple(file for file in files if file.file_id not in state.dropped):
        state.drops.append(Drop(new, target))
        state.dropped.update(file.file_id for file in new)
    if files and control.key == key:
        control.forget()


def carry_out(state: Intake, grow: Grow) -> bool:
    """Add what was dropped, with a progress bar, and remember what became of it; returns whether there was something.

    A click that ends this early does no harm: the next run goes on, and photos that were added already are known again.
    """
    if not state.drops:
        return False
    with state.lock:
        for drop in state.drops:
            if drop.notices is None:
                drop.notices = _add_files(drop, grow)
        done = [drop for drop in state.drops if drop.notices is not None]
        state.notices[:] = [notice for drop in done for notice in drop.notices or ()]
        del state.drops[: len(done)]
    uploads.discard(file for drop in done for file in drop.files)
    return True


def _add_files(drop: Drop, grow: Grow) -> list[Notice]:
    """Add the photos in pieces. If that fails in the middle, also tell what was added before."""
    growths: list[Growth] = []
    where = ""
    try:
        check_room(sum(file.size for file in drop.files))
        bar = st.progress(0.0, "Adding photos …")
        for start in range(0, len(drop.files), AT_ONCE):
            bar.progress(start / len(drop.files), f"{start:,} of {words.count(len(drop.files), 'photo')} added")
            photos = [(file.name, file.getvalue()) for file in drop.files[start : start + AT_ONCE]]
            growth, where = grow(drop.target, photos, "")
            growths.append(growth)
        bar.empty()
    except (AppError, OSError) as error:
        return [(False, sentence(error)), *outcome(growths, where)]
    return outcome(growths, where)


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


def take_photos(key: str, state: Intake, grow: Grow, target: type) -> bool:
    """Add what the camera with this key has sent of targets of that type; returns whether there was something.

    Call it before the page is drawn, whatever is drawn of it: photos don't come again. Those that can't be added wait
    for a button.
    """
    with state.lock:
        # until all are added, nothing may call Streamlit, which could end the run
        shots = [shot for shot in camera.take(key) if isinstance(shot.target, target)]
        if shots:
            _add(shots, state, grow)
    return bool(shots)


def show(state: Intake, key: str, grow: Grow) -> None:
    """Say what became of the last photos, with buttons that add those again, or discard them, that the camera took and
    that could not be added."""
    with st.container():  # always there, so that nothing below moves
        for is_good, text in state.notices[:MOST_NOTICES]:
            if is_good:
                st.caption(f":material/check_circle: {markdown.plain(text)}")
            else:
                st.warning(markdown.plain(text), icon=":material/warning:")
        if more := state.notices[MOST_NOTICES:]:
            with st.expander(words.count(len(more), "more message")):
                for _, text in more:
                    st.caption(markdown.plain(text))
        _again_buttons(state, key, grow)


def _again_buttons(state: Intake, key: str, grow: Grow) -> None:
    if count := sum(len(shot.photos) for shot in state.failed):
        photos = words.count(count, "photo")
        with st.container(horizontal=True):
            st.button(
                f"Add {photos} again",
                icon=":material/refresh:",
                key=key,
                on_click=page.attempt,
                args=(_add_again, state, grow),
            )
            st.button(f"Discard {photos}", key=f"{key}-discard", type="tertiary", on_click=state.failed.clear)


def _add_again(state: Intake, grow: Grow) -> None:
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
            growth, where = grow(shot.target, [("photo.jpg", photo) for photo in shot.photos], shot.session)
            state.growths.setdefault(burst, []).append(growth)
            state.failed.remove(shot)
            latest[burst] = outcome(state.growths[burst], where)
        except (AppError, OSError) as error:
            latest[burst] = [(False, sentence(error))]
    state.notices[:] = [notice for notices in latest.values() for notice in notices]
