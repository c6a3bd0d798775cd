"""The photo to augment: from a dataset, an upload or the camera."""

from typing import Any

import streamlit as st

from core import photos, words
from core.errors import AppError
from core.photos import formats
from core.photos.photo import Photo
from pages.frame import markdown, session, uploads
from pages.photos import dataset_picker
from pages.photos.pictures import example


def choose() -> Photo:
    """Let the user choose a photo, and remember it during visits to other pages. Raises AppError."""
    source = st.segmented_control(
        "Photo",
        ["Dataset", "Upload", "Camera"],
        required=True,
        **session.PHOTO_SOURCE.buttons("Dataset"),
        help="Where the photo comes from. An uploaded photo stays in memory and is not stored.",
    )
    if source == "Dataset":
        return _from_dataset()
    key = f"photo-{source.lower()}"
    usual: Any = {"key": key, "label_visibility": "collapsed", "on_change": _keep, "args": (source, key)}
    if source == "Upload":
        file = st.file_uploader("A photo", max_upload_size=formats.MOST_BYTES // 10**6, **usual)
    else:
        file = st.camera_input("Take a photo", **usual)
    own = session.OWN_PHOTOS.get()
    if source not in own:
        st.caption("The pictures show a drawn dress until you add a photo.")
        return example("dress", 3)
    if file is None:  # Streamlit's uploader forgets its file when you leave the page
        st.caption(f"Current photo: {markdown.plain(own[source].name)}")
    return own[source]


def _keep(source: str, key: str) -> None:
    """Keep a photo as soon as it arrives, even if the page was left meanwhile."""
    for file in uploads.files(key):
        session.OWN_PHOTOS.get()[source] = Photo(file.getvalue(), file.name)


def _from_dataset() -> Photo:
    dataset = dataset_picker.choose(session.PHOTO_DATASET)
    if dataset is None:
        return example("dress", 3)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Class", dataset.classes, **session.photo_class(dataset.name).choice(dataset.classes))
        split = dataset.splits["train"]
        paths = [path for path, i in zip(split.paths, split.labels, strict=True) if dataset.classes[i] == label]
        control = session.photo_number(dataset.name, label)
        if control.get(1) > len(paths):  # photos were removed
            control.set(len(paths))
        number = st.number_input(
            f"Photo 1 to {len(paths)}",
            1,
            len(paths),
            **control.widget(1),
            help="The number of the training photo within its class.",
        )
    path = paths[number - 1]
    return Photo(photos.read_file(path), path.name, f"{dataset.name}/{label}/{number}", label)


def choose_place(place: str) -> None:
    """Choose the photo that a link names, if this machine has it."""
    name, _, rest = place.partition("/")
    label, _, number = rest.partition("/")
    try:
        dataset = dataset_picker.load(name)
        position = dataset.classes.index(label)
    except (AppError, ValueError):
        sentence = f"The photo in the link is not on this machine: {markdown.plain(words.quoted(place))}."
        st.toast(sentence, icon=":material/image_not_supported:")
        return
    count = dataset.splits["train"].labels.count(position)
    session.PHOTO_SOURCE.set("Dataset")
    session.PHOTO_DATASET.set(name)
    session.photo_class(name).set(label)
    index = int(number) if number.isdecimal() and len(number) < 10 else 1
    session.photo_number(name, label).set(max(1, min(index, count)))
