"""Photos for a kind: requests that the page carries out, with a progress bar, and what became of them."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets.growing import Photo
from core.errors import AppError
from core.serving import limits
from core.teaching import lesson
from pages.frame import markdown, page, session, uploads
from pages.photos.camera import Shot

AT_ONCE = 16  # photos between two steps of the progress bar
MOST_NOTICES = 4
UNSORTED = ""  # the place of a kind, for photos that are in none yet


def want(kind: str, source: str) -> None:
    """Ask the page to add what is in an uploader to a kind. For callbacks."""
    session.TEACH_WANTED.set((kind, source))


def notices() -> None:
    """Say what became of the last photos."""
    with st.container():  # always there, so that nothing below moves
        for is_good, sentence in session.TEACH_NOTICES.get()[:MOST_NOTICES]:
            if is_good:
                st.caption(f":material/check_circle: {markdown.plain(sentence)}")
            else:
                st.warning(markdown.plain(sentence), icon=":material/warning:")


def carry_out(name: str) -> None:
    """Add the photos that are wanted, and draw the page again. A click that ends this early does no harm."""
    wanted = session.TEACH_WANTED.get()
    if wanted is None:
        return
    kind, source = wanted
    control = session.lesson(name, source, kind)
    value = session.widget_value(control.key)
    files = [] if value is None else list(value) if isinstance(value, list) else [value]
    if files:
        add(name, kind, [(file.name, file.getvalue()) for file in files])
        uploads.discard(files)
        control.forget()
    session.TEACH_WANTED.clear()
    st.rerun()


def add(name: str, kind: str, photos: Sequence[Photo]) -> None:
    """Add photos to a kind, or to the unsorted ones, with a progress bar, and remember what became of them."""
    found = Found(kind)
    bar = st.progress(0.0, "Adding photos …")
    for start in range(0, len(photos), AT_ONCE):
        bar.progress(start / len(photos), f"{start:,} of {words.count(len(photos), 'photo')} added")
        if not found.add(name, photos[start : start + AT_ONCE]):
            break
    bar.empty()
    session.TEACH_NOTICES.set(found.sentences())


def shot(name: str, kind: str, taken: Shot) -> list[tuple[bool, str]]:
    """Add a camera's photos to a kind without a call of Streamlit, and say what became of them."""
    found = Found(kind)
    found.add(name, [(f"{taken.session}.jpg", data) for data in taken.photos], taken.session)
    return found.sentences()


class Found:
    """What became of photos that were to be added."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._added = self._copies = 0
        self._problems: list[str] = []

    def add(self, name: str, photos: Sequence[Photo], burst: str = "") -> bool:
        """Add photos to the kind, or to the unsorted ones; returns whether that worked."""
        try:
            limits.check_disk(sum(len(data) for _, data in photos))
            limits.check_memory()
            if self._kind == UNSORTED:
                growth = lesson.add_unsorted(name, photos)
            else:
                growth = lesson.add_photos(name, self._kind, photos, burst)
        except (AppError, OSError) as error:
            sentence = page.sentence_of(error)
            if not sentence:
                raise
            self._problems.insert(0, sentence)
            return False
        self._added += len(growth.names)
        self._copies += growth.copies
        self._problems += growth.refused
        return True

    def sentences(self) -> list[tuple[bool, str]]:
        """The sentences, each with whether it is good news."""
        found = []
        if self._added:
            where = f"to {self._kind}" if self._kind else "to be sorted"
            found.append((True, f"{words.count(self._added, 'photo')} added {where}."))
        if self._copies:
            were = "was" if self._copies == 1 else "were"
            found.append((True, f"{words.count(self._copies, 'photo')} {were} there already."))
        return [*found, *((False, problem) for problem in self._problems)]
