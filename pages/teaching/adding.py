"""Photos for a kind: requests that the page carries out, with a progress bar, and what became of them."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets.growing import Growth, Photo
from core.errors import AppError
from core.teaching import gathering
from pages.frame import markdown, page, session, uploads
from pages.photos import camera, intake
from pages.photos.intake import Notice

MOST_NOTICES = 4
UNSORTED = ""  # the place of a kind, for photos that are in none yet


def want(kind: str, source: str) -> None:
    """Ask the page to add what is in an uploader to a kind. For callbacks."""
    session.TEACH_WANTED.set((kind, source))


def notices(name: str) -> None:
    """Say what became of the last photos, and offer those again that the camera took and that could not be added."""
    with st.container():  # always there, so that nothing below moves
        for is_good, sentence in session.TEACH_NOTICES.get()[:MOST_NOTICES]:
            if is_good:
                st.caption(f":material/check_circle: {markdown.plain(sentence)}")
            else:
                st.warning(markdown.plain(sentence), icon=":material/warning:")
        if count := sum(len(photos) for of, _, photos, _ in session.TEACH_FAILED.get() if of == name):
            st.button(
                f"Add {words.count(count, 'photo')} again",
                icon=":material/refresh:",
                key=f"teach-again-{name}",
                on_click=page.attempt,
                args=(_add_again, name),
            )


def carry_out(name: str) -> None:
    """Add the photos that are wanted, and draw the page again. A click that ends this early does no harm."""
    wanted = session.TEACH_WANTED.get()
    if wanted is None:
        return
    kind, source = wanted
    control = session.lesson(name, source, kind)
    files = session.widget_value(control.key) or []
    if files:
        try:
            found = intake.outcome(intake.add_files(files, lambda photos: _grow(name, kind, photos)), _place(kind))
        except (AppError, OSError) as error:
            found = [(False, intake.sentence(error))]
        session.TEACH_NOTICES.set(found)
        uploads.discard(files)
        control.forget()
    session.TEACH_WANTED.clear()
    st.rerun()


def add(name: str, kind: str, photos: Sequence[Photo], burst: str = "") -> list[Notice]:
    """Add photos to a kind without a call of Streamlit, and return what became of them."""
    return _added([], name, kind, photos, burst)


def take_photos(name: str) -> bool:
    """Add what the camera has sent to the kinds that it was for; returns whether there was something.

    Call it before the page is drawn, whatever is drawn of it: photos don't come again.
    """
    growths, failed = session.TEACH_GROWTHS.get(), session.TEACH_FAILED.get()
    latest: dict[tuple[str, str], list[Notice]] = {}
    for shot in camera.take(camera_key(name)):  # no call of Streamlit in this loop: it could end the run
        if isinstance(shot.target, str):
            photos = [("photo.jpg", data) for data in shot.photos]
            of_session = growths.setdefault((name, shot.session, shot.target), [])  # a burst arrives in several parts
            count = len(of_session)
            latest[shot.session, shot.target] = _added(of_session, name, shot.target, photos, shot.session)
            if len(of_session) == count:
                failed.append((name, shot.target, photos, shot.session))
    if latest:
        session.TEACH_NOTICES.set([notice for news in latest.values() for notice in news])
    return bool(latest)


def _add_again(name: str) -> None:
    """Add the photos again that the camera has sent and that could not be added."""
    failed, growths = session.TEACH_FAILED.get(), session.TEACH_GROWTHS.get()
    news: list[Notice] = []
    for each in [each for each in failed if each[0] == name]:
        _, kind, photos, burst = each
        of_session = growths.setdefault((name, burst, kind), [])
        count = len(of_session)
        news += _added(of_session, name, kind, photos, burst)
        if len(of_session) > count:
            failed.remove(each)
    session.TEACH_NOTICES.set(news)


def camera_key(name: str) -> str:
    """The key of the camera that takes photos for a lesson."""
    return f"teach-shots-{name}"


def _added(growths: list[Growth], name: str, kind: str, photos: Sequence[Photo], burst: str) -> list[Notice]:
    """Add photos that belong to earlier ones, and return what became of all of them."""
    try:
        intake.check_room(sum(len(data) for _, data in photos))
        growths.append(_grow(name, kind, photos, burst))
    except (AppError, OSError) as error:
        return [(False, intake.sentence(error))]
    return intake.outcome(growths, _place(kind))


def _grow(name: str, kind: str, photos: Sequence[Photo], burst: str = "") -> Growth:
    if kind == UNSORTED:
        return gathering.add_unsorted(name, photos)
    return gathering.add_photos(name, kind, photos, burst)


def _place(kind: str) -> str:
    return kind or "the photos to sort"
