"""The kinds of a lesson, each with its photos and the ways to add some."""

import zlib
from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.datasets import catalogue, thumbnails
from core.errors import AppError
from core.teaching import gathering, lesson, quality
from core.teaching.draft import Outcome
from core.teaching.kinds import NONE
from core.teaching.lesson import Row
from pages.frame import access, markdown, page, session
from pages.photos import camera, dataset_picker, intake
from pages.teaching import adding, album, pictures, twins

SHOWN = 6  # the newest photos of a kind
THUMBNAIL = 56  # px
CARD = 220  # px, the least width
MOST_CARDS = 40
MOST_FROM = 200  # photos from another dataset at once
USUAL_FROM = 20


def show(name: str, photos: Mapping[str, Sequence[Row]], outcome: Outcome | None) -> None:
    """Draw a card for each kind, and the field for another."""
    twins.ask(name, outcome, photos)
    if sentence := quality.unevenness(lesson.counts(photos)):
        st.info(markdown.plain(sentence), icon=":material/balance:")
    with st.grid("auto", min_column_width=CARD):
        for kind in list(photos)[:MOST_CARDS]:
            _card(name, kind, photos[kind])
        if not access.is_read_only():
            _new_kind(name)
    if len(photos) > MOST_CARDS:
        st.caption(f"Only the first {MOST_CARDS} of {len(photos)} kinds are shown. Add photos to the others on Data.")
    with st.container():
        if (kind := session.lesson_state(name).album) in photos:
            album.show(name, kind, list(photos))


def _card(name: str, kind: str, photos: Sequence[Row]) -> None:
    key, state = f"{name}-{zlib.crc32(kind.encode()):x}", session.lesson_state(name)
    with st.container(border=True, key=f"kind-card-{key}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{markdown.plain(kind)}**", width="content")
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                _count(kind, len(photos))
                if not access.is_read_only():
                    _menu(name, kind, key, len(photos))
        _pictures(name, photos)
        if not access.is_read_only():
            _source(name, kind, key)
        with st.container(horizontal=True):
            if not access.is_read_only():
                _camera_button(name, kind, key)
            if photos:
                is_open = state.album == kind
                st.button(
                    "Hide photos" if is_open else "All photos",
                    icon=":material/photo_library:",
                    key=f"teach-all-{key}",
                    type="tertiary",
                    on_click=state.show_album,
                    args=("" if is_open else kind,),
                    help="Look at the photos, remove some or move them to another kind.",
                )


def _source(name: str, kind: str, key: str) -> None:
    """Draw the camera or the uploader."""
    if session.lesson_state(name).camera == kind:
        st.fragment(page.fragment(_camera), key=f"teach-take-{key}")(name, kind)
    else:
        adding.uploader(name, kind, f"Photos of {kind}")


def _camera_button(name: str, kind: str, key: str) -> None:
    state = session.lesson_state(name)
    is_on = state.camera == kind
    st.button(
        "Close camera" if is_on else "Camera",
        icon=":material/photo_camera:",
        key=f"teach-camera-{key}",
        type="tertiary",
        on_click=state.show_camera,
        args=("" if is_on else kind,),
    )


def _count(kind: str, count: int) -> None:
    if kind == NONE:
        st.badge(words.count(count, "photo"), color="gray")
    elif count < lesson.LEAST:
        st.badge(f"{count} of {lesson.LEAST} photos", color="orange")
    else:
        st.badge(words.count(count, "photo"), color="green")


def _pictures(name: str, photos: Sequence[Row]) -> None:
    newest = [thumbnails.cropped(picture, THUMBNAIL) for _, picture in pictures.of(name, photos[-SHOWN:][::-1])]
    with st.container():  # always there, so that nothing below moves
        if newest:
            st.image(newest, width=THUMBNAIL, output_format="JPEG")
        else:
            st.caption("No photos yet. Drop some here, paste them, or take them with the camera.")


def _camera(name: str, kind: str) -> None:
    if adding.take_photos(name):
        st.rerun()  # the whole page: counts and answers change too
    camera.show(adding.camera_key(name), label=f"Photos of {kind}", target=kind)


def _menu(name: str, kind: str, key: str, count: int) -> None:
    with st.popover("", icon=":material/more_vert:", help=f"More for {markdown.plain(kind)}", type="tertiary"):
        if kind != NONE:
            control = session.lesson(name, "kind", kind)
            st.text_input("Name", **control.widget(kind), max_chars=100)
            st.button("Rename", key=f"teach-rename-{key}", on_click=page.attempt, args=(_rename, name, kind))
        _from_dataset(name, kind, key)
        st.button(
            f"Remove with {words.count(count, 'photo')}" if count else "Remove",
            icon=":material/delete:",
            key=f"teach-remove-{key}",
            on_click=page.attempt,
            args=(lesson.remove_kind, name, kind),
            help="The photos are left out, and you can undo that under *All photos* or on Data.",
        )


def _rename(name: str, kind: str) -> None:
    new = lesson.rename_kind(name, kind, session.lesson(name, "kind", kind).get(kind))
    state = session.lesson_state(name)
    if state.camera == kind:
        state.show_camera(new)
    if state.album == kind:
        state.show_album(new)


def _from_dataset(name: str, kind: str, key: str) -> None:
    """Offer to copy photos of a class of another dataset."""
    others = [other for other in catalogue.names() if other != name]
    source = st.selectbox(
        "From a dataset",
        others,
        format_func=dataset_picker.label,
        **session.lesson(name, "source", kind).choice(others),
    )
    try:
        classes = list(dataset_picker.load(source).classes) if source else []
    except AppError as error:
        st.caption(markdown.plain(str(error)))
        return
    label = st.selectbox("Class", classes, **session.lesson(name, f"source-class-{source}", kind).choice(classes))
    most = st.number_input(
        "Photos", min_value=1, max_value=MOST_FROM, **session.lesson(name, "source-count", kind).widget(USUAL_FROM)
    )
    st.button(
        "Copy photos",
        icon=":material/content_copy:",
        key=f"teach-copy-{key}",
        on_click=page.attempt,
        args=(_copy, name, kind, source, label, int(most)),
    )


def _copy(name: str, kind: str, source: str, label: str, most: int) -> None:
    intake.check_room(0)
    news = intake.outcome([gathering.add_from(name, kind, source, label, most)], kind)
    session.lesson_state(name).intake.notices[:] = news


def _new_kind(name: str) -> None:
    with st.form(f"new-kind-form-{name}", border=True, clear_on_submit=False):
        st.text_input(
            "Another kind", placeholder="such as: scarf", max_chars=100, **session.lesson(name, "new-kind").widget("")
        )
        st.form_submit_button("Add kind", icon=":material/add:", on_click=page.attempt, args=(_add_kind, name))
        st.form_submit_button(
            f"Add *{NONE}*",
            icon=":material/block:",
            on_click=page.attempt,
            args=(lesson.add_none, name),
            help="Photos of things that you have no kind for. They sharpen the model's doubt.",
        )


def _add_kind(name: str) -> None:
    control = session.lesson(name, "new-kind")
    lesson.add_kind(name, control.get(""))
    control.set("")
