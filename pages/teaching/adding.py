"""Photos for a kind, from an uploader, the camera or the clipboard, and what became of them."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.growing import Growth, Photo
from core.photos import formats
from core.teaching import gathering
from pages.frame import session
from pages.photos import intake
from pages.photos.intake import Grow, Notice

UNSORTED = ""  # the place of a kind, for photos that are in none yet


def uploader(name: str, kind: str, label: str) -> None:
    """Draw an uploader of photos for a kind, or of unsorted ones."""
    intake.uploader(
        label,
        session.lesson(name, "photos", kind),
        session.lesson_state(name).intake,
        kind,
        label_visibility="collapsed",
        help=f"{formats.limits()} They stay on this machine.",
    )


def notices(name: str) -> None:
    """Say what became of the last photos, and offer those again that the camera took and that could not be added."""
    intake.show(session.lesson_state(name).intake, f"teach-again-{name}", grow(name))


def carry_out(name: str) -> None:
    """Add the photos that were dropped, and draw the page again."""
    if intake.carry_out(session.lesson_state(name).intake, grow(name)):
        st.rerun()


def add(name: str, kind: str, photos: Sequence[Photo]) -> list[Notice]:
    """Add photos to a kind, and return what became of them. Raises AppError, and OSError when the disk fails."""
    intake.check_room(sum(len(data) for _, data in photos))
    growth, where = grow(name)(kind, photos, "")
    return intake.outcome([growth], where)


def take_photos(name: str) -> bool:
    """Add what the camera has sent to the kinds that it was for; returns whether there was something."""
    return intake.take_photos(camera_key(name), session.lesson_state(name).intake, grow(name), str)


def camera_key(name: str) -> str:
    """The key of the camera that takes photos for a lesson."""
    return f"teach-shots-{name}"


def grow(name: str) -> Grow:
    """What adds photos to the lesson's kinds, or to its unsorted ones."""

    def add(kind: str, photos: Sequence[Photo], sitting: str) -> tuple[Growth, str]:
        if kind == UNSORTED:
            return gathering.add_unsorted(name, photos), "the lesson"
        return gathering.add_photos(name, kind, photos, sitting), kind

    return add
