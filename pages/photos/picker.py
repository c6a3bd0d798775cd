"""The photo in hand: of a dataset, uploaded or taken."""

import streamlit as st

from core import photos
from core.errors import AppError
from core.photos.formats import SUFFIXES
from pages.frame import session
from pages.photos import dataset_picker
from pages.photos.photo import Photo
from pages.photos.pictures import example

UPLOAD_TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES]


def choose() -> Photo:
    """The photo in hand: of a dataset, uploaded or taken. Remembered while one moves between the pages."""
    source = st.segmented_control(
        "Photo",
        ["Dataset", "Upload", "Camera"],
        required=True,
        **session.kept("photo-source", "Dataset"),
        help="Where the photo comes from. An uploaded one stays in memory and is not kept.",
    )
    if source == "Dataset":
        return _photo_of_dataset()
    if source == "Upload":
        given = st.file_uploader("A photo", type=UPLOAD_TYPES, key="photo-upload", label_visibility="collapsed")
    else:
        given = st.camera_input("Take a photo", key="photo-camera", label_visibility="collapsed")
    remembered = f"photo-{source}"
    if given is not None:
        st.session_state[remembered] = Photo(given.getvalue(), given.name)
    photo = st.session_state.get(remembered)
    if photo is None:
        st.caption("Until then, a drawn dress.")
        return example("dress", 3)
    return photo


def _photo_of_dataset() -> Photo:
    dataset = dataset_picker.choose("photo-dataset")
    if dataset is None:
        return example("dress", 3)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Class", dataset.classes, **session.kept(f"photo-class-{dataset.name}", dataset.classes[0])
        )
        split = dataset.splits["train"]
        paths = [path for path, i in zip(split.paths, split.labels, strict=True) if dataset.classes[i] == label]
        number = st.number_input(
            f"Photo 1 to {len(paths)}",
            1,
            len(paths),
            **session.kept(f"photo-number-{dataset.name}-{label}", 1),
            help="Which of the class's training photos.",
        )
    path = paths[number - 1]
    return Photo(photos.read_file(path), path.name, f"{dataset.name}/{label}/{number}")


def pick(place: str) -> None:
    """Choose the photo that a link names, where it is here (before the picker is drawn)."""
    name, _, rest = place.partition("/")
    label, _, number = rest.partition("/")
    try:
        dataset = dataset_picker.load(name)
        position = dataset.classes.index(label)
    except (AppError, ValueError):
        st.toast(f"The photo of the link, {place}, is not here.", icon=":material/image_not_supported:")
        return
    most = dataset.splits["train"].labels.count(position)
    st.session_state["photo-source"] = "Dataset"
    st.session_state["photo-dataset"] = name
    st.session_state[f"photo-class-{name}"] = label
    st.session_state[f"photo-number-{name}-{label}"] = (
        max(1, min(int(number), most)) if number.isdecimal() and len(number) < 10 else 1
    )
