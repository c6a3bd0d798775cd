"""Photos for a kind: requests that the page carries out, with a progress bar, and what became of them."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.photos import formats
from core.serving import limits
from core.teaching import gathering
from pages.frame import markdown, session, uploads
from pages.photos import intake
from pages.photos.camera import Shot
from pages.photos.intake import Notice

MOST_NOTICES = 4
UNSORTED = ""  # the place of a kind, for photos that are in none yet


def uploader(name: str, kind: str, label: str) -> None:
    """Draw an uploader of photos for a kind, or of unsorted ones."""
    st.file_uploader(  # of any type: a photo is known by its content, whatever its name ends in
        markdown.plain(label),
        accept_multiple_files=True,
        key=session.lesson(name, "photos", kind).key,
        on_change=session.lesson_state(name).want,
        args=(kind, "photos"),
        max_upload_size=int(max(1, limits.BATCH_MB.read())),
        label_visibility="collapsed",
        help=f"{formats.limits()} They stay on this machine.",
    )


def notices(name: str) -> None:
    """Say what became of the last photos, and offer those again that the camera took and that could not be added."""
    state = session.lesson_state(name).intake
    with st.container():  # always there, so that nothing below moves
        for is_good, sentence in state.notices[:MOST_NOTICES]:
            if is_good:
                st.caption(f":material/check_circle: {markdown.plain(sentence)}")
            else:
                st.warning(markdown.plain(sentence), icon=":material/warning:")
        intake.again_buttons(state, f"teach-again-{name}", lambda shot: _grow_by_shot(name, shot))


def carry_out(name: str) -> None:
    """Add the photos that are wanted, and draw the page again. A click that ends this early does no harm."""
    state = session.lesson_state(name)
    if state.wanted is None:
        return
    kind, source = state.wanted
    control = session.lesson(name, source, kind)
    files = session.widget_value(control.key) or []
    if files:
        try:
            news = intake.outcome(intake.add_files(files, lambda photos: _grow(name, kind, photos)), _place(kind))
        except (AppError, OSError) as error:
            news = [(False, intake.sentence(error))]
        state.intake.notices[:] = news
        uploads.discard(files)
        control.forget()
    state.wanted = None
    st.rerun()


def add(name: str, kind: str, photos: Sequence[Photo]) -> list[Notice]:
    """Add photos to a kind, and return what became of them. Raises AppError, and OSError when the disk fails."""
    intake.check_room(sum(len(data) for _, data in photos))
    return intake.outcome([_grow(name, kind, photos)], _place(kind))


def take_photos(name: str) -> bool:
    """Add what the camera has sent to the kinds that it was for; returns whether there was something."""
    state = session.lesson_state(name).intake
    return intake.take_photos(camera_key(name), state, lambda shot: _grow_by_shot(name, shot), str)


def camera_key(name: str) -> str:
    """The key of the camera that takes photos for a lesson."""
    return f"teach-shots-{name}"


def _grow_by_shot(name: str, shot: Shot) -> tuple[Growth, str]:
    kind = str(shot.target)
    return gathering.add_photos(name, kind, intake.photos_of(shot), shot.session), kind


def _grow(name: str, kind: str, photos: Sequence[Photo]) -> Growth:
    return gathering.add_photos(name, kind, photos) if kind else gathering.add_unsorted(name, photos)


def _place(kind: str) -> str:
    return kind or "the lesson"
