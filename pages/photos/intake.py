"""Photos that are added to a dataset: room for them, a progress bar, and what became of them, in sentences."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import words
from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.serving import limits
from pages.frame import page

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
    added, copies = sum(len(growth.names) for growth in growths), sum(growth.copies for growth in growths)
    notices = [(False, refused) for growth in growths for refused in growth.refused]
    if copies:
        is_or_are = "is" if copies == 1 else "are"
        notices.insert(0, (True, f"{words.count(copies, 'photo')} {is_or_are} in {where} already."))
    if added:
        notices.insert(0, (True, f"{words.count(added, 'photo')} added to {where}."))
    return notices
